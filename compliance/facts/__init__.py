"""How two spellings of one fact are compared: names, dates, countries, numbers, sexes. Pure; the clock is handed in."""
