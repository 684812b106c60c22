"""``manage.py sync_due``: fetch due checks in this process, without the broker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.sync import provider_clients, reads
from providers.models import ProviderAccount

LONGEST = 3600.0


class Command(BaseCommand):
    """Prints counts. The exit code is 0 also when checks failed."""

    help = "Fetch all checks that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", help="only this account")
        parser.add_argument(
            "--now",
            action="store_true",
            help="all checks that are not final, ignoring poll interval and backoff, never a Retry-After",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = None
        if options["account"]:
            accounts = list(ProviderAccount.objects.filter(name=options["account"]).values_list("pk", flat=True))
            if not accounts:
                raise CommandError(f"No account is named “{options['account']}”.")
        with provider_clients.fresh_sessions():
            counts = reads.run_slice(accounts, seconds=LONGEST, ignore_schedule=options["now"], until_idle=True)
        self.stdout.write(
            f"{counts.read} read, {counts.changed} changed, {counts.check_faults} checks failed, "
            f"{counts.account_faults} account faults, {counts.refused} late"
        )
