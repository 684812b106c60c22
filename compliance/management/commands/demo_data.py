"""``manage.py demo_data``: users of the demo, and accounts and cases of the simulator."""

import json
import os
import secrets
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from compliance.actions import accounts, users
from compliance.actions.cases import evidence_of
from compliance.actions.decision_requests import DecisionRequest
from compliance.actions.decisions import decide_or_propose
from compliance.enums import CaseStatus, DecisionVerdict
from compliance.errors import ComplianceError
from compliance.imports import csv_cases
from compliance.management.commands.provider_account import RATE_LIMITS
from compliance.models import Case, Decision, OverrideProposal, User
from compliance.routing.evidence_digest import evidence_digest
from compliance.sync.reads import run_slice
from providers.models import ProviderAccount

PEOPLE: dict[str, tuple[str, str]] = {
    "analyst": ("Dana Whitfield", "analyst"),
    "analyst2": ("Kwabena Osei-Tutu", "analyst"),
    "manager": ("Ines Carvalho", "manager"),
    "admin": ("Priya Raghunathan", "admin"),
}
SECONDS = 10.0


class Command(BaseCommand):
    """Adds new cases of the simulator when it is run again. Refused in production."""

    help = "Create users, accounts and cases of the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO=0: demo data are not allowed in production.")
        self._create_users()
        self._create_accounts()
        self._open_cases()
        self._escalate_and_propose()

    def _create_users(self) -> None:
        """Generate passwords once and write them to a file with mode 600."""
        path = settings.DATA_DIR / "demo-people.json"
        written: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
        for username, (name, group) in PEOPLE.items():
            user = User.objects.filter(username=username).first()
            if user is not None and username in written:
                continue
            password = secrets.token_urlsafe(12)
            if user is None:
                users.create_user(name, by=None, username=username, password=password, group=group)
            else:
                user.set_password(password)
                user.save(update_fields=("password",))
            written[username] = {"username": username, "password": password}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(written, file, indent=2)

    def _create_accounts(self) -> None:
        for offered in json.loads(_fetch("accounts.json")):
            settings = offered["settings"]
            fields = {name: settings.pop(name) for name in RATE_LIMITS if name in settings} | {"settings": settings}
            found = ProviderAccount.objects.filter(name=offered["name"]).first()
            if found is None:
                accounts.create(by=None, **{**offered, **fields})
            elif found.base_url != offered["base_url"]:
                accounts.change(
                    found.pk, by=None, base_url=offered["base_url"], credentials=offered["credentials"], **fields
                )

    def _open_cases(self) -> None:
        """Lines of applicants whose data were corrected meanwhile are named, and change nothing."""
        results = list(csv_cases.import_lines(csv_cases.of_text(_fetch("cases.csv").splitlines()), by=None))
        failed = [result for result in results if result.error]
        for result in failed:
            self.stderr.write(f"line {result.line}: {result.error}")
        if len(failed) == len(results):
            raise CommandError("No case of the simulator could be opened.")

    def _escalate_and_propose(self) -> None:
        """Read some cases and let an analyst act on them once, so that managers have work."""
        if Decision.objects.filter(by__isnull=False).exists() or OverrideProposal.objects.exists():
            return
        steps = json.loads(_fetch("steps.json"))
        read = ProviderAccount.objects.filter(name__in={step["account"] for step in steps})
        run_slice([account.pk for account in read], seconds=SECONDS, until_idle=True)
        analyst = User.objects.get(username="analyst")
        for step in steps:
            case = Case.objects.filter(reference=step["case_reference"], status=CaseStatus.IN_REVIEW).first()
            if case is None:
                continue  # not read in time
            verdict, seen = DecisionVerdict(step["verdict"]), evidence_digest(evidence_of(case))
            request = DecisionRequest(verdict=verdict, reason=step["reason"], note=step["note"], seen=seen)
            try:
                decide_or_propose(case.pk, by=analyst, request=request)
            except ComplianceError as refusal:
                self.stderr.write(f"{case.label}: {refusal}")


def _fetch(page: str) -> str:
    try:
        answer = requests.get(f"{settings.SIMULATOR_URL}/_simulator/{page}", timeout=SECONDS, allow_redirects=False)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise CommandError(f"The simulator does not answer ({type(error).__name__}).") from error
    answer.encoding = "utf-8"
    return answer.text
