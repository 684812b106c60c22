"""Every setting that the desk reads from its environment, with its type, its default and its meaning.

Sources, the first that has a value wins: the variable, the file named by `<VARIABLE>_FILE` (secrets only), and what
`manage.py up` wrote under `DATA_DIR`: `keys.json` (generated keys) and `running.json` (addresses of the servers that it
started), so that a command typed beside a running desk finds the same database.
"""

import base64
import binascii
import json
import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]
SECRET_NAMES = ("SECRET_KEY", "VAULT_KEYS", "DATABASE_URL", "MIGRATION_DATABASE_URL", "BROKER_URL")
REQUIRED_NAMES = ("SECRET_KEY", "VAULT_KEYS", "DATABASE_URL", "BROKER_URL")
KEYS_FILE = "keys.json"
RUNNING_FILE = "running.json"


class SettingsUnreadable(SystemExit):
    """A setting cannot be read; the process ends with this one sentence, which names variables and never values."""


def _split(value: object) -> object:
    """A comma-separated text as its parts; anything else as it is."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Environment(BaseSettings):
    """What the desk reads from its environment."""

    model_config = SettingsConfigDict(
        case_sensitive=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, frozen=True
    )

    DEMO: bool = Field(True, description="Invented people, demo accounts and the simulator. `0` is production.")
    DATA_DIR: Path = Field(Path("var"), description="Where databases, documents, keys and logs lie.")
    PORT: int = Field(8000, ge=1, le=65535, description="The port that the pages are served on.")
    BIND: str = Field("127.0.0.1", description="The address that the pages are served on.")
    SECRET_KEY: str = Field(
        "", repr=False, description="Signs sessions and forms, 50 characters or more; made at the first start if empty."
    )
    VAULT_KEYS: str = Field(
        "",
        repr=False,
        description="Keys that encrypt at rest, `id:base64 of 32 bytes,...`, the first is current; made if empty.",
    )
    DATABASE_URL: str = Field(
        "", repr=False, description="PostgreSQL 15 or newer as the role that runs; empty: `make run` starts its own."
    )
    MIGRATION_DATABASE_URL: str = Field(
        "", repr=False, description="The same database as the role that owns its tables; empty: as `DATABASE_URL`."
    )
    BROKER_URL: str = Field(
        "", repr=False, description="Redis, Valkey or RabbitMQ; empty: `make run` starts its own Valkey."
    )
    ALLOWED_HOSTS: Names = Field(
        ("localhost", "127.0.0.1", "[::1]"), description="Host names that the pages answer to, comma-separated."
    )
    CSRF_TRUSTED_ORIGINS: Names = Field((), description="Origins whose forms are accepted, as `https://desk.example`.")
    TRUSTED_PROXY_COUNT: int = Field(
        0, ge=0, le=5, description="Proxies in front of the desk whose `X-Forwarded-For` is believed."
    )
    PROVIDER_EXTRA_HOSTS: Names = Field(
        (), description="`host[:port]` that accounts and evidence links may name besides the official hosts."
    )
    SIMULATOR_PORT: int = Field(
        0, ge=0, le=65535, description="The port of the providers' simulator in the demo; `0`: a free one."
    )
    SIMULATOR_URL: str = Field(
        "", description="Where the demo's simulator listens; written by `make run`, its host counts as an extra host."
    )
    WEB_WORKERS: int = Field(2, ge=1, le=64, description="Web processes; each answers with eight threads.")
    TIME_ZONE: str = Field("UTC", description="The time zone that pages show; stored times are UTC.")
    LOG_LEVEL: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")
    DATABASE_POOL: bool = Field(False, description="Keep database connections open; the web process sets it itself.")
    EMBEDDED_POSTGRES: str = Field(
        "auto", description="Programs of the embedded database: `auto`, `machine` or `package`."
    )

    @field_validator("DATA_DIR")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return (BASE_DIR / value.expanduser()).resolve()

    @field_validator("TIME_ZONE")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value != "UTC" and value not in available_timezones():
            raise ValueError("a name such as Europe/Riga is expected")
        return ZoneInfo(value).key

    @field_validator("LOG_LEVEL")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("DEBUG, INFO, WARNING or ERROR is expected")
        return value.upper()

    @field_validator("EMBEDDED_POSTGRES")
    @classmethod
    def _known_programs(cls, value: str) -> str:
        if value not in {"auto", "machine", "package"}:
            raise ValueError("auto, machine or package is expected")
        return value

    @field_validator("SECRET_KEY")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and (len(value) < 50 or len(set(value)) < 5):
            raise ValueError("at least 50 characters are expected")
        return value

    @field_validator("VAULT_KEYS")
    @classmethod
    def _readable_keys(cls, value: str) -> str:
        if value:
            read_vault_keys(value)
        return value

    @field_validator("DATABASE_URL", "MIGRATION_DATABASE_URL")
    @classmethod
    def _postgres_address(cls, value: str) -> str:
        if value:
            database_from_url(value)
        return value

    @field_validator("BROKER_URL")
    @classmethod
    def _broker_address(cls, value: str) -> str:
        if value and value.partition("://")[0] not in {"redis", "rediss", "valkey", "valkeys", "amqp", "amqps"}:
            raise ValueError("an address such as redis://host:6379/0 or amqp://host/ is expected")
        return re.sub(r"^valkey(s?)://", r"redis\1://", value)

    @field_validator("CSRF_TRUSTED_ORIGINS")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"https?://[^/\s]+", origin) for origin in value):
            raise ValueError("origins such as https://desk.example are expected")
        return value

    @field_validator("PROVIDER_EXTRA_HOSTS")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", host) for host in value):
            raise ValueError("names such as host or host:port are expected")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then files named by it, then what `manage.py up` wrote."""
        return init_settings, env_settings, _NamedFiles(settings_cls), _WrittenByUp(settings_cls)


class _NamedFiles(PydanticBaseSettingsSource):
    """Secrets out of the files that `<VARIABLE>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name}_FILE", "") if field_name in SECRET_NAMES else ""
        if not path:
            return None, field_name, False
        if os.environ.get(field_name):
            raise SettingsUnreadable(f"{field_name} and {field_name}_FILE are both set: keep one.")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsUnreadable(f"The file that {field_name}_FILE names cannot be read.") from error

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class _WrittenByUp(_NamedFiles):
    """Keys and addresses that `manage.py up` wrote under DATA_DIR."""

    def __call__(self) -> dict[str, Any]:
        folder = (BASE_DIR / Path(os.environ.get("DATA_DIR") or "var").expanduser()).resolve()
        running = _read_json(folder / RUNNING_FILE)
        if given("DATABASE_URL"):  # another database than the one that `up` started: its owner is no help
            running.pop("MIGRATION_DATABASE_URL", None)
        values = running | _read_json(folder / KEYS_FILE)
        return {name: value for name, value in values.items() if name in self.settings_cls.model_fields}


def given(name: str) -> bool:
    """Whether the environment itself has the setting, directly or as a file."""
    return bool(os.environ.get(name) or (name in SECRET_NAMES and os.environ.get(f"{name}_FILE")))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise SettingsUnreadable(f"{path} belongs to another account: be the one that ran `make run`.") from error
    except ValueError as error:
        raise SettingsUnreadable(f"{path} is damaged: restore it from a backup.") from error
    return values if isinstance(values, dict) else {}


def load(*, complete: bool) -> Environment:
    """The settings, read once.

    Args:
        complete: also refuse to start without keys and a database.

    Raises:
        SettingsUnreadable: a value cannot be read, or is missing; one sentence for a person, without the value.
    """
    try:
        environment = Environment()
    except ValidationError as error:
        sentences = [_sentence(str(fault["loc"][0]), fault["msg"]) for fault in error.errors(include_input=False)]
        raise SettingsUnreadable("\n".join(sentences)) from None
    missing = [name for name in REQUIRED_NAMES if not getattr(environment, name)]
    if complete and missing:
        raise SettingsUnreadable(
            f"Not set: {', '.join(missing)}. Set them, or start the desk with `make run`, which makes them."
        )
    return environment


def _sentence(name: str, reason: str) -> str:
    return f"{name} cannot be read: {reason.removeprefix('Value error, ').rstrip('.')}."


def read_vault_keys(text: str) -> dict[str, bytes]:
    """The key ring `id:base64,...` as key id -> 32 bytes, the current key first; ValueError with a reason."""
    ring: dict[str, bytes] = {}
    for part in text.split(","):
        name, _, encoded = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name) or name in ring:
            raise ValueError("each key needs an id of its own, of letters, digits, - and _")
        try:
            key = base64.b64decode(encoded, altchars=b"-_" if set(encoded) & set("-_") else None, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("each key is expected as id:base64") from None
        if len(key) != 32:
            raise ValueError("each key is expected to hold 32 bytes")
        ring[name] = key
    return ring


def database_from_url(url: str) -> dict[str, Any]:
    """Django's database entry for `postgresql://user:password@host:port/name?sslmode=...`; ValueError with a reason."""
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
