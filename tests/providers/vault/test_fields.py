"""Encrypted fields: values, queries, and refused operations."""

import copy
import pickle
import random
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from providers import vault
from providers.models import ProviderAccount
from providers.vault import DataKey, EncryptedTextField, VaultError
from tests.providers.vault.key_cache import forget_data_keys
from tests.providers.vault.rows import EVERYTHING, Dossier, Locker, make, overwrite, raw
from tests.sampling import examples

# Fields


def test_every_type_comes_back_as_it_was_and_nothing_of_it_stands_in_the_row(data_key: DataKey) -> None:
    made = make(data_key, **EVERYTHING)
    read = Dossier.objects.get(pk=made.pk)
    for name, value in EVERYTHING.items():
        assert getattr(read, name) == value
        assert type(getattr(read, name)) is type(value)
        stored = raw(made, name)
        assert not any(word in stored for word in (b"X1234567", b"1990", b"Zo", b"name", bytes(range(64))))
    assert len(raw(made, "picture")) < len(EVERYTHING["picture"]) / 4


def test_empty_and_none_stay_apart(data_key: DataKey) -> None:
    made = make(data_key, note="", remark=None, picture=b"", facts={}, payload=None)
    read = Dossier.objects.get(pk=made.pk)
    assert (read.note, read.remark, read.picture, read.facts, read.payload, read.born) == (
        "",
        None,
        b"",
        {},
        None,
        None,
    )
    assert list(Dossier.objects.filter(remark__isnull=True, note__isnull=False)) == [made]
    with pytest.raises(IntegrityError), transaction.atomic():
        make(data_key, note=None)


@given(
    text=st.text(), facts=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8)
)
@hypothesis_settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_and_any_json_come_back(data_key: DataKey, text: str, facts: Any) -> None:
    made = make(data_key, note=text, payload=facts)
    read = Dossier.objects.get(pk=made.pk)
    assert (read.note, read.payload) == (text, facts)


def test_many_rows_are_made_at_once(data_key: DataKey) -> None:
    other = vault.new_data_key()
    DataKey.objects.bulk_create([other])
    rows = [Dossier(data_key=key, note=f"{number}") for number in range(20) for key in (data_key, other)]
    Dossier.objects.bulk_create(rows)
    assert sorted(row.note for row in Dossier.objects.all()) == sorted(row.note for row in rows)


def test_a_list_that_reads_no_encrypted_column_loads_no_key(data_key: DataKey, django_assert_num_queries: Any) -> None:
    Dossier.objects.bulk_create([Dossier(data_key=data_key, note="x", title=f"{n}") for n in range(5)])
    forget_data_keys()
    with django_assert_num_queries(1):
        rows = list(Dossier.objects.all())
        assert sorted(row.title for row in rows) == ["0", "1", "2", "3", "4"]
    with django_assert_num_queries(1):
        assert {row.note for row in rows} == {"x"}


def test_rows_that_bring_their_keys_need_no_query_for_them(
    db: None, tables: None, django_assert_num_queries: Any
) -> None:
    keys = [vault.new_data_key() for _ in range(6)]
    DataKey.objects.bulk_create(keys)
    Dossier.objects.bulk_create([Dossier(data_key=key, note="x") for key in keys])
    forget_data_keys()
    with django_assert_num_queries(1):
        assert [row.note for row in Dossier.objects.select_related("data_key")] == ["x"] * 6


def test_a_deferred_value_is_fetched_when_it_is_read(data_key: DataKey, django_assert_num_queries: Any) -> None:
    pk = make(data_key, **EVERYTHING).pk
    row = Dossier.objects.defer("picture", "note").get(pk=pk)
    with django_assert_num_queries(2):  # the value, and its key
        assert row.note == EVERYTHING["note"]
    row.title = "renamed"
    row.save()
    assert Dossier.objects.get(pk=pk).picture == EVERYTHING["picture"]


def test_an_unread_value_is_written_back_as_it_stood(data_key: DataKey, django_assert_num_queries: Any) -> None:
    made = make(data_key, **EVERYTHING)
    before = {name: raw(made, name) for name in EVERYTHING}
    row = Dossier.objects.get(pk=made.pk)
    forget_data_keys()
    assert row.title == ""
    with django_assert_num_queries(1):
        row.save()
    assert {name: raw(made, name) for name in EVERYTHING} == before


def test_json_that_was_changed_in_place_is_saved(data_key: DataKey) -> None:
    row = Dossier.objects.get(pk=make(data_key, facts={"a": 1}).pk)
    row.facts["b"] = [2]
    row.save()
    row.facts["c"] = 3
    row.save(update_fields=["facts"])
    assert Dossier.objects.get(pk=row.pk).facts == {"a": 1, "b": [2], "c": 3}


def test_setting_a_value_again_encrypts_it_again(data_key: DataKey) -> None:
    row = make(data_key, note="same")
    before = raw(row, "note")
    row.note = "same"
    row.save()
    assert raw(row, "note") != before
    row.refresh_from_db()
    assert row.note == "same"


def test_a_copied_row_takes_read_values_along_and_refuses_unread_ones(data_key: DataKey) -> None:
    pk = make(data_key, note="mine").pk
    unread = Dossier.objects.get(pk=pk)
    unread.pk, unread._state.adding = vault.new_id(), True
    with pytest.raises(VaultError), transaction.atomic():
        unread.save(force_insert=True)
    row = Dossier.objects.get(pk=pk)
    assert (row.note, row.remark, row.facts) == ("mine", None, {})
    row.pk, row._state.adding = vault.new_id(), True
    row.save(force_insert=True)
    assert [each.note for each in Dossier.objects.all()] == ["mine", "mine"]


@pytest.mark.promise("G21")
def test_a_thousand_transplants_between_cells_are_refused(db: None, tables: None) -> None:
    keys = [vault.new_data_key() for _ in range(5)]
    DataKey.objects.bulk_create(keys)
    rows = [make(key, note=f"n{n}", remark=f"r{n}", facts={"n": n}, payload=[n]) for key in keys for n in range(4)]
    stored = [(row, name, raw(row, name)) for row in rows for name in ("note", "remark", "facts", "payload")]
    chance, refused = random.Random(3), 0
    for _ in range(1000):
        (_, _, stolen), (row, name, own) = chance.sample(stored, 2)
        overwrite(row, name, stolen)
        with pytest.raises(VaultError):
            getattr(Dossier.objects.get(pk=row.pk), name)
        refused += 1
        overwrite(row, name, own)
    assert refused == 1000
    assert [Dossier.objects.get(pk=row.pk).facts for row in rows] == [row.facts for row in rows]


def test_a_row_moved_under_another_persons_key_no_longer_opens(data_key: DataKey) -> None:
    other = vault.new_data_key()
    other.save()
    row = make(data_key, note="x")
    Dossier.objects.filter(pk=row.pk).update(data_key=other)
    moved = Dossier.objects.get(pk=row.pk)
    with pytest.raises(VaultError):
        _ = moved.note
    with pytest.raises(VaultError):
        moved.save()


def test_a_value_that_was_read_moves_to_another_key_with_its_row(data_key: DataKey) -> None:
    other = vault.new_data_key()
    other.save()
    row = make(data_key, **EVERYTHING)
    row.data_key = other
    row.save()
    vault.destroy_data_key(data_key.pk)
    assert Dossier.objects.get(pk=row.pk).born == EVERYTHING["born"]


def test_plain_text_in_the_column_is_never_taken_for_a_value(data_key: DataKey) -> None:
    row = make(data_key, note="x")
    for planted in (b"", b"plain", b"approved by nobody, but quite long for an encrypted value"):
        overwrite(row, "note", planted)
        with pytest.raises(VaultError):
            _ = Dossier.objects.get(pk=row.pk).note


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note", 5),
        ("note", b"x"),
        ("picture", "x"),
    ],
)
def test_a_value_of_another_type_is_refused_without_repeating_it(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        Dossier(**{name: value})
    assert str(value) not in str(caught.value)


def test_json_outside_the_standard_is_refused(data_key: DataKey) -> None:
    for value in (float("nan"), {"x": object()}, {1, 2}):
        with pytest.raises((TypeError, ValueError)):
            make(data_key, facts=value)


def test_a_row_without_its_data_key_is_refused(db: None, tables: None) -> None:
    with pytest.raises(VaultError):
        Dossier(note="x").save()
    with pytest.raises(VaultError):
        Locker(secret={"a": 1}).save()


# Operations that an encrypted column refuses

LOOKUPS = [
    "exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "gt", "gte", "lt", "lte", "in",
    "range", "regex", "iregex", "has_key", "contained_by", "year", "date", "length", "trigram_similar", "search",
]  # fmt: skip


@pytest.mark.parametrize("name", ["note", "born", "facts", "picture", "payload"])
def test_no_lookup_but_isnull_exists(data_key: DataKey, name: str) -> None:
    for lookup in LOOKUPS:
        with pytest.raises(FieldError, match="encrypted"):
            Dossier.objects.filter(**{f"{name}__{lookup}": "a"}).exists()
    with pytest.raises(FieldError, match="encrypted"):
        Dossier.objects.filter(**{name: None}).exists()
    for order in (name, f"-{name}"):
        with pytest.raises(FieldError, match="encrypted"):
            list(Dossier.objects.order_by(order))


def test_isnull_works_in_subqueries_and_exclusions(data_key: DataKey) -> None:
    kept = make(data_key, remark="x")
    make(data_key)
    inner = Dossier.objects.filter(pk=OuterRef("pk"), remark__isnull=False)
    assert [row.pk for row in Dossier.objects.filter(Exists(inner))] == [kept.pk]
    assert Dossier.objects.exclude(remark__isnull=True).count() == 1
    assert Dossier.objects.filter(pk__in=Dossier.objects.filter(remark__isnull=True)).count() == 1
    assert kept.pk in {row.pk for row in Dossier.objects.filter(remark__isnull=False).union(Dossier.objects.none())}


def test_writes_without_the_row_are_refused(data_key: DataKey) -> None:
    row = make(data_key, note="x")
    for write in (
        lambda: Dossier.objects.update(note="y"),
        lambda: Dossier.objects.update(note=b"y"),
        lambda: Dossier.objects.update(note=F("title")),
        lambda: Dossier.objects.update(remark=F("note")),
        lambda: Dossier.objects.update(facts={"a": 1}),
        lambda: Dossier.objects.bulk_update([row], ["note"]),
        lambda: Dossier(data_key=data_key, facts=F("title")).save(),
    ):
        with pytest.raises(FieldError, match="encrypted"), transaction.atomic():
            write()
    assert Dossier.objects.get(pk=row.pk).note == "x"


def test_no_form_serialiser_pickle_or_repr_carries_a_value(data_key: DataKey) -> None:
    row = make(data_key, **EVERYTHING)
    row.refresh_from_db()
    assert row.note == EVERYTHING["note"]
    form = modelform_factory(Dossier, fields=["title"])(instance=row)
    assert set(model_to_dict(row)) == {"data_key", "title"}
    with pytest.raises(FieldError):
        modelform_factory(Dossier, fields=["note"])
    with pytest.raises(VaultError):
        serializers.serialize("json", [row], fields=["note"])
    with pytest.raises(VaultError):
        pickle.dumps(row)
    values = Dossier.objects.values().get(pk=row.pk)
    shown = f"{row!r} {row} {vars(row)} {values} {form.as_p()} {form.initial}"
    assert "X1234567" not in shown
    assert "1990" not in shown


def test_copies_and_pickles_of_an_unread_row_stay_encrypted(db: None) -> None:
    made = ProviderAccount.objects.create(
        name="a",
        provider="bank131",
        environment="live",
        base_url="https://example.org",
        credentials={"project": "canary"},
    )
    row = ProviderAccount.objects.get(pk=made.pk)
    frozen = pickle.dumps(row)
    assert b"canary" not in frozen
    assert pickle.loads(frozen).credentials == {"project": "canary"}  # noqa: S301
    assert copy.deepcopy(row).credentials == {"project": "canary"}
    twin = copy.deepcopy(made)
    twin.credentials["project"] = "other"
    assert made.credentials == {"project": "canary"}
    assert "canary" not in f"{vars(made)} {vars(row)}"
    with pytest.raises(VaultError):
        pickle.dumps(made)


def test_migrations_use_the_public_path_and_rebuild_the_same_field() -> None:
    for name in ("note", "born", "payload", "picture"):
        field: Any = Dossier._meta.get_field(name)
        _, path, args, kwargs = field.deconstruct()
        assert path == f"providers.vault.{type(field).__name__}"
        rebuilt = getattr(vault, type(field).__name__)(*args, **kwargs)
        assert (rebuilt.null, rebuilt.compressed, rebuilt.editable) == (field.null, field.compressed, False)


def test_a_model_without_a_key_fails_its_check() -> None:
    class Keyless(models.Model):  # noqa: DJ008
        note = EncryptedTextField(default="", db_index=True)

        class Meta:
            app_label = "vault_tests"

    assert {found.id for found in Keyless.check()} >= {"vault.E001", "vault.E002"}
    assert [found for found in (*Dossier.check(), *Locker.check()) if (found.id or "").startswith("vault.")] == []


def test_turning_compression_on_or_off_leaves_old_values_readable(data_key: DataKey) -> None:
    row = make(data_key, note="x" * 1000)
    field: Any = Dossier._meta.get_field("note")
    try:
        field.compressed = True
        assert Dossier.objects.get(pk=row.pk).note == "x" * 1000
        row.note = "y" * 1000
        row.save()
        assert len(raw(row, "note")) < 200
    finally:
        field.compressed = False
    assert Dossier.objects.get(pk=row.pk).note == "y" * 1000
