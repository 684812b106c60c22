"""Cases, checks, documents and decisions of the review desk."""

from compliance.celery import app as celery_app

__all__ = ["celery_app"]
