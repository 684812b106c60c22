"""Rotation loses nothing, needs no pause, and leaves no value under a retired key."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from providers import vault
from providers.vault import DataKey, Erased, VaultError
from providers.vault.keys import data_key_material
from providers.vault.rotation import Column, key_ring_columns
from tests.providers.vault.key_cache import forget_data_keys
from tests.providers.vault.rows import Dossier, Locker, key_ring_text, make

ROOT = Path(__file__).resolve().parents[3]


# Rotation

COLUMNS = key_ring_columns([Locker])


def test_every_column_of_the_ring_is_found() -> None:
    assert [column.label for column in COLUMNS] == [
        "providers_datakey.wrapped", "vault_tests_locker.secret", "vault_tests_locker.pin",
    ]  # fmt: skip
    installed = {column.label for column in key_ring_columns()}
    assert {"providers_datakey.wrapped", "providers_provideraccount.credentials"} <= installed


@pytest.mark.promise("G21")
def test_after_rotation_the_retired_key_can_go_and_everything_opens(db: None, tables: None, settings: Any) -> None:
    base = settings.VAULT_KEYS
    keys = [vault.new_data_key() for _ in range(30)]
    DataKey.objects.bulk_create(keys)
    rows = [make(key, note=f"{key.pk}") for key in keys]
    gone = vault.new_data_key()
    gone.save()
    vault.destroy_data_key(gone.pk)
    Locker.objects.bulk_create([Locker(id=n, secret={"n": n}, pin=None if n % 2 else "p") for n in range(30)])
    settings.VAULT_KEYS = f"{key_ring_text('next')},{base}"
    assert vault.stale_counts(COLUMNS)["vault_tests_locker.secret"] == 30
    done = {result.label: result for result in vault.rotate(COLUMNS, batch=7)}
    assert (done["vault_tests_locker.secret"].reencrypted, done["vault_tests_locker.pin"].reencrypted) == (30, 15)
    assert {result.left for result in done.values()} == {0}
    again = list(vault.rotate(COLUMNS))
    assert [result.reencrypted for result in again] == [0, 0, 0]
    settings.VAULT_KEYS = key_ring_text("next")
    forget_data_keys()
    assert [Dossier.objects.get(pk=row.pk).note for row in rows] == [f"{key.pk}" for key in keys]
    assert [row.secret["n"] for row in Locker.objects.order_by("id")] == list(range(30))
    with pytest.raises(Erased):
        Dossier(data_key_id=gone.pk, note="late").save()


def test_without_its_key_a_value_is_refused_by_a_sentence(db: None, tables: None, settings: Any) -> None:
    settings.VAULT_KEYS = key_ring_text("lost")
    Locker.objects.create(id=1, secret={"token": "sk_live"})
    settings.VAULT_KEYS = key_ring_text("other")
    with pytest.raises(VaultError, match="VAULT_KEYS does not contain"):
        _ = Locker.objects.get(pk=1).secret
    with pytest.raises(VaultError, match="VAULT_KEYS does not contain"):
        list(vault.rotate(COLUMNS[1:]))


def test_a_full_save_never_brings_a_retired_key_back(db: None, tables: None, settings: Any) -> None:
    settings.VAULT_KEYS = key_ring_text("old")
    Locker.objects.create(id=1, secret={"a": 1}, pin="1234")
    settings.VAULT_KEYS = key_ring_text("new", "old")
    stale = Locker.objects.get(pk=1)
    list(vault.rotate(COLUMNS[1:]))
    stale.save()
    assert vault.stale_counts(COLUMNS[1:]) == {"vault_tests_locker.secret": 0, "vault_tests_locker.pin": 0}
    settings.VAULT_KEYS = key_ring_text("new")
    assert Locker.objects.get(pk=1).pin == "1234"


def _read_lockers(stop: threading.Event, faults: list[BaseException]) -> None:
    try:
        while not stop.is_set():
            for row in Locker.objects.order_by("id")[:200]:
                assert row.secret["n"] == row.pk
            time.sleep(0.01)  # a reader has other things to do, and the rotation needs the interpreter, too
    except BaseException as fault:
        faults.append(fault)
    finally:
        connection.close()


def _write_lockers(stop: threading.Event, faults: list[BaseException], seed: int, total: int) -> None:
    chance = random.Random(seed)
    try:
        while not stop.is_set():
            with transaction.atomic():
                row = Locker.objects.select_for_update().get(pk=chance.randrange(total))
                row.secret = {"n": row.pk, "by": seed}
                row.save()
                time.sleep(0.002)
    except BaseException as fault:
        faults.append(fault)
    finally:
        connection.close()


@pytest.mark.promise("G21")
@pytest.mark.django_db(transaction=True)
def test_rotation_runs_beside_readers_and_writers(tables: None, settings: Any) -> None:
    total = 100_000 if os.environ.get("SOAK") else 1_000
    settings.VAULT_KEYS = key_ring_text("old")
    Locker.objects.bulk_create([Locker(id=n, secret={"n": n}, pin="p") for n in range(total)], batch_size=2000)
    settings.VAULT_KEYS = key_ring_text("new", "old")
    stop, faults = threading.Event(), list[BaseException]()
    threads = [threading.Thread(target=_read_lockers, args=(stop, faults)) for _ in range(4)]
    threads += [threading.Thread(target=_write_lockers, args=(stop, faults, seed, total)) for seed in range(2)]
    for thread in threads:
        thread.start()
    try:
        results = list(vault.rotate(COLUMNS[1:], batch=100))
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    try:
        assert faults == []
        assert [result.left for result in results] == [0, 0]
        settings.VAULT_KEYS = key_ring_text("new")
        assert [row.secret["n"] for row in Locker.objects.order_by("id")] == list(range(total))
    finally:
        Locker.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_a_locked_row_is_rotated_when_its_lock_ends(tables: None, settings: Any) -> None:
    settings.VAULT_KEYS = key_ring_text("old")
    Locker.objects.bulk_create([Locker(id=n, secret={"n": n}) for n in range(3)])
    settings.VAULT_KEYS = key_ring_text("new", "old")
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Locker.objects.select_for_update().get(pk=1)
                held.set()
                release.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(20)
        threading.Timer(0.7, release.set).start()
        started = time.monotonic()
        (result,) = vault.rotate([Column(Locker, "secret")])
        assert (result.reencrypted, result.left) == (3, 0)
        assert time.monotonic() - started > 0.5
    finally:
        release.set()
        thread.join(20)
        Locker.objects.all().delete()


def _manage(*arguments: str, url: str, keys: str) -> "subprocess.Popen[bytes]":
    """``manage.py`` as a process of its own."""
    environment = {**os.environ, "DATABASE_URL": url, "VAULT_KEYS": keys}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.promise("G21")
@pytest.mark.django_db(transaction=True)
def test_the_command_goes_on_where_it_was_killed(settings: Any, desk_app_url: str) -> None:
    base = settings.VAULT_KEYS
    kills = 20 if os.environ.get("SOAK") else 1
    DataKey.objects.bulk_create([vault.new_data_key() for _ in range(4_000 * kills)], batch_size=4_000)
    keys = f"{key_ring_text('next')},{base}"
    settings.VAULT_KEYS = keys
    wrapped = Column(DataKey, "wrapped")
    left = [wrapped.stale().count()]
    for _ in range(kills):
        process = _manage("rotate_keys", "--batch", "10", url=desk_app_url, keys=keys)
        deadline = time.monotonic() + 60
        while wrapped.stale().count() == left[-1] and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
        process.communicate()
        left.append(wrapped.stale().count())
    assert left == sorted(set(left), reverse=True)
    assert left[-1] > 0
    finished = _manage("rotate_keys", url=desk_app_url, keys=keys)
    output = finished.communicate(timeout=120)[0].decode()
    assert finished.returncode == 0, output
    assert f"providers_datakey.wrapped: {left[-1]} re-encrypted, 0 left" in output
    settings.VAULT_KEYS = key_ring_text("next")
    forget_data_keys()
    for key_id in DataKey.objects.filter(destroyed_at=None).values_list("pk", flat=True)[:500]:
        data_key_material(key_id)


def test_the_command_counts_without_touching_and_fails_while_anything_is_left(
    db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.VAULT_KEYS = f"{key_ring_text('next')},{settings.VAULT_KEYS}"
    with pytest.raises(CommandError, match="still encrypted with another key"):
        call_command("rotate_keys", "--check")
    assert "providers_datakey.wrapped: 1 left" in capsys.readouterr().out
    call_command("rotate_keys")
    call_command("rotate_keys", "--check")
    settings.VAULT_KEYS = key_ring_text("stranger")
    with pytest.raises(CommandError, match="VAULT_KEYS does not contain"):
        call_command("rotate_keys")
