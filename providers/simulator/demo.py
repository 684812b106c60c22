"""The demonstration: an account at every provider, and cases whose checks tell many different stories.

Most stories stand still, so that every queue fills at once; the ones called ``flow-...`` move while people look.
Faults of a whole account are left out: they would stop the other stories.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from providers.simulator.people import Person, person
from providers.simulator.scenarios import ProviderSimulator

COLUMNS = (
    "case_reference",
    "applicant_external_id",
    "full_name",
    "birth_date",
    "email",
    "country",
    "account",
    "kind",
    "reference",
    "submitted_at",
    "settings",
)
_RATE = 20
_CONCURRENCY = 4
_PEOPLE_PER_SEED = 100
_SEEDS = 100
_ACCOUNTS = {
    "btc_direct": ("btcdirect-demo", 3),
    "bank131": ("bank131-demo", 5),
    "preventor": ("preventor-demo", 3),
    "advance_ai": ("advanceai-demo", 4),
    "checkout_com": ("checkout-demo", 2),
}
"""Registry name -> name of the demonstration account, and how often in seconds it reads an open check."""

_STORIES = """
# declined
preventor:declined-two-faces
preventor:declined-low-score                        latin-name
preventor:declined-pvt-ld-e001, btc_direct:verified
preventor:declined-pvt-xprd-dcmt
advance_ai:failed-liveness-attack
advance_ai:failed-number-deceased, checkout_com:identity-approved
advance_ai:failed-similarity-failed                 birth-date-swapped
advance_ai:failed-liveness-injected, preventor:accepted-passed
checkout_com:identity-declined-62301
checkout_com:identity-declined-mixed                short-name
checkout_com:document-declined-62101, checkout_com:face-approved
checkout_com:face-declined-62305
checkout_com:identity-declined-coercion, checkout_com:aml-approved, btc_direct:verified
checkout_com:aml-declined, checkout_com:identity-approved
# manual review
btc_direct:unknown-rejected
btc_direct:er124, bank131:ok
btc_direct:unknown-expired, preventor:pictures-data-uri
bank131:unknown-code                                short-name
bank131:unknown-status
bank131:ok-with-error
preventor:review-insecure-document
preventor:review-two-faces, checkout_com:aml-approved
preventor:declined-after-review
preventor:against-nested-rejected
preventor:accepted-unknown                          latin-name
advance_ai:failed-name-not-match                    birth-date-swapped
advance_ai:failed-liveness-unsure
advance_ai:passed-cpf-holders-death
checkout_com:aml-review-required, checkout_com:identity-approved
checkout_com:identity-unknown-status
# retry required
bank131:passport-failure
bank131:inn-failure, advance_ai:passed
bank131:already-exists-passport
advance_ai:failed-invalid-format
advance_ai:failed-can-not-verify
checkout_com:identity-retry-required-61112
checkout_com:document-retry-required-61301, bank131:ok
checkout_com:face-retry-required-61402
# incomplete
preventor:open-abandoned
preventor:open-timeout
advance_ai:incomplete-user-timeout
checkout_com:identity-inconclusive
checkout_com:identity-refused, checkout_com:aml-approved
# cannot be read
btc_direct:er035
btc_direct:er150, preventor:pictures-links
bank131:request-not-found
bank131:already-exists-circle
preventor:http-404
advance_ai:envelope-signature-not-exist
# passed
checkout_com:identity-approved, checkout_com:aml-approved
preventor:pictures-base64, btc_direct:validated
advance_ai:passed-with-video, bank131:ok
# moving
btc_direct:flow-verified, preventor:flow-accepted
btc_direct:flow-second-attempt
bank131:flow-passport-failure
bank131:pending                                     submitted-long-ago
checkout_com:identity-capture-in-progress
preventor:flow-second-attempt
preventor:flow-rejected
preventor:flow-review
advance_ai:flow-second-attempt, bank131:flow-confirmed
advance_ai:flow-declined
checkout_com:flow-identity-declined
checkout_com:flow-identity-second-attempt
checkout_com:flow-aml-review, checkout_com:identity-approved
checkout_com:flow-document-second-attempt
# one selfie, two applicants
checkout_com:document-declined-62101, checkout_com:face-approved
checkout_com:document-retry-required-61301, checkout_com:face-declined-62305    face-of-the-one-before
"""
"""A case a line: its checks as provider:scenario, and how what was declared differs from the ordinary."""


@dataclass(frozen=True, slots=True)
class _Story:
    checks: tuple[tuple[str, str], ...]
    difference: str


def _stories() -> Iterator[_Story]:
    for line in _STORIES.splitlines():
        text, _, difference = line.partition("  ")
        if text and not text.startswith("#"):
            pairs = (check.partition(":") for check in text.split(", "))
            yield _Story(tuple((provider, scenario) for provider, _, scenario in pairs), difference.strip())


def accounts(providers: Mapping[str, ProviderSimulator], url: str) -> list[dict[str, Any]]:
    """One account a provider, as ``manage.py provider_account`` takes them."""
    return [_account(provider, url) for provider in providers.values()]


def _account(provider: ProviderSimulator, url: str) -> dict[str, Any]:
    name, rhythm = _ACCOUNTS[provider.name]
    settings = {"rate_per_second": _RATE, "concurrency": _CONCURRENCY, "rhythm_seconds": rhythm}
    return {
        "name": name,
        "provider": provider.name,
        "environment": "simulator",
        "base_url": url,
        "credentials": dict(provider.credentials),
        "settings": {**settings, **provider.settings},
    }


def cases_csv(providers: Mapping[str, ProviderSimulator], *, now: datetime, seed: int = 0) -> str:
    """The demonstration cases as ``manage.py import_cases`` reads them; ``now`` is aware.

    The same ``now`` and ``seed`` give the same text. Another seed brings other people.
    """
    written = io.StringIO(newline="")
    lines = csv.DictWriter(written, COLUMNS)
    lines.writeheader()
    for number, story in enumerate(_stories()):
        serial = seed % _SEEDS * _PEOPLE_PER_SEED + number
        # Bank131 is first read ten minutes after submission.
        submitted = now.replace(microsecond=0) - timedelta(minutes=12 + 23 * number)
        if story.difference == "submitted-long-ago":
            submitted -= timedelta(days=2)
        applicant = _declared(person(serial), story.difference)
        for name, scenario in story.checks:
            borrowed = (
                story.difference == "face-of-the-one-before" and providers[name].scenarios[scenario].kind == "face"
            )
            check = _check(providers[name], scenario, serial - borrowed)
            lines.writerow({**applicant, **check, "submitted_at": submitted.isoformat()})
    return written.getvalue()


def _declared(known: Person, difference: str) -> dict[str, str]:
    """What the applicant typed, which now and then is not what the providers found."""
    full_name, born = known.full_name, known.birth_date
    if difference == "latin-name":
        full_name = known.latin_name
    elif difference == "short-name":
        full_name = f"{known.latin_given_names.split()[0]} {known.latin_family_name.split()[-1].split('-')[-1]}"
    elif difference == "birth-date-swapped":
        # Month and day changed places, or where that is no date, the next day.
        born = born.replace(month=born.day, day=born.month) if born.day <= 12 else born + timedelta(days=1)
    return {
        "case_reference": f"ONB-{2000 + known.serial}",
        "applicant_external_id": known.external_id,
        "full_name": full_name,
        "birth_date": born.isoformat(),
        "email": known.email,
        "country": known.country,
    }


def _check(provider: ProviderSimulator, scenario: str, serial: int) -> dict[str, str]:
    settings = provider.check_settings(serial)
    return {
        "account": _ACCOUNTS[provider.name][0],
        "kind": provider.scenarios[scenario].kind,
        "reference": provider.reference(scenario, serial),
        "settings": json.dumps(dict(settings)) if settings else "",
    }
