"""``manage.py list_doubles``: references that an earlier release stored in several checks."""

from typing import Any

from django.core.management.base import BaseCommand

from compliance.queries.doubles import doubles


class Command(BaseCommand):
    """Prints ids only."""

    help = "List references that have several checks. Their results count for each other in every decision."

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(doubles())
        for check in found:
            case, account = f"KYC-{check.case_id}", check.account.name
            self.stdout.write(
                f"{check.provider}\t{check.environment}\t{check.kind}\t{check.reference}\t{case}\t{account}"
            )
        self.stderr.write(f"{len(found)} checks share a reference." if found else "No reference has several checks.")
