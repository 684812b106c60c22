"""A Preventor ticket on the case page: its sections, its images by type, and unknown schemas."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from compliance.actions import checks, copy_faults, documents, evidence_copies
from compliance.enums import DocumentState
from compliance.models import Case, Check, Document, Event, User
from compliance.sync import copies
from providers import Evidence, EvidenceKind, label_in_ticket
from providers.contract.payload_paths import leaves, without_query
from providers.models import ProviderAccount
from providers.preventor import Preventor
from providers.simulator.preventor import answers as preventor_answers
from providers.simulator.server import Simulator
from providers.transport.http import Response
from tests import factories, timing
from tests.compliance.views.pages import FRAGMENT, Node, bytes_of, case_page, page_of, pairs
from tests.compliance.views.provider_answers import ask
from tests.compliance.views.test_case import ticket_case
from tests.providers.preventor.samples import payload as ticket_payload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

MakeAccount = Callable[..., ProviderAccount]
UNSEEN = Path(__file__).parents[2] / "providers" / "preventor" / "payloads" / "unseen"
SCHEMAS = sorted(path.stem for path in UNSEEN.glob("*.json"))
_serials = itertools.count(40)


def read_case(account: ProviderAccount, simulator: Simulator, scenario: str) -> Case:
    """A case whose ticket has this scenario and was read over HTTP, in this thread."""
    case = factories.make_case()
    reference = simulator.providers["preventor"].reference(scenario, next(_serials))
    ask(factories.add_check(case, account, reference))
    case.refresh_from_db()
    return case


def card_of_ticket(page: Node, check: Check | None = None) -> Node:
    """The card of this check's ticket, or of the only one."""
    return page.by_id(f"ticket-{check.pk}") if check else page.by_id("ticket").one("section", "ticket")


def opened(desk: Client, case: Case, check: Check) -> Node:
    """The ticket with its masked values revealed."""
    url = reverse("case-reveal-fact", args=[case.pk, f"ticket-{check.pk}"])
    answer = desk.post(url, headers=FRAGMENT)
    return card_of_ticket(case_page(desk, case)) if answer.status_code == 404 else page_of(answer)


# --- sections ---------------------------------------------------------------------------------------------------------


def test_the_ticket_is_shown_in_sections_and_unknown_fields_as_a_tree(account: MakeAccount, desk: Client) -> None:
    case, _ = ticket_case(account("preventor"), ticket_payload("ticket-sections"))
    ticket = card_of_ticket(case_page(desk, case))
    assert ticket.texts("h3") == [
        "Summary",
        "Personal information",
        "Document information",
        "Lexical information",
        "Tracked device",
        "Process flow",
        "Other fields",
    ]
    sections = {section.one("h3").text: section for section in ticket.all("section")}
    assert pairs(sections["Summary"])["Last step"].text == "NEEDS_REVIEW"
    assert pairs(sections["Personal information"])["Last name"].text == "Ndong"
    assert pairs(sections["Tracked device"])["IP address"].text == "192.0.2.17"
    tree = sections["Other fields"].all("ul", "tree")[0]
    assert tree.texts("span", "k")[0] == "channelHint"
    assert len(tree.all("details")) == 2 and len(tree.all("table")) == 1


def test_each_step_shows_its_disposition_by_icon_and_word(account: MakeAccount, desk: Client) -> None:
    said = {"TERMS": "PASSED", "ID_PROOFING": "RETRY", "PHOTO_MATCHING": "FAILED", "VOICE": "SOMETHING_ELSE"}
    flow = {"steps": [{"step": name, "disposition": word} for name, word in said.items()]}
    case, _ = ticket_case(account("preventor"), {"flow_status": "REJECTED", "process_flow": flow})
    steps = card_of_ticket(case_page(desk, case)).one("ol", "steps-line").all("li")
    assert [step.text for step in steps] == [
        "Terms (TERMS) PASSED",
        "ID proofing (ID_PROOFING) RETRY",
        "Photo matching (PHOTO_MATCHING) FAILED",
        "Voice (VOICE) SOMETHING_ELSE",
    ]
    marks = [mark.classes - {"outcome"} for step in steps for mark in step.all("span", "outcome")]
    assert marks == [{"is-approved"}, {"is-retry_required"}, {"is-declined"}]
    assert all(step.has("svg") for step in steps[:3]) and not steps[3].has("svg")


def test_unknown_sections_fold_and_the_large_ones_are_closed(account: MakeAccount, desk: Client) -> None:
    answer = {"flow_status": "REJECTED", "odd": {"small": {"a": 1}, "large": {f"k{n}": n for n in range(50)}}}
    case, _ = ticket_case(account("preventor"), answer)
    folds = {fold.all("summary")[0].one("span", "k").text: fold for fold in unknown_folds(case_page(desk, case))}
    assert {name: "open" in fold.attributes for name, fold in folds.items()} == {
        "odd": True,
        "small": True,
        "large": False,
    }
    assert folds["large"].one("summary").text == "large 50 values"


def unknown_folds(page: Node) -> list[Node]:
    return card_of_ticket(page).all("details", "branch")


def test_a_deep_or_wide_unknown_section_does_not_break_the_page(account: MakeAccount, desk: Client) -> None:
    deep: Any = "bottom"
    for _ in range(25):
        deep = {"inner": deep}
    answer = {"flow_status": "REJECTED", "strange": deep, "many": {f"key {n}": n for n in range(500)}, "list": [1, [2]]}
    case, _ = ticket_case(account("preventor"), answer)
    ticket = case_page(desk, case).by_id("ticket")
    assert "bottom" in ticket.text and "key 499" in ticket.text


def test_a_ticket_of_four_thousand_values_is_shown_in_seconds(account: MakeAccount, desk: Client) -> None:
    answer = {
        "flow_status": "REJECTED",
        "many": [{"deep": {f"k{n}": f"value {n}-{m}"}} for n in range(4) for m in range(1000)],
    }
    case, _ = ticket_case(account("preventor"), answer)
    answered = timing.within(30, lambda: desk.get(reverse("case", args=[case.pk])))
    assert "value 3-999" in page_of(answered).by_id("ticket").text


def test_each_current_ticket_has_a_card_that_names_it_and_a_replaced_one_has_none(
    account: MakeAccount, simulator: Simulator, desk: Client, analyst: User, manager: User
) -> None:
    played, case = simulator.providers["preventor"], factories.make_case()
    accounts = [account("preventor", name="Preventor north"), account("preventor", name="Preventor south")]
    first, second, third = (
        factories.add_check(case, here, played.reference("accepted-passed", serial))
        for here, serial in zip((*accounts, accounts[0]), (11, 12, 13), strict=True)
    )
    for check in (first, second, third):
        ask(check)
    Check.objects.filter(pk=first.pk).update(superseded_by=third)
    page = case_page(desk, case)
    cards = page.by_id("ticket").all("section", "ticket")
    assert [card["id"] for card in cards] == [f"ticket-{second.pk}", f"ticket-{third.pk}"]
    assert [card.one("h2").text for card in cards] == [
        "Preventor ticket, Preventor south",
        "Preventor ticket, Preventor north",
    ]
    for card, check in zip(cards, (second, third), strict=True):
        assert pairs(card)["Ticket"].text == check.reference
    assert page.by_id("case-head").one("a", href="#ticket").text == "Preventor ticket 2"


# --- images -----------------------------------------------------------------------------------------------------------


def types_on(page: Node) -> dict[str, str]:
    found = card_of_ticket(page).one("ul", "types").all("li")
    return {item.one("b").text: item.text.removeprefix(item.one("b").text).strip() for item in found}


def test_each_image_type_shows_its_state(account: MakeAccount, simulator: Simulator, desk: Client) -> None:
    case = read_case(account("preventor"), simulator, "accepted-passed")
    waiting = types_on(case_page(desk, case))
    assert waiting == dict.fromkeys(("Selfies", "Document", "Portrait", "Signature", "Ghost portrait"), "Being saved")
    copies.copy_requested(seconds=60)
    page = case_page(desk, case)
    assert types_on(page) == {
        "Selfies": "Selfie 1 Selfie 2",
        "Document": "Document front Document back",
        "Portrait": "Document portrait",
        "Signature": "Signature",
        "Ghost portrait": "Ghost portrait",
    }
    links = card_of_ticket(page).one("ul", "types").all("a")
    chosen = {link["data-choose"] for link in page.by_id("pictures").all("a") if link.get("data-choose")}
    assert {link["data-choose"] for link in links} == chosen
    assert all(desk.get(link["href"])["Content-Type"] == "image/jpeg" for link in links)


@pytest.mark.parametrize("setting", ["ALL", "joined"])
def test_one_request_for_all_types_shows_the_state_of_each(
    setting: str, account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case = read_case(account("preventor", settings={"image_requests": setting}), simulator, "pictures-front-only")
    assert set(types_on(case_page(desk, case)).values()) == {"Being saved"}
    (requested,) = Document.objects.filter(case=case)
    assert requested.kind == "other"
    copies.copy_requested(seconds=60)
    assert types_on(case_page(desk, case)) == {
        "Selfies": "Selfie 1 Selfie 2",
        "Document": "Document front",
        **dict.fromkeys(("Portrait", "Signature", "Ghost portrait"), "Not available from the provider"),
    }


def test_images_that_the_document_type_does_not_have_are_no_problem(
    account: MakeAccount, simulator: Simulator, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = read_case(account("preventor"), simulator, "pictures-front-only")
    before = Event.objects.filter(case=case).count()

    def get(reader: Preventor, path: str, *args: Any, **more: Any) -> Response:
        is_cut_out = "type=DOCUMENT_" in path
        headers = {"Content-Type": "application/json"}
        return Response(
            status=200, headers=headers, body=b'{"type": "x", "picture_1": "NOT_AVAILABLE"}' if is_cut_out else b"{}"
        )

    monkeypatch.setattr(Preventor, "_get", get)
    copies.copy_requested(seconds=60)
    page = case_page(desk, case)
    assert {types_on(page)[label] for label in ("Portrait", "Signature", "Ghost portrait")} == {
        "Not available from the provider Retry"
    }
    assert "could not be saved" not in page.by_id("warnings").text
    assert not page.by_id("pictures").has(id="pictures-lost")
    assert Event.objects.filter(case=case).count() == before


def test_missing_images_are_named_and_can_be_requested_again(
    account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case = read_case(account("preventor"), simulator, "accepted-passed")
    by_label = {document.label: document for document in Document.objects.filter(case=case)}
    evidence_copies.store(by_label["DOCUMENT_SIGNATURE"].pk, [])
    copy_faults.postpone(by_label["DOCUMENT_PORTRAIT"].pk, detail="The image is larger than 12 MiB.", final=True)
    page = case_page(desk, case)
    types = types_on(page)
    assert types["Signature"] == "Not available from the provider Retry"
    assert types["Portrait"] == "Not saved: The image is larger than 12 MiB. Retry"
    forms = card_of_ticket(page).one("ul", "types").all("form")
    assert [form.one("button")["aria-label"] for form in forms] == ["Retry: portrait", "Retry: signature"]
    for form in forms:
        assert urlsplit(form["action"]).path == form["action"]
        assert desk.post(form["action"]).status_code == 303
    states = Document.objects.filter(case=case).values_list("state", flat=True)
    assert set(states) == {DocumentState.REQUESTED}


def test_images_that_were_never_requested_can_be_requested(
    account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case = read_case(account("preventor"), simulator, "in-progress-passed")
    page = case_page(desk, case)
    assert set(types_on(page).values()) == {"Not requested yet"}
    form = card_of_ticket(page).one("form", "request-images")
    assert form.one("button").text == "Request images"
    assert desk.post(form["action"]).status_code == 303
    labels = Document.objects.filter(case=case).values_list("label", flat=True)
    assert set(labels) == set(preventor_answers.IMAGE_TYPES)
    assert not card_of_ticket(case_page(desk, case)).has("form", "request-images")


# --- unknown schemas --------------------------------------------------------------------------------------------------


def tell_simulator(simulator: Simulator, reference: str, name: str) -> Any:
    """Let the simulator answer this ticket with the file, with links to its image store; return the body."""

    def link(found: str) -> str:
        return preventor_answers.link(simulator.url, reference, found, {})

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(child) for key, child in value.items()}
        if isinstance(value, list):
            return [filled(child) for child in value]
        if isinstance(value, str) and value.startswith("URL:"):
            return link(value.removeprefix("URL:"))
        return value.replace("TICKET", reference) if isinstance(value, str) else value

    body = filled(json.loads((UNSEEN / f"{name}.json").read_text(encoding="utf-8")))
    said = {"provider": "preventor", "reference": reference, "body": body}
    answer = requests.post(f"{simulator.url}/_simulator/tell", json=said, timeout=10)
    assert answer.json() == {"reference": reference, "is_set": True}
    return body


def read_unseen(account: MakeAccount, simulator: Simulator, name: str) -> tuple[Case, Check, Any]:
    """A case whose ticket was read in this schema over HTTP, with its images copied."""
    host = simulator.url.split("//", 1)[1]
    at_simulator = account("preventor", evidence_hosts=[host])
    reference = simulator.providers["preventor"].reference("accepted-passed", next(_serials))
    body = tell_simulator(simulator, reference, name)
    case = factories.make_case()
    check = factories.add_check(case, at_simulator, reference)
    ask(check)
    copies.copy_requested(seconds=60)
    check.refresh_from_db()
    assert check.report_count == 1
    return case, check, body


def is_body(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith("data:") or (len(value) > 64 and value[:4] in ("/9j/", "iVBO")))


def is_link(value: Any) -> bool:
    return isinstance(value, str) and preventor_answers.FILES in value


@pytest.mark.promise("P35", "P36")
@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_and_image_of_an_unknown_schema_is_shown(
    name: str, account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    case, check, body = read_unseen(account, simulator, name)
    assert_pictures_are_shown(desk, case, body)
    ticket = opened(desk, case, check)
    assert_values_are_found(ticket, body)
    if name == "flat-odd-names":
        # A link that names no image is parsed and not followed.
        assert "https://console.ticket.example/t/4471" in ticket.raw and "s3cr3t" not in ticket.raw
        assert not Document.objects.filter(case=case, label=label_in_ticket("portal")).exists()


def assert_values_are_found(ticket: Node, body: Any) -> None:
    text = ticket.raw
    values = [value for _, value in leaves(body) if not is_body(value)]
    assert len(values) > 20
    found = [without_query(value) if isinstance(value, str) else json.dumps(value) for value in values]
    assert [value for value in found if value not in text] == []


def assert_pictures_are_shown(desk: Client, case: Case, body: Any) -> None:
    paths = {path for path, value in leaves(body) if is_body(value) or is_link(value)}
    assert len(paths) >= 5
    page = case_page(desk, case)
    card = card_of_ticket(page)
    shown = {link.text: link for link in card.one("div", "inside").all("a")}
    assert set(shown) == paths
    for path in paths:
        link = shown[path]
        picture = desk.get(link["href"])
        assert picture["Content-Type"] == "image/jpeg" and bytes_of(picture).startswith(b"\xff\xd8")
        assert page.by_id("pictures").has("a", data_choose=link["data-choose"])
        (leaf,) = [node for node in card.all(title=path) if node.has("a")]
        assert leaf.one("a")["data-choose"] == link["data-choose"]


def test_images_with_long_paths_are_distinguished(account: MakeAccount, desk: Client) -> None:
    picture = json.loads((UNSEEN / "lists-of-objects.json").read_text())["evidence"][0]["media"][0]["body"]
    far: Any = {"left": {"picture": picture}, "right": {"picture": picture}}
    for _ in range(12):
        far = {"a-key-that-takes-some-room": far}
    _case, check = ticket_case(account("preventor"), {"flow_status": "ACCEPTED", "disposition": "PASSED", "far": far})
    labels = [one.label for one in Document.objects.filter(check_row=check, label__startswith="ticket: ")]
    assert len(set(labels)) == 2 and all(len(label) <= 200 for label in labels)
    documents.request(check, [Evidence(kind=EvidenceKind.OTHER, label=label) for label in labels])
    assert Document.objects.filter(check_row=check, label__startswith="ticket: ").count() == 2


def test_a_replaced_check_has_no_ticket_on_the_page(
    account: MakeAccount, simulator: Simulator, desk: Client, manager: User
) -> None:
    case = read_case(account("preventor"), simulator, "accepted-passed")
    check = case.checks.get()
    new, _ = checks.add_check(
        case.pk,
        by=manager,
        account=check.account,
        kind="identity",
        reference=simulator.providers["preventor"].reference("accepted-passed", next(_serials)),
        settings={},
    )
    Check.objects.filter(pk=check.pk).update(superseded_by=new)
    assert case_page(desk, case).by_id("ticket").classes >= {"d-none"}
