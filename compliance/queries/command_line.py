"""The output of ``manage.py show_check`` as data."""

from typing import Any

from compliance.errors import InvalidInput
from compliance.models import Check
from compliance.queries.accounts import account_health


def check_as_data(account: str, reference: str, *, kind: str = "") -> dict[str, Any]:
    """A check, its account state and its case, by name.

    Raises:
        InvalidInput: no such check, or several of different kinds and ``kind`` is empty.
    """
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
        "facts": check.facts,
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
        },
    }
