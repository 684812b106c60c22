"""Keyed indexes and fingerprints."""

from typing import Any

from providers import vault
from providers.vault import DataKey
from providers.vault.rotation import Column
from tests.providers.vault.key_cache import forget_data_keys
from tests.providers.vault.rows import key_ring_text


def test_an_index_differs_by_name_and_value_and_reveals_neither(db: None) -> None:
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


def test_a_fingerprint_distinguishes_secrets_and_reveals_nothing(db: None) -> None:
    shown = vault.fingerprint("sk_live_1")
    assert len(shown) == 11
    assert shown == vault.fingerprint("sk_live_1")
    assert shown != vault.fingerprint("sk_live_2")
    assert "sk" not in shown
