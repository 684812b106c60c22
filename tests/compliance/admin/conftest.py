"""Browsers of an admin and of a superuser."""

import pytest
from django.test import Client

from compliance.models import User
from tests import factories
from tests.compliance.views.pages import signed_in


@pytest.fixture
def desk(admin: User) -> Client:
    """The browser of an admin who is staff and no superuser."""
    return signed_in(admin)


@pytest.fixture
def root(db: None) -> User:
    user = factories.make_user("root", "Ruth Root", "", is_staff=True)
    user.is_superuser = True
    user.save()
    return user
