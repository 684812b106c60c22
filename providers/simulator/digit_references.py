"""References of providers whose ids are digits only: a stable number of the scenario, then four digits of serial."""

import zlib
from collections.abc import Iterable


def digits(scenario_name: str, serial: int) -> str:
    """Ten digits, which do not change when scenarios are added. ``serial`` is 0-9999."""
    if not 0 <= serial <= 9999:
        raise ValueError("a serial has at most four digits")
    return f"{_number(scenario_name)}{serial:04d}"


def scenario_names(names: Iterable[str]) -> dict[str, str]:
    """Leading digits -> scenario name. Raises ``ValueError`` if two names share a number."""
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(_number(name), name)
        if other != name:
            raise ValueError(f"{name} and {other} share a number: rename one")
    return found


def split(reference: str) -> tuple[str, int] | None:
    """Leading digits and serial of a reference, or None for one of another form."""
    if len(reference) != 10 or not (reference.isascii() and reference.isdigit()):
        return None
    return reference[:6], int(reference[6:])


def _number(scenario_name: str) -> str:
    return str(100_000 + zlib.crc32(scenario_name.encode()) % 900_000)
