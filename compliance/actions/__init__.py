"""The verbs: the only code that writes (the token row of the gateway apart). Each locks, asks policy, writes, records."""
