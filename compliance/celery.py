"""The task queue. A message only wakes a worker: work, delays and retries are rows in PostgreSQL."""

import os

from celery import Celery
from celery.signals import worker_process_init

from compliance.project import malloc

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")

app = Celery("compliance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["compliance.sync"])
worker_process_init.connect(malloc.share_process)
