"""Health: ``live`` checks the process, ``ready`` what requests need, ``progress`` whether work advances."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from compliance.models import CheckSync, SyncSlot
from providers.vault import configuration_problem

STUCK_AFTER = timedelta(minutes=2)


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
    """Whether slices run and no check is overdue for 15 minutes."""
    now = timezone.now()
    parts = {"slices": False, "due": False}
    try:
        parts["slices"] = SyncSlot.objects.filter(progressed_at__gte=now - STUCK_AFTER).exists()
        overdue = CheckSync.objects.filter(
            state__in=("scheduled", "failing"),
            next_read_at__lte=now - timedelta(minutes=15),
            account__paused_at__isnull=True,
            account__state__health="ok",
        )
        parts["due"] = not overdue.exists()
    except DatabaseError:
        pass
    return JsonResponse({"progress": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)
