"""Health: ``live`` checks the process, ``ready`` what requests need, ``progress`` whether work advances."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from compliance.models import AccountState, CheckSync, SyncSlot
from providers.vault import configuration_problem

STUCK_AFTER = timedelta(minutes=2)
OVERDUE_AFTER = timedelta(minutes=15)


@login_not_required
@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Whether the process answers."""
    return JsonResponse({"live": True})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether database, migrations and keys are available, without details."""
    parts = {"database": False, "migrations": False, "keys": configuration_problem() is None}
    try:
        executor = MigrationExecutor(connection)
        parts["database"] = True
        parts["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        pass
    return JsonResponse({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


@login_not_required
@never_cache
@require_safe
def progress(request: HttpRequest) -> JsonResponse:
    """Whether slices run, no check is overdue for 15 minutes, and every account with due checks is read.

    ``stopped_accounts`` counts, without names, the accounts with overdue checks and no successful read in that time,
    failing ones included: accounts that are read do not hide them.
    """
    now = timezone.now()
    parts = {"slices": False, "due": False, "accounts": False}
    stopped = None
    try:
        parts["slices"] = SyncSlot.objects.filter(progressed_at__gte=now - STUCK_AFTER).exists()
        overdue = CheckSync.objects.filter(
            state__in=("scheduled", "failing"),
            next_read_at__lte=now - OVERDUE_AFTER,
            account__paused_at__isnull=True,
        )
        parts["due"] = not overdue.filter(account__state__health="ok").exists()
        unread = AccountState.objects.exclude(last_good_read_at__gt=now - OVERDUE_AFTER)
        stopped = unread.filter(Exists(overdue.filter(account=OuterRef("account")))).count()
        parts["accounts"] = not stopped
    except DatabaseError:
        pass
    answer = {"progress": all(parts.values()), **parts, "stopped_accounts": stopped}
    return JsonResponse(answer, status=200 if all(parts.values()) else 503)
