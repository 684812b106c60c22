"""``manage.py import_cases FILE.csv``: open cases from CSV; ``-`` is standard input."""

import contextlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from compliance.errors import InvalidInput
from compliance.imports import csv_cases


class Command(BaseCommand):
    """Imports all valid lines and reports the others by number; exit code 1 if any failed. Idempotent."""

    help = "Open cases and their checks from a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV with a header line; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        cases = checks = failed = 0
        try:
            with _opened(options["file"]) as lines:
                for result in csv_cases.import_lines(lines, by=None):
                    cases += result.case_made
                    checks += result.check_made
                    if result.error:
                        failed += 1
                        self.stderr.write(f"line {result.line}: {result.error}")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {type(error).__name__}.") from error
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{cases} cases and {checks} checks opened, {failed} lines failed")
        if failed:
            sys.exit(1)


@contextlib.contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdin
        return
    with Path(name).open(encoding="utf-8-sig", newline="") as lines:
        yield lines
