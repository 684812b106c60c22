"""WSGI application: `gunicorn compliance.wsgi`."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection

from compliance.project.malloc import release_large_blocks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")
os.environ.setdefault("DESK_COMPLETE_SETTINGS", "1")
# Web processes only: Celery closes a pool after every task, which is slower than no pool.
os.environ.setdefault("DATABASE_POOL", "1")

release_large_blocks()
application = get_wsgi_application()

if not settings.DEMO:
    # The same checks as in `manage.py up`: a role that could edit the audit trail is refused.
    call_command("check", databases=["default"])
    # gunicorn forks after this: its processes must not share a connection.
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]  # psycopg's pool, which the stubs do not know
