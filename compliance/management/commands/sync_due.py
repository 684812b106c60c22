"""``manage.py sync_due``: read what is due in this process, without the broker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.sync import provider_clients, reads
from providers.models import ProviderAccount

LONGEST = 3600.0


class Command(BaseCommand):
    """Prints counts; exit code 0 also when reads failed."""

    help = "Read the checks that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which account, and whether our own rhythm counts."""
        parser.add_argument("--account", help="only this account")
        parser.add_argument(
            "--now",
            action="store_true",
            help="everything that is not settled, past our own rhythm and back-off; never past a told Retry-After",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read until nothing is due."""
        accounts = None
        if options["account"]:
            accounts = list(ProviderAccount.objects.filter(name=options["account"]).values_list("pk", flat=True))
            if not accounts:
                raise CommandError(f"There is no account named “{options['account']}”.")
        with provider_clients.fresh_sessions():
            counts = reads.run_slice(accounts, seconds=LONGEST, ignore_schedule=options["now"], until_idle=True)
        self.stdout.write(
            f"{counts.read} read, {counts.changed} changed, {counts.check_faults} checks failed, "
            f"{counts.account_faults} account faults, {counts.refused} late"
        )
