"""The web process's entry: `gunicorn compliance.wsgi`."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection

from compliance.project.malloc import give_large_pieces_back

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")
os.environ.setdefault("DESK_COMPLETE_SETTINGS", "1")
# Only web processes keep connections: Celery closes a pool after every task, which makes one slower than none.
os.environ.setdefault("DATABASE_POOL", "1")

give_large_pieces_back()
application = get_wsgi_application()

if not settings.DEMO:
    # Whoever starts this without `manage.py up` is held to the same: a role that could edit the trail is refused.
    call_command("check", databases=["default"])
    # The server forks after this: its processes must not share a connection.
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]  # psycopg's pool, which the stubs do not know
