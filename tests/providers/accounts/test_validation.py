"""The validation rules of an account."""

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
