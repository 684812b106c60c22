"""The servers of a desk that was given none: finding their programs, starting, watching and stopping them.

For trial, development and tests. A production desk names its own servers by `DATABASE_URL` and `BROKER_URL`.
"""
