"""The web process's entry: `gunicorn compliance.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")
os.environ.setdefault("DESK_COMPLETE_SETTINGS", "1")
# Only web processes keep connections: Celery closes a pool after every task, which makes one slower than none.
os.environ.setdefault("DATABASE_POOL", "1")

application = get_wsgi_application()
