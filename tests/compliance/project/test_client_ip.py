"""The address of the client behind proxies."""

import pytest
from django.test import RequestFactory

from compliance.project.client_ip import client_address


@pytest.mark.promise("G29")
def test_only_as_many_forwarded_addresses_as_proxies_are_trusted(settings: object) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="6.6.6.6, 198.51.100.7")
    settings.TRUSTED_PROXY_COUNT = 0  # type: ignore[attr-defined]
    assert client_address(request) == "10.0.0.9"
    settings.TRUSTED_PROXY_COUNT = 1  # type: ignore[attr-defined]
    assert client_address(request) == "198.51.100.7"
    settings.TRUSTED_PROXY_COUNT = 3  # type: ignore[attr-defined]
    assert client_address(request) == "10.0.0.9"
