"""Nothing opens in another place, under another key, changed, or after erasure."""

import base64
import datetime
import itertools
import pickle
import time
import uuid
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from providers import vault
from providers.vault import DataKey, Erased, VaultError
from providers.vault.keys import CACHE_ENTRIES, INSTALLATION_KEY_ID
from providers.vault.rotation import Column
from tests.providers.vault.key_cache import forget_data_keys
from tests.providers.vault.rows import EVERYTHING, Dossier, decrypt, encrypt, key_ring_text, make

# The key ring


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "missing"),
        (" , ", "missing"),
        ("abc", "does not read"),
        ("a b:" + "A" * 44, "does not read"),
        (":" + base64.b64encode(b"secretsecretsecretsecretsecret!!").decode(), "does not read"),
        ("k:not*base64", "not base64"),
        ("k:" + base64.b64encode(b"short-but-secret").decode(), "has 16 bytes"),
        ("k:" + base64.b64encode(bytes(32)).decode(), "repeats a single byte"),
        (f"{key_ring_text('a')},{key_ring_text('a')}", "one key id twice"),
        (f"{key_ring_text('a')},b:{key_ring_text('a')[2:]}", "one key under two ids"),
    ],
)
def test_an_unusable_ring_is_named_by_a_sentence_without_its_value(settings: Any, text: str, part: str) -> None:
    settings.VAULT_KEYS = text
    with pytest.raises(ImproperlyConfigured) as caught:
        vault.current_key_ring()
    assert part in str(caught.value)
    assert vault.configuration_problem() == str(caught.value)
    assert not any(len(word) > 8 and word in str(caught.value) for word in text.replace(":", ",").split(","))


def test_the_first_key_is_current_and_both_alphabets_of_base64_are_read(settings: Any) -> None:
    secret = b"\xff\xfe" * 16
    settings.VAULT_KEYS = f"2026-b:{base64.urlsafe_b64encode(secret).decode()}, {key_ring_text('old')}"
    assert vault.configuration_problem() is None
    assert vault.current_key_ring().current.key_id == b"2026-b"
    settings.VAULT_KEYS = f"2026-b:{base64.b64encode(secret).decode()}"
    ciphertext = encrypt(b"x", table="t", column="c", row=1)
    settings.VAULT_KEYS = f"2026-b:{base64.urlsafe_b64encode(secret).decode()}"
    assert decrypt(ciphertext, table="t", column="c", row=1) == b"x"


def test_keys_show_in_no_repr_and_in_no_pickle() -> None:
    key = vault.current_key_ring().current
    assert repr(key) == "<KeyMaterial>"
    assert repr(vault.current_key_ring()) == "<KeyRing of 1>"
    with pytest.raises(VaultError):
        pickle.dumps(key)


# The field cipher

PLACES = st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))


@given(plain=st.binary(max_size=200), here=PLACES, there=PLACES)
def test_a_value_is_decrypted_in_its_own_place_only(
    plain: bytes, here: tuple[str, ...], there: tuple[str, ...]
) -> None:
    place: dict[str, Any] = dict(zip(("table", "column", "row"), here, strict=True))
    ciphertext = encrypt(plain, **place)
    assert decrypt(ciphertext, **place) == plain
    if here != there:
        other: dict[str, Any] = dict(zip(("table", "column", "row"), there, strict=True))
        with pytest.raises(VaultError):
            decrypt(ciphertext, **other)


@given(text=st.text(min_size=2, max_size=12), cut=st.integers(1, 11))
def test_moving_a_border_between_table_and_column_is_another_place(text: str, cut: int) -> None:
    cut = min(cut, len(text) - 1)
    ciphertext = encrypt(b"x", table=text[:cut], column=text[cut:], row=1)
    with pytest.raises(VaultError):
        decrypt(ciphertext, table=text, column="", row=1)
    with pytest.raises(VaultError):
        decrypt(ciphertext, table=text[:cut], column="", row=f"{text[cut:]}1")


def test_every_changed_bit_region_and_every_cut_is_refused(data_key: DataKey) -> None:
    place: dict[str, Any] = {"table": "t", "column": "c", "row": 7}
    for key in (None, data_key.pk):
        ciphertext = encrypt(b"born 1990-01-01", **place, key=key)
        for position, bit in itertools.product(range(len(ciphertext)), (0x01, 0x80)):
            changed = bytearray(ciphertext)
            changed[position] ^= bit
            with pytest.raises(VaultError):
                decrypt(bytes(changed), **place, key=key)
        for length in range(len(ciphertext)):
            with pytest.raises(VaultError):
                decrypt(ciphertext[:length], **place, key=key)
        with pytest.raises(VaultError):
            decrypt(ciphertext + b"\x00", **place, key=key)


def test_a_value_under_the_ring_does_not_pass_for_one_under_a_data_key(data_key: DataKey) -> None:
    place: dict[str, Any] = {"table": "t", "column": "c", "row": 7}
    other = vault.new_data_key()
    other.save()
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place), **place, key=data_key.pk)
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place, key=data_key.pk), **place)
    with pytest.raises(VaultError):
        decrypt(encrypt(b"x", **place, key=other.pk), **place, key=data_key.pk)


def test_no_nonce_comes_twice_in_a_hundred_thousand() -> None:
    key_id = vault.current_key_ring().current.key_id
    start = 3 + len(key_id)
    nonces = {encrypt(b"", table="t", column="c", row=1)[start : start + 12] for _ in range(100_000)}
    assert len(nonces) == 100_000


# Erasure


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


# Keyed indexes and fingerprints


def test_an_index_differs_by_name_and_value_and_tells_neither(db: None) -> None:
    made = {vault.blind_index(name, value) for name in ("document", "birth") for value in ("X1", "X2", "")}
    assert len(made) == 6
    assert {len(each) for each in made} == {32}
    assert vault.blind_index("document", "X1") == vault.blind_index("document", "X1")


def test_indexes_and_fingerprints_outlive_rotation_and_the_retired_key(db: None, settings: Any) -> None:
    settings.VAULT_KEYS = f"{key_ring_text('later')},{settings.VAULT_KEYS}"
    index, shown = vault.blind_index("document", "X1"), vault.fingerprint("sk_live_1")
    list(vault.rotate([Column(DataKey, "wrapped")]))
    settings.VAULT_KEYS = key_ring_text("later")
    forget_data_keys()
    assert vault.blind_index("document", "X1") == index
    assert vault.fingerprint("sk_live_1") == shown


def test_a_fingerprint_tells_secrets_apart_and_shows_nothing(db: None) -> None:
    shown = vault.fingerprint("sk_live_1")
    assert len(shown) == 11
    assert shown == vault.fingerprint("sk_live_1")
    assert shown != vault.fingerprint("sk_live_2")
    assert "sk" not in shown
