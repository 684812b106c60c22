"""The desk: cases, checks and the people who decide them."""

from compliance.celery import app as celery_app

__all__ = ["celery_app"]
