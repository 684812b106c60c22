"""Generated keys and passwords, and private JSON files."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compliance.embedded.processes import StartFailed
from compliance.project.environment import KEYS_FILE


def write_private(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON file with mode 600, atomically."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(values, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def make_keys() -> dict[str, str]:
    """New keys and passwords, by the name of their setting."""
    passwords = ("POSTGRES_SUPER_PASSWORD", "POSTGRES_OWNER_PASSWORD", "POSTGRES_APP_PASSWORD", "BROKER_PASSWORD")
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "VAULT_KEYS": f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        **{name: secrets.token_urlsafe(32) for name in passwords},
    }


def load_or_create_keys(data_dir: Path) -> dict[str, str]:
    """The keys in `keys.json`; missing ones are generated and written (mode 600).

    Raises:
        StartFailed: the file exists and cannot be read. It is never replaced: encrypted data would be lost.
    """
    path = data_dir / KEYS_FILE
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        keys = {}
    except (OSError, ValueError) as error:
        raise StartFailed(f"{path} cannot be read: restore it from a backup.") from error
    missing = {name: value for name, value in make_keys().items() if name not in keys}
    if keys and {"SECRET_KEY", "VAULT_KEYS"} & missing.keys():
        raise StartFailed(f"{path} is damaged: restore it from a backup.")
    if missing:
        keys |= missing
        write_private(path, keys)
    return keys
