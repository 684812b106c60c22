"""The five APIs as one local HTTP server, for training, ``make run`` and tests. Imported by nothing but its command."""
