"""Small builders. A case in review is made by real actions and a real read, so that its state is valid."""

import itertools
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection

from compliance.actions import cases, checks, decision_requests
from compliance.enums import DecisionVerdict
from compliance.models import AccountState, Applicant, Case, Check, Person, User
from compliance.routing.evidence_digest import evidence_digest
from compliance.sync import reads
from providers import Kind, provider_class
from providers.models import ProviderAccount
from providers.simulator.people import person
from providers.simulator.server import Simulator

_numbers = itertools.count(1)
PASSWORD = "correct horse battery staple"


def make_user(username: str, name: str, group: str, *, person: Person | None = None, **fields: Any) -> User:
    """A user, of a new person unless one is given."""
    first, _, last = name.partition(" ")
    user = User.objects.create_user(
        username,
        password=PASSWORD,
        first_name=first,
        last_name=last,
        person=person or Person.objects.create(name=name),
        **fields,
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def share_email(user: User, address: str) -> None:
    """Give the user an address that another person has, as in a database from before the rule."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE compliance_user DISABLE TRIGGER compliance_guard_email"
        )
        User.objects.filter(pk=user.pk).update(email=address)
        cursor.execute("ALTER TABLE compliance_user ENABLE TRIGGER compliance_guard_email")


def make_account(simulator: Simulator, provider: str, **given: Any) -> ProviderAccount:
    """An account at the simulator, with a rate so high that no test waits for it."""
    played = simulator.providers[provider]
    fields: dict[str, Any] = {
        "name": f"{provider}-{next(_numbers)}",
        "provider": provider,
        "environment": "simulator",
        "base_url": simulator.url,
        "credentials": dict(played.credentials),
        "settings": dict(played.settings),
        "rate_per_second": 500.0,
        "concurrency": 8,
        "evidence_hosts": [],
    }
    account = ProviderAccount.objects.create(**(fields | given))
    AccountState.objects.create(account=account)
    return account


def make_case(external_id: str = "", *, environment: str = "simulator", reference: str = "", **declared: Any) -> Case:
    """A case without checks."""
    external_id = external_id or f"cust-{next(_numbers)}"
    data = Applicant(external_id=external_id, **({"full_name": "Ada Example", "country": "NG"} | declared))
    return cases.open_case(data, environment=environment, by=None, reference=reference)[0]


def add_check(
    case: Case, account: ProviderAccount, reference: str, *, kind: str = "", settings: Mapping[str, Any] | None = None
) -> Check:
    """A check that is due and was never read."""
    cls = provider_class(account.provider)
    check_settings_given = dict.fromkeys(cls.check_settings, "u" * 40) | dict(settings or {})
    check, _ = checks.add_check(
        case.pk, by=None, account=account, kind=kind or cls.kinds[0], reference=reference, settings=check_settings_given
    )
    return check


def read(*accounts: ProviderAccount) -> reads.Counts:
    """Read every check of these accounts that is not final, once each."""
    return reads.run_slice([account.pk for account in accounts], seconds=60, ignore_schedule=True, until_idle=True)


def case_from(
    simulator: Simulator,
    account: ProviderAccount,
    scenario: str,
    *,
    is_person_declared: bool = False,
    number: int = 0,
    **declared: Any,
) -> Case:
    """A case with one check that has this scenario and has been read; with ``is_person_declared`` the declaration is
    that of the scenario's person, who is a new one unless their ``number`` is given."""
    played = simulator.providers[account.provider]
    number = number or next(_numbers)
    kind = str(played.scenarios[scenario].kind or Kind.IDENTITY)
    if is_person_declared:
        declared |= {"full_name": person(number).latin_name, "birth_date": person(number).birth_date.isoformat()}
    case = make_case(**declared)
    add_check(case, account, played.reference(scenario, number), kind=kind, settings=played.check_settings(number))
    read(account)
    case.refresh_from_db()
    return case


def decision_request(
    case: Case, verdict: DecisionVerdict, reason: str, note: str = "A note."
) -> decision_requests.DecisionRequest:
    """The request that a person would submit for the current state of the case."""
    newest = cases.newest_decision(case)
    return decision_requests.DecisionRequest(
        verdict=verdict,
        reason=reason,
        note=note,
        seen=evidence_digest(cases.evidence_of(case)),
        seen_decision=str(newest.pk) if newest else "",
    )
