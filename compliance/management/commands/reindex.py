"""``manage.py reindex``: compute findings and identity keys of all cases anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compliance.actions.reindexing import reindex


class Command(BaseCommand):
    """Prints the number of the last case of each thousand, from which an interrupted run can continue."""

    help = "Compare the sources of all cases anew and recompute their identity keys. Runs beside the application."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, metavar="NUMBER", help="continue after this case number")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for number in reindex(after=options["after"]):
            count += 1
            if count % 1000 == 0:
                self.stdout.write(f"KYC-{number}")
        self.stdout.write(f"{count} cases")
