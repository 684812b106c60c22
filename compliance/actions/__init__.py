"""The verbs: the only code that writes (the gateway's token row apart). Each locks, asks policy, writes, records."""
