"""The process's cache of unwrapped keys."""

from providers.vault import keys


def forget_data_keys() -> None:
    """As in a process that has just started."""
    keys._cache = keys._Cache()
