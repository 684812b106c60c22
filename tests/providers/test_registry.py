"""The registry of providers."""

import pytest

from providers import connect, provider_class, provider_names


def test_each_provider_is_found_by_its_name() -> None:
    assert len(provider_names()) >= 5
    assert [provider_class(name).name for name in provider_names()] == list(provider_names())


def test_a_name_that_is_not_registered_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        provider_class("nobody")
    with pytest.raises(KeyError):
        connect("nobody", None)  # type: ignore[arg-type]
