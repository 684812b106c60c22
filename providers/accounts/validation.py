"""Validation of accounts: permitted hosts, complete sets of credentials, known settings.

Pure functions, called by the form and again by the action that stores the account. No problem sentence contains a
secret.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from providers.contract.base import Provider, Setting
from providers.contract.report import EMPTY
from providers.registry import provider_class
from providers.transport.guard import host_problem
from providers.transport.http import url_problem

ENVIRONMENTS = ("live", "sandbox", "simulator")
MAX_SECRET = 4096
GIVEN_FOR_ANOTHER = "The stored credentials were given for another host or environment: enter them again."
Credentials = Mapping[str, str | None]
"""Name -> value as it is given: an empty one changes nothing, None removes the stored one."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An account in its stored form, before it is stored."""

    name: str
    provider: str
    environment: str
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    evidence_hosts: Sequence[str] = ()
    rate_per_second: float = 5.0
    concurrency: int = 8
    poll_interval_seconds: int | None = None


class Destination(Protocol):
    """Where an account sends its credentials: a draft, or a stored account."""

    @property
    def provider(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


def credential_names(provider: str) -> tuple[str, ...]:
    """Every credential that a complete set of this provider can contain, in order."""
    return tuple(dict.fromkeys(name for names in provider_class(provider).credential_keys for name in names))


def credential_label(name: str) -> str:
    """The label of a credential such as ``client_id``."""
    return name.replace("_", " ").capitalize().replace("Api", "API").replace(" id", " ID")


def removable_credentials(provider: str) -> tuple[str, ...]:
    """Every credential without which a complete set is complete, too."""
    sets = [set(names) for names in provider_class(provider).credential_keys]
    more = [one - other for one in sets for other in sets if other < one]
    return tuple(name for name in credential_names(provider) if {name} in more)


def merged_credentials(provider: str, stored: Mapping[str, str], given: Credentials) -> dict[str, str]:
    """The credentials to store: a complete set replaces all stored ones, a part of one only that part; None removes.

    A complete set that is a part of another one (a token, of token and API key) keeps what completes the other.
    """
    new = {name: value for name, value in given.items() if value}
    sets = [set(names) for names in provider_class(provider).credential_keys]
    kept = {name: value for name, value in stored.items() if given.get(name, "") is not None}
    both = {**kept, **new}
    return new if set(both) not in sets and any(names <= set(new) for names in sets) else both


def same_place(url: str, other: str) -> bool:
    """Whether two base URLs name the same host: only then may stored credentials be reused."""
    try:
        one, two = urlsplit(url.lower()), urlsplit(other.lower())
    except ValueError:
        return url == other
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def signs_in_elsewhere(before: Destination, after: Destination) -> bool:
    """Whether ``after`` needs new credentials: it has another environment, or sends them to another host."""
    places = zip(_urls(before), _urls(after), strict=True)
    return before.environment != after.environment or not all(same_place(one, other) for one, other in places)


def _urls(account: Destination) -> list[str]:
    """The base URL and the URLs among the settings; an empty one means the base URL."""
    known = provider_class(account.provider).account_settings.items()
    chosen = [account.settings.get(name) for name, setting in known if setting.is_url]
    return [account.base_url, *(str(url or account.base_url) for url in chosen)]


def problems(draft: Draft, *, extra_hosts: frozenset[str]) -> dict[str, str]:
    """Field -> problem; empty when the account can be stored.

    ``extra_hosts`` is PROVIDER_EXTRA_HOSTS. Settings stand under ``settings.<name>``, credentials under
    ``credentials`` or, where one of them is wrong, ``credentials.<name>``.
    """
    try:
        provider = provider_class(draft.provider)
    except KeyError:
        return {"provider": "There is no such provider."}
    found = {
        "name": _name_problem(draft.name),
        "environment": None if draft.environment in ENVIRONMENTS else "The environment is live, sandbox or simulator.",
        "base_url": _base_url_problem(provider, draft, extra_hosts),
        "evidence_hosts": _evidence_problem(draft.evidence_hosts, extra_hosts),
        **_pace_problems(draft),
        **_credential_problems(provider, draft.credentials),
        **{f"settings.{name}": _setting_problem(provider, draft, name, extra_hosts) for name in draft.settings},
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def _name_problem(name: str) -> str | None:
    if _NAME.fullmatch(name) and name == name.strip():
        return None
    return "A name has up to 60 letters, digits, blanks and . _ -, and begins with a letter or digit."


def _base_url_problem(provider: type[Provider], draft: Draft, extra_hosts: frozenset[str]) -> str | None:
    official = frozenset(provider.official_hosts.get(draft.environment, ()))
    if not draft.base_url and not official and draft.environment in ENVIRONMENTS:
        return f"Enter a base URL: {provider.label} has no official host for {draft.environment}."
    if not draft.base_url:
        return "Enter a base URL."
    if problem := url_problem(draft.base_url, allowed_hosts=official, plain_hosts=extra_hosts):
        known = ", ".join(sorted(official)) or "none"
        return f"{problem} Official hosts for {draft.environment}: {known}. Others: PROVIDER_EXTRA_HOSTS."
    parts = urlsplit(draft.base_url)
    if parts.query or parts.fragment or not _BASE_PATH.fullmatch(parts.path) or ".." in parts.path:
        return "A base URL ends after its host, or after a plain path without a slash at its end."
    return None


def _evidence_problem(hosts: Sequence[str], extra_hosts: frozenset[str]) -> str | None:
    if not all(isinstance(host, str) and _HOST.fullmatch(host) for host in hosts):
        return "An evidence host is a host name in lower case, without a scheme or path."
    found = filter(None, (host_problem(host, plain_hosts=extra_hosts) for host in hosts))
    problem = next(found, None)
    return f"{problem} Others: PROVIDER_EXTRA_HOSTS." if problem else None


def _pace_problems(draft: Draft) -> dict[str, str | None]:
    interval = draft.poll_interval_seconds
    return {
        "rate_per_second": None if _number(draft.rate_per_second, 0.01, 1000) else "Calls per second: 0.01 to 1000.",
        "concurrency": None if _whole(draft.concurrency, 1, 256) else "Parallel calls: 1 to 256.",
        "poll_interval_seconds": None if interval is None or _whole(interval, 1, 604800) else "Seconds: 1 to 604800.",
    }


def _credential_problems(provider: type[Provider], credentials: Mapping[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    known = credential_names(provider.name)
    for name, value in credentials.items():
        if name not in known:
            return {"credentials": f"{provider.label} has no credential of that name. Known: {', '.join(known)}."}
        if not isinstance(value, str) or not value or len(value) > MAX_SECRET or _CONTROL.search(value):
            found[f"credentials.{name}"] = f"A credential is one line of text, up to {MAX_SECRET} characters."
    if not any(set(names) == set(credentials) for names in provider.credential_keys):
        sets = ", or ".join(" and ".join(map(credential_label, names)) for names in provider.credential_keys)
        found["credentials"] = f"{provider.label} needs {sets}."
    return found


def _setting_problem(provider: type[Provider], draft: Draft, name: str, extra_hosts: frozenset[str]) -> str | None:
    if name not in provider.account_settings:
        known = ", ".join(provider.account_settings) or "none"
        return f"{provider.label} has no setting {name[:60]}. Known: {known}."
    setting = provider.account_settings[name]
    value, default = draft.settings[name], setting.default
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"{setting.label} is true or false."
    if isinstance(default, int | float):
        low, high = setting.low, setting.high
        return None if _number(value, low, high) else f"{setting.label} is a number from {low:g} to {high:g}."
    if isinstance(default, list | tuple):
        fine = isinstance(value, list | tuple) and all(isinstance(word, str) and word.strip() for word in value)
        return None if fine else f"{setting.label} is a list of words."
    return _text_problem(provider, draft, value, setting, extra_hosts)


def _text_problem(
    provider: type[Provider], draft: Draft, value: Any, setting: Setting, extra_hosts: frozenset[str]
) -> str | None:
    if not isinstance(value, str) or len(value) > 500 or _CONTROL.search(value):
        return f"{setting.label} is one line of text."
    if setting.choices and value not in {choice for choice, _ in setting.choices}:
        return f"{setting.label} is one of {', '.join(choice or 'empty' for choice, _ in setting.choices)}."
    if value and setting.pattern and not re.fullmatch(setting.pattern, value):
        return f"{setting.label} contains characters that are not allowed."
    if value and setting.is_url:
        return _token_url_problem(provider, draft, value, extra_hosts)
    return None


def _token_url_problem(provider: type[Provider], draft: Draft, url: str, extra_hosts: frozenset[str]) -> str | None:
    official = frozenset(provider.official_hosts.get(draft.environment, ()))
    official |= frozenset(provider.sign_in_hosts(draft.environment, draft.settings))
    problem = url_problem(url, allowed_hosts=official, plain_hosts=extra_hosts)
    return (
        f"{problem} Credentials are sent there: only official hosts and PROVIDER_EXTRA_HOSTS count."
        if problem
        else None
    )


def _number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
