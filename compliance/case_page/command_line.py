"""The output of ``manage.py show_check`` as data."""

from typing import Any

from compliance.enums import DecisionVerdict, Ruling
from compliance.errors import InvalidInput
from compliance.models import Case, Check, DeskPolicy, Finding
from compliance.models.finding import CURRENT_STATES
from compliance.queries.accounts import account_health
from compliance.queries.edits import edited_cases
from compliance.queries.history import history_of
from compliance.queries.policies import policy_table
from compliance.routing import automatic
from compliance.routing.rulings import case_ruling
from providers.vault import Undecipherable, UndecipherableText


def check_as_data(account: str, reference: str, *, kind: str = "") -> dict[str, Any]:
    """A check, its account state and its case, by name.

    Raises:
        InvalidInput: no such check, or several of different kinds and ``kind`` is empty.
    """
    reference = reference.strip()
    found = Check.objects.filter(account__name=account, reference=reference)
    found = found.filter(kind=kind) if kind else found
    checks = list(found.select_related("sync", "account__state", "case", "data_key")[:2])
    if not checks:
        raise InvalidInput("There is no such check.")
    if len(checks) > 1:
        raise InvalidInput("Several checks have this reference: name the kind.")
    check = checks[0]
    return {
        "account": check.account.name,
        "reference": check.reference,
        "kind": check.kind,
        "status": check.status_word,
        "outcome": check.outcome,
        "provider_verdict": check.provider_verdict,
        "reasons": [{"code": reason["code"], "summary": reason["summary"]} for reason in check.reasons],
        "facts": {"error": UndecipherableText()} if isinstance(check.facts, Undecipherable) else check.facts,
        "sync_state": check.sync.state,
        "sync_error": f"{check.sync.fault_detail} {check.sync.fault_admin_action}".strip(),
        "account_state": account_health(check.account),
        "followed_reference": check.followed_reference,
        "attempts": check.attempts,
        "reports": check.report_count,
        "last_read_at": check.sync.last_read_at,
        "case": {
            "number": check.case_id,
            "status": check.case.status,
            "queue": check.case.queue,
            "outcome": check.case.outcome,
            "auto_approval": _auto_approval(check.case),
        },
    }


def _auto_approval(case: Case) -> dict[str, Any]:
    """Whether the automatic approval applies to the case, whether or not it is on, and the codes of what stops it."""
    checks = list(Check.objects.filter(case=case).order_by("created_at", "id"))
    findings = sorted(Finding.objects.filter(case=case, state__in=CURRENT_STATES), key=lambda finding: finding.rank)
    is_edited = case.pk in edited_cases([case.pk])
    blockers = automatic.blocked_by(case, checks, findings, DeskPolicy.objects.get(), is_edited=is_edited)
    ruling = case_ruling(case, history_of(case.pk), DecisionVerdict.APPROVE, policy_table())
    if not blockers and ruling != Ruling.FREE:
        blockers = ["history"]
    return {"eligible": not blockers, "blocked_by": blockers}
