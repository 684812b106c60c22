"""The five APIs as one local HTTP server, for training, ``make run`` and tests. Only its command imports it."""
