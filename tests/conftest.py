"""Fixtures of all tests: users, the simulator, and accounts at it."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.db import connection
from django.test import Client, client
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from compliance.models import User
from compliance.sync import provider_clients
from providers.models import ProviderAccount
from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator
from tests import databases, emptying, factories
from tests.compliance.views.pages import forget_caches, signed_in
from tests.decoded_files import decoded_once
from tests.providers.conftest import raw_server
from tests.sampling import examples

__all__ = ["raw_server"]

store_rendered_templates = client.store_rendered_templates  # type: ignore[attr-defined]


def store_rendered_admin_templates(store: dict[str, Any], *args: Any, template: Any, **given: Any) -> None:
    """Keep the contexts of Django admin alone: copies of all would cost more than rendering the small partials."""
    if (template.name or "").startswith("admin/"):
        store_rendered_templates(store, *args, template=template, **given)


client.store_rendered_templates = store_rendered_admin_templates  # type: ignore[attr-defined]
emptying.install()
hypothesis_settings.register_profile("desk", max_examples=examples(100))
hypothesis_settings.load_profile("desk")

WAITING = (
    "test_process_tree.py",
    "test_killed_workers.py",
    "test_rate_slots.py",
    "test_copy_leases.py",
    "test_contract.py",
    "test_http.py",
)
EVERY = 14
"""Number of other files between two of those."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start tests that mostly wait for processes and rates early and one at a time, so that the others use the
    processors meanwhile."""
    names = list(dict.fromkeys(item.path for item in items))
    others = [name for name in names if name.name not in WAITING]
    for place, name in enumerate(sorted(set(names) - set(others), key=lambda path: WAITING.index(path.name))):
        others.insert(place * EVERY, name)
    order = {name: place for place, name in enumerate(others)}
    items.sort(key=lambda item: order[item.path])


def pytest_collection_finish() -> None:
    """Freeze the collected tests, so that the garbage collector does not traverse thousands of objects repeatedly.

    It runs seldom, because pages and their trees fill its default of 700 objects many times in each test.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A migrated database for this process, in place of the plugin's fixture of this name."""
    with django_db_blocker.unblock():
        databases.make_database()
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The five APIs on a free port, for the whole run of this worker."""
    running = Simulator(all_simulators()).start()
    yield running
    running.stop()


@pytest.fixture
def own(settings: LazySettings) -> Iterator[Simulator]:
    """A simulator of this test alone, with its own log and delay."""
    running = Simulator(all_simulators()).start()
    settings.PROVIDER_EXTRA_HOSTS = frozenset({running.url.split("//", 1)[1]})
    with provider_clients.fresh_sessions():
        yield running
    running.stop()


@pytest.fixture
def account(simulator: Simulator, settings: LazySettings, db: None) -> Iterator[Callable[..., ProviderAccount]]:
    """``account("bank131")`` is an account at the simulator; other fields are keyword arguments."""
    settings.PROVIDER_EXTRA_HOSTS = frozenset({simulator.url.split("//", 1)[1]})
    with provider_clients.fresh_sessions():
        yield lambda provider, **given: factories.make_account(simulator, provider, **given)


@pytest.fixture(scope="session")
def all_documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parent of all documents folders; ``tmp_path`` would list all earlier ones for each of thousands of tests."""
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(autouse=True)
def documents_folder(settings: LazySettings, all_documents: Path) -> Path:
    """A folder for encrypted documents of one test: ``documents``, as in a ``DATA_DIR``."""
    folder = all_documents / uuid4().hex / "documents"
    folder.parent.mkdir()
    storages: dict[str, Any] = settings.STORAGES
    documents = {**storages["documents"], "OPTIONS": {"location": folder}}
    settings.STORAGES = {**storages, "documents": documents}
    return folder


@pytest.fixture
def decode_in_process() -> Iterator[None]:
    """Known files are decoded without a child process; the tests of the decoder start their children."""
    with decoded_once():
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Clear caches, so that no test reads counts of another."""
    caches["memory"].clear()


@pytest.fixture
def analyst(db: None) -> User:
    """A user who reviews cases."""
    return factories.make_user("dana", "Dana Whitfield", "analyst")


@pytest.fixture
def colleague(db: None) -> User:
    """Another analyst."""
    return factories.make_user("kwabena", "Kwabena Osei", "analyst")


@pytest.fixture
def manager(db: None) -> User:
    """A user who approves overrides."""
    return factories.make_user("ines", "Ines Carvalho", "manager")


@pytest.fixture
def admin(db: None) -> User:
    """A user who manages accounts and has no access to applicants' data."""
    return factories.make_user("priya", "Priya Raghunathan", "admin", is_staff=True)


@pytest.fixture
def stranger(db: None) -> User:
    """A user without a role."""
    return factories.make_user("stranger", "No Role", "")


@pytest.fixture
def fresh_cache(db: None) -> Iterator[None]:
    """Clear the cached counts of the test before."""
    forget_caches()
    yield
    forget_caches()


@pytest.fixture
def desk(analyst: User, fresh_cache: None) -> Client:
    """The browser of an analyst."""
    return signed_in(analyst)
