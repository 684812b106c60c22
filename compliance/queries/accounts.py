"""Reads about provider accounts."""

from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from compliance.enums import DeskEventType
from compliance.models import DeskEvent
from providers.models import ProviderAccount


def account_health(account: ProviderAccount) -> str:
    """``ok``, ``failing``, ``blocked`` or ``paused``."""
    return "paused" if account.paused_at else account.state.health


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
