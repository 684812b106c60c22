"""Why a case is here, check by check: one line each, with the reasons that the queue row names first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.case_page.checks import NO_SCALE, CheckCard
from compliance.routing.explanations import specific_reasons
from providers import code_table

MOST_REASONS = 2
MOST_SCORES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReason:
    code: str
    summary: str
    is_severe: bool
    """It indicates fraud, coercion or death."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One current check: its result, and why."""

    check_id: str
    provider: str
    kind: str
    mark: str
    """As on its card."""
    status: str
    """The provider's own word, if it says more than the outcome."""
    reasons: tuple[LineReason, ...]
    more: int
    """Reasons that are on the card only."""
    scores: tuple[str, ...]
    """Those with a documented scale: "liveness 12 (of 100; below 50 may be an attack)"."""


def lines_of(cards: Sequence[CheckCard]) -> tuple[CheckLine, ...]:
    """The lines of all current checks, in the order of their cards."""
    return tuple(_line(card) for card in cards if not card.superseded)


def _line(card: CheckCard) -> CheckLine:
    table, check = code_table(card.row.provider), card.row
    reasons = specific_reasons(card.reasons, check.status_word)
    scores = tuple(f"{name} {value} ({scale})" for name, value, scale in card.scores if scale != NO_SCALE)
    says_more = card.status_word.replace("_", " ").lower() != check.outcome.replace("_", " ")
    return CheckLine(
        check_id=str(check.pk),
        provider=card.provider_label,
        kind=card.kind_label,
        mark=card.mark,
        status=card.status_word if says_more else "",
        reasons=tuple(_reason(reason, is_severe=table.is_severe(reason["code"])) for reason in reasons[:MOST_REASONS]),
        more=max(0, len(reasons) - MOST_REASONS),
        scores=scores[:MOST_SCORES],
    )


def _reason(reason: Mapping[str, Any], *, is_severe: bool) -> LineReason:
    return LineReason(code=reason["code"], summary=reason["summary"].strip().removesuffix("."), is_severe=is_severe)
