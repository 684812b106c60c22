"""Tables with encrypted columns, and an applicant's key."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from providers import vault
from providers.vault import DataKey
from tests.providers.vault.key_cache import forget_data_keys
from tests.providers.vault.rows import Dossier, Locker


@pytest.fixture(scope="module")
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Dossier)
            editor.create_model(Locker)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Locker)
            editor.delete_model(Dossier)


@pytest.fixture
def data_key(db: None, tables: None) -> DataKey:
    key = vault.new_data_key()
    key.save()
    return key


@pytest.fixture(autouse=True)
def empty_key_cache() -> Iterator[None]:
    forget_data_keys()
    yield
    forget_data_keys()
