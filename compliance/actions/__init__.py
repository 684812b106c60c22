"""Actions: the only code that changes cases. Each locks, asks for permission, writes, records and returns."""
