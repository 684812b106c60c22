"""References of checks as people enter them: their form, and the stored checks that they name."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from compliance.errors import InvalidInput
from compliance.facts.characters import is_invisible
from compliance.models import Check
from providers import Kind, provider_class
from providers.models import ProviderAccount

LONGEST = 200


def reference_problem(account: ProviderAccount, kind: str, reference: str, settings: Mapping[str, Any]) -> str | None:
    """Why this reference, without blanks at its ends, cannot be read with this account, or None."""
    cls = provider_class(account.provider)
    if kind not in cls.kinds:
        return f"{cls.label} has no checks of kind “{kind}”."
    if len(reference) > LONGEST:
        return f"A reference is at most {LONGEST} printable characters."
    if fault := next(filter(None, (_fault(sign, at) for at, sign in enumerate(reference, start=1))), ""):
        return fault
    return cls.reference_problem(Kind(kind), reference, settings)


def _fault(sign: str, at: int) -> str:
    if sign.isspace():
        return f"The reference contains a blank at place {at}. Remove it."
    if is_invisible(sign) or unicodedata.category(sign).startswith("C"):
        return f"The reference contains an invisible or control character at place {at}. Type it by hand."
    return ""


def spellings(account: ProviderAccount, kind: str, reference: str) -> tuple[str, ...]:
    """Every spelling under which the provider means this check."""
    return provider_class(account.provider).reference_spellings(Kind(kind), reference)


def refuse_other_letter_case(account: ProviderAccount, kind: str, reference: str) -> None:
    """Raise ``InvalidInput`` that names a stored check whose reference differs by letter case alone."""
    same = spellings(account, kind, reference)
    stored = Check.objects.filter(provider=account.provider, environment=account.environment, kind=kind)
    for spelling in same:
        if found := stored.filter(reference__iexact=spelling).exclude(reference__in=same).first():
            raise InvalidInput(
                f"Case KYC-{found.case_id} has a check with the reference “{found.reference}”, which differs by letter "
                "case alone. Enter the reference exactly as the provider writes it.",
                field="reference",
            )
