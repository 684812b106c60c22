"""How spans of time are said."""

from datetime import timedelta


def span_words(span: timedelta) -> str:
    """Minutes under an hour, hours under a day, else days; rounded down, without sign."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"
