"""Lists and texts of a report are capped; the rest is a number."""

from providers import (
    Assessment,
    Attempt,
    Evidence,
    EvidenceKind,
    Facts,
    Kind,
    Outcome,
    Reason,
    Report,
    Verdict,
    cap_lists,
)
from providers.contract.list_caps import LONGEST_TEXT


def test_long_lists_and_texts_are_capped_and_counted() -> None:
    report = Report(
        provider="bank131",
        kind=Kind.DATABASE,
        reference="x",
        status="s" * 3000,
        attempts=tuple(Attempt(id=str(number)) for number in range(120)),
        risk_labels=tuple(map(str, range(101))),
        facts=Facts(full_name="n" * 3_000_000, other=tuple((str(number), "v") for number in range(500))),
    )
    meaning = Assessment(
        outcome=Outcome.DECLINED,
        verdict=Verdict.NEGATIVE,
        reasons=tuple(Reason(code=str(number), summary="r") for number in range(103)),
    )
    files = tuple(Evidence(kind=EvidenceKind.OTHER, label=str(number), inline="i" * 5000) for number in range(201))
    capped, kept, evidence, more = cap_lists(report, meaning, files)
    assert more == {"attempts": 70, "risk_labels": 1, "reasons": 3, "evidence": 1, "other": 300}
    assert [capped.attempts[0].id, capped.attempts[-1].id] == ["70", "119"]
    assert (len(capped.risk_labels), len(kept.reasons), len(evidence)) == (100, 100, 200)
    assert len(capped.facts.full_name) == len(capped.status) == LONGEST_TEXT + 1
    assert evidence[0].inline == "i" * 5000
