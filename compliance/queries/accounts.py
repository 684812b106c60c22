"""Reads about provider accounts."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from compliance.enums import AccountHealth, DeskEventType
from compliance.models import AccountState, DeskEvent
from providers.models import ProviderAccount

NOT_READ = "not_read"


def account_health(account: ProviderAccount) -> str:
    """``ok``, ``failing``, ``blocked``, ``paused``, or ``not_read`` before the first read."""
    if account.paused_at:
        return AccountHealth.PAUSED
    state: AccountState | None = getattr(account, "state", None)
    if state is None or (state.health == AccountHealth.OK and not state.last_good_read_at):
        return NOT_READ
    return state.health


def last_read_with_credentials(account: ProviderAccount) -> datetime | None:
    """The last successful read if it was made with the stored credentials, or None."""
    state: AccountState | None = getattr(account, "state", None)
    return _since_credentials(account, state.last_good_read_at if state else None)


def last_failed_test(account: ProviderAccount) -> datetime | None:
    """The last connection test if it failed with the stored credentials, or None. ``account`` is annotated with it."""
    failed = getattr(account, "last_test_result", None) not in (None, "ok")
    return _since_credentials(account, account.last_tested_at if failed else None)  # type: ignore[attr-defined]


def _since_credentials(account: ProviderAccount, at: datetime | None) -> datetime | None:
    changed_at = account.credentials_changed_at
    return None if at and changed_at and at < changed_at else at


def with_last_test(accounts: QuerySet[ProviderAccount]) -> QuerySet[ProviderAccount]:
    """Annotate ``last_tested_at`` and ``last_test_result`` (``ok`` or a ``FaultArea``) of the connection test.

    The index ``desk_event_last_test`` serves it. Tests of earlier releases have the label of the area.
    """
    tests = DeskEvent.objects.annotate(tested=KeyTextTransform("account_id", "data"))
    tests = tests.filter(type=DeskEventType.ACCOUNT_TESTED, tested=Cast(OuterRef("pk"), TextField())).order_by("-at")
    result = tests.annotate(result=KeyTextTransform("result", "data"))
    return accounts.annotate(
        last_tested_at=Subquery(tests.values("at")[:1]), last_test_result=Subquery(result.values("result")[:1])
    )
