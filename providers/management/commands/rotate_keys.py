"""``manage.py rotate_keys``: bring everything that the key ring sealed under its current key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.vault import VaultError, rotate, stale_counts


class Command(BaseCommand):
    """Rotation while the desk runs."""

    help = (
        "Seals data keys and account secrets under the first key of VAULT_KEYS. "
        "1. Append the new key to VAULT_KEYS everywhere and restart. 2. Move it to the front and restart. "
        "3. Run this until it says 0 left; it may be interrupted and run again. 4. Remove the old key and restart."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """``--check`` counts and changes nothing; ``--batch`` rows are locked at a time."""
        parser.add_argument("--check", action="store_true", help="only count; exit code 1 if anything is left")
        parser.add_argument("--batch", type=int, default=200, help="rows of one transaction (default 200)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, or count; end with exit code 1 when values are left under another key."""
        left = 0
        try:
            if options["check"]:
                for label, count in stale_counts().items():
                    left += count
                    self.stdout.write(f"{label}: {count} left")
            else:
                for column in rotate(batch=max(1, options["batch"])):
                    left += column.left
                    self.stdout.write(f"{column.label}: {column.sealed_anew} sealed anew, {column.left} left")
        except VaultError as problem:
            raise CommandError(str(problem)) from None
        if left:
            raise CommandError(f"{left} values are still under another key than the current one. Run it again.")
