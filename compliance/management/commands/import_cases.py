"""``manage.py import_cases FILE.csv``: open cases from CSV; ``-`` is standard input."""

import io
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.errors import InvalidInput
from compliance.imports.csv_cases import CaseFile, import_lines
from compliance.imports.text_files import Opener

PROGRESS_EVERY = 250
"""Lines."""


class Command(BaseCommand):
    """Imports all valid lines and reports the others by number; exit code 1 if any failed. Idempotent."""

    help = "Open cases and their checks from a CSV file, which is checked as a whole before anything is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV with a header line; - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="report everything, write nothing")
        parser.add_argument(
            "--correct", action="store_true", help="correct the declared data of applicants who are known otherwise"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._cases = self._checks = self._failed = self._done = 0
        try:
            file = CaseFile(_opener(options["file"]))
            if file.encoding.notice:
                self.stderr.write(file.encoding.notice)
            self._import(file, is_correcting=options["correct"], is_dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"The file cannot be read: {type(error).__name__}.") from error
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        finally:
            would = "would be opened" if options["dry_run"] else "opened"
            self.stdout.write(f"{self._cases} cases and {self._checks} checks {would}, {self._failed} lines failed")
        if self._failed:
            sys.exit(1)

    def _import(self, file: CaseFile, **options: bool) -> None:
        is_terminal, started = self.stderr.isatty(), time.monotonic()
        for result in import_lines(file, by=None, **options):
            self._done += 1
            self._cases += result.case_made
            self._checks += result.check_made
            if result.error:
                self._failed += 1
                self.stderr.write(f"line {result.line}: {result.error}")
            if is_terminal and (self._done % PROGRESS_EVERY == 0 or self._done == file.rows):
                rate = self._done / max(time.monotonic() - started, 0.001)
                self.stderr.write(f"\r{self._done} of {file.rows} lines, {rate:.0f} a second", ending="")
        if is_terminal:
            self.stderr.write("")


def _opener(name: str) -> Opener:
    """Opens the file for each pass; standard input is read once and held in memory, never on disk."""
    if name == "-":
        content = sys.stdin.buffer.read()
        return lambda: io.BytesIO(content)
    return lambda: Path(name).open("rb")
