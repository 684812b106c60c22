"""All settings from the environment, with type, default and description.

The first source with a value wins: the variable, the file named by `<VARIABLE>_FILE` (secrets only), then the files
that `manage.py up` writes to `DATA_DIR`: `keys.json` (generated keys) and `running.json` (URLs of the servers that it
started), so that commands use the database of the running application.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]
SECRET_NAMES = ("SECRET_KEY", "VAULT_KEYS", "DATABASE_URL", "MIGRATION_DATABASE_URL", "BROKER_URL")
REQUIRED_NAMES = ("SECRET_KEY", "VAULT_KEYS", "DATABASE_URL", "BROKER_URL")
KEYS_FILE = "keys.json"
RUNNING_FILE = "running.json"


class InvalidSettings(SystemExit):
    """A setting is invalid. The process exits with this message, which names variables, never values."""


def read_vault_keys(text: str) -> dict[str, bytes]:
    """The key ring `id:base64,...` as key ID -> 32 bytes, current first. Raises ``ValueError`` with a reason."""
    ring: dict[str, bytes] = {}
    for part in text.split(","):
        name, _, encoded = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name) or name in ring:
            raise ValueError("each key needs a unique ID of letters, digits, - and _")
        try:
            key = base64.b64decode(encoded, altchars=b"-_" if set(encoded) & set("-_") else None, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("each key is expected as id:base64") from None
        if len(key) != 32:
            raise ValueError("each key must have 32 bytes")
        ring[name] = key
    return ring


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?...`. Raises ``ValueError`` with a reason."""
    expected = "an address such as postgresql://user:password@host:5432/name is expected"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(expected) from None
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ValueError(expected)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": {"connect_timeout": 5, **options},
    }


def _split(value: object) -> object:
    """The parts of a comma-separated text; other values unchanged."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _absolute(folder: Path) -> Path:
    return (BASE_DIR / folder.expanduser()).resolve()


def _long_enough(key: str) -> str:
    if key and (len(key) < 50 or len(set(key)) < 5):
        raise ValueError("at least 50 characters are expected")
    return key


def _broker_url(url: str) -> str:
    if url and url.partition("://")[0] not in {"redis", "rediss", "valkey", "valkeys", "amqp", "amqps"}:
        raise ValueError("an address such as redis://host:6379/0 or amqp://host/ is expected")
    return re.sub(r"^valkey(s?)://", r"redis\1://", url)


def _known_zone(name: str) -> str:
    if name != "UTC" and name not in available_timezones():
        raise ValueError("a name such as Europe/Riga is expected")
    return ZoneInfo(name).key


def _readable_by(read: Callable[[str], object]) -> AfterValidator:
    """Accepts texts that ``read`` accepts, and the empty one."""

    def check(text: str) -> str:
        if text:
            read(text)
        return text

    return AfterValidator(check)


def _each(pattern: str, expected: str) -> AfterValidator:
    """Accepts texts that all match the pattern."""

    def check(texts: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(pattern, text) for text in texts):
            raise ValueError(expected)
        return texts

    return AfterValidator(check)


DatabaseUrl = Annotated[str, _readable_by(database_from_url)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[Names, _each(r"https?://[^/\s]+", "origins such as https://desk.example are expected")]
Hosts = Annotated[
    Names, _each(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", "names such as host or host:port are expected")
]


class Environment(BaseSettings):
    model_config = SettingsConfigDict(
        case_sensitive=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, frozen=True
    )

    DEMO: bool = Field(True, description="Demo users, accounts and cases with the simulator. `0` is production.")
    DATA_DIR: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path("var"), description="Folder of databases, documents, keys and logs."
    )
    PORT: int = Field(8000, ge=1, le=65535, description="Port of the web server.")
    BIND: str = Field("127.0.0.1", description="Address of the web server.")
    SECRET_KEY: Annotated[str, AfterValidator(_long_enough)] = Field(
        "",
        repr=False,
        description="Signs sessions and forms, 50 characters or more; generated by `make run` if empty.",
    )
    VAULT_KEYS: Annotated[str, _readable_by(read_vault_keys)] = Field(
        "",
        repr=False,
        description="Keys of encryption at rest, `id:base64 of 32 bytes,...`, current first; generated by `make run`.",
    )
    DATABASE_URL: DatabaseUrl = Field(
        "", repr=False, description="PostgreSQL 15 or newer, as the running role; empty: `make run` starts one."
    )
    MIGRATION_DATABASE_URL: DatabaseUrl = Field(
        "", repr=False, description="The same database as the owner of the tables; empty: as `DATABASE_URL`."
    )
    BROKER_URL: Annotated[str, AfterValidator(_broker_url)] = Field(
        "", repr=False, description="Redis, Valkey or RabbitMQ; empty: `make run` starts a Valkey."
    )
    ALLOWED_HOSTS: Names = Field(
        ("localhost", "127.0.0.1", "[::1]"), description="Host names of the site, comma-separated."
    )
    CSRF_TRUSTED_ORIGINS: Origins = Field((), description="Origins of accepted forms, as `https://desk.example`.")
    TRUSTED_PROXY_COUNT: int = Field(
        0, ge=0, le=5, description="Number of proxies in front whose `X-Forwarded-For` is trusted."
    )
    PROVIDER_EXTRA_HOSTS: Hosts = Field(
        (), description="`host[:port]` that accounts and image links may use besides the official hosts."
    )
    SIMULATOR_PORT: int = Field(0, ge=0, le=65535, description="Port of the simulator in the demo; `0`: a free port.")
    SIMULATOR_URL: str = Field(
        "", description="URL of the simulator, set by `make run`; its host is allowed as an extra host."
    )
    WEB_WORKERS: int = Field(2, ge=1, le=64, description="Number of web processes, with eight threads each.")
    TIME_ZONE: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="Time zone of the pages; stored times are UTC."
    )
    LOG_LEVEL: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = Field(
        "INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    DATABASE_POOL: bool = Field(False, description="Keep database connections open; set by the web process.")
    EMBEDDED_POSTGRES: Literal["auto", "machine", "package"] = Field(
        "auto", description="Programs of the embedded database: `auto`, `machine` or `package`."
    )


def given(name: str) -> bool:
    """Whether the environment has the setting, directly or as a file."""
    return bool(os.environ.get(name) or (name in SECRET_NAMES and os.environ.get(f"{name}_FILE")))


def _from_files() -> dict[str, Any]:
    """Secrets from the files named by `<VARIABLE>_FILE`, and the keys and URLs that `manage.py up` wrote to DATA_DIR,
    as far as the environment does not have them."""
    folder = _absolute(Path(os.environ.get("DATA_DIR") or "var"))
    running = _read_json(folder / RUNNING_FILE)
    if given("DATABASE_URL"):  # another database: the owner of the embedded one does not apply
        running.pop("MIGRATION_DATABASE_URL", None)
    values = running | _read_json(folder / KEYS_FILE)
    for name in SECRET_NAMES:
        if not (path := os.environ.get(f"{name}_FILE")):
            continue
        if os.environ.get(name):
            raise InvalidSettings(f"{name} and {name}_FILE are both set: keep one.")
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSettings(f"The file that {name}_FILE names cannot be read.") from error
    return {name: value for name, value in values.items() if not os.environ.get(name)}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise InvalidSettings(f"{path} is not readable: use the account that ran `make run`.") from error
    except ValueError as error:
        raise InvalidSettings(f"{path} is damaged: restore it from a backup.") from error
    return values if isinstance(values, dict) else {}


def load(*, complete: bool) -> Environment:
    """The settings; ``complete`` requires keys, database and broker. Raises ``InvalidSettings``."""
    try:
        environment = Environment(**_from_files())
    except ValidationError as error:
        faults = [(fault["loc"][0], fault["msg"]) for fault in error.errors(include_input=False)]
        sentences = [
            f"{name} cannot be read: {text.removeprefix('Value error, ').rstrip('.')}." for name, text in faults
        ]
        raise InvalidSettings("\n".join(sentences)) from None
    missing = [name for name in REQUIRED_NAMES if not getattr(environment, name)]
    if complete and missing:
        raise InvalidSettings(f"Not set: {', '.join(missing)}. Set them, or use `make run`, which generates them.")
    return environment
