"""How a provider declares the settings of its accounts and of its checks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its default, whose type is the type of the setting, and how forms ask for it."""

    label: str
    default: Any = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    """The whole value must match, unless it is empty."""
    low: float | None = None
    high: float | None = None
    is_url: bool = False
    """Credentials are sent there: only official hosts and PROVIDER_EXTRA_HOSTS are accepted."""
