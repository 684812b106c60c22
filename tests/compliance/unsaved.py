"""Cases and checks in memory, for tests of pure functions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from compliance.enums import CaseStatus, SyncState
from compliance.facts import conflicts
from compliance.models import Applicant, Case, Check, CheckSync, Decision, DeskPolicy, Finding
from compliance.routing.history import History, PastCheck
from compliance.routing.outcomes import current_checks
from providers import Verdict

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POLICY = DeskPolicy(auto_close=True, required_kinds=[])


def reason(
    code: str = "C-1", *, group: str = "", recognised: bool = True, summary: str = "Meaning of it."
) -> dict[str, Any]:
    return {"code": code, "summary": summary, "group": group, "action": "", "recognised": recognised, "words": ""}


def check(outcome: str = "approved", verdict: str = "", *, seq: int = 1, **given_fields: Any) -> Check:
    usual = {"approved": "positive", "declined": "negative"}
    fields: dict[str, Any] = {
        "provider": "checkout_com",
        "kind": "identity",
        "reference": "idv_1",
        "outcome": outcome,
        "provider_verdict": verdict or usual.get(outcome, "none"),
        "status_word": outcome,
        "reasons": [reason()],
        "report_seq": seq,
        "report_count": min(seq, 1),
        "facts": {"full_name": "Ada Example", "birth_date": "1990-02-03"},
        "created_at": NOW,
    }
    state = given_fields.pop("sync", SyncState.SCHEDULED)
    fields |= given_fields
    made = Check(**(fields | {"facts": {"unread": []} | fields["facts"]}))
    CheckSync(check_row=made, state=state, fault_detail=given_fields.get("fault", "Nobody knows it there."))
    return made


def case(status: str = CaseStatus.WAITING, *, ruled: str = "", **given_fields: Any) -> Case:
    applicant = Applicant(full_name="Ada Example", birth_date="1990-02-03")
    decision = Decision(verdict=ruled) if ruled else None
    fields = {"environment": "simulator", "country": "NG", "applicant": applicant, "decision": decision}
    return Case(pk=12, status=status, **(fields | given_fields))


def history(*checks: Check, **more: Any) -> History:
    """The history of a case of which nothing but these checks is known."""
    own = tuple(_past(check) for check in checks)
    return History(own=own, **({"said": own} | more))


def _past(check: Check) -> PastCheck:
    against = check.provider_verdict in (Verdict.NEGATIVE, Verdict.UNKNOWN)
    return PastCheck(
        id=check.pk,
        case_id=12,
        is_current=check.superseded_by_id is None,
        is_read=check.report_count > 0,
        provider=check.provider,
        kind=check.kind,
        outcome=check.outcome,
        provider_verdict=check.provider_verdict,
        entered_by=check.entered_by_id,
        weighs=check.superseded_by_id is None or against,
    )


def findings(subject: Case, checks: Sequence[Check], *, at: datetime = NOW) -> list[Finding]:
    """The findings of a case, as they would be stored."""
    found = conflicts.found(subject, current_checks(checks), today=timezone.localdate(at))
    return [
        Finding(case=subject, kind=one.kind, about=one.about, detail=dict(one.detail), found_at=at, since_seq=1)
        for one in found
    ]
