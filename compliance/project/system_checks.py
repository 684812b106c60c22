"""System checks with IDs; some apply to production (``DEMO=0``) only."""

import math
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.db.utils import OperationalError, ProgrammingError

from providers.models import ProviderAccount
from providers.vault import configuration_problem

MAX_TASK_SECONDS = 100
"""Hard limit of a task in seconds; leases and redelivery have to be longer."""
APPEND_ONLY_TABLES = ("compliance_event", "compliance_deskevent", "compliance_viewrecord", "compliance_decision")


@register
def vault_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: the keys of the vault are missing or invalid."""
    problem = configuration_problem()
    return (
        [Error(problem, hint="Set VAULT_KEYS to id:base64 of 32 random bytes.", id="compliance.E001")]
        if problem
        else []
    )


@register
def celery_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: settings that keep the broker from losing or repeating work."""
    required: dict[str, Any] = {
        "CELERY_TASK_ACKS_LATE": True,
        "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_ACCEPT_CONTENT": ["json"],
    }
    wrong = [name for name, value in required.items() if getattr(settings, name, None) != value]
    if getattr(settings, "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT", 0) <= 0:
        wrong.append("CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT")
    limit = getattr(settings, "CELERY_TASK_TIME_LIMIT", 0)
    # RabbitMQ has no visibility timeout: it redelivers when the connection of a worker ends.
    by_clock = not settings.CELERY_BROKER_URL.startswith("amqp")
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout", 0) if by_clock else math.inf
    if not 0 < limit <= MAX_TASK_SECONDS < visibility:
        wrong.append("CELERY_TASK_TIME_LIMIT")
    # A demo may have shorter leases, to show the loss of a worker.
    if not settings.DEMO and not MAX_TASK_SECONDS < settings.SYNC_LEASE_SECONDS < visibility:
        wrong.append("SYNC_LEASE_SECONDS")
    return [Error(f"{name} would lose or repeat work.", id="compliance.E002") for name in wrong]


@register(Tags.security)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: settings that are optional for a demo and required in production."""
    if settings.DEMO:
        return []
    problems = []
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        problems.append("ALLOWED_HOSTS must name the hosts of the site.")
    if not settings.SESSION_COOKIE_SECURE or not settings.CSRF_COOKIE_SECURE:
        problems.append("Cookies must be sent over TLS only.")
    return [Error(problem, id="compliance.E003") for problem in problems]


@register(Tags.database)
def database_role(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E004: in production the running role must not own or change the audit trail."""
    if settings.DEMO or not databases or "default" not in databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (is_powerful,) = cursor.fetchone()
        cursor.execute(
            """SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND relname = ANY(%s) AND (
                   pg_get_userbyid(relowner) = current_user OR has_table_privilege(c.oid, 'UPDATE')
                   OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))""",
            [list(APPEND_ONLY_TABLES)],
        )
        open_tables = [name for (name,) in cursor.fetchall()]
    problems = ["The database role has too many privileges: run as desk_app."] if is_powerful else []
    problems += [
        f"The database role may change {name}: run as desk_app, migrate as desk_owner." for name in open_tables
    ]
    return [Error(problem, id="compliance.E004") for problem in problems]


@register(Tags.database)
def no_simulator_accounts(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E005: production must not have accounts of the simulator."""
    if settings.DEMO or not databases or "default" not in databases:
        return []
    try:
        names = list(ProviderAccount.objects.filter(environment="simulator").values_list("name", flat=True))
    except (OperationalError, ProgrammingError):
        return []  # not migrated yet
    return [
        Error(f"Account “{name}” belongs to the simulator, which DEMO=0 does not allow.", id="compliance.E005")
        for name in names
    ]
