"""`manage.py prepare`: tables, cache table and static files, in one go."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """What a new version needs before its pages are opened; run as the owner of the tables, safe to repeat."""

    help = "Migrates the database, makes the cache table and collects the static files; run as the tables' owner."
    # The checks ask what the running role may do; the owner of the tables may of course do more.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Each step in turn; the first that fails ends the command."""
        call_command("migrate", interactive=False, skip_checks=True, verbosity=1)
        call_command("createcachetable")
        call_command("collectstatic", interactive=False, skip_checks=True, verbosity=0)
