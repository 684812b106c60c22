"""All simulated providers."""

import importlib
import inspect

from providers.simulator.scenarios import ProviderSimulator

_NAMES = ("btc_direct", "bank131", "preventor", "advance_ai", "checkout_com")


def all_simulators() -> tuple[ProviderSimulator, ...]:
    """One new instance of each."""
    found = []
    for name in _NAMES:
        try:
            module = importlib.import_module(f"providers.simulator.{name}")
        except ModuleNotFoundError:
            continue
        found += [
            one()
            for _, one in inspect.getmembers(module, inspect.isclass)
            if issubclass(one, ProviderSimulator) and not inspect.isabstract(one) and one.__module__.startswith(module.__name__)
        ]
    return tuple(found)
