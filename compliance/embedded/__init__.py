"""PostgreSQL and Valkey of our own: finding the programs, starting, watching and stopping them.

For trial, development and tests. Production sets `DATABASE_URL` and `BROKER_URL` instead.
"""
