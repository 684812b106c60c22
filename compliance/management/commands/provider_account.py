"""``manage.py provider_account``: create or update a provider account. Credentials are read from standard input."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.actions import accounts
from compliance.errors import ComplianceError
from providers import provider_names
from providers.accounts.validation import ENVIRONMENTS, Credentials
from providers.models import ProviderAccount

FORMER_NAMES = {"rhythm_seconds": "poll_interval_seconds"}
"""Settings by the names that callers of earlier releases still use."""
RATE_LIMITS = ("rate_per_second", "concurrency", "poll_interval_seconds", "evidence_hosts")
"""Settings of all providers, stored in columns of their own."""
MAX_INPUT = 1024 * 1024


class Command(BaseCommand):
    """Creates or updates the account of a name and prints its ID. Idempotent."""

    help = (
        'Create or update the account of a unique name. Reads {"credentials": {...}, "settings": {...}} from standard '
        "input. Omitted credentials and settings are unchanged; null removes a credential or resets a setting."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """No credentials: the process list shows arguments."""
        parser.add_argument("--provider", required=True, choices=provider_names())
        parser.add_argument("--name", required=True, help="unique name of the account")
        parser.add_argument("--environment", choices=ENVIRONMENTS, help="required for a new account")
        parser.add_argument(
            "--base-url", help="required for a new account; an official host or one of PROVIDER_EXTRA_HOSTS"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        credentials, settings = _read(sys.stdin.read(MAX_INPUT))
        given = {"environment": options["environment"], "base_url": options["base_url"]}
        fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        settings = {FORMER_NAMES.get(name, name): value for name, value in settings.items()}
        rate_limits = {name: settings.pop(name) for name in RATE_LIMITS if name in settings}
        # Only an empty poll interval has a meaning: the default of the provider.
        fields |= {
            name: value for name, value in rate_limits.items() if value is not None or name == "poll_interval_seconds"
        }
        try:
            account = _store(options["provider"], options["name"], credentials, settings, fields)
        except ComplianceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(account.pk))


def _store(
    provider: str, name: str, credentials: Credentials, settings: Mapping[str, Any], fields: dict[str, Any]
) -> ProviderAccount:
    account = ProviderAccount.objects.filter(name=name).first()
    stored = dict(account.settings) if account else {}
    fields["settings"] = {key: value for key, value in {**stored, **settings}.items() if value is not None}
    if account is None:
        missing = [f"--{field.replace('_', '-')}" for field in ("environment", "base_url") if field not in fields]
        if missing:
            raise CommandError(f"A new account requires {' and '.join(missing)}.")
        return accounts.create(by=None, provider=provider, name=name, credentials=credentials, **fields)
    if account.provider != provider:
        raise CommandError(f"The account belongs to {account.provider}; its provider cannot be changed.")
    return accounts.change(account.pk, by=None, credentials=credentials, **fields)


def _read(text: str) -> tuple[dict[str, str | None], dict[str, Any]]:
    """Credentials and settings. Errors never quote the input, which is secret."""
    try:
        content = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise CommandError("Standard input is not JSON.") from None
    if not isinstance(content, dict) or set(content) - {"credentials", "settings"}:
        raise CommandError('Standard input must hold {"credentials": {...}, "settings": {...}} and nothing else.')
    credentials, settings = content.get("credentials") or {}, content.get("settings") or {}
    if not isinstance(credentials, dict) or not all(isinstance(value, str | None) for value in credentials.values()):
        raise CommandError("Credentials must be an object of strings.")
    if not isinstance(settings, dict):
        raise CommandError("Settings must be an object.")
    return credentials, settings
