"""``manage.py rotate_keys``: re-encrypt with the current key everything that the key ring encrypts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.vault import VaultError, rotate, stale_counts


class Command(BaseCommand):
    """Key rotation without downtime."""

    help = (
        "Re-encrypts data keys and account secrets with the first key of VAULT_KEYS. "
        "1. Append the new key to VAULT_KEYS everywhere and restart. 2. Move it to the front and restart. "
        "3. Run this until it reports 0 left; it can be interrupted and run again. 4. Remove the old key and restart."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define ``--check`` and ``--batch``."""
        parser.add_argument("--check", action="store_true", help="only count; exit code 1 if anything is left")
        parser.add_argument("--batch", type=int, default=200, help="rows of one transaction (default 200)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, or count. Exit code 1 when values are left with another key."""
        left = 0
        try:
            if options["check"]:
                for label, count in stale_counts().items():
                    left += count
                    self.stdout.write(f"{label}: {count} left")
            else:
                for column in rotate(batch=max(1, options["batch"])):
                    left += column.left
                    self.stdout.write(f"{column.label}: {column.reencrypted} re-encrypted, {column.left} left")
        except VaultError as problem:
            raise CommandError(str(problem)) from None
        if left:
            raise CommandError(
                f"{left} values are still encrypted with another key than the current one. Run it again."
            )
