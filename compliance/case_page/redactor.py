"""Hides the masked values of a case in every text that its page shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compliance.facts import masking
from compliance.facts.masking import LABELS, Secrets
from compliance.facts.sources import Earlier, all_facts
from compliance.labels import Advice
from compliance.models import Case, Check
from providers.vault import Undecipherable

_NAMES = frozenset(("full_name", "given_names", "family_name", "birth_name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactor:
    """Given to every card builder, which passes texts of providers and people through it: any may quote a secret."""

    secrets: Secrets = field(default_factory=Secrets)
    shown: frozenset[str] = frozenset()
    """Kinds of masked values (``LABELS``) that the reader has revealed."""

    def text(self, text: str) -> str:
        """The text with dots in the place of each masked value."""
        return self.secrets.hide(text, shown=self.shown)

    def advice(self, advice: Advice) -> Advice:
        """Both parts of an advice, redacted."""
        return Advice(self.text(advice.text), self.text(advice.admin_action))

    def data(self, value: Any) -> Any:
        """A decoded JSON value with every text in it redacted; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.data(child) for key, child in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.data(child) for child in value)
        return value


def redactor_of(
    case: Case,
    checks: Sequence[Check],
    private: Iterable[tuple[str, str]] = (),
    *,
    shown: Collection[str] = (),
    earlier: Iterable[Earlier] = (),
) -> Redactor:
    """The redactor of a case: every value that its comparison or, by ``private`` (kind, value), a ticket masks."""
    facts = [one for check in checks for one in all_facts(check.facts)]
    facts += [{name: value for name, value in values.items() if value} for _, values in earlier]
    number = case.applicant.document_number
    values = [] if isinstance(number, Undecipherable) else [("document_number", number)]
    values += [(kind, value) for one in facts for kind in LABELS if isinstance(value := one.get(kind, ""), str)]
    values += [(kind, value) for one in facts for kind, value in one.get("private", ())]
    names = [case.applicant.full_name, *(value for one in facts for key, value in one.items() if key in _NAMES)]
    return Redactor(secrets=masking.secrets_of([*values, *private], names=names), shown=frozenset(shown))
