"""The demonstration: an account at every provider, and cases whose checks tell many different stories."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from providers.simulator.scenarios import ProviderSimulator

_RATE = 20
_CONCURRENCY = 4
_ACCOUNT_NAMES = {
    "btc_direct": ("btcdirect-demo", 3),
    "bank131": ("bank131-demo", 5),
    "preventor": ("preventor-demo", 3),
    "advance_ai": ("advanceai-demo", 4),
    "checkout_com": ("checkout-demo", 2),
}
"""Registry name -> name of the demonstration account, and how often in seconds it reads an open check."""


def accounts(providers: Mapping[str, ProviderSimulator], url: str) -> list[dict[str, Any]]:
    """One account a provider, as ``manage.py provider_account`` takes them."""
    return [_account(provider, url) for provider in providers.values()]


def _account(provider: ProviderSimulator, url: str) -> dict[str, Any]:
    name, rhythm = _ACCOUNT_NAMES[provider.name]
    settings = {"rate_per_second": _RATE, "concurrency": _CONCURRENCY, "rhythm_seconds": rhythm}
    return {
        "name": name,
        "provider": provider.name,
        "environment": "simulator",
        "base_url": url,
        "credentials": dict(provider.credentials),
        "settings": {**settings, **provider.settings},
    }


def cases_csv(providers: Mapping[str, ProviderSimulator], *, seed: int = 0) -> str:
    """The demonstration cases as ``manage.py import_cases`` reads them."""
    return ""
