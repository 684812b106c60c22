"""Numbers, phones and addresses are masked everywhere on the case page, under every field name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.actions import documents
from compliance.models import Case, Check, ViewRecord
from providers import Evidence, EvidenceKind, Facts, Kind, Source, Subject, label_in_ticket
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, case_page, page_of
from tests.compliance.views.provider_answers import tell

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
NUMBER, PHONE, STREET, TOWN = "KX5512907", "+31 6 8840 2217", "Zonnebloemlaan 418", "Winterswijk"
MRZ = f"P<NLDBRANDSMA<<JORIEN<<<<<<<<<<<<<<<<<<<<<<<\n{NUMBER}8NLD9002034F3101012"
TICKET: dict[str, Any] = {
    "flow_status": "REJECTED",
    "personal_information": {
        "fullname": "Jorien Brandsma",
        "address": STREET,
        "city": TOWN,
        "zipcode": "7101 XQ",
        "state": "Gelderland",
        "phone": PHONE,
        "email": "31688402217@post.example",
    },
    "document_information": {
        "document_number": NUMBER,
        "mrz": MRZ,
        "document_place_of_issue": TOWN,
    },
    "copies": {
        "fullLine": f"{STREET}, 7101XQ {TOWN}, NL",
        "location": TOWN.upper(),
        "remark": f"Jorien says she lives at ZONNEBLOEMLAAN no. 418 in {TOWN}; call 06-88402217",
        "deep": [{"again": {"line": "7101 xq"}}, {"scan": "kx-5512-907"}, MRZ.partition("\n")[2]],
        f"by_number_{NUMBER}": {"quality": 3, f"{NUMBER}.front": "sharp"},
        "rows": [{NUMBER: 1, "b": 2}, {NUMBER: 2, "b": 3}],
    },
    "process_flow": {"steps": [{"step": f"CHECK_{NUMBER}", "disposition": "PASSED"}]},
    "harmless": {"country": "NL", "count": 1, "house": "418", "when": 1690217101, "say": "It is sunny in the street"},
}
TRACES = ("kx5512907", "5512907", "88402217", "zonnebloemlaan", "winterswijk", "7101xq", "7101 xq", "kx-5512-907")
LINE = {"document_number": NUMBER, "phone": PHONE, "address": f"{STREET}, {TOWN}, NL"}


def check_with_answer(account: ProviderAccount, answer: Any) -> Check:
    check = factories.add_check(factories.make_case(full_name="Jorien Brandsma"), account, "one")
    tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference="one")))
    return check


@pytest.fixture
def case(account: MakeAccount) -> Case:
    """A case whose ticket repeats each masked value under other names, in keys, and in the path of an image."""
    check = check_with_answer(account("preventor"), TICKET)
    label = label_in_ticket(f"copies.by_number_{NUMBER}.front")
    documents.request(check, [Evidence(kind=EvidenceKind.OTHER, label=label, inline="QUJD" * 200)])
    other = assertions.add_check(check.case, "face")
    assertions.say(
        other, "declined", "negative", f"refused {NUMBER}", word=f"no match for {NUMBER}", facts=Facts(phone=PHONE)
    )
    return check.case


def traces(answer: Any) -> list[str]:
    html = answer.content.decode().casefold()
    return [trace for trace in TRACES if trace in html]


def show(desk: Client, case: Case, slug: str, *opened: str, **given: Any) -> Any:
    return desk.post(reverse("case-reveal-fact", args=[case.pk, slug]), {"opened": opened}, **given)


@pytest.mark.promise("P32")
def test_no_part_of_the_page_contains_a_masked_value_under_any_name(case: Case, desk: Client) -> None:
    assert traces(desk.get(reverse("case", args=[case.pk]))) == []
    assert traces(desk.get(reverse("case-live", args=[case.pk]), headers=FRAGMENT)) == []
    assert traces(desk.get(reverse("case-views", args=[case.pk]))) == []


def test_values_that_are_not_personal_are_not_masked(case: Case, desk: Client) -> None:
    ticket = case_page(desk, case).by_id("ticket")
    leaves = [leaf for leaf in ticket.all(data_leaf="") if leaf.get("title").startswith("harmless.")]
    assert [leaf.text for leaf in leaves] == [
        "country NL",
        "count 1",
        "house 418",
        "when 1690217101",
        "say It is sunny in the street",
    ]
    assert "Jorien Brandsma" in ticket.text
    assert "by_number_•••••" in ticket.texts("span", "k")


def test_an_email_with_the_phone_number_is_masked_and_revealed_with_it(case: Case, desk: Client) -> None:
    cell = case_page(desk, case).by_id("fact-email").all("td")[1]
    assert cell.text.startswith("•••••@post.example")
    fragment = page_of(show(desk, case, "phone", headers=FRAGMENT))
    row = fragment.by_id("fact-email")
    assert row["hx-swap-oob"] == "true" and "31688402217@post.example" in row.text
    assert not fragment.by_id("fact-phone").get("hx-swap-oob")


def test_revealing_a_fact_reveals_it_everywhere_and_no_other(case: Case, desk: Client) -> None:
    answer = show(desk, case, "document_number", headers=FRAGMENT)
    assert set(traces(answer)) == {"kx5512907", "5512907", "kx-5512-907"}
    fragment = page_of(answer)
    ticket = fragment.by_id("ticket").one("section", "ticket")
    assert ticket["data-shown"] == "document_number"
    assert ticket.one("form", "show-form").one("button").text == "Show phone and address"
    assert f"by_number_{NUMBER}" in ticket.texts("span", "k") and MRZ.split()[1] in ticket.text
    assert f"no match for {NUMBER}" in fragment.by_id("checks").text
    assert not any("autofocus" in node.attributes for node in ticket.walk())
    record = ViewRecord.objects.latest("id")
    assert (record.kind, record.fact) == ("fact", "document_number")


def test_revealed_facts_stay_revealed_and_are_recorded_each_time(case: Case, desk: Client) -> None:
    opened = page_of(show(desk, case, "phone", headers=FRAGMENT)).one("input", name="opened")
    form = case_page(desk, case).by_id("fact-address").one("form")
    assert (opened["value"], "data-opened" in opened.attributes, form["hx-include"]) == ("phone", True, "[data-opened]")
    before = ViewRecord.objects.count()
    fragment = page_of(show(desk, case, "address", "phone", "full_name", "nonsense", headers=FRAGMENT))
    ticket = fragment.by_id("ticket").one("section", "ticket")
    assert ticket["data-shown"] == "phone address"
    assert "call 06-88402217" in ticket.text and NUMBER not in ticket.text
    assert set(ViewRecord.objects.order_by("id")[before:].values_list("kind", "fact")) == {
        ("fact", "address"),
        ("fact", "phone"),
    }


def test_a_revealed_ticket_shows_its_keys_and_texts_unmasked(case: Case, desk: Client) -> None:
    check = case.checks.get(provider="preventor")
    ticket = page_of(show(desk, case, f"ticket-{check.pk}", headers=FRAGMENT)).by_id(f"ticket-{check.pk}")
    assert not ticket.has("span", "masked") and "•••••" not in ticket.text
    assert f"copies.by_number_{NUMBER}.quality" in [leaf.get("title") for leaf in ticket.all(data_leaf="")]


NAMES = (
    "mrz", "mrzLine1", "mrzline2", "MRZ_Line_2", "documentNo", "docNumber", "idNumber", "IDNumber", "personalNumber",
    "personalNo", "passportNumber", "passport_no", "passport", "nationalId", "taxIdNumber", "drivingLicenceNumber",
    "licenseNo", "mobile", "mobileNo", "tel", "phoneNumber", "contactNumber", "whatsapp", "street", "streetName",
    "postcode", "postalCode", "zip", "addressLine1", "fullAddress", "residentialAddress", "houseNumber",
)  # fmt: skip


def test_a_value_under_a_private_name_is_masked(account: MakeAccount, desk: Client) -> None:
    # No value is a part of another, because a masked value is masked under every name.
    parts = {name: str(70_000_000 + 370_101 * number) for number, name in enumerate(NAMES)}
    fields = {name: f"Q7 {part} 5Z" for name, part in parts.items()}
    check = check_with_answer(account("preventor"), {"flow_status": "REJECTED", "odd": {"deeper": fields}})
    answer = desk.get(reverse("case", args=[check.case_id]))
    leaves = {leaf.get("title"): leaf for leaf in page_of(answer).by_id("ticket").all(data_leaf="")}
    content = answer.content.decode().replace(check.pk.hex, "")
    for name, part in parts.items():
        assert leaves[f"odd.deeper.{name}"].has("span", "masked"), name
        assert part not in content, name


def test_values_of_further_sources_are_masked_and_shown_in_columns_of_their_own(desk: Client) -> None:
    further = Source(
        name=f"scan {NUMBER}",
        facts=Facts(full_name="Petra Sommer", document_number=NUMBER, phone=PHONE, address=f"{STREET}, {TOWN}, NL"),
        is_other_document=True,
    )
    echo = Source(name="input", facts=Facts(full_name="Jorien Brandsma"), is_echo=True)
    check = assertions.add_check(factories.make_case(full_name="Jorien Brandsma"))
    words = f"number {NUMBER}, taxes BTW55667788"
    facts = Facts(also=(further, echo), private=(("document_number", "BTW55667788"),))
    assertions.say(check, "approved", "positive", "62301", word=words, facts=facts)
    answer = desk.get(reverse("case", args=[check.case_id]))
    assert traces(answer) == [] and "btw55667788" not in answer.content.decode().casefold()
    comparison = page_of(answer).by_id("comparison")
    assert [node.text for node in comparison.all("span", "sub")][:2] == ["Scan •••••", "Input"]
    name = comparison.by_id("fact-full_name").all("td")
    assert "Differs" in name[1].text and name[2].text == "Jorien Brandsma not checked by the provider"
