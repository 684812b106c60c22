"""The expectations of a provider for the generic tests. Each ``tests/providers/<name>/expectations.py`` fills it in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from providers import CodeRow, Kind, ProviderError, Report, Subject, provider_class, provider_names

GOOD_LINK = "https://files.example.net/a.jpg?sig=1"
"""Stands beside the image under test."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario of the simulator, and the credentials with which it is read."""

    scenario: str
    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Empty for those of the demonstration account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """Written by hand from the contract of one provider, never computed from its code."""

    kinds: tuple[Kind, ...]
    credential_sets: frozenset[tuple[str, ...]]
    credentials: Mapping[str, str] = field(repr=False)
    """A complete set of invented credentials, recognisable in any text."""
    bare_404: type[ProviderError]
    """The error for HTTP 404 without a body that names the reference."""
    renews_token: bool
    """Whether the demonstration account has a token that can be fetched again."""
    ignores_letter_case: bool
    """Whether the contract compares status words without regard to letter case."""
    parse: Callable[[Any, Subject], Report]
    subject_of: Callable[[str, Any], Subject]
    """The check that a payload file answers, from its name and its body."""
    scenes_of: Callable[[CodeRow], Iterable[Scene]]
    """The scenes in which the simulator sends a row that a read can return."""
    readable_scenario: str
    """A scenario without a fault, with links and tokens in its answer where the provider sends any."""
    reference: Callable[[int], str]
    """A reference in the provider's form."""
    secret_marks: frozenset[str] = frozenset()
    """How the secrets begin that every answer of the simulator contains."""
    first_results: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(kind, value) of rows that apply once the answer has stayed the same for a while -> outcome and provider result
    until then."""
    unquoted_faults: frozenset[str] = frozenset()
    """Kinds of fault rows whose sentence is not in the detail of the fault."""
    no_answers: tuple[str, ...] = ()
    """Prefixes of payload files that are no answers about a check."""
    answer_with_image: Callable[[Any], Report] | None = None
    """An answer with this value in place of the link of an image, beside ``GOOD_LINK``; None without links."""
    has_fixed_image_fields: bool = False
    """Whether the fields that contain images are documented, so that any value in them is an image."""


@cache
def expectations_of(name: str) -> Expectations:
    """The expectations of a registered provider."""
    found: Expectations = import_module(f"tests.providers.{name}.expectations").EXPECTATIONS
    return found


def all_expectations() -> Iterator[tuple[str, Expectations]]:
    """Every registered provider with its expectations."""
    return ((name, expectations_of(name)) for name in provider_names())


def first_kind(provider: str, reference: str = "x-1") -> Subject:
    """A check of the provider's first kind."""
    return Subject(kind=provider_class(provider).kinds[0], reference=reference)
