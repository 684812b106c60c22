"""All simulated providers, found as modules and packages of this folder."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules
from typing import TypeGuard

import providers.simulator
from providers.simulator.scenarios import ProviderSimulator


def all_simulators() -> tuple[ProviderSimulator, ...]:
    """A new instance of each, in the order of their ``position``."""
    classes = sorted(set(_classes()), key=lambda found: (found.position, found.name))
    return tuple(found() for found in classes)


def _classes() -> Iterator[type[ProviderSimulator]]:
    for module in iter_modules(providers.simulator.__path__, "providers.simulator."):
        if not module.name.endswith(".__main__"):
            yield from filter(_is_simulator, vars(import_module(module.name)).values())


def _is_simulator(value: object) -> TypeGuard[type[ProviderSimulator]]:
    return isinstance(value, type) and issubclass(value, ProviderSimulator) and not isabstract(value)
