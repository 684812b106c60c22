"""How spans of time and names are said."""

from datetime import timedelta


def span_words(span: timedelta) -> str:
    """Minutes under an hour, hours under a day, else days; rounded down, without sign."""
    minutes = int(abs(span.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def initials(name: str) -> str:
    """Two letters for the round mark beside a colleague's name."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()
