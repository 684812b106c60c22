"""The validation rules of an account."""

from typing import Any

import pytest

from providers import provider_class, provider_names
from providers.accounts import validation
from tests.providers.expectations import expectations_of


def test_every_setting_of_every_provider_has_a_label() -> None:
    settings = [one for name in provider_names() for one in provider_class(name).account_settings.values()]
    assert settings
    assert [one for one in settings if not (one.label and one.help)] == []


@pytest.mark.parametrize("name", provider_names())
def test_the_defaults_of_a_provider_pass_its_own_rules(name: str) -> None:
    provider = provider_class(name)
    draft = validation.Draft(
        name=f"{provider.label} live",
        provider=name,
        environment="live",
        base_url=provider.base_url("live"),
        credentials=expectations_of(name).credentials,
        settings=provider.default_settings(),
    )
    assert validation.problems(draft, extra_hosts=frozenset()) == {}
    assert "canary" not in repr(draft)


def draft(provider: str = "checkout_com", environment: str = "live", **given: Any) -> validation.Draft:
    """A valid account with these fields."""
    fields = {"base_url": provider_class(provider).base_url(environment), **given}
    credentials = expectations_of(provider).credentials
    return validation.Draft(name="a", provider=provider, environment=environment, credentials=credentials, **fields)


TOKEN = "https://access.checkout.com/connect/token"
OTHER_TOKEN = "https://pl-desk.access.checkout.com/connect/token"


@pytest.mark.parametrize(
    ("before", "after", "elsewhere"),
    [
        ({}, {}, False),
        ({}, {"evidence_hosts": ["media.example"]}, False),
        ({}, {"base_url": "https://identity-verification.checkout.com/v2"}, False),
        ({}, {"base_url": "https://collector.example"}, True),
        ({}, {"base_url": "http://identity-verification.checkout.com"}, True),
        ({}, {"base_url": "https://["}, True),
        ({}, {"environment": "simulator", "base_url": "https://identity-verification.checkout.com"}, True),
        ({}, {"settings": {"token_url": TOKEN}}, True),
        ({"settings": {"token_url": TOKEN}}, {}, True),
        ({"settings": {"token_url": TOKEN}}, {"settings": {"token_url": OTHER_TOKEN}}, True),
        ({"settings": {"token_url": TOKEN}}, {"settings": {"token_url": f"{TOKEN}/v2"}}, False),
        ({"settings": {"token_url": TOKEN}}, {"settings": {"token_url": TOKEN.replace("https", "http")}}, True),
        ({"settings": {"token_url": TOKEN}}, {"settings": {"token_url": "https://["}}, True),
        ({}, {"settings": {"token_url": "https://identity-verification.checkout.com/token"}}, False),
    ],
)
def test_stored_credentials_are_needed_again_at_another_host_or_token_url(
    before: dict[str, Any], after: dict[str, Any], elsewhere: bool
) -> None:
    assert validation.signs_in_elsewhere(draft(**before), draft(**after)) is elsewhere


@pytest.mark.parametrize(
    ("provider", "given", "problems"),
    [
        ("bank131", {"evidence_hosts": ["media.example"]}, {}),
        ("bank131", {"evidence_hosts": ["127.0.0.1"]}, {}),
        (
            "bank131",
            {"evidence_hosts": ["media.example", "10.0.0.1"]},
            {"evidence_hosts": "The host 10.0.0.1 is not a public address. Others: PROVIDER_EXTRA_HOSTS."},
        ),
        (
            "bank131",
            {"evidence_hosts": ["media.example:8443"]},
            {
                "evidence_hosts": "The host media.example may be called by https on port 443 only. "
                "Others: PROVIDER_EXTRA_HOSTS."
            },
        ),
        (
            "bank131",
            {"evidence_hosts": ["Media.example"]},
            {"evidence_hosts": "An evidence host is a host name in lower case, without a scheme or path."},
        ),
        (
            "checkout_com",
            {"settings": {"token_url": "https://10.0.0.1/token"}},
            {
                "settings.token_url": "The host 10.0.0.1 is not one of the hosts that may be called. Credentials are "
                "sent there: only official hosts and PROVIDER_EXTRA_HOSTS count."
            },
        ),
        (
            "advance_ai",
            {"environment": "sandbox"},
            {"base_url": "Enter a base URL: ADVANCE.AI has no official host for sandbox."},
        ),
        ("bank131", {"base_url": ""}, {"base_url": "Enter a base URL."}),
    ],
)
def test_hosts_of_an_account_are_judged_before_it_is_stored(
    provider: str, given: dict[str, Any], problems: dict[str, str]
) -> None:
    assert validation.problems(draft(provider, **given), extra_hosts=frozenset({"127.0.0.1:9100"})) == problems


FIVE = dict.fromkeys(("api_key", "secret", "tenant", "env", "banknu"), "old")


@pytest.mark.parametrize(
    ("provider", "stored", "given", "merged"),
    [
        ("preventor", {}, {"token": "new", "api_key": "new"}, {"token": "new", "api_key": "new"}),
        ("preventor", {"token": "old"}, {"api_key": "new"}, {"token": "old", "api_key": "new"}),
        ("preventor", {"token": "old", "api_key": "old"}, {"token": "new"}, {"token": "new", "api_key": "old"}),
        ("preventor", {"token": "old", "api_key": "old"}, FIVE, FIVE),
        ("preventor", {"token": "old", "api_key": "old"}, {"api_key": None}, {"token": "old"}),
        ("preventor", {"token": "old", "api_key": "old"}, {"token": "new", "api_key": None}, {"token": "new"}),
        ("preventor", {"token": "old", "api_key": "old"}, {"token": None}, {"api_key": "old"}),
        ("preventor", FIVE, {"token": "new"}, {"token": "new"}),
        ("preventor", FIVE, {"token": "new", "api_key": "new"}, {"token": "new", "api_key": "new"}),
        ("preventor", FIVE, {"secret": "new", "env": ""}, {**FIVE, "secret": "new"}),
        (
            "checkout_com",
            {"secret_key": "old"},
            {"client_id": "new", "client_secret": "new"},
            {"client_id": "new", "client_secret": "new"},
        ),
        ("checkout_com", {"client_id": "old", "client_secret": "old"}, {"secret_key": "new"}, {"secret_key": "new"}),
        ("btc_direct", {"username": "old", "password": "old"}, {"api_key": "new"}, {"api_key": "new"}),
    ],
)
def test_entered_credentials_replace_a_set_or_a_part_of_one(
    provider: str, stored: dict[str, str], given: dict[str, str | None], merged: dict[str, str]
) -> None:
    assert validation.merged_credentials(provider, stored, given) == merged


@pytest.mark.parametrize(
    ("names", "is_complete"),
    [(("token",), True), (("token", "api_key"), True), (("api_key",), False), (("token", "secret"), False)],
)
def test_preventor_takes_a_token_with_or_without_a_key(names: tuple[str, ...], is_complete: bool) -> None:
    made = validation.Draft(
        name="One",
        provider="preventor",
        environment="sandbox",
        base_url="https://api-sandbox.preventor.com",
        credentials=dict.fromkeys(names, "canary"),
    )
    assert (validation.problems(made, extra_hosts=frozenset()) == {}) is is_complete
