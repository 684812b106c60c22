"""What the tests of pages share: fresh caches, browsers of people, and a server that sends any bytes."""

from collections.abc import Iterator

import pytest
from django.test import Client

from compliance.models import User
from tests.compliance.views.pages import forget_caches, signed_in
from tests.providers.conftest import raw_server

__all__ = ["raw_server"]


@pytest.fixture
def fresh_cache(db: None) -> Iterator[None]:
    """Counts are cached for some seconds; a test starts without those of the one before."""
    forget_caches()
    yield
    forget_caches()


@pytest.fixture
def desk(analyst: User, fresh_cache: None) -> Client:
    """The browser of an analyst."""
    return signed_in(analyst)
