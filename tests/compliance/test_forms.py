"""Forms: errors below their fields, preserved input, no effect of a second submission or of a GET."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from compliance.enums import CaseStatus, DecisionVerdict, EventType
from compliance.models import Applicant, Case, Check, CheckSync, Decision, Event, OverrideProposal, ReasonCode, User
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.many_cases import PASSPORT, PENDING, UNKNOWN, cases_with_answers
from tests.compliance.views.pages import FRAGMENT, Node, case_page, page_of, signed_in

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
NEW = {
    "applicant_external_id": "cust-form-1",
    "full_name": "Adaeze “Ada” Ibekwe",
    "birth_date": "1990-01-31",
    "email": "ada@example.net",
    "country": "ng",
    "case_reference": "onboarding 7",
    "kind": "database",
    "reference": "700100",
    "user_identifier": "",
    "submitted_at": "2026-01-31T08:15:00Z",
}
COUNTED = (Case, Applicant, Check, CheckSync, Decision, Event, OverrideProposal)


def rows() -> list[int]:
    """Row counts, which are equal before and after if nothing has changed."""
    return [model.objects.count() for model in COUNTED]


def error_of(form: Node, name: str) -> str:
    """The error below a field, if the field references it for screen readers."""
    field = form.one(name=name)
    assert field["aria-invalid"] == "true"
    described = field["aria-describedby"].split()
    assert f"id_{name}_error" in described
    assert all(form.has(id=part) for part in described)
    return form.by_id(f"id_{name}_error").text


def value_of(form: Node, name: str) -> str:
    """The value of a field."""
    field = form.one(name=name)
    if field.tag == "textarea":
        return field.raw.removeprefix("\n")
    if field.tag == "select":
        return next((option["value"] for option in field.all("option") if "selected" in option.attributes), "")
    return field.get("value")


def new(desk: Client, chosen: ProviderAccount, headers: dict[str, str] | None = None, /, **changes: str) -> Any:
    data = {**NEW, "account": str(chosen.pk), **changes}
    return desk.post(reverse("case-new"), data, headers=headers or {})


# --- a new case -------------------------------------------------------------------------------------------------------


def test_a_new_case_is_opened_with_its_check_and_leads_to_its_page(account: MakeAccount, desk: Client) -> None:
    answer = new(desk, account("bank131"))
    case = Case.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]))
    applicant = case.applicant
    assert (applicant.external_id, applicant.full_name, applicant.birth_date, applicant.country, applicant.email) == (
        "cust-form-1", "Adaeze “Ada” Ibekwe", "1990-01-31", "NG", "ada@example.net"
    )  # fmt: skip
    check = case.checks.get()
    assert (case.reference, check.reference, check.kind) == ("onboarding 7", "700100", "database")
    assert check.submitted_at and check.submitted_at.isoformat() == "2026-01-31T08:15:00+00:00"
    assert f"{case.label} opened." in case_page(desk, case).by_id("messages").text
    types = Event.objects.filter(case=case).order_by("seq").values_list("type", flat=True)
    assert list(types) == [EventType.CASE_OPENED, EventType.CHECK_ADDED]


def test_a_new_case_from_a_fragment_redirects_the_browser(account: MakeAccount, desk: Client) -> None:
    answer = new(desk, account("bank131"), FRAGMENT)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("case", args=[Case.objects.get().pk]))


BAD = [
    ("applicant_external_id", "", "This field is required."),
    ("applicant_external_id", "x" * 121, "Ensure this value has at most 120 characters (it has 121)."),
    ("applicant_external_id", "a\x00b", "Null characters are not allowed."),
    ("applicant_external_id", "NULL", "This word or sign stands for an empty value."),
    ("case_reference", "#N/A", "This is an error value of a spreadsheet."),
    ("full_name", "   ", "This field is required."),
    ("full_name", "Ilse Brandm?ller", "A letter was lost in an export: “?” or “�” replaces it."),
    ("full_name", "x" * 301, "Ensure this value has at most 300 characters (it has 301)."),
    ("birth_date", "31.01.1990", "Enter a valid date."),
    ("birth_date", "1990-02-30", "Enter a valid date."),
    ("birth_date", "2199-01-01", "This date is not plausible."),
    ("birth_date", "0001-01-01", "This date is not plausible."),
    ("email", "ada at example", "Enter a valid email address."),
    ("country", "NGA", "Enter two letters."),
    ("country", "1x", "Enter two letters."),
    ("country", "ñÑ", "Enter two letters."),
    ("case_reference", "y" * 121, "Ensure this value has at most 120 characters (it has 121)."),
    ("account", "", "This field is required."),
    ("account", "not-an-id", "“not-an-id” is not a valid UUID."),
    ("kind", "palm", "Select a valid choice. palm is not one of the available choices."),
    ("kind", "identity", "Bank131 has only: database."),
    ("reference", "", "This field is required."),
    ("full_name", "J*** S***", "The full name hides characters, such as by * or xxx. Enter it in full."),
    ("reference", "70 01", "The reference contains a blank at place 3. Remove it."),
    ("reference", "12a", "The reference must be the bank's id of the check: digits only."),
    ("reference", "9" * 201, "Ensure this value has at most 200 characters (it has 201)."),
    ("submitted_at", "yesterday", "Expected a time such as 2026-01-31T08:15:00Z."),
    ("submitted_at", "1971-01-01T00:00:00Z", "This time is not plausible."),
    ("submitted_at", "2026-13-01T00:00:00Z", "Expected a time such as 2026-01-31T08:15:00Z."),
]


def test_invalid_values_have_an_error_below_their_field_and_input_is_preserved(
    account: MakeAccount, desk: Client
) -> None:
    bank, before = account("bank131"), rows()
    for name, value, sentence in BAD:
        form = page_of(new(desk, bank, **{name: value}), status=422).by_id("new-case")
        assert error_of(form, name) == sentence, (name, value)
        assert "1 field not valid" in form.one(role="alert", cls="notice").text
        for other in set(NEW) - {name}:
            assert value_of(form, other) == NEW[other], (name, value, other)
        if value.isprintable() and name not in ("account", "kind") and value.strip():
            assert value_of(form, name) == value
    assert rows() == before


def test_an_empty_form_has_an_error_at_each_required_field(desk: Client) -> None:
    form = page_of(desk.post(reverse("case-new")), status=422).by_id("new-case")
    for name in ("applicant_external_id", "full_name", "account", "kind", "reference"):
        assert error_of(form, name) == "This field is required."
    assert form.one("p", "notice").text.startswith("5 fields not valid")


def test_an_invalid_fragment_is_the_form_alone(account: MakeAccount, desk: Client) -> None:
    page = page_of(new(desk, account("bank131"), FRAGMENT, reference="x"), status=422)
    (root,) = [child for child in page.children if isinstance(child, Node)]
    assert root["id"] == "new-case"


def test_btc_direct_requires_the_user_identifier(account: MakeAccount, desk: Client) -> None:
    btc = account("btc_direct")
    form = page_of(new(desk, btc, kind="liveness"), status=422).by_id("new-case")
    assert error_of(form, "user_identifier") == "BTC Direct requires a user identifier."
    assert new(desk, btc, kind="liveness", user_identifier="u" * 40).status_code == 303
    assert Check.objects.get().settings == {"user_identifier": "u" * 40}


def test_the_same_form_sent_again_opens_nothing_twice(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    first = new(desk, bank)
    before = rows()
    again = new(desk, bank)
    assert again["Location"] == first["Location"]
    assert rows() == before
    assert "is already open." in case_page(desk, Case.objects.get()).by_id("messages").text


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_ten_times_at_once_opens_one_case(account: MakeAccount, analyst: User) -> None:
    bank = account("bank131")
    browsers = [signed_in(analyst, raise_request_exception=False) for _ in range(10)]
    start, answers = threading.Barrier(len(browsers)), []

    def send(browser: Client) -> None:
        start.wait()
        answers.append(new(browser, bank))
        connections.close_all()

    threads = [threading.Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.get("Location")) for answer in answers} == {
        (303, reverse("case", args=[Case.objects.get().pk]))
    }
    assert (Applicant.objects.count(), Check.objects.count()) == (1, 1)


def test_an_applicant_who_is_known_with_another_name_is_refused_with_a_link(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    new(desk, bank)
    known = Case.objects.get()
    answer = new(desk, bank, full_name="Somebody Else", case_reference="onboarding 8", reference="700101")
    field = page_of(answer, status=422).by_id("id_applicant_external_id-field")
    assert "This external ID is known with another name." in field.text
    assert field.one("a")["href"] == reverse("case", args=[known.pk])
    assert list(Case.objects.all()) == [known]


def test_a_reference_of_another_applicant_or_case_is_refused_at_its_field(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    new(desk, bank)
    before = rows()
    form = page_of(new(desk, bank, applicant_external_id="cust-form-2"), status=422).by_id("new-case")
    assert error_of(form, "case_reference") == "This case reference belongs to another applicant."
    form = page_of(new(desk, bank, case_reference="onboarding 9"), status=422).by_id("new-case")
    assert error_of(form, "reference") == f"This reference belongs to case KYC-{Case.objects.get().pk}."
    assert rows() == before


def test_the_form_adds_no_check_to_a_case_that_awaits_approval(
    account: MakeAccount, desk: Client, analyst: User
) -> None:
    bank = account("bank131")
    (case,) = cases_with_answers(bank, [PASSPORT])
    propose(desk, case)
    answer = new(
        desk,
        bank,
        applicant_external_id=case.applicant.external_id,
        case_reference=case.reference,
        full_name=case.applicant.full_name,
        birth_date="",
        email="",
        country="",
        reference="700105",
    )
    alert = page_of(answer, status=422).by_id("new-case").one(role="alert", cls="notice")
    assert alert.text == "An override proposal is pending: it has to be approved, denied or withdrawn first."


# --- correcting -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bank(account: MakeAccount) -> ProviderAccount:
    return account("bank131")


@pytest.fixture
def unread(bank: ProviderAccount) -> Check:
    """A check that was never read."""
    return factories.add_check(factories.make_case(), bank, "800100")


def corrected_page(desk: Client, url: str, data: dict[str, Any], *, status: int = 422) -> Node:
    """The returned form."""
    return page_of(desk.post(url, data, headers=FRAGMENT), status=status).by_id("edit-form")


def forms_of(check: Check, bank: ProviderAccount) -> dict[str, dict[str, str]]:
    """URL of every correction form and a valid submission."""
    misled = ReasonCode.objects.filter(verdicts__contains=["void"]).first()
    assert misled
    return {
        reverse("case-add-check", args=[check.case_id]): {
            "account": str(bank.pk), "kind": "database", "reference": "800200", "user_identifier": ""
        },
        reverse("check-correct", args=[check.pk]): {"reference": "800101", "settings": "", "reason": "One digit"},
        reverse("check-replace", args=[check.pk]): {
            "account": str(bank.pk), "reference": "800300", "user_identifier": "", "reason": "Another order"
        },
        reverse("case-void", args=[check.case_id]): {"reason": misled.code, "note": "Opened twice by hand."},
    }  # fmt: skip


def test_opening_a_form_changes_nothing(unread: Check, bank: ProviderAccount, desk: Client) -> None:
    before = rows()
    sync = CheckSync.objects.values().get()
    for url in [*forms_of(unread, bank), reverse("case-new")]:
        for query in ({}, {"reference": "1", "reason": "x", "note": "x", "full_name": "x"}):
            page = page_of(desk.get(url, query))
            form = page.by_id("new-case" if url == reverse("case-new") else "edit-form")
            assert form["action"] == form["hx-post"] == url
            assert form.has("input", name="csrfmiddlewaretoken")
            assert not form.has(aria_invalid="true")
            fragment = page_of(desk.get(url, query, headers=FRAGMENT))
            assert [child["id"] for child in fragment.children if isinstance(child, Node)] == [form["id"]]
    assert (rows(), CheckSync.objects.values().get()) == (before, sync)


def test_each_form_does_its_work_and_records_an_event_with_the_reason(
    unread: Check, bank: ProviderAccount, desk: Client
) -> None:
    page = reverse("case", args=[unread.case_id])
    for url, data in forms_of(unread, bank).items():
        answer = desk.post(url, data)
        assert (answer.status_code, answer["Location"]) == (303, page), url
    unread.refresh_from_db()
    assert unread.reference == "800101"
    assert unread.superseded_by and unread.superseded_by.reference == "800300"
    assert set(unread.case.checks.values_list("reference", flat=True)) == {"800101", "800200", "800300"}
    unread.case.refresh_from_db()
    assert unread.case.status == CaseStatus.DECIDED
    shown = case_page(desk, unread.case).by_id("timeline").text
    for words in ("One digit", "Another order", "closed the case as opened by mistake", "check added: 800200"):
        assert words in shown
    said = case_page(desk, unread.case)
    assert "Opened twice by hand." in said.by_id("decided").text


def test_each_form_from_a_fragment_redirects_the_browser_to_the_case(
    unread: Check, bank: ProviderAccount, desk: Client
) -> None:
    for url, data in forms_of(unread, bank).items():
        answer = desk.post(url, data, headers=FRAGMENT)
        assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("case", args=[unread.case_id])), url


def test_an_empty_form_names_the_missing_fields(unread: Check, bank: ProviderAccount, desk: Client) -> None:
    before = rows()
    for url, data in forms_of(unread, bank).items():
        form = corrected_page(desk, url, {})
        for name in data:
            if name not in ("user_identifier", "settings"):
                assert error_of(form, name) == "This field is required.", (url, name)
    assert rows() == before


def test_an_invalid_reference_has_an_error_below_its_field_and_input_is_preserved(
    unread: Check, bank: ProviderAccount, desk: Client
) -> None:
    before = rows()
    for url, data in forms_of(unread, bank).items():
        if "reference" not in data:
            continue
        for value in ("12a", "x" * 201, "7\x007", "../7"):
            form = corrected_page(desk, url, {**data, "reference": value})
            assert error_of(form, "reference"), (url, value)
            assert all(value_of(form, name) == typed for name, typed in data.items() if name != "reference"), url
    assert rows() == before


def test_a_correction_without_changes_is_refused(unread: Check, desk: Client) -> None:
    before = rows()
    data = {"reference": unread.reference, "settings": "", "reason": "No idea"}
    form = corrected_page(desk, reverse("check-correct", args=[unread.pk]), data)
    assert form.one(role="alert", cls="notice").text == "Nothing was changed."
    assert value_of(form, "reason") == "No idea"
    assert rows() == before


HOSTILE_SETTINGS = [
    "[]", "7", "null", "{", '{"a": NaN}', "[" * 5000, '{"a":' * 5000, '{"a": ' + "9" * 5000 + "}", '{"a": "\\ud800"}',
    '{"a": "\\u0000"}', '{"a": 1e400}',
]  # fmt: skip


def test_settings_that_are_not_a_json_object_are_refused_or_shown_again(unread: Check, desk: Client) -> None:
    url = reverse("check-correct", args=[unread.pk])
    for text in HOSTILE_SETTINGS:
        form = corrected_page(desk, url, {"reference": unread.reference, "settings": text, "reason": "Try"})
        assert error_of(form, "settings") == "Enter a JSON object.", text[:40]
        assert page_of(desk.get(url)).has(id="edit-form")
    unread.refresh_from_db()
    assert unread.settings == {}


def test_a_fetched_check_is_replaced_instead_of_corrected(bank: ProviderAccount, desk: Client) -> None:
    (case,) = cases_with_answers(bank, [PENDING])
    check = case.checks.get()
    data = {"reference": "800400", "settings": "", "reason": "Typed wrongly"}
    form = corrected_page(desk, reverse("check-correct", args=[check.pk]), data)
    assert form.one(role="alert", cls="notice").text.startswith("This check has a report.")
    assert value_of(form, "reference") == "800400"
    page = case_page(desk, case).by_id("manage-checks")
    assert not page.has("a", href=reverse("check-correct", args=[check.pk]))
    assert page.has("a", href=reverse("check-replace", args=[check.pk]))


def test_a_form_sent_twice_does_its_work_once(unread: Check, bank: ProviderAccount, desk: Client) -> None:
    add, correct, replace, void = forms_of(unread, bank).items()
    for (url, data), sentence in (
        (add, ""),
        (correct, "Nothing was changed."),
        (replace, "This check has been replaced already."),
        (void, "You decided this case at "),
    ):
        assert desk.post(url, data).status_code == 303
        before = rows()
        again = desk.post(url, data, headers=FRAGMENT)
        if sentence:
            notice = page_of(again, status=422).by_id("edit-form").one(role="alert", cls="notice")
            assert notice.text.startswith(sentence)
        else:
            assert again.status_code == 204
        assert rows() == before, url


def test_an_account_of_another_environment_or_without_the_kind_cannot_be_chosen(
    unread: Check, account: MakeAccount, desk: Client
) -> None:
    sandbox, other_kind = account("bank131", environment="sandbox"), account("btc_direct")
    add = reverse("case-add-check", args=[unread.case_id])
    replace = reverse("check-replace", args=[unread.pk])
    for url, barred in ((add, [sandbox]), (replace, [sandbox, other_kind])):
        offered = {
            option["value"] for option in page_of(desk.get(url)).by_id("edit-form").one(name="account").all("option")
        }
        for one in barred:
            assert str(one.pk) not in offered
            data = {"account": str(one.pk), "kind": "database", "reference": "800500", "reason": "x"}
            assert "Select a valid choice." in error_of(corrected_page(desk, url, data), "account")


def test_checks_of_a_case_that_awaits_approval_cannot_be_changed(bank: ProviderAccount, desk: Client) -> None:
    (case,) = cases_with_answers(bank, [PASSPORT])
    check = case.checks.get()
    propose(desk, case)
    before, sentence = rows(), "An override proposal is pending: it has to be approved, denied or withdrawn first."
    for url, data in forms_of(check, bank).items():
        assert corrected_page(desk, url, data).one(role="alert", cls="notice").text == sentence, url
    assert rows() == before
    section = case_page(desk, case).by_id("manage-checks")
    assert section.by_id("manage-checks-why").text == sentence and not section.has("a")


def test_missing_cases_and_checks_have_no_forms(desk: Client) -> None:
    missing = "00000000-0000-7000-8000-000000000000"
    for name, key in (
        ("case-add-check", 10**12),
        ("case-void", 7),
        ("check-correct", missing),
        ("check-replace", missing),
    ):
        for method in (desk.get, desk.post):
            assert method(reverse(name, args=[key])).status_code == 404


# --- the decision panel -----------------------------------------------------------------------------------------------


def propose(desk: Client, case: Case) -> None:
    """Submit the panel's form for an approval against the provider."""
    panel = case_page(desk, case).by_id("decision")
    data = {"verdict": "approve", "reason": "OK-02", "note": "Seen the passport."}
    sent = data | {name: panel.one(name=name)["value"] for name in ("seen", "seen_decision", "shown_to")}
    assert desk.post(panel["action"], sent).status_code == 303
    assert OverrideProposal.objects.filter(case=case).count() == 1


BAD_REQUESTS: list[tuple[dict[str, str], str]] = [
    ({"verdict": ""}, "Choose a verdict."),
    ({"verdict": "void"}, "Choose a verdict."),
    ({"verdict": "APPROVE"}, "Choose a verdict."),
    ({"reason": ""}, "Choose a reason that fits the verdict."),
    ({"reason": "OK-01"}, "Choose a reason that fits the verdict."),
    ({"reason": "\x00"}, "Choose a reason that fits the verdict."),
    ({"reason": "FRD-01", "note": "  "}, "This reason requires a note."),
    ({"note": "x" * 4001}, "A note is at most 4000 characters long."),
    ({"note": "a\x00b"}, "The note holds a character that cannot be stored."),
    ({"verdict": "escalate", "reason": "ESC-01", "note": ""}, "This reason requires a note."),
]


def test_a_refused_decision_shows_the_reason_and_preserves_the_input(bank: ProviderAccount, desk: Client) -> None:
    (case,) = cases_with_answers(bank, [PASSPORT])
    panel = case_page(desk, case).by_id("decision")
    hidden = {name: panel.one(name=name)["value"] for name in ("seen", "seen_decision", "shown_to")}
    before = rows()
    for changes, sentence in BAD_REQUESTS:
        data = {"verdict": "reject", "reason": "REJ-01", "note": "Typed for long,\n<b>twice</b>.", **hidden, **changes}
        for headers in ({}, FRAGMENT):
            form = page_of(desk.post(panel["action"], data, headers=headers), status=422).by_id("decision")
            assert form.by_id("decision-error").one("b").text == sentence, changes
            chosen = [one["value"] for one in form.all("input", type_="radio") if "checked" in one.attributes]
            assert chosen == [verdict for verdict in [data["verdict"]] if verdict in ("reject", "approve", "escalate")]
            if data["reason"].isprintable():
                assert value_of(form, "reason") == data["reason"]
            if "\x00" not in data["note"]:
                assert value_of(form, "note") == data["note"]
            assert {name: form.one(name=name)["value"] for name in hidden} == hidden
    assert rows() == before


def test_a_stale_page_shows_the_changes_and_preserves_the_note(
    bank: ProviderAccount, desk: Client, analyst: User
) -> None:
    (case,) = cases_with_answers(bank, [PASSPORT])
    panel = case_page(desk, case).by_id("decision")
    data = {"verdict": "reject", "reason": "REJ-01", "note": "My long note."}
    data |= {name: panel.one(name=name)["value"] for name in ("seen", "seen_decision", "shown_to")}
    factories.add_check(case, bank, "800900")
    fragment = page_of(desk.post(panel["action"], data, headers=FRAGMENT), status=409)
    form = fragment.by_id("panel").by_id("decision")
    assert form.by_id("decision-error").one("b").text.startswith("The evidence has changed since you opened the case")
    assert "Bank131 database 800900 is new" in form.by_id("decision-error").one("ul").text
    assert value_of(form, "note") == "My long note."
    assert form.one(name="seen")["value"] != data["seen"]
    again = data | {"seen": form.one(name="seen")["value"]}
    assert desk.post(panel["action"], again, headers=FRAGMENT).status_code == 204
    assert Decision.objects.get(case=case).verdict == DecisionVerdict.REJECT


def test_the_loser_of_a_race_sees_the_winner_and_keeps_the_note(
    bank: ProviderAccount, desk: Client, colleague: User
) -> None:
    (case,) = cases_with_answers(bank, [UNKNOWN])
    other = signed_in(colleague)
    panels = [case_page(browser, case).by_id("decision") for browser in (desk, other)]
    sent = [
        {"verdict": "reject", "reason": "REJ-01", "note": f"Note {place}"}
        | {name: panel.one(name=name)["value"] for name in ("seen", "seen_decision", "shown_to")}
        for place, panel in enumerate(panels)
    ]
    assert other.post(panels[1]["action"], sent[1]).status_code == 303
    fragment = page_of(desk.post(panels[0]["action"], sent[0], headers=FRAGMENT), status=409)
    lost = fragment.by_id("lost")
    assert lost.one("b").text.startswith("Kwabena Osei rejected this case at")
    assert value_of(lost, "note") == "Note 0"
    assert Decision.objects.filter(case=case).count() == 1
