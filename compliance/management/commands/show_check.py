"""``manage.py show_check ACCOUNT REFERENCE``: one check with its facts."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.case_page.command_line import check_as_data
from compliance.errors import InvalidInput


class Command(BaseCommand):
    """Prints personal data: for users of the machine who may see them."""

    help = "Show a check with its facts, account state and case."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account")
        parser.add_argument("reference")
        parser.add_argument("--kind", default="")
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = check_as_data(options["account"], options["reference"], kind=options["kind"])
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, default=str))
            return
        for name, value in found.items():
            self.stdout.write(f"{name}: {json.dumps(value, ensure_ascii=False, default=str)}")
