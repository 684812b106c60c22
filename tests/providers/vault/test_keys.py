"""Data keys: what an erasure destroys, and the cache of unwrapped keys."""

import datetime
import time
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.template import Context, Template

from providers import vault
from providers.vault import DataKey, Erased, VaultError
from providers.vault.keys import CACHE_ENTRIES, INSTALLATION_KEY_ID
from tests.providers.vault.rows import EVERYTHING, Dossier, encrypt, make


@pytest.mark.promise("G22")
def test_a_destroyed_key_takes_every_value_with_it_and_says_so(data_key: DataKey) -> None:
    row = make(data_key, **EVERYTHING)
    assert vault.destroy_data_key(data_key.pk) is True
    assert vault.destroy_data_key(data_key.pk) is False
    read = Dossier.objects.get(pk=row.pk)
    for name in EVERYTHING:
        with pytest.raises(Erased):
            getattr(read, name)
    for late in (Dossier(data_key_id=data_key.pk, note="late"), Dossier(data_key=read.data_key, note="late")):
        with pytest.raises(Erased), transaction.atomic():
            late.save()
    with pytest.raises(Erased):
        vault.encrypt_file([b"x"], key=data_key.pk, document=vault.new_id())
    assert DataKey.objects.get(pk=data_key.pk).wrapped is None


def test_a_page_and_a_save_of_an_erased_row_still_work(data_key: DataKey) -> None:
    row = make(data_key, **EVERYTHING)
    vault.destroy_data_key(data_key.pk)
    row = Dossier.objects.select_related("data_key").get(pk=row.pk)
    page = Template("[{{ row.note }}|{{ row.born }}|{% if row.facts %}facts{% endif %}]")
    assert page.render(Context({"row": row})) == "[||]"
    row.title = "kept"
    row.save()
    assert Dossier.objects.get(pk=row.pk).title == "kept"


@pytest.mark.promise("G22")
def test_an_erasure_that_was_rolled_back_never_happened(data_key: DataKey) -> None:
    row = make(data_key, note="x")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        vault.destroy_data_key(data_key.pk)
        raise ZeroDivisionError
    assert Dossier.objects.get(pk=row.pk).note == "x"


def test_erased_and_never_known_are_distinguished(data_key: DataKey) -> None:
    with pytest.raises(VaultError) as caught:
        encrypt(b"x", table="t", column="c", row=1, key=uuid.uuid4())
    assert not isinstance(caught.value, Erased)
    with pytest.raises(VaultError):
        vault.destroy_data_key(uuid.uuid4())
    with pytest.raises(VaultError):
        vault.destroy_data_key(INSTALLATION_KEY_ID)


def test_the_database_knows_no_half_erased_key(data_key: DataKey) -> None:
    for change in ({"wrapped": None}, {"destroyed_at": datetime.datetime.now(datetime.UTC)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DataKey.objects.filter(pk=data_key.pk).update(**change)


def test_a_wrapped_key_moved_to_another_row_does_not_open(data_key: DataKey) -> None:
    other = vault.new_data_key()
    other.wrapped = data_key.wrapped
    other.save()
    with pytest.raises(VaultError):
        encrypt(b"x", table="t", column="c", row=1, key=other.pk)


def test_the_cache_of_keys_is_bounded_and_forgets_with_time(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    keys = [vault.new_data_key() for _ in range(CACHE_ENTRIES + 5)]
    DataKey.objects.bulk_create(keys)
    for key in keys:
        vault.keys.data_key_material(key.pk)
    with django_assert_num_queries(0):
        encrypt(b"x", table="t", column="c", row=1, key=keys[-1].pk)
    held = sum(vault.keys._cache.get(key.pk) is not None for key in keys)
    assert held == CACHE_ENTRIES
    later = time.monotonic() + vault.keys.CACHE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with django_assert_num_queries(1):
        encrypt(b"x", table="t", column="c", row=1, key=keys[-1].pk)
