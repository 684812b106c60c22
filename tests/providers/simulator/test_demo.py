"""Demonstration accounts and cases."""

import csv
import io
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from providers import Kind, Outcome, ProviderError, Subject, provider_class, provider_names
from providers.simulator import demo, people
from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator
from tests.providers.conftest import ClientFactory
from tests.providers.simulator.calls import control_page


def test_demonstration_accounts_are_complete(own: Simulator) -> None:
    accounts = control_page(own, "accounts.json").json()
    assert [one["provider"] for one in accounts] == list(provider_names())
    for one in accounts:
        assert (one["environment"], one["base_url"]) == ("simulator", own.url)
        assert re.fullmatch(r"[a-z0-9]+-demo", one["name"])
        assert 2 <= one["settings"]["poll_interval_seconds"] <= 5
        assert one["settings"]["rate_per_second"] > 0
        assert tuple(one["credentials"]) in provider_class(one["provider"]).credential_keys


def _demo_lines(simulator: Simulator) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(control_page(simulator, "cases.csv").text)))


def test_demonstration_cases_fill_the_queues_from_every_provider(own: Simulator, client: ClientFactory) -> None:
    lines = _demo_lines(own)
    assert tuple(lines[0]) == demo.COLUMNS
    assert 55 <= len({line["case_reference"] for line in lines}) <= 14 * len(provider_names())
    assert len({(line["account"], line["kind"], line["reference"]) for line in lines}) == len(lines) >= 70
    fates: dict[str, list[tuple[str, str]]] = defaultdict(list)
    providers = {played.account_name: name for name, played in own.providers.items()}
    for line in lines:
        name = providers[line["account"]]
        fates[line["case_reference"]].append((name, _fate(client(name, base_url=own.url), line)))
    queues: Counter[str] = Counter()
    reached: dict[str, set[str]] = defaultdict(set)
    for checks in fates.values():
        worst = next((fate for fate in _WORST_FIRST if fate in {found for _, found in checks}), "")
        queues[worst] += 1
        for name, fate in checks:
            if fate == worst:
                reached[name].add(fate)
    in_queues = sum(queues[fate] for fate in _WORST_FIRST[:5])
    assert in_queues >= 40
    assert all(queues[fate] >= 4 for fate in _WORST_FIRST[:5]), queues
    assert queues["approved"] >= 3
    assert all(len(reached[name] & set(_WORST_FIRST[:5])) >= 2 for name in provider_names()), reached


_WORST_FIRST = (
    "unreadable",
    Outcome.DECLINED,
    Outcome.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED,
    Outcome.INCOMPLETE,
    Outcome.IN_PROGRESS,
    Outcome.PENDING,
    Outcome.APPROVED,
)


def _fate(provider: Any, line: dict[str, str]) -> str:
    settings = json.loads(line["settings"]) if line["settings"] else {}
    try:
        report = provider.fetch(Subject(kind=Kind(line["kind"]), reference=line["reference"], settings=settings))
    except ProviderError as error:
        assert error.scope == "reference", (line["account"], error.detail)
        return "unreadable"
    return str(provider.normalise(report, provider.rules()).outcome)


def test_demonstration_cases_depend_only_on_the_seed() -> None:
    played = {one.name: one for one in all_simulators()}
    now = datetime.now(UTC)
    first = demo.cases_csv(played, now=now)
    assert demo.cases_csv(played, now=now) == first
    other = demo.cases_csv(played, now=now, seed=1)

    def emails(text: str) -> set[str]:
        return {line["email"] for line in csv.DictReader(io.StringIO(text))}

    assert len(emails(other)) == len(emails(first))
    assert not emails(other) & emails(first)


def test_most_demonstration_applicants_are_the_people_of_the_providers(own: Simulator) -> None:
    different = 0
    for line in _demo_lines(own):
        serial = int(line["applicant_external_id"].removeprefix("APP-")) - 1000
        one = people.person(serial)
        assert (line["email"], line["country"]) == (one.email, one.country)
        born = date.fromisoformat(line["birth_date"])
        different += (line["full_name"], born) != (one.full_name, one.birth_date)
        submitted = datetime.fromisoformat(line["submitted_at"])
        assert timedelta(minutes=11) < datetime.now(UTC) - submitted < timedelta(days=4)
    assert 4 <= different <= 10


def test_applicants_come_from_where_their_provider_verifies_people() -> None:
    played = {one.name: one for one in all_simulators()}
    by_account = {one.account_name: one.demo_countries for one in played.values()}
    lines = list(csv.DictReader(io.StringIO(demo.cases_csv(played, now=datetime.now(UTC)))))
    first = {line["case_reference"]: line for line in reversed(lines)}
    elsewhere = [
        (line["country"], line["reference"])
        for line in first.values()
        if line["country"] not in (*by_account[line["account"]], "EG")
    ]
    assert elsewhere == []
    assert {line["country"] for line in first.values()} >= {"GB", "DE", "RU", "ID", "NG", "BR", "MX"}
    assert len({line["email"] for line in first.values()}) == len(first)


def test_nobody_has_a_british_identity_card() -> None:
    assert all(people.person(serial).document_type != "id_card" for serial in range(17, 2000, 20))
