"""Numbers, phones and addresses on the case page: masked until they are revealed, which is recorded first."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts import masking, numbers
from compliance.facts.matrix import Column, masked, matrix
from compliance.models import Case, Check, User, ViewRecord
from providers import Kind, Subject
from providers.checkout_com.parse import parse as parse_checkout_com
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from tests import factories
from tests.compliance.views.pages import FRAGMENT, Node, case_page, page_of, signed_in
from tests.compliance.views.provider_answers import tell
from tests.services import acting_as_desk_app

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
NUMBER, OTHER_NUMBER = "QZ4471982", "QZ4471893"
PHONE = "+591 712 34567"
ADDRESS = "Calle Sucre 1482"
TICKET: dict[str, Any] = {
    "flow_status": "ACCEPTED",
    "disposition": "PASSED",
    "personal_information": {
        "fullname": "Mireia Quintanilla",
        "date_of_birth": "1988-04-17",
        "address": ADDRESS,
        "city": "Cochabamba",
        "address_country": "BO",
        "phone": PHONE,
    },
    "document_information": {"document_number": NUMBER, "type": "PASSPORT", "mrz": f"{NUMBER}0BOL8804178F31020"},
    "strange": {"remark": "see paper qz-4471-982 again", "contact": {"msisdn": "59171234567"}},
}
SECRETS = (NUMBER, OTHER_NUMBER, "4471982", "712 34567", "71234567", "Calle Sucre", "Cochabamba", "qz-4471-982")


def check_with_answer(account: ProviderAccount, case: Case, reference: str, answer: dict[str, Any]) -> Check:
    check = factories.add_check(case, account, reference)
    tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference=reference)))
    return check


@pytest.fixture
def case(account: MakeAccount) -> Case:
    """A case whose declared number differs from that of its ticket."""
    case = factories.make_case(full_name="Mireia Quintanilla", birth_date="1988-04-17", document_number=OTHER_NUMBER)
    check_with_answer(account("preventor"), case, "one", TICKET)
    return case


def show(desk: Client, case: Case, slug: str, **given: Any) -> Any:
    return desk.post(reverse("case-reveal-fact", args=[case.pk, slug]), **given)


def row_of(page: Node, name: str) -> list[str]:
    """The values of a row; the button that reveals it is in the first of them."""
    return [cell.text.removesuffix(" Show") for cell in page.by_id(f"fact-{name}").all("td")]


def leaked(html: bytes) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in html.decode().casefold()]


# --- masked -----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P32")
def test_no_part_of_a_masked_value_is_in_the_page(case: Case, desk: Client) -> None:
    answer = desk.get(reverse("case", args=[case.pk]))
    page = page_of(answer)
    assert leaked(answer.content) == []
    assert row_of(page, "document_number") == ["•••••893", "•••••982 Differs"]
    assert row_of(page, "phone") == ["– not declared", "+59•••••67"]
    assert row_of(page, "address") == ["– not declared", "•••••, BO"]
    assert row_of(page, "birth_date")[1].startswith("17 Apr 1988")
    assert row_of(page, "full_name")[1].startswith("Mireia Quintanilla")


def test_fragments_and_polls_are_masked_as_the_page_is(case: Case, desk: Client) -> None:
    desk.get(reverse("case", args=[case.pk]))
    show(desk, case, "document_number", headers=FRAGMENT)
    answer = desk.get(reverse("case-live", args=[case.pk]), headers=FRAGMENT)
    assert answer.status_code == 200 and b'id="comparison"' in answer.content and b'id="ticket"' in answer.content
    assert leaked(answer.content) == []


def test_a_masked_value_keeps_its_answer_and_marks_only_the_mask(case: Case, desk: Client) -> None:
    cell = case_page(desk, case).by_id("fact-document_number").all("td")[1]
    assert cell.classes == {"differs", "masked"}
    assert cell.one("mark").text == "•••••982"
    assert cell.one("span", "verdict-word").text == "Differs"


def test_other_pages_contain_no_masked_value(case: Case, desk: Client) -> None:
    for url in (reverse("queue"), reverse("search") + f"?q={case.applicant.external_id}"):
        answer = desk.get(url)
        assert answer.status_code in (200, 302, 303) and leaked(answer.content) == []


def test_the_ticket_masks_by_key_and_inside_other_values(case: Case, desk: Client) -> None:
    ticket = case_page(desk, case).by_id("ticket")
    hidden = {
        node["title"]: node.one("span", "masked").text
        for node in ticket.all(data_leaf="")
        if node.has("span", "masked")
    }
    assert hidden == {
        "personal_information.address": "•••••",
        "personal_information.city": "•••••",
        "personal_information.phone": "+59•••••67",
        "document_information.document_number": "•••••982",
        "document_information.mrz": "•••••020",
        "strange.remark": "•••••",
        "strange.contact.msisdn": "•••••67",
    }


def test_words_of_state_under_the_key_of_a_number_stay(account: MakeAccount, desk: Client) -> None:
    case = factories.make_case()
    answer = {
        "flow_status": "ACCEPTED",
        "lexical": {"document_number": {"status": "OK", "value": "AB12345"}, "mrz": "WARNING"},
    }
    check_with_answer(account("preventor"), case, "two", answer)
    ticket = case_page(desk, case).by_id("ticket")
    assert ticket.texts("span", "masked") == ["•••••45"]
    assert {"OK", "WARNING"} <= set(ticket.texts("span", "outcome"))


# --- revealing --------------------------------------------------------------------------------------------------------


def test_the_button_names_its_fact_and_reveals_no_other(case: Case, desk: Client, analyst: User) -> None:
    page = case_page(desk, case)
    form = page.by_id("fact-document_number").one("form")
    assert form.one("button")["aria-label"] == "Show the document number: declared and from every check"
    assert form["hx-target"] == "#fact-document_number" and form["action"].startswith(form["hx-post"])
    answer = desk.post(form["hx-post"], headers=FRAGMENT)
    fragment = page_of(answer)
    first, *beside = [node for node in fragment.children if isinstance(node, Node)]
    assert first["id"] == "fact-document_number" and {part.tag for part in beside} == {"template"}
    assert [part.all()[0]["id"] for part in beside] == ["ticket", "access-log"], "the parts with the value"
    assert row_of(fragment, "document_number") == [OTHER_NUMBER, f"{NUMBER} Differs"]
    assert fragment.by_id("fact-document_number").one("mark").text == "982"
    assert PHONE.encode() not in answer.content
    record = ViewRecord.objects.latest("id")
    assert (f"{record.kind}:{record.fact}", record.page, record.case_id, record.user_id) == (
        "fact:document_number",
        "case-reveal-fact",
        case.pk,
        analyst.pk,
    )
    assert "You revealed the document number" in fragment.by_id("access-log").text


NUMBER_OF_TAX = "12345678901"


@pytest.fixture
def taxed(account: MakeAccount) -> Case:
    """A case with a private number that the comparison has no row for."""
    case = factories.make_case(document_number="")
    check = factories.add_check(case, account("checkout_com"), "amlv_1", kind="aml")
    answer = {"check": {"id": "amlv_1", "status": "approved", "tax_id_number": NUMBER_OF_TAX}}
    tell(check, partial(parse_checkout_com, answer, Subject(kind=Kind.AML, reference="amlv_1")))
    return case


def test_a_number_without_a_row_is_revealed_on_its_check(taxed: Case, desk: Client) -> None:
    page = case_page(desk, taxed)
    form = page.by_id("checks").one("form", cls="show-form")
    assert form.one("button").text == "Show document number" and NUMBER_OF_TAX not in page.text
    sent = {field["name"]: field["value"] for field in form.all("input") if field["name"] == "from"}
    fragment = page_of(desk.post(form["hx-post"], sent, headers=FRAGMENT))
    first = next(node for node in fragment.children if isinstance(node, Node))
    assert first["id"] == "checks" and NUMBER_OF_TAX in first.text and "Shown and logged" in first.text
    assert "You revealed the document number" in fragment.by_id("access-log").text
    assert NUMBER_OF_TAX in page_of(show(desk, taxed, "document_number")).by_id("checks").text
    assert NUMBER_OF_TAX not in case_page(desk, taxed).text


def test_the_button_on_a_check_reveals_the_row_of_the_comparison(case: Case, desk: Client) -> None:
    fragment = page_of(desk.post(*reveal_on_check(case, "document_number"), headers=FRAGMENT))
    first = next(node for node in fragment.children if isinstance(node, Node))
    assert first["id"] == "checks"
    assert row_of(fragment, "document_number") == [OTHER_NUMBER, f"{NUMBER} Differs"]


def reveal_on_check(case: Case, kind: str) -> tuple[str, dict[str, str]]:
    return reverse("case-reveal-fact", args=[case.pk, kind]), {"from": "checks"}


@pytest.mark.promise("P39")
def test_without_the_script_the_whole_page_shows_the_revealed_row(case: Case, desk: Client) -> None:
    page = page_of(show(desk, case, "phone"))
    assert page.has("main", id="content") and row_of(page, "phone")[1] == PHONE
    assert row_of(page, "document_number")[1] == "•••••982 Differs"
    assert page.by_id("ticket").has("span", "masked")
    assert row_of(case_page(desk, case), "phone")[1] == "+59•••••67"


def test_a_revealed_ticket_is_shown_without_masks(case: Case, desk: Client) -> None:
    check = case.checks.get()
    card = case_page(desk, case).by_id(f"ticket-{check.pk}")
    button = card.one("form", "show-form").one("button")
    assert button["aria-label"] == "Show document number, phone and address in this ticket"
    ticket = page_of(show(desk, case, f"ticket-{check.pk}", headers=FRAGMENT)).by_id(f"ticket-{check.pk}")
    for value in (NUMBER, PHONE, ADDRESS, "Cochabamba", "59171234567", "see paper qz-4471-982 again"):
        assert value in ticket.text
    assert not ticket.has("span", "masked")
    record = ViewRecord.objects.latest("id")
    assert (record.kind, record.check_row_id) == ("ticket", check.pk)
    assert case_page(desk, case).by_id("ticket").has("span", "masked")


def test_a_row_with_the_same_values_has_the_same_mark(case: Case, desk: Client, account: MakeAccount) -> None:
    closed = case_page(desk, case).by_id("fact-document_number")
    open_row = page_of(show(desk, case, "document_number", headers=FRAGMENT)).by_id("fact-document_number")
    assert closed["data-mark"] == open_row["data-mark"] and "data-shown" in open_row.attributes
    answer = {**TICKET, "document_information": {"document_number": "QZ9991982"}}
    check = case.checks.get()
    tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference=check.reference)))
    later = case_page(desk, case).by_id("fact-document_number")
    assert later.text == closed.text and later["data-mark"] != closed["data-mark"]


@pytest.mark.parametrize("slug", ["full_name", "nonsense", "address", "ticket-01a1fc86-bf19-7435-8110-7094db59a5e8"])
def test_unmasked_or_missing_values_are_not_found_and_not_recorded(slug: str, desk: Client) -> None:
    case = factories.make_case()
    assert show(desk, case, slug).status_code == 404
    assert not ViewRecord.objects.exists()


def test_a_ticket_is_shown_on_its_own_case_only(case: Case, desk: Client) -> None:
    assert show(desk, factories.make_case(), f"ticket-{case.checks.get().pk}").status_code == 404


@pytest.mark.promise("G19")
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
@pytest.mark.parametrize("slug", ["document_number", "phone", "address", "ticket"])
def test_a_view_that_cannot_be_recorded_reveals_nothing(
    slug: str, headers: dict[str, str], case: Case, analyst: User
) -> None:
    slug = f"ticket-{case.checks.get().pk}" if slug == "ticket" else slug
    browser = signed_in(analyst, raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE INSERT ON compliance_viewrecord FROM desk_app")
    with acting_as_desk_app():
        answer = browser.post(reverse("case-reveal-fact", args=[case.pk, slug]), headers=headers)
    assert answer.status_code == 500
    assert leaked(answer.content) == [] and b"Mireia" not in answer.content


def test_users_without_the_right_to_review_reveal_nothing(case: Case, admin: User, stranger: User) -> None:
    for user in (admin, stranger):
        answer = show(signed_in(user), case, "phone")
        assert answer.status_code == 403 and leaked(answer.content) == []
    assert not ViewRecord.objects.exists()


# --- the masks --------------------------------------------------------------------------------------------------------

MASKS = [
    ("document_number", "P4471902", "•••••02"),
    ("document_number", "B 028-471/93X", "•••••93X"),
    ("document_number", "AB1", "•••••1"),
    ("document_number", "22********7", "•••••"),
    ("phone", "+234 803 123 4567", "+23•••••67"),
    ("phone", "0803 123 4567", "•••••67"),
    ("phone", "12345", "•••••"),
    ("phone", "+234*****67", "•••••"),
    ("address", "12 Broad Street, Lagos, NG", "•••••, NG"),
    ("address", "12 Broad Street, Lagos, Nigeria", "•••••, Nigeria"),
    ("address", "12 Broad Street, Example House", "•••••"),
    ("address", "NG", "•••••"),
    ("", "anything", "•••••"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), MASKS)
def test_a_mask_shows_the_expected_part(kind: str, value: str, shown: str) -> None:
    assert masking.masked(kind, value) == shown


@given(st.sampled_from(["document_number", "phone"]), st.text(max_size=40))
def test_a_mask_never_shows_more_than_half_of_a_number(kind: str, value: str) -> None:
    shown = [sign for sign in masking.masked(kind, value) if sign.isalnum()]
    assert len(shown) * 2 <= max(len([sign for sign in value if sign.isalnum()]), 0)


@given(st.text(alphabet="AB12 -", max_size=12), st.text(alphabet="AB12 -", max_size=12))
def test_masked_rows_differ_by_their_visible_parts_only(left: str, right: str) -> None:
    column = Column(label="A", sub="", outcome="approved")
    whole = matrix({"document_number": left}, [(column, {"document_number": right})])
    for row in masked(whole).rows:
        assert {cell.span for cell in row.cells} <= {None}
        shown = numbers.plain("".join(row.values))
        assert len(re.sub(r"\W", "", shown.replace("*", ""))) <= 6
    opened = masked(whole, shown=("document_number",))
    assert [row.values for row in opened.rows] == [row.values for row in whole.rows]
