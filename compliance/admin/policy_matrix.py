"""The policies as a whole, read only: where a result leads, and who may decide it, each with its default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compliance.default_policies import TERMS
from compliance.enums import DecisionVerdict, Priority, Queue, Ruling
from compliance.labels import outcome_label, provider_label, verdict_noun
from compliance.models import PolicyRule, QueueTerm
from compliance.routing.placement import QUEUE_OF
from compliance.routing.rulings import default_ruling
from providers import WORST_FIRST, CodeRow, Outcome, Verdict, code_table, provider_names

VERDICTS = (DecisionVerdict.APPROVE, DecisionVerdict.REJECT, DecisionVerdict.REQUEST_RETRY, DecisionVerdict.ESCALATE)
RESULTS: dict[str, str] = {
    Verdict.POSITIVE: "passed",
    Verdict.NEGATIVE: "failed",
    Verdict.NONE: "none",
    Verdict.UNKNOWN: "unknown",
}
_RANK = {outcome: rank for rank, outcome in enumerate(WORST_FIRST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value in force, and the default where it differs."""

    value: str
    default: str = ""
    key: Any = None
    """Of the row in which an admin changed it; None for a default without a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the codes of one reason group and outcome lead."""

    group: str
    outcome: str
    codes: tuple[str, ...]
    queue: str
    priority: str
    deadline: Setting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """Who may give each verdict over one result."""

    outcome: str
    result: str
    rulings: tuple[Setting, ...]


def deadlines() -> dict[str, Setting]:
    """Queue -> its deadline."""
    stored = dict(QueueTerm.objects.values_list("queue", "hours"))
    return {queue: _deadline(queue, stored.get(queue, TERMS[queue])) for queue in Queue.values}


def _deadline(queue: str, hours: int) -> Setting:
    default = TERMS[queue]
    return Setting(value=f"{hours} h", default="" if hours == default else f"{default} h", key=queue)


def destinations(terms: dict[str, Setting]) -> list[tuple[str, list[Destination]]]:
    """Provider label -> rows, the worst outcome first."""
    return [(provider_label(name), list(_of_provider(name, terms))) for name in provider_names()]


def _of_provider(name: str, terms: dict[str, Setting]) -> Iterator[Destination]:
    found: dict[tuple[Outcome, bool, str], list[CodeRow]] = {}
    for row in code_table(name).rows:
        if row.outcome:
            found.setdefault((row.outcome, row.severe and row.outcome in QUEUE_OF, row.group), []).append(row)
    for outcome, severe, group in sorted(found, key=lambda key: (_RANK[key[0]], not key[1], key[2])):
        queue = Queue.READY if outcome == Outcome.APPROVED else QUEUE_OF.get(outcome)
        yield Destination(
            group=group.replace("_", " ").capitalize() or "No group",
            outcome=outcome_label(outcome).capitalize(),
            codes=tuple(dict.fromkeys(row.value for row in found[outcome, severe, group])),
            queue=str(queue.label) if queue else "Waits for the next report",
            priority=_priority(outcome, severe),
            deadline=terms.get(queue or ""),
        )


def _priority(outcome: Outcome, severe: bool) -> str:
    if outcome == Outcome.APPROVED:
        return Priority.READY.label
    return Priority.SEVERE.label if severe else Priority.NORMAL.label if outcome in QUEUE_OF else ""


def decision_rows() -> list[DecisionRow]:
    """One row for each outcome and provider result that a code table has or a rule names."""
    rules = {(rule.outcome, rule.provider_verdict, rule.verdict): rule for rule in PolicyRule.objects.all()}
    pairs = {(row.outcome, row.verdict) for name in provider_names() for row in code_table(name).rows if row.outcome}
    pairs |= {(Outcome(outcome), Verdict(result)) for outcome, result, _ in rules}
    return [
        DecisionRow(
            outcome=outcome_label(outcome).capitalize(),
            result=RESULTS[result],
            rulings=tuple(_ruling(outcome, result, verdict, rules) for verdict in VERDICTS),
        )
        for outcome, result in sorted(pairs, key=lambda pair: (_RANK[pair[0]], str(pair[1])))
        if result
    ]


def _ruling(outcome: str, result: str, verdict: str, rules: dict[tuple[str, str, str], PolicyRule]) -> Setting:
    default = default_ruling(outcome, result, verdict)
    rule = rules.get((outcome, result, verdict))
    if rule is None:
        return Setting(value=default.label)
    return Setting(value=Ruling(rule.ruling).label, default=default.label, key=rule.pk)


def context() -> dict[str, Any]:
    """What the page shows."""
    terms = deadlines()
    return {
        "terms": [(Queue(queue).label, term) for queue, term in terms.items()],
        "destinations": destinations(terms),
        "verdicts": [verdict_noun(verdict).capitalize() for verdict in VERDICTS],
        "decision_rows": decision_rows(),
    }
