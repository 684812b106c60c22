"""Generated keys and passwords."""

import json
from pathlib import Path

import pytest

from compliance.embedded import keys
from compliance.embedded.processes import StartFailed
from compliance.project import environment


def test_keys_are_generated_once_and_a_damaged_file_is_never_replaced(tmp_path: Path) -> None:
    first = keys.load_or_create_keys(tmp_path)
    assert keys.load_or_create_keys(tmp_path) == first
    assert len(environment.read_vault_keys(first["VAULT_KEYS"])) == 1
    (tmp_path / "keys.json").write_text(json.dumps({"BROKER_PASSWORD": "only"}))
    with pytest.raises(StartFailed, match="is damaged: restore it from a backup"):
        keys.load_or_create_keys(tmp_path)
