"""Documented answers that are stored as files: through parser, mapping and record to the case page."""

import base64
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from compliance.models import AccountToken, Check
from compliance.sync import copies, provider_clients, reads
from providers import Kind, ProviderError, Report, Subject
from providers.advance_ai.parse import parse as parse_advance_ai
from providers.bank131.parse import parse as parse_bank131
from providers.btc_direct.parse import parse as parse_btc_direct
from providers.checkout_com.parse import parse as parse_checkout_com
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from providers.simulator.images.cards import document_back, document_front
from providers.simulator.people import person
from providers.simulator.server import Simulator
from tests import emptying, factories, hostile_pdfs
from tests.compliance.views.pages import (
    Node,
    bytes_of,
    card_of,
    case_page,
    outcome_on,
    page_of,
    pairs,
    reasons_on,
    signed_in,
)
from tests.compliance.views.provider_answers import answer_of, ask, at_host, routed
from tests.journeys.test_code_rows import CHECKS_A_CASE, RESULTS, WORDS
from tests.providers.advance_ai.samples import SUBJECT as ADVANCE_AI_SUBJECT
from tests.providers.advance_ai.samples import payload_of as advance_ai_payload
from tests.providers.advance_ai.test_mapping import EXPECTED as ADVANCE_AI
from tests.providers.advance_ai.test_mapping import FAULTS as ADVANCE_AI_FAULTS
from tests.providers.bank131 import samples as bank131_checks
from tests.providers.bank131.test_mapping import FAULTS as BANK131_FAULTS
from tests.providers.bank131.test_mapping import FILES as BANK131
from tests.providers.btc_direct import samples as btc_direct_orders
from tests.providers.btc_direct.test_mapping import FAULTS as BTC_DIRECT_FAULTS
from tests.providers.btc_direct.test_mapping import FILES as BTC_DIRECT
from tests.providers.checkout_com import samples as checkout_com_payloads
from tests.providers.checkout_com.test_mapping import EXPECTED as CHECKOUT_COM
from tests.providers.preventor import samples as preventor_payloads
from tests.providers.preventor.test_images import IMAGES as PREVENTOR_IMAGES
from tests.providers.preventor.test_mapping import TICKETS as PREVENTOR
from tests.sampling import covering

MakeAccount = Callable[..., ProviderAccount]
RawServer = Callable[[Any], str]
TICKET, OTHER, PICTURED = preventor_payloads.SUBJECT, "ticket-of-another", "ticket-with-picture"
CHECKOUT_COM_TABLES = ("check_statuses", "attempt_statuses", "response_codes")
PICTURES = {
    "selfie": "Selfie",
    "document_front": "Document front",
    "document_back": "Document back",
    "document_portrait": "Document portrait",
    "document_ghost_portrait": "Ghost portrait",
    "document_signature": "Signature",
}


def kind_in(name: str) -> str:
    """The kind in an image's name; the part that distinguishes images of one kind follows it."""
    return next((kind for kind in (*PICTURES.values(), "Report, PDF", "Video") if name.startswith(kind)), name)


def added(account: ProviderAccount, subject: Subject) -> Check:
    return factories.add_check(
        factories.make_case(), account, subject.reference, kind=subject.kind, settings=subject.settings
    )


def expect(card: Node, outcome: str, verdict: str, codes: Sequence[str] = ()) -> None:
    """Assert that the card shows it and no problem."""
    assert (outcome_on(card), pairs(card)["Provider result"].text) == (WORDS[outcome], RESULTS[verdict])
    assert [reason["code"] for reason in reasons_on(card)][: len(codes)] == list(codes)
    assert all(reason["summary"] for reason in reasons_on(card))
    assert not card.has("p", "hint")


def expect_fault(card: Node, error: type[ProviderError]) -> None:
    """Assert that the card shows a problem and no outcome."""
    (problem,) = card.texts("p", "hint")
    begins = "Sync error: " if error.scope == "reference" else "Account problem: "
    assert problem.startswith(begins)
    assert outcome_on(card) == ("Sync error" if error.scope == "reference" else "Pending")
    assert (reasons_on(card), pairs(card)["Provider status"].text) == ([], "none yet")


def payload_shown(desk: Client, check: Check) -> str:
    page = page_of(desk.get(reverse("check-payload", args=[check.pk])))
    return page.one("div", "raw").raw


# --- answers that a parser reads --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    """A stored answer and the check that it is about."""

    provider: str
    name: str
    subject: Subject
    parse: Callable[[Any, Subject], Report]
    payload: Any
    alone: bool = False
    """It marks the account, so that no other check may share it."""
    meaning: Hashable = ""
    """What the page makes of it: its outcome and provider result, or the class of its fault."""

    @property
    def key(self) -> tuple[str, str]:
        return self.provider, self.name


def meaning_of(expected: Any) -> Hashable:
    """Outcome, provider result and whether it is final; for a ticket, whether it has a status. A fault is its own."""
    if not isinstance(expected, tuple):
        return str(expected)
    is_ticket = isinstance(expected[-1], tuple)
    return (*expected[1:3], expected[0] == "") if is_ticket else expected[:3]


def files(
    provider: str, names: Mapping[str, Any], subject: Subject, parse: Callable[..., Report], payload: Callable[..., Any]
) -> list[File]:
    """The files of these names; those that are expected to be faults of an account are alone."""
    return [
        File(
            provider,
            name,
            subject,
            parse,
            payload(name),
            alone=getattr(expected, "scope", "") == "account",
            meaning=(provider, meaning_of(expected)),
        )
        for name, expected in names.items()
    ]


def parse_with_request_id(payload: Any, subject: Subject) -> Report:
    return parse_checkout_com(payload, subject, request_id="0HL80RJ")


FILES = [
    *files("advance_ai", ADVANCE_AI | ADVANCE_AI_FAULTS, ADVANCE_AI_SUBJECT, parse_advance_ai, advance_ai_payload),
    *files("bank131", BANK131 | BANK131_FAULTS, bank131_checks.SEVEN, parse_bank131, bank131_checks.payload),
    *files(
        "btc_direct",
        BTC_DIRECT | BTC_DIRECT_FAULTS,
        btc_direct_orders.ORDER,
        parse_btc_direct,
        btc_direct_orders.payload,
    ),
    *(
        File(
            "checkout_com",
            name,
            one.subject,
            parse_with_request_id,
            one.payload,
            meaning=(one.subject.kind, *CHECKOUT_COM[name][:2]),
        )
        for name, one in ((name, checkout_com_payloads.documented(name)) for name in CHECKOUT_COM)
    ),
    *(
        File(
            "checkout_com",
            f"{table}-{place}",
            one.subject,
            parse_checkout_com,
            one.payload,
            meaning=(table, one.subject.kind, row.get("section"), row.get("check_status") or row["value"]),
        )
        for table in CHECKOUT_COM_TABLES
        for place, (row, one) in enumerate(checkout_com_payloads.given_rows(table))
    ),
]
TICKETS = files(
    "preventor",
    {**PREVENTOR, OTHER: OTHER, PICTURED: PICTURED},
    TICKET,
    parse_preventor,
    preventor_payloads.payload,
)
SHOWN = {file.key: file for file in covering([*FILES, *TICKETS], lambda file: [file.meaning])}
"""One file of each meaning, and every file in the full counts; the tests of the providers read every file."""


def shown_of(provider: str, names: Iterable[str]) -> list[str]:
    """Those of the files that are on a page."""
    return [name for name in names if (provider, name) in SHOWN]


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of a check's case, the check's card on it, and its raw payload."""

    page: Node
    card: Node
    payload: str


Pages = Mapping[tuple[str, str], Shown]


def store_all(simulator: Simulator) -> dict[tuple[str, str], Check]:
    """Every file as the answer of a check, ten to a case. A ticket has a card of its own on the page, so it has a case
    of its own."""
    keys: dict[Any, ProviderAccount] = {}
    checks: dict[tuple[str, str], Check] = {}
    answers: list[reads.Answer] = []
    for place, file in enumerate(SHOWN.values()):
        if place % CHECKS_A_CASE == 0 or file.provider == "preventor":
            case = factories.make_case()
        key = file.key if file.alone else file.provider
        if key not in keys:
            keys[key] = factories.make_account(simulator, file.provider)
        subject = file.subject
        check = factories.add_check(
            case, keys[key], f"{subject.reference[:-4]}{place:04}", kind=subject.kind, settings=subject.settings
        )
        answers.append(answer_of(check, partial(file.parse, file.payload, subject)))
        checks[file.key] = check
    reads.store(answers, reads.Counts())
    return checks


def seen(desk: Client, page: Node, check: Check) -> Shown:
    """The check on the page of its case. A fault has no payload, and that of Checkout.com is in no test here."""
    card = card_of(page, check)
    opened = check.account.provider != "checkout_com" and "Raw payload" in card.text
    return Shown(page, card, payload_shown(desk, check) if opened else "")


@pytest.fixture(scope="module")
def shown(simulator: Simulator, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Pages:
    """(provider, name of a file) -> its pages, rendered once. The database is empty afterwards."""
    hosts = frozenset({urlsplit(simulator.url).netloc})
    with django_db_blocker.unblock():
        try:
            with override_settings(PROVIDER_EXTRA_HOSTS=hosts), provider_clients.fresh_sessions():
                checks = store_all(simulator)
                desk = signed_in(factories.make_user("reader", "Rita Reader", "analyst"))
                cases = {check.case_id: check.case for check in checks.values()}
                pages = {case_id: case_page(desk, case) for case_id, case in cases.items()}
                return {key: seen(desk, pages[check.case_id], check) for key, check in checks.items()}
        finally:
            emptying.empty()


@pytest.mark.parametrize("name", shown_of("advance_ai", ADVANCE_AI))
def test_a_file_of_advance_ai_reaches_the_page(name: str, shown: Pages) -> None:
    outcome, verdict, _, first = ADVANCE_AI[name]
    expect(shown["advance_ai", name].card, outcome, verdict, [first])
    assert '"transactionId": ' in shown["advance_ai", name].payload


@pytest.mark.parametrize("name", shown_of("advance_ai", ADVANCE_AI_FAULTS))
def test_an_advance_ai_envelope_without_success_is_a_fault(name: str, shown: Pages) -> None:
    expect_fault(shown["advance_ai", name].card, ADVANCE_AI_FAULTS[name])


@pytest.mark.parametrize("name", shown_of("bank131", BANK131))
def test_a_file_of_bank131_reaches_the_page(name: str, shown: Pages) -> None:
    outcome, verdict, _, codes = BANK131[name]
    expect(shown["bank131", name].card, outcome, verdict, codes)
    assert '"status": ' in shown["bank131", name].payload


@pytest.mark.parametrize("name", shown_of("bank131", BANK131_FAULTS))
def test_a_fault_file_of_bank131_is_a_fault(name: str, shown: Pages) -> None:
    expect_fault(shown["bank131", name].card, BANK131_FAULTS[name])


@pytest.mark.parametrize("name", shown_of("btc_direct", BTC_DIRECT))
def test_a_file_of_btc_direct_reaches_the_page(name: str, shown: Pages) -> None:
    outcome, verdict = BTC_DIRECT[name]
    expect(shown["btc_direct", name].card, outcome, verdict)
    payload = shown["btc_direct", name].payload
    assert payload.count('"accessToken": ') == payload.count('"accessToken": "[removed]"')


@pytest.mark.parametrize("name", shown_of("btc_direct", BTC_DIRECT_FAULTS))
def test_a_fault_file_of_btc_direct_is_a_fault(name: str, shown: Pages) -> None:
    expect_fault(shown["btc_direct", name].card, BTC_DIRECT_FAULTS[name])


@pytest.mark.parametrize("name", shown_of("preventor", PREVENTOR))
def test_a_ticket_file_of_preventor_reaches_the_page(name: str, shown: Pages) -> None:
    status, outcome, verdict, codes = PREVENTOR[name]
    ticket = shown["preventor", name]
    expect(ticket.card, outcome, verdict, codes if codes != ("",) else ())
    assert pairs(ticket.card)["Provider status"].text == (status or "none yet")
    assert ticket.page.by_id("ticket").has("h3") is (name != "ticket-empty")


def test_a_ticket_of_another_person_is_a_reference_mismatch(shown: Pages) -> None:
    card = shown["preventor", OTHER].card
    assert (outcome_on(card), reasons_on(card)) == ("Sync error", [])


@pytest.mark.parametrize("name", shown_of("checkout_com", CHECKOUT_COM))
def test_a_file_of_checkout_com_reaches_the_page(name: str, shown: Pages) -> None:
    outcome, verdict, codes = CHECKOUT_COM[name]
    card = shown["checkout_com", name].card
    expect(card, outcome, verdict, codes)
    assert pairs(card)["Support ID"].text == "0HL80RJ"
    attempts = checkout_com_payloads.documented(name).payload.get("attempts", [])
    assert len(card.all("span", "attempt")) == len(attempts)


@pytest.mark.parametrize("table", CHECKOUT_COM_TABLES)
def test_rows_of_the_codes_page_reach_the_page(table: str, shown: Pages) -> None:
    statuses = checkout_com_payloads.answer("given_page_rows")["check_statuses"]
    decides = {row["value"]: row for row in statuses}
    rows = [row for row, _ in checkout_com_payloads.given_rows(table)]
    for name in shown_of("checkout_com", (f"{table}-{place}" for place in range(len(rows)))):
        row = rows[int(name.rpartition("-")[2])]
        status = decides[row["value"] if table == "check_statuses" else row["check_status"]]
        card = shown["checkout_com", name].card
        expect(card, status["outcome"], status["verdict"])
        if table == "attempt_statuses":
            assert card.all("span", "attempt")[0].all("span", "code")[0].text == row["value"]
        if table == "response_codes":
            found = next(reason for reason in reasons_on(card) if reason["code"] == str(row["code"]))
            section = f"{row['section'][:1].upper()}{row['section'][1:]}"
            assert found["below"] == f"{section} · provider text: “{row['summary']}”"
            # Their own name of the code is shown once, below.
            assert found["summary"] and f"({row['summary']})" not in found["summary"] and found["action"]
    assert len(rows) >= len(checkout_com_payloads.answer("given_page_rows")[table]) >= 9


def test_a_picture_inside_a_ticket_is_copied_and_its_body_is_not_shown(shown: Pages) -> None:
    payload = shown["preventor", PICTURED].payload
    bodies = [body for body in leaves(preventor_payloads.payload(PICTURED)) if len(body) > 200]
    assert bodies and not any(body[:60] in payload for body in bodies)
    assert base64.b64decode(bodies[0].partition(",")[2] or bodies[0])


def leaves(value: Any) -> list[str]:
    """Every text in a decoded answer."""
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in leaves(child)]
    if isinstance(value, list):
        return [leaf for child in value for leaf in leaves(child)]
    return [value] if isinstance(value, str) else []


# --- answers that need a call -----------------------------------------------------------------------------------------


@pytest.fixture
def served(raw_server: RawServer, settings: LazySettings) -> RawServer:
    """``served(handler)``: as ``raw_server``, and accounts may call it."""

    def start(answer: Any) -> str:
        url = raw_server(answer)
        settings.PROVIDER_EXTRA_HOSTS = settings.PROVIDER_EXTRA_HOSTS | {urlsplit(url).netloc}
        return url

    return start


@pytest.mark.parametrize("name", preventor_payloads.names("envelope-"))
def test_an_error_envelope_of_preventor_is_a_fault(
    name: str, account: MakeAccount, served: RawServer, desk: Client
) -> None:
    url = served(routed({TICKET.reference: (200, preventor_payloads.payload(name))}))
    check = added(account("preventor", base_url=url, credentials={"token": "fixed"}), TICKET)
    ask(check)
    card = card_of(case_page(desk, check.case), check)
    assert (outcome_on(card), reasons_on(card)) == ("Sync error", [])
    (problem,) = card.texts("p", "hint")
    assert problem.startswith("Sync error: ")


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("token-expiracy-seconds", "Passed"), ("token-expires-at-milliseconds", "Passed"), ("token-null", "Pending")],
)
def test_a_sign_in_answer_of_preventor_leads_to_the_ticket(
    name: str, outcome: str, account: MakeAccount, served: RawServer, desk: Client
) -> None:
    ticket = preventor_payloads.payload("ticket-accepted-passed")
    url = served(routed({"/auth/token": (200, preventor_payloads.payload(name)), TICKET.reference: (200, ticket)}))
    keys = dict.fromkeys(("api_key", "secret", "tenant", "env", "banknu"), "x")
    check = added(account("preventor", base_url=url, credentials=keys), TICKET)
    ask(check)
    page = case_page(desk, check.case)
    assert outcome_on(card_of(page, check)) == outcome
    assert ("Account problem" in page.by_id("checks").text) is (outcome == "Pending")
    assert "header.payload.signature" not in page.text


def test_every_file_of_preventor_is_expected_here() -> None:
    names = preventor_payloads.names
    tickets = {*PREVENTOR, OTHER}
    tokens = {"token-expiracy-seconds", "token-expires-at-milliseconds", "token-null"}
    assert set(names("")) == {*tickets, *tokens, *PREVENTOR_IMAGES, *names("envelope-")}


@pytest.mark.parametrize("name", PREVENTOR_IMAGES)
def test_an_images_file_of_preventor_is_copied_and_shown(
    name: str, account: MakeAccount, served: RawServer, settings: LazySettings, desk: Client
) -> None:
    types, expected = PREVENTOR_IMAGES[name]
    links: dict[str, tuple[int, Any]] = {f"/a/{side}.jpg": (200, png(side)) for side in ("front", "back")}
    routes: dict[str, tuple[int, Any]] = {
        TICKET.reference: (200, preventor_payloads.payload("ticket-accepted-passed")),
        **links,
    }
    url = served(routed(routes))
    answer = at_host(preventor_payloads.payload(name), url, "pictures.example.net")
    routes |= {f"/images?type={asked}": (200, answer) for asked in types}
    check = added(account("preventor", base_url=url, credentials={"token": "fixed"}), TICKET)
    ask(check)
    copies.copy_requested(seconds=30)
    page = case_page(desk, check.case)
    filmstrip = page.by_id("pictures").one("ol", "filmstrip")
    shown = Counter(kind_in(link.text) for link in filmstrip.all("a") if link.get("data-choose"))
    assert shown == Counter(PICTURES[kind] for kind, _ in expected)
    assert "canary-link" not in page.text
    for image in page.by_id("pictures").all("figure")[:2]:
        assert bytes_of(desk.get(image.one("img")["src"])).startswith(b"\xff\xd8\xff")


def png(name: str) -> bytes:
    """An image of a document, drawn by the simulator."""
    return document_front(person(7)) if name == "front" else document_back(person(7))


@pytest.mark.parametrize(
    "name", ["http-422-body", "http-422-header-named-in-code", "http-422-header-named-in-description"]
)
def test_a_422_of_bank131_is_a_fault_of_the_account(
    name: str, account: MakeAccount, served: RawServer, desk: Client
) -> None:
    url = served(routed({"/7": (422, bank131_checks.payload(name))}))
    check = added(account("bank131", base_url=url), bank131_checks.SEVEN)
    ask(check)
    card = card_of(case_page(desk, check.case), check)
    (problem,) = card.texts("p", "hint")
    assert problem.startswith("Account problem: Blocked")
    assert (outcome_on(card), reasons_on(card)) == ("Pending", [])


def checkout_com_routes(**more: tuple[int, Any]) -> dict[str, tuple[int, Any]]:
    """A check whose attempts come in two pages."""
    one = checkout_com_payloads.documented("identity_declined_two_classes")
    check = {**one.payload["check"], "id": IDV}
    first, second = (checkout_com_payloads.answer(f"attempts_{page}_page") for page in ("first", "second"))
    return {
        f"/{IDV}": (200, check),
        f"/{IDV}/attempts": (200, first),
        f"/{IDV}/attempts?skip=2&limit=2": (200, second),
        "/connect/token": (200, checkout_com_payloads.answer("token")),
        **more,
    }


IDV = "idv_01k9r0000000000000000000a6"
IDENTITY = Subject(kind=Kind.IDENTITY, reference=IDV)


def test_attempts_on_two_pages_of_checkout_com_stand_on_the_card_oldest_first(
    account: MakeAccount, served: RawServer, desk: Client
) -> None:
    check = added(account("checkout_com", base_url=served(routed(checkout_com_routes()))), IDENTITY)
    ask(check)
    card = card_of(case_page(desk, check.case), check)
    assert [attempt.all("span", "code")[0].text for attempt in card.all("span", "attempt")] == [
        "expired",
        "terminated",
        "completed",
    ]
    assert outcome_on(card) == "Declined"


def test_no_attempts_at_checkout_com_are_no_line_on_the_card(
    account: MakeAccount, served: RawServer, desk: Client
) -> None:
    routes = checkout_com_routes() | {f"/{IDV}/attempts": (200, checkout_com_payloads.answer("attempts_empty"))}
    check = added(account("checkout_com", base_url=served(routed(routes))), IDENTITY)
    ask(check)
    card = card_of(case_page(desk, check.case), check)
    assert "Attempts" not in pairs(card)


@pytest.mark.parametrize("name", ["report_pdf_report", "report_signed_url"])
def test_assets_and_the_report_of_checkout_com_are_copied_and_named(
    name: str, account: MakeAccount, served: RawServer, desk: Client
) -> None:
    routes = checkout_com_routes()
    url = served(routed(routes))
    assets = at_host(checkout_com_payloads.answer("assets"), url, "storage.example")
    ids = [
        entry["id"]
        for page in ("first", "second")
        for entry in checkout_com_payloads.answer(f"attempts_{page}_page")["data"]
    ]
    routes |= {f"/{ids[0]}/assets": (200, assets)}
    routes |= {f"/{IDV}/pdf-report": (200, at_host(checkout_com_payloads.answer(name), url, "storage.example"))}
    files = {urlsplit(asset["_links"]["asset_url"]["href"]).path for asset in assets["data"]}
    routes |= {path: (200, png("front") if "image" in path else b"\x00\x00\x00\x18ftypmp42") for path in files}
    routes |= {"/kyc/report.pdf": (200, hostile_pdfs.sound())}
    check = added(account("checkout_com", base_url=url), IDENTITY)
    ask(check)
    copies.copy_requested(seconds=30)
    page = case_page(desk, check.case)
    named = Counter(
        kind_in(link.one("span", "name").text) for link in page.by_id("pictures").one("ol", "filmstrip").all("a")
    )
    assert named["Report, PDF"] == 1
    assert named["Selfie"] >= 1
    assert named["Document front"] >= 1
    assert named["Video"] >= 1
    assert "canary-link-signature" not in page.text


def test_the_sign_in_of_checkout_com_leads_to_the_check(account: MakeAccount, served: RawServer, desk: Client) -> None:
    url = served(routed(checkout_com_routes()))
    keys = account("checkout_com", base_url=url, credentials={"client_id": "cli", "client_secret": "secret"})
    check = added(keys, IDENTITY)
    ask(check)
    assert outcome_on(card_of(case_page(desk, check.case), check)) == "Declined"
    assert AccountToken.objects.get(account=keys).value == "canary-access-token"


@pytest.mark.parametrize(
    ("name", "status", "begins"),
    [
        ("error_422", 422, "Sync error: "),
        ("token_invalid_client", 400, "Account problem: Blocked"),
    ],
)
def test_a_refusal_of_checkout_com_is_shown_without_their_free_text(
    name: str, status: int, begins: str, account: MakeAccount, served: RawServer, desk: Client
) -> None:
    answer = checkout_com_payloads.answer(name)
    path, keys = (
        (f"/{IDV}", {"secret_key": "sk"}) if status == 422 else ("/token", {"client_id": "c", "client_secret": "s"})
    )
    url = served(routed({path: (status, answer)}))
    check = added(account("checkout_com", base_url=url, credentials=keys), IDENTITY)
    ask(check)
    card = card_of(case_page(desk, check.case), check)
    (problem,) = card.texts("p", "hint")
    assert problem.startswith(begins)
    assert "Lindqvarn" not in card.text
    assert (outcome_on(card) in ("Pending", "Sync error"), reasons_on(card)) == (True, [])


def test_every_other_answer_of_checkout_com_is_used_here() -> None:
    used = {
        "assets", "attempts_empty", "attempts_first_page", "attempts_second_page", "error_422", "given_page_rows",
        "report_pdf_report", "report_signed_url", "token", "token_invalid_client",
    }  # fmt: skip
    assert {path.stem for path in (checkout_com_payloads.FOLDER / "answers").iterdir()} == used
