"""What the base class does for every provider."""

from dataclasses import replace

import pytest

from providers import Kind, Report, Setting, provider_class, provider_names

REPORT = Report(provider="bank131", kind=Kind.DATABASE, reference="7", status="ok", payload={"data": {}})


@pytest.mark.parametrize("name", provider_names())
def test_a_suggested_base_url_is_the_first_official_host(name: str) -> None:
    cls = provider_class(name)
    for environment, hosts in cls.official_hosts.items():
        assert cls.base_url(environment) == f"https://{hosts[0]}"
    assert cls.base_url("moon") == ""


@pytest.mark.parametrize("name", provider_names())
def test_default_settings_have_the_types_of_their_fields(name: str) -> None:
    cls = provider_class(name)
    assert cls.default_settings() == {key: setting.default for key, setting in cls.account_settings.items()}
    assert all(isinstance(setting, Setting) for setting in cls.check_settings.values())
    assert cls.reference_problem(cls.kinds[0], " ", {})


def test_the_digest_ignores_volatile_paths_only() -> None:
    cls = provider_class("bank131")
    digest = cls.digest(REPORT)
    assert digest == cls.digest(replace(REPORT, reference="8", payload={**REPORT.payload, "pointers": ["1"]}))
    assert digest != cls.digest(replace(REPORT, status="error"))
    assert digest != cls.digest(replace(REPORT, payload={"data": {"id": 1}}))
