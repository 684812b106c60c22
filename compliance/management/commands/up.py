"""`manage.py up`: the whole application in the foreground."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from compliance.embedded.processes import StartFailed, die_with_parent
from compliance.embedded.supervisor import STOPS, Supervisor, explain


class Command(BaseCommand):
    """Start database, broker, web server and workers; stop them on Ctrl-C."""

    help = "Run the whole application in the foreground. Starts a database and a broker if no URLs are set."
    # The checks need the keys and the database that this command creates.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="stop when the parent process ends (Linux)")

    def handle(self, *args: Any, with_parent: bool, **options: Any) -> None:
        """Run until a stop signal. Exit code 1 when a process cannot be started or ends unexpectedly."""
        if with_parent:
            die_with_parent(STOPS[1])
        try:
            status = Supervisor(settings.ENVIRONMENT, self._announce).run()
        except StartFailed as failure:
            self.stderr.write(explain(failure))
            status = 1
        sys.exit(status)

    def _announce(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
