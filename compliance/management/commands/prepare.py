"""`manage.py prepare`: migrate, fill new columns, create the cache table, collect static files."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from compliance.actions.reindexing import fill_search_words


class Command(BaseCommand):
    """Prepares the database and static files of a release. Idempotent."""

    help = "Migrate the database, create the cache table and collect static files. Run as the owner of the tables."
    # The checks refuse the privileges of the owner.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, skip_checks=True, verbosity=1)
        fill_search_words()
        call_command("createcachetable")
        call_command("collectstatic", interactive=False, skip_checks=True, verbosity=0)
