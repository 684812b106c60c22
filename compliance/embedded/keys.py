"""Keys and passwords that the first start makes, and the addresses that each start writes down."""

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
    """Write a JSON file that only its owner reads; whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(values, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def new_vault_key() -> str:
    """One ring entry, `id:base64 of 32 random bytes`."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def make_keys() -> dict[str, str]:
    """Fresh keys and passwords for everything that needs one."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "VAULT_KEYS": new_vault_key(),
        "POSTGRES_SUPER_PASSWORD": secrets.token_urlsafe(32),
        "POSTGRES_OWNER_PASSWORD": secrets.token_urlsafe(32),
        "POSTGRES_APP_PASSWORD": secrets.token_urlsafe(32),
        "BROKER_PASSWORD": secrets.token_urlsafe(32),
    }


def kept_keys(data_dir: Path) -> dict[str, str]:
    """The keys of this desk, made and written to `keys.json` (mode 600) when it has none.

    Raises:
        StartFailed: the file is there and cannot be read. It is never made anew: what was encrypted would be lost.
    """
    path = data_dir / KEYS_FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {}
    except (OSError, ValueError) as error:
        raise StartFailed(f"{path} cannot be read: restore it from a backup.") from error
    missing = {name: value for name, value in make_keys().items() if name not in kept}
    if kept and {"SECRET_KEY", "VAULT_KEYS"} & missing.keys():
        raise StartFailed(f"{path} is damaged: restore it from a backup.")
    if missing:
        kept |= missing
        write_private(path, kept)
    return kept
