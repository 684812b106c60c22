"""Comparison of two values of a fact: names, dates, countries, numbers, sexes. Pure; the date is passed in."""
