"""Plain data about a check: what is requested, what the provider answered, and what that means.

Everything here is plain data: frozen, comparable, without I/O and without a clock. Personal data stays out of ``repr``,
so a report can be named in a log line or a traceback without leaking the person behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from providers.contract.errors import ProviderError

EMPTY: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """What a check verifies."""

    IDENTITY = "identity"
    DOCUMENT = "document"
    FACE = "face"
    LIVENESS = "liveness"
    DATABASE = "database"
    AML = "aml"


class Outcome(StrEnum):
    """The state of a check. It is about the applicant only, never about a fault of a provider."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    APPROVED = "approved"
    DECLINED = "declined"
    MANUAL_REVIEW = "manual_review"
    RETRY_REQUIRED = "retry_required"
    INCOMPLETE = "incomplete"


WORST_FIRST = (
    Outcome.DECLINED,
    Outcome.MANUAL_REVIEW,
    Outcome.RETRY_REQUIRED,
    Outcome.INCOMPLETE,
    Outcome.IN_PROGRESS,
    Outcome.PENDING,
    Outcome.APPROVED,
)


class Verdict(StrEnum):
    """What the provider found, in its own sense; ``UNKNOWN`` for an unknown word or a contradiction."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NONE = "none"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """What two checks can contradict each other about."""

    FACE = "face"
    LIVENESS = "liveness"
    DOCUMENT = "document"


class EvidenceKind(StrEnum):
    """What a picture or file shows."""

    SELFIE = "selfie"
    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    DOCUMENT = "document"
    DOCUMENT_PORTRAIT = "document_portrait"
    DOCUMENT_GHOST_PORTRAIT = "document_ghost_portrait"
    DOCUMENT_SIGNATURE = "document_signature"
    VIDEO = "video"
    REPORT_PDF = "report_pdf"
    ARCHIVE = "archive"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is asked: one check at one provider."""

    kind: Kind
    reference: str
    """The provider's id of the check: opaque text."""
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False)
    """Settings of this check alone, for instance BTC Direct's ``user_identifier``."""
    follow: str = ""
    """Where an earlier read was pointed to (Bank131); read instead of ``reference``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A provider's code with what it means to a person, from the code tables."""

    code: str
    summary: str
    group: str = ""
    action: str = ""
    """The recommended action."""
    recognised: bool = True
    """False for a word or code that no code table knows."""
    words: str = ""
    """The provider's own text beside the code, for display only; never decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSignals:
    """What a provider's checks and codes clearly say about a topic, so that contradictions can be found.

    Codes that name several things at once, a picture that is too poor, a second document, or doubt are left out:
    nothing is guessed.
    """

    against: Mapping[Topic, tuple[str, ...]] = field(default_factory=dict)
    """Codes of the table that say one thing clearly."""
    passes: Mapping[Kind, tuple[Topic, ...]] = field(default_factory=dict)
    """What a check of that kind has looked at when it passed."""
    fails: Mapping[Kind, Topic] = field(default_factory=dict)
    """What a check of that kind is about as a whole: its negative verdict is against it where no code says more."""
    explains: Mapping[tuple[str, str], Mapping[Topic, str]] = field(default_factory=dict)
    """(code, group) of rows that speak for a topic, with these words, independent of the outcome of the check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of the applicant inside a check. The check decides; an attempt only explains."""

    id: str = ""
    status: str = ""
    codes: tuple[str, ...] = ()
    summary: str = ""
    """Plain sentence of the status, from the code table."""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Identity data that a provider extracted or confirmed, as text in the provider's own spelling.

    Dates, countries and numbers are not converted: masks, order and format are part of what was said.
    """

    full_name: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    document_type: str = ""
    document_number: str = field(default="", repr=False)
    document_expiry: str = field(default="", repr=False)
    issuing_country: str = ""
    address: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    scores: tuple[tuple[str, str], ...] = ()
    """Measurements in the provider's scale: ("similarity", "88.2"), ("liveness", "99")."""
    other: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Anything else worth a line on the card: (label, value)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A picture or file that an answer names, or that can be asked for by type. Bytes come from ``fetch_evidence``."""

    kind: EvidenceKind
    label: str
    """Stable within a check: the path in the answer or the image type asked for. The same picture keeps its label."""
    url: str = field(default="", repr=False)
    """A link, query included: a live secret, so out of repr. Empty when the provider is asked by type."""
    inline: str = field(default="", repr=False)
    """Base64 or data URI that stood in the answer itself."""
    here: frozenset[tuple[str, str]] = frozenset()
    """Label and source of pieces that an earlier try brought: where each is asked for by itself, they are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTitle:
    """The parts of the title of an image or file besides its kind."""

    part: str = ""
    """Such as "near" or "of the second document"."""
    attempt: str = ""
    """Id of the attempt that the file belongs to."""
    path: str = ""
    """Path in the payload, for an image of unknown type."""
    order: int = 0
    """Among images of one kind, lower ones come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Bytes of one piece of evidence."""

    label: str
    kind: EvidenceKind
    content: bytes = field(repr=False)
    media_type: str = ""
    """As the provider named it; never trusted for serving."""
    source: str = ""
    """Where it came from, without query: for the line under the picture."""
    problem: str = ""
    """Why this piece alone could not be had, as a sentence; then ``content`` is empty."""
    fault: ProviderError | None = field(default=None, repr=False)
    """Beside a problem that a retry may solve: the other pieces are stored first, then all are requested again."""
    is_here: bool = False
    """An earlier try brought it (``Evidence.here``): it keeps its place, and ``content`` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the provider said at one moment, in its own words."""

    provider: str
    """Registry name; stored, never renamed."""
    kind: Kind
    reference: str
    status: str
    """The provider's word, untouched (text forms joined by " / " where two words make the status)."""
    followed_reference: str = ""
    codes: tuple[str, ...] = ()
    facts: Facts = Facts()
    attempts: tuple[Attempt, ...] = ()
    risk_labels: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    request_id: str = ""
    """To quote to the provider's support."""
    reported_at: datetime | None = None
    """The provider's own time, for display only; most send none."""
    payload: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False)
    """The decoded answer as it came (several calls: one key each). ``Provider.stored_payload`` cuts it for storing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutRule:
    """What the outcome becomes when the provider's words (``key``) stay the same for ``after``.

    Stated beside the assessment, so that the mapping stays pure; code with access to the history applies it.
    """

    key: str
    after: timedelta
    outcome: Outcome
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a report means."""

    outcome: Outcome
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    terminal: bool = False
    """Nothing more is expected. False for states such as in_progress, and for unknown words."""
    changeable: bool = False
    """A final state that can still change at the provider (AML monitoring, audits): read once a day."""
    lapse: TimeoutRule | None = None

    @property
    def unrecognised(self) -> tuple[Reason, ...]:
        """Reasons that no code table knows."""
        return tuple(reason for reason in self.reasons if not reason.recognised)
