"""The demonstration: an account at every provider, and cases that fill every queue.

Most scenarios do not change, so that every queue has cases at once; those named ``flow-...`` change with time.
Faults of a whole account are left out, because they would stop its other checks.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
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
_PEOPLE_PER_SEED = 200
_SEEDS = 50

_CASES = """
# declined
preventor:declined-two-faces
preventor:declined-low-score                        latin-name
preventor:declined-pvt-ld-e001, btc_direct:verified
preventor:declined-pvt-xprd-dcmt
advance_ai:failed-liveness-attack
advance_ai:failed-number-deceased
advance_ai:failed-similarity-failed                 birth-date-swapped
advance_ai:failed-liveness-injected, preventor:accepted-passed    from-BR
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
bank131:unknown-code                                 short-name then-escalate
bank131:unknown-status                               then-approve
bank131:ok-with-error
preventor:review-insecure-document
preventor:review-two-faces, checkout_com:aml-approved
preventor:declined-after-review
preventor:against-nested-rejected
preventor:accepted-unknown                          latin-name
advance_ai:failed-name-not-match                    birth-date-swapped
advance_ai:failed-liveness-unsure
advance_ai:passed-cpf-holders-death                 from-BR
checkout_com:aml-review-required, checkout_com:identity-approved    from-EG
checkout_com:identity-unknown-status
# retry required
bank131:passport-failure                             from-RU then-approve
bank131:inn-failure                                  from-RU then-escalate
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
# sync error
btc_direct:er035
btc_direct:er150, preventor:pictures-links
bank131:request-not-found
bank131:already-exists-circle
preventor:http-404
advance_ai:envelope-signature-not-exist
# ready
checkout_com:identity-approved, checkout_com:aml-approved
preventor:pictures-base64, btc_direct:validated
advance_ai:passed-with-video
# a finding in an accepted answer
checkout_com:identity-two-documents, checkout_com:aml-approved
checkout_com:identity-approved, checkout_com:aml-approved      family-first
# changing
btc_direct:flow-verified, preventor:flow-accepted
btc_direct:flow-second-attempt
bank131:flow-passport-failure
bank131:pending                                     submitted-long-ago
checkout_com:identity-capture-in-progress
preventor:flow-second-attempt
preventor:flow-rejected
preventor:flow-review
advance_ai:flow-second-attempt
advance_ai:flow-declined
checkout_com:flow-identity-declined
checkout_com:flow-identity-second-attempt
checkout_com:flow-aml-review, checkout_com:identity-approved
checkout_com:flow-document-second-attempt
# one selfie, two applicants
checkout_com:document-declined-62101, checkout_com:face-approved
checkout_com:document-retry-required-61301, checkout_com:face-declined-62305    face-of-the-one-before
"""
"""A case a line: its checks as provider:scenario, how the declared data differ from the person's, and ``from-BR``
for the country of an answer that fits one country only. ``then-escalate`` and ``then-approve``: what an analyst does;
only for providers without images, which would change the evidence of a proposal later."""
_STEPS = {
    "then-escalate": ("escalate", "ESC-01", "The provider's answer is unclear to me. Is this document enough?"),
    "then-approve": ("approve", "OK-02", "The applicant has sent the original, and it agrees with the declared data."),
}


@dataclass(frozen=True, slots=True)
class _DemoCase:
    checks: tuple[tuple[str, str], ...]
    difference: str
    country: str = ""
    step: str = ""
    """A key of ``_STEPS``."""

    def countries(self, providers: Mapping[str, ProviderSimulator]) -> Sequence[str]:
        """Where the applicant may come from: where all providers of the case have people, else the first one."""
        if self.country:
            return (self.country,)
        each = [providers[name].demo_countries for name, _ in self.checks]
        return [code for code in each[0] if all(code in others for others in each)] or each[0]


def _demo_cases(providers: Mapping[str, ProviderSimulator]) -> Iterator[_DemoCase]:
    for text in (_CASES, *(provider.demo_cases for provider in providers.values())):
        for line in text.splitlines():
            checks, _, difference = line.partition("  ")
            if checks and not checks.startswith("#"):
                pairs = (check.partition(":") for check in checks.split(", "))
                words = difference.split()
                yield _DemoCase(
                    tuple((provider, scenario) for provider, _, scenario in pairs),
                    next((word for word in words if not word.startswith(("from-", "then-"))), ""),
                    next((word.removeprefix("from-") for word in words if word.startswith("from-")), ""),
                    next((word for word in words if word in _STEPS), ""),
                )


def accounts(providers: Mapping[str, ProviderSimulator], url: str) -> list[dict[str, Any]]:
    """One account a provider, as ``manage.py provider_account`` takes them."""
    return [_account(provider, url) for provider in providers.values()]


def _account(provider: ProviderSimulator, url: str) -> dict[str, Any]:
    settings = {"rate_per_second": _RATE, "concurrency": _CONCURRENCY, "poll_interval_seconds": provider.poll_seconds}
    return {
        "name": provider.account_name,
        "provider": provider.name,
        "environment": "simulator",
        "base_url": url,
        "credentials": dict(provider.credentials),
        "settings": {**settings, **provider.settings},
    }


def cases_csv(providers: Mapping[str, ProviderSimulator], *, now: datetime, seed: int = 0) -> str:
    """The demonstration cases as ``manage.py import_cases`` reads them; ``now`` is aware.

    The same ``now`` and ``seed`` give the same text; another seed gives other people.
    """
    written = io.StringIO(newline="")
    lines = csv.DictWriter(written, COLUMNS)
    lines.writeheader()
    before = 0
    for number, (case, serial) in enumerate(_with_people(providers, seed)):
        # Bank131 is first read ten minutes after submission.
        submitted = now.replace(microsecond=0) - timedelta(minutes=12 + 23 * number)
        if case.difference == "submitted-long-ago":
            submitted -= timedelta(days=2)
        applicant = _declared(person(serial), case.difference)
        for name, scenario in case.checks:
            is_face = providers[name].scenarios[scenario].kind == "face"
            shares_face = is_face and case.difference == "face-of-the-one-before"
            check = _check(providers[name], scenario, before if shares_face else serial)
            lines.writerow({**applicant, **check, "submitted_at": submitted.isoformat()})
        before = serial
    return written.getvalue()


def steps(providers: Mapping[str, ProviderSimulator], *, seed: int = 0) -> list[dict[str, str]]:
    """What an analyst does with some of the cases after their checks were read."""
    found = []
    for case, serial in _with_people(providers, seed):
        if case.step:
            verdict, reason, note = _STEPS[case.step]
            line = {"case_reference": _case_reference(serial), "account": providers[case.checks[0][0]].account_name}
            found.append(line | {"verdict": verdict, "reason": reason, "note": note})
    return found


def _with_people(providers: Mapping[str, ProviderSimulator], seed: int) -> Iterator[tuple[_DemoCase, int]]:
    serials = _Serials(seed % _SEEDS * _PEOPLE_PER_SEED)
    for case in _demo_cases(providers):
        yield case, serials.take(case.countries(providers))


def _case_reference(serial: int) -> str:
    return f"ONB-{2000 + serial}"


class _Serials:
    """Hands out the people of one seed, each once."""

    def __init__(self, start: int) -> None:
        self._free = list(range(start, start + _PEOPLE_PER_SEED))

    def take(self, countries: Sequence[str]) -> int:
        """The next person of one of these countries, in turn; else of any country."""
        free = [serial for serial in self._free if person(serial).country in countries] or self._free
        self._free.remove(free[0])
        return free[0]


def _declared(applicant: Person, difference: str) -> dict[str, str]:
    """Declared data, which in some cases differ from what the providers report."""
    full_name, born = applicant.full_name, applicant.birth_date
    if difference == "latin-name":
        full_name = applicant.latin_name
    elif difference == "short-name":
        full_name = f"{applicant.latin_given_names.split()[0]} {applicant.latin_family_name.split()[-1].split('-')[-1]}"
    elif difference == "family-first":
        full_name = f"{applicant.latin_family_name} {applicant.latin_given_names}"
    elif difference == "birth-date-swapped":
        # Month and day swapped, or the next day where that is not a date.
        born = born.replace(month=born.day, day=born.month) if born.day <= 12 else born + timedelta(days=1)
    return {
        "case_reference": _case_reference(applicant.serial),
        "applicant_external_id": applicant.external_id,
        "full_name": full_name,
        "birth_date": born.isoformat(),
        "email": applicant.email,
        "country": applicant.country,
    }


def _check(provider: ProviderSimulator, scenario: str, serial: int) -> dict[str, str]:
    settings = provider.check_settings(serial)
    return {
        "account": provider.account_name,
        "kind": provider.scenarios[scenario].kind,
        "reference": provider.reference(scenario, serial),
        "settings": json.dumps(dict(settings)) if settings else "",
    }
