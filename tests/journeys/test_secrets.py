"""Canary secrets pass through the whole application and are in no page, no log, no row and no repr."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse

from compliance.case_page.page import case_page
from compliance.models import AccountToken, Check, CheckReport, Document, UnreadableBody, User
from compliance.project.log_format import OneLine
from compliance.sync import copies, provider_clients, reads
from compliance.views import case as case_pages
from providers import provider_names
from providers.contract.errors import ProviderError
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance.views.pages import page_of, signed_in
from tests.compliance.views.provider_answers import leased
from tests.providers.conftest import raw_server
from tests.providers.expectations import expectations_of
from tests.providers.raw_answers import RawServer, as_json

__all__ = ["raw_server"]

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
FAULTS = ("fault-http-401", "fault-http-500", "fault-html-200", "fault-redirect-other", "fault-truncated-json")
PASSWORDS = ("canary-typed-password-1", "canary-name-that-is-a-password-2", "canary battery staple 3")
ENCRYPTED = {"birth_date": "1987-11-23", "document_number": "CANARY-4471902"}
LEAKY = "canary-in-an-exception-4"


@dataclass(slots=True)
class Output:
    """All output of a run, by its channel."""

    texts: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, where: str, text: str) -> None:
        """Add one readable output."""
        self.texts[f"{where} #{len(self.texts)}"] = text

    def holding(self, secrets: set[str]) -> list[str]:
        """The channels that contain any of these."""
        return [where for where, text in self.texts.items() if any(secret in text for secret in secrets)]


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The log at its most verbose level, as production formats it."""
    said: list[str] = []
    formatter = OneLine()

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(formatter.format(record))

    root, keeper = logging.getLogger(), Keeper(logging.DEBUG)
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield said
    root.setLevel(level)
    root.removeHandler(keeper)


def read(check: Check) -> reads.Answer:
    """Ask over HTTP and store, as the sync does."""
    answer = reads.fetch(leased(check))
    reads.store([answer], reads.Counts())
    return answer


def scenario_check(simulator: Simulator, account: ProviderAccount, scenario: str, **declared: Any) -> Check:
    """A check that plays a scenario, not yet read."""
    played = simulator.providers[account.provider]
    serial = next(factories._numbers)
    kind = str(played.scenarios[scenario].kind or "identity")
    settings = played.check_settings(serial)
    return factories.add_check(
        factories.make_case(**declared), account, played.reference(scenario, serial), kind=kind, settings=settings
    )


def dump() -> Iterator[tuple[str, str]]:
    """Every table of the database as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{table}\" t")  # noqa: S608
            yield table, cursor.fetchone()[0]


def as_stored(secrets: set[str]) -> set[str]:
    """The secrets as a dump shows them: as text, and as bytes in hexadecimal."""
    return secrets | {secret.encode().hex() for secret in secrets}


def secrets_of(accounts: list[ProviderAccount], links: set[str]) -> set[str]:
    """Credentials, tokens, identifiers and the queries of links, of this run."""
    found = {value for account in accounts for value in account.credentials.values()}
    found |= {token.value for token in AccountToken.objects.all() if token.value}
    found |= {str(value) for check in Check.objects.all() for value in check.settings.values()}
    return found | links | set(PASSWORDS)


def pages(person: User, names: list[tuple[str, list[Any]]], output: Output) -> None:
    """What this person sees."""
    browser = signed_in(person)
    for name, args in names:
        answer = browser.get(reverse(name, args=args))
        output.add(f"{person.username} {name}", answer.content.decode() + str(answer.headers))


@pytest.mark.promise("G20")
@pytest.mark.parametrize("provider", provider_names())
def test_no_secret_of_an_account_or_a_link_can_be_read_anywhere(
    provider: str, account: MakeAccount, simulator: Simulator, analyst: User, admin: User, lines: list[str]
) -> None:
    host = urlsplit(simulator.url).hostname or ""
    good = account(provider, evidence_hosts=[host])
    wrong = {key: f"canary-wrong-{key}" for key in good.credentials}
    bad = account(provider, credentials=wrong)
    known = simulator.providers[provider].scenarios
    expected = expectations_of(provider)
    scenario = expected.readable_scenario
    first = scenario_check(simulator, good, scenario, **ENCRYPTED)
    output = Output()
    answers = [read(first), read(scenario_check(simulator, bad, scenario))]
    links = {query for row in Document.objects.exclude(state="copied") if len(query := urlsplit(row.link).query) > 8}
    copies.copy_requested(seconds=10)
    answers += [read(scenario_check(simulator, good, fault)) for fault in FAULTS if fault in known]
    assert any(answer.error for answer in answers)
    payload = CheckReport.objects.get(check_row=first).payload
    assert "[removed]" in str(payload) or not expected.secret_marks
    secrets = secrets_of([good, bad], links) | expected.secret_marks
    assert len(secrets) > 4
    pressed = signed_in(admin).post(reverse("admin:provider_account_test", args=[bad.pk]), follow=True)
    output.add("test of the account", pressed.content.decode())
    admin_pages = [
        ("admin:providers_provideraccount_changelist", []),
        ("admin:providers_provideraccount_change", [good.pk]),
        ("admin:providers_provideraccount_history", [good.pk]),
        ("admin:compliance_deskevent_changelist", []),
    ]
    pages(admin, admin_pages, output)
    for check in Check.objects.all():
        pages(analyst, [("case", [check.case_id]), ("queue", [])], output)
        if check.report_count:
            pages(analyst, [("check-payload", [check.pk])], output)
        output.add("view", repr(case_page(check.case_id, reader=analyst)))
    for answer in answers:
        output.add("answer", f"{answer!r} {answer.error} {answer.error!r} {answer.leased!r}")
        output.add("client", repr(vars(provider_clients.client(answer.leased.check.account))))
    identifiers = {str(value) for check in Check.objects.all() for value in check.settings.values()}
    for model in (*apps.get_app_config("compliance").get_models(), *apps.get_app_config("providers").get_models()):
        output.add(model.__name__, "".join(f"{row!r} {row}" for row in model._default_manager.all()))
    output.add("log", "\n".join(lines))
    assert output.holding(secrets) == []
    stored = Output(texts=dict(dump()))
    assert stored.holding(as_stored(secrets | identifiers | set(ENCRYPTED.values()))) == []
    personal = {where: text for where, text in output.texts.items() if not where.startswith("dana")}
    assert Output(texts=personal).holding(set(ENCRYPTED.values())) == []


def test_tokens_and_link_queries_inside_any_answer_reach_no_page_row_or_log(
    account: MakeAccount, raw_server: RawServer, settings: LazySettings, analyst: User, lines: list[str]
) -> None:
    canaries = ("canary-access-token-5", "canary-refresh-6", "canary-query-7")
    body = {
        "status": "rejected",
        "accessToken": canaries[0],
        "refreshToken": canaries[1],
        "link": f"https://files.example/one?signature={canaries[2]}",
    }
    output = Output()
    for provider in provider_names():
        for status in (200, 400, 401, 500):
            url = raw_server(as_json(status, body))
            settings.PROVIDER_EXTRA_HOSTS |= {url.split("//", 1)[1]}
            check = factories.add_check(
                factories.make_case(), account(provider, base_url=url), expectations_of(provider).reference(status)
            )
            answer = read(check)
            output.add(f"{provider} {status}", f"{answer!r} {answer.error}")
            pages(analyst, [("case", [check.case_id])], output)
    output.add("log", "\n".join(lines))
    assert output.holding(set(canaries)) == []
    assert Output(texts=dict(dump())).holding(as_stored(set(canaries))) == []
    kept = [str(report.payload) for report in CheckReport.objects.all()]
    assert kept and not any(canaries[2] in payload for payload in kept)


@pytest.mark.promise("G20")
def test_passwords_and_exceptions_stay_out_of_pages_rows_and_logs(
    admin: User, analyst: User, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output()
    for data in (
        {"username": "dana", "password": PASSWORDS[0]},
        {"username": PASSWORDS[1], "password": "dana"},
    ):
        answer = Client().post(reverse("sign-in"), data)
        output.add("sign-in", answer.content.decode().replace(f'value="{PASSWORDS[1]}"', ""))
    root = factories.make_user("root", "Ruth Root", "", is_staff=True, is_superuser=True)
    data = {"username": "newbie", "password1": PASSWORDS[2], "password2": PASSWORDS[2], "usable_password": "true"}
    refused = signed_in(root).post(reverse("admin:compliance_user_add"), data)
    output.add("new sign-in", refused.content.decode())
    case = factories.make_case(**ENCRYPTED)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"{LEAKY} {ENCRYPTED['birth_date']}")

    monkeypatch.setattr(case_pages, "case_page", fail)
    broken = signed_in(analyst, raise_request_exception=False).get(reverse("case", args=[case.pk]))
    assert broken.status_code == 500
    output.add("error page", broken.content.decode())
    for url in (f"/nothing/{PASSWORDS[0]}/", f"/search/?q={PASSWORDS[0]}"):
        signed_in(analyst).get(url)
    output.add("log", "\n".join(lines))
    assert any("RuntimeError" in line for line in lines)
    assert output.holding({*PASSWORDS, LEAKY, *ENCRYPTED.values()}) == []
    assert Output(texts=dict(dump())).holding(as_stored({*PASSWORDS, LEAKY, *ENCRYPTED.values()})) == []


@pytest.mark.promise("G29")
def test_five_wrong_passwords_lock_a_name_and_a_right_one_resets_the_count(analyst: User) -> None:
    tries = {"username": "dana", "password": PASSWORDS[0]}
    right = {"username": "dana", "password": factories.PASSWORD}
    for expected_status in (200, 200, 200, 200):
        assert Client().post(reverse("sign-in"), tries).status_code == expected_status
    assert Client().post(reverse("sign-in"), right).status_code == 302
    statuses = [Client().post(reverse("sign-in"), tries).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    locked = Client().post(reverse("sign-in"), right)
    assert locked.status_code == 429
    assert page_of(locked, 429).by_id("username")["value"] == "dana"
    assert Client().post(reverse("sign-in"), right | {"username": "another"}).status_code == 200


def test_the_network_library_never_writes_addresses(lines: list[str]) -> None:
    logging.getLogger("urllib3.connectionpool").debug("GET /picture?signature=canary")
    logging.getLogger("urllib3.connectionpool").warning("a warning is heard")
    assert [line for line in lines if "urllib3" in line and "canary" in line] == []
    assert any("a warning is heard" in line for line in lines)


def test_unreadable_bodies_are_stored_encrypted(
    account: MakeAccount, raw_server: RawServer, settings: LazySettings
) -> None:
    url = raw_server(as_json(200, b'{"birth": "1987-11-23", "canary-unreadable-8'))
    settings.PROVIDER_EXTRA_HOSTS |= {url.split("//", 1)[1]}
    check = factories.add_check(factories.make_case(), account("bank131", base_url=url), "4400777")
    answer = read(check)
    assert isinstance(answer.error, ProviderError)
    assert b"canary-unreadable-8" in UnreadableBody.objects.get(check_row=check).body
    assert "canary-unreadable-8" not in f"{answer.error} {answer.error!r} {answer!r}"
    assert Output(texts=dict(dump())).holding(as_stored({"canary-unreadable-8"})) == []
