"""Providers whose references are digits only: a stable number of the scenario, then four digits of serial."""

import zlib
from functools import cached_property

from providers.simulator.scenarios import ProviderSimulator, Scenario


class DigitReferences(ProviderSimulator):
    """References of ten digits, which do not change when scenarios are added."""

    @cached_property
    def _names(self) -> dict[str, str]:
        """Leading digits -> scenario name. Raises ``ValueError`` if two names share a number."""
        found: dict[str, str] = {}
        for name in self.scenarios:
            other = found.setdefault(_number(name), name)
            if other != name:
                raise ValueError(f"{name} and {other} share a number: rename one")
        return found

    def reference(self, scenario_name: str, serial: int) -> str:
        if not 0 <= serial <= 9999:
            raise ValueError("a serial has at most four digits")
        return f"{_number(self.scenarios[scenario_name].name)}{serial:04d}"

    def scenario_of(self, reference: str) -> tuple[Scenario, int] | None:
        is_ten_digits = len(reference) == 10 and reference.isascii() and reference.isdigit()
        name = self._names.get(reference[:6]) if is_ten_digits else None
        return (self.scenarios[name], int(reference[6:])) if name else None


def _number(scenario_name: str) -> str:
    return str(100_000 + zlib.crc32(scenario_name.encode()) % 900_000)
