"""`manage.py up`: everything that a desk needs, in the foreground."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from compliance.embedded.processes import StartFailed, die_with_parent
from compliance.embedded.supervisor import STOPS, Supervisor, explain


class Command(BaseCommand):
    """Start the database, the broker, the pages and the workers; stop them all on Ctrl-C."""

    help = "Starts the whole desk in the foreground: what DATABASE_URL and BROKER_URL do not name is started, too."
    # Nothing to check yet: the keys and the database that the checks look at are made by this command.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started this one is gone (Linux)"
        )

    def handle(self, *args: Any, with_parent: bool, **options: Any) -> None:
        """Run until stopped."""
        if with_parent:
            die_with_parent(STOPS[1])
        try:
            status = Supervisor(settings.ENVIRONMENT, self._say).run()
        except StartFailed as failure:
            self.stderr.write(explain(failure))
            status = 1
        sys.exit(status)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
