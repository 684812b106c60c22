"""A new case with several checks: all of them or nothing, errors at their fields, countries by name."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.forms import DeclaredForm
from compliance.models import Case, Check, Event
from compliance.views.new_case import FurtherCheckForm, further_checks
from providers.models import ProviderAccount
from tests.compliance.test_forms import NEW, error_of, rows, value_of
from tests.compliance.views.pages import page_of

MakeAccount = Callable[..., ProviderAccount]

COUNTRIES = {
    "": "",
    "ng": "NG",
    "Nigeria": "NG",
    "nigeria": "NG",
    "Türkiye": "TR",
    "Turkey": "TR",
    "South Korea": "KR",
    "Congo": "CG",
    "The Democratic Republic of the Congo": "CD",
    "U.S. Virgin Islands": "VI",
    "Bonaire, Sint Eustatius and Saba": "BQ",
    "Kosovo": "XK",
    "NGA": "Enter two letters.",
    "UK": "UK is no code of ISO 3166-1. Write GB.",
    "Atlantis": "Choose a country from the list.",
    "Stateless": "Choose a country from the list.",
}


@pytest.mark.parametrize(("text", "expected"), COUNTRIES.items())
def test_a_country_is_entered_as_name_or_code(text: str, expected: str) -> None:
    form = DeclaredForm({"full_name": "Ada", "country": text})
    assert form.is_valid() == (len(expected) <= 2)
    assert form.cleaned_data.get("country", "".join(map(str, form.errors.get("country", [])))) == expected


def test_every_country_of_the_list_can_be_chosen() -> None:
    forms = [DeclaredForm({"full_name": "Ada", "country": name}) for name in DeclaredForm.country_names()]
    assert [form.errors for form in forms if not form.is_valid()] == []
    assert len({form.cleaned_data["country"] for form in forms}) == len(forms) == 250


def checks(*given: tuple[ProviderAccount, str, str], **first: str) -> dict[str, str]:
    """The form with these checks; ``first`` changes other fields."""
    data = NEW | first
    for number, (account, kind, reference) in enumerate(given, start=1):
        start = "" if number == 1 else f"check{number}-"
        data |= {f"{start}account": str(account.pk), f"{start}kind": kind, f"{start}reference": reference}
    return data


def sent(desk: Client, data: dict[str, str]) -> Any:
    return desk.post(reverse("case-new"), data)


@pytest.mark.django_db
def test_a_case_is_opened_with_several_checks(account: MakeAccount, desk: Client) -> None:
    bank, checkout = account("bank131"), account("checkout_com")
    given = ((bank, "database", "700100"), (bank, "database", "700101"), (checkout, "identity", "idv_" + "a" * 26))
    assert sent(desk, checks(*given)).status_code == 303
    stored = Check.objects.order_by("created_at").values_list("case", "provider", "kind", "reference", "entered_by")
    case = Case.objects.get()
    assert list(stored) == [(case.pk, one.provider, kind, reference, None) for one, kind, reference in given]
    assert list(Event.objects.order_by("seq").values_list("type", flat=True)) == ["case_opened", *["check_added"] * 3]
    assert sent(desk, checks(*given)).status_code == 303
    assert Check.objects.count() == 3


@pytest.mark.django_db
def test_one_refused_check_opens_nothing_and_its_row_has_the_error(account: MakeAccount, desk: Client) -> None:
    bank, sandbox = account("bank131"), account("bank131", environment="sandbox")
    sent(desk, checks((bank, "database", "700999"), applicant_external_id="cust-other", case_reference="other"))
    other = Case.objects.get()
    before = rows()
    table = [
        ((bank, "database", "12a"), "reference", "The reference must be the bank's id of the check: digits only."),
        ((bank, "database", "700999"), "reference", f"This reference belongs to case {other.label}."),
        ((bank, "database", "700100"), "reference", "This check is entered twice."),
        ((bank, "identity", "700101"), "kind", "Bank131 has only: database."),
        ((bank, "", "700101"), "kind", "This field is required."),
        ((bank, "database", "#N/A"), "reference", "This is an error value of a spreadsheet."),
        (
            (sandbox, "database", "700101"),
            "account",
            f"The account belongs to sandbox, the case to {bank.environment}.",
        ),
    ]
    for second, name, sentence in table:
        data = checks((bank, "database", "700100"), second)
        form = page_of(sent(desk, data), status=422).by_id("new-case")
        assert error_of(form, f"check2-{name}") == sentence, second
        assert "1 field not valid" in form.one(role="alert", cls="notice").text
        assert ["open" in row.attributes for row in form.all("details")] == [True, False, False, False, False]
        for field in set(data) - {f"check2-{name}"}:
            assert value_of(form, field) == data[field], (second, field)
    assert rows() == before


@pytest.mark.django_db
def test_accounts_name_the_kinds_and_settings_of_their_checks(account: MakeAccount, desk: Client) -> None:
    offered = [account("bank131"), account("btc_direct")]
    form = page_of(desk.get(reverse("case-new"))).by_id("new-case")
    for name in ("account", "check2-account"):
        options = {one["value"]: one for one in form.one("select", name=name).all("option")}
        bank, btc = (options[str(one.pk)] for one in offered)
        assert (bank["data-kinds"], bank["data-settings"]) == ("database", "")
        assert btc["data-settings"] == "user_identifier"
    assert form.by_id("country-names").has("option", value="Nigeria")


def test_rows_without_input_are_no_checks() -> None:
    assert all(isinstance(one, FurtherCheckForm) and not one.is_filled for one in further_checks(None))
