"""The base of the five providers: the client interface, redaction of answers for storing, and their digest."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from providers.contract import payload_paths
from providers.contract.code_table import CodeTable, code_table
from providers.contract.report import (
    EMPTY,
    Assessment,
    Download,
    Evidence,
    ImageTitle,
    Kind,
    Report,
    Subject,
    TopicSignals,
)
from providers.transport.http import Limits, Response, Session, request
from providers.transport.tokens import TokenStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The account data of a client. ``repr`` does not contain credentials."""

    base_url: str
    """Scheme and host, no trailing slash; one base URL serves reads and tokens unless a setting says otherwise."""
    environment: str
    """``live``, ``sandbox`` or ``simulator``."""
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False)
    tokens: TokenStore = field(repr=False)
    session: Session = field(repr=False)
    """Reuses connections to this account's host; has the hosts that may be called."""
    evidence_hosts: frozenset[str] = frozenset()
    """``host`` or ``host:port`` that evidence links may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The input of the mapping besides the report."""

    codes: CodeTable
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its default, which also has the type of the setting, and its form field."""

    label: str
    default: Any = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    """The whole value must match, unless it is empty."""
    low: float = -1e12
    high: float = 1e12
    is_url: bool = False
    """Credentials are sent there: only official hosts and PROVIDER_EXTRA_HOSTS are accepted."""


class Provider(ABC):
    """One status API: ``fetch`` reads an answer, ``normalise`` maps it to an assessment.

    A subclass is one module. ``volatile`` and ``secrets`` are dotted paths: ``*`` matches any key, ``[]`` every element
    of a list, ``**`` any depth; ``?query`` at the end means only the query string of a link.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    official_hosts: ClassVar[Mapping[str, tuple[str, ...]]]
    """Environment -> hosts that a base URL may name."""
    credential_keys: ClassVar[tuple[tuple[str, ...], ...]]
    """The sets of credentials that make an account complete, best first."""
    account_settings: ClassVar[Mapping[str, Setting]] = EMPTY
    """Settings of an account of this provider, by name."""
    check_settings: ClassVar[Mapping[str, Setting]] = EMPTY
    """Settings that each check needs, by name."""
    poll_seconds: ClassVar[int]
    """Default interval between two reads of an open check."""
    first_read_seconds: ClassVar[int] = 0
    """Time between submission and the first read."""
    overdue_hours: ClassVar[int] = 0
    """Hours after which an unfinished check is marked overdue; 0 for never."""
    volatile: ClassVar[tuple[str, ...]] = ()
    secrets: ClassVar[tuple[str, ...]] = ()
    shown_elsewhere: ClassVar[tuple[str, ...]] = ()
    """Paths of values that a report shows in another form; other values become further lines of the check card."""

    has_any_spelling: ClassVar[bool] = False
    """Whether keys are read in any letter case and with any separators."""

    score_scales: ClassVar[Mapping[str, str]] = EMPTY
    """Name of a score -> its scale and limit, where the provider documents them."""

    topic_signals: ClassVar[TopicSignals] = TopicSignals()
    """The signals of its checks and codes about face, liveness and document."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def fetch(self, subject: Subject) -> Report:
        """The provider's answer, from one or more calls. Raises a ``ProviderError``."""

    @abstractmethod
    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """The assessment of the report. Pure: no I/O, no clock, no history."""

    @abstractmethod
    def test_connection(self, reference: str = "") -> str:
        """Test the account: a sentence about what worked. Raises a ``ProviderError``."""

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """Why this reference cannot be read, as a sentence, or None. Called before storing and before reading."""
        return None if reference.strip() else "The reference is empty."

    @classmethod
    def reference_spellings(cls, kind: Kind, reference: str) -> tuple[str, ...]:
        """Every spelling of this id, itself first: they name the same check, in an answer and when one is looked up."""
        return (reference,)

    @classmethod
    def default_settings(cls) -> dict[str, Any]:
        """The settings of an account with their defaults."""
        return {name: setting.default for name, setting in cls.account_settings.items()}

    @classmethod
    def base_url(cls, environment: str) -> str:
        """The base URL to suggest for an environment; empty when the provider has none there."""
        hosts = cls.official_hosts.get(environment, ())
        return f"https://{hosts[0]}" if hosts else ""

    @classmethod
    def is_severe(cls, code: str) -> bool:
        """Whether a code of a reason indicates fraud, coercion or a deceased person."""
        return code_table(cls.name).is_severe(code)

    @classmethod
    def describe_image(cls, label: str, kind: str, name: str = "") -> ImageTitle:
        """The parts of the title of an image or file besides its kind. ``name`` is the provider's own file name."""
        return ImageTitle()

    @classmethod
    def sign_in_hosts(cls, environment: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Official hosts, besides those of the base URL, at which an account with these settings signs in."""
        return ()

    def list_evidence(self, report: Report) -> tuple[Evidence, ...]:
        """Images and files to copy after this report, by default those that the answer names."""
        return report.evidence

    @classmethod
    def evidence_types(cls, settings: Mapping[str, Any] = EMPTY) -> tuple[Evidence, ...]:
        """Images that can be requested by type at any time, by the account's settings, with or without an answer."""
        return ()

    @classmethod
    def can_ask_for(cls, label: str) -> bool:
        """Whether this image can be requested by its label; if not, only the next answer can contain it."""
        return any(item.label == label for item in cls.evidence_types())

    def fetch_evidence(self, item: Evidence, subject: Subject) -> Iterable[Download]:
        """The files of one piece of evidence; several if the provider returns several images for a type.

        The iterator fetches one file at a time, so that memory holds one. A file with a ``problem`` is not available;
        the others are. Yields nothing if the provider has none of this kind. Raises a ``ProviderError``.
        """
        return ()

    @classmethod
    def stored_payload(cls, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload fit for storing and showing, without live secrets, link queries and base64 bodies."""
        return payload_paths.cut(payload, secrets=cls.secrets)

    @classmethod
    def digest(cls, report: Report) -> str:
        """Hex SHA-256 of the stable parts of a report: equal for two reads of an unchanged check.

        Canonical JSON of status, codes, followed reference and payload without the volatile paths.
        """
        content = {
            "status": report.status,
            "codes": report.codes,
            "followed": report.followed_reference,
            "payload": payload_paths.without(report.payload, volatile=cls.volatile),
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def rules(self) -> Rules:
        """The code table and this account's settings."""
        return Rules(codes=code_table(self.name), settings=self.settings)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The account's settings over this provider's defaults."""
        return {**self.default_settings(), **self.connection.settings}

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] = EMPTY,
        json_body: Any = None,
        limits: Limits | None = None,
    ) -> Response:
        """One HTTP call below the account's base URL. Raises ``ProviderUnavailable``; never retries."""
        return request(
            method,
            self.connection.base_url + path,
            provider=self.name,
            session=self.connection.session,
            headers=headers,
            json_body=json_body,
            limits=limits,
        )
