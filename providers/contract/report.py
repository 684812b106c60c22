"""Plain data about a check: request, answer and assessment.

All classes are frozen and comparable, without I/O and without a clock. ``repr`` contains no personal data, so a report
in a log line or a traceback does not leak any.
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
    """The state of a check. It describes the applicant only, never a fault of a provider."""

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
    """The provider result, in the provider's own sense; ``UNKNOWN`` for an unknown word or a contradiction."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NONE = "none"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """A topic on which two checks can contradict each other."""

    FACE = "face"
    LIVENESS = "liveness"
    DOCUMENT = "document"


class EvidenceKind(StrEnum):
    """The subject of an image or file."""

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
    """The request: one check at one provider."""

    kind: Kind
    reference: str
    """The provider's id of the check: opaque text."""
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY, repr=False)
    """Settings of this check alone, for instance BTC Direct's ``user_identifier``."""
    follow: str = ""
    """The target of an earlier pointer (Bank131); read instead of ``reference``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A provider's code with its summary and action from the code tables."""

    code: str
    summary: str
    group: str = ""
    action: str = ""
    """The recommended action."""
    admin_action: str = ""
    """What an admin has to do, as a sentence of its own."""
    recognised: bool = True
    """False for a word or code that no code table knows."""
    words: str = ""
    """The provider's own text with the code, for display only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSignals:
    """The unambiguous signals of a provider's checks and codes about a topic, to find contradictions.

    Codes about several things at once, poor images, a second document, or doubt are left out, to avoid guesses.
    """

    against: Mapping[Topic, tuple[str, ...]] = field(default_factory=dict)
    """Codes of the table with one unambiguous meaning."""
    passes: Mapping[Kind, tuple[Topic, ...]] = field(default_factory=dict)
    """Topics that a passed check of that kind has verified."""
    fails: Mapping[Kind, Topic] = field(default_factory=dict)
    """The topic of a check of that kind: a negative result counts against it if no code is more specific."""
    explains: Mapping[tuple[str, str], Mapping[Topic, str]] = field(default_factory=dict)
    """(code, group) of rows that support a topic with these words, independent of the outcome of the check."""


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

    Dates, countries and numbers are not converted: masks, order and format are part of the answer.
    """

    full_name: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    birth_name: str = field(default="", repr=False)
    """Family name at birth; it may rightly differ from the family name."""
    birth_date: str = field(default="", repr=False)
    birth_place: str = field(default="", repr=False)
    age: str = field(default="", repr=False)
    """Years, as stated beside the birth date."""
    sex: str = field(default="", repr=False)
    nationality: str = field(default="", repr=False)
    document_type: str = ""
    document_number: str = field(default="", repr=False)
    document_issue: str = field(default="", repr=False)
    document_expiry: str = field(default="", repr=False)
    """The day on which a right ends: of a document, a visa or, in a source of its own, a permit."""
    issuing_country: str = ""
    personal_number: str = field(default="", repr=False)
    """The number that the issuing country gives a person for life, where a document has it beside its own number."""
    tax_number: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    applicant_id: str = ""
    """The provider's own id of the person: two checks of one person have the same one."""
    scores: tuple[tuple[str, str], ...] = ()
    """Measurements in the provider's scale: ("similarity", "88.2"), ("liveness", "99")."""
    other: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Other lines of the card: (label, value)."""
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Values of the answer that no other part of the report shows: (label made of its keys, value)."""
    private: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Further values to mask wherever they are shown: (``document_number``, ``phone`` or ``address``, value)."""
    unread: tuple[str, ...] = ()
    """Paths of values in an accepted answer that are not understood. They only stop the automatic approval."""
    negatives: tuple[tuple[str, str], ...] = ()
    """Negative words inside the answer: (where, word), such as ("document authenticity", "FAILED").

    They contradict an answer that accepts; a negative result explains them.
    """
    also: tuple["Source", ...] = field(default=(), repr=False)
    """Further sources inside the same answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One more source of facts inside an answer: a second document, the machine-readable lines, the declared data."""

    name: str
    """A noun phrase that follows the provider's name: "second document"."""
    facts: Facts = field(repr=False)
    is_echo: bool = False
    """The provider repeats our own input, and has verified nothing of it: it agrees with nothing."""
    is_other_document: bool = False
    """Its number, dates and country are of another document than the one of the main facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An image or file that an answer names, or that can be requested by type. Bytes come from ``fetch_evidence``."""

    kind: EvidenceKind
    label: str
    """Stable within a check: the path in the answer or the requested image type. The same image keeps its label."""
    url: str = field(default="", repr=False)
    """A link with its query: a live secret, so not in repr. Empty when the image is requested by type."""
    inline: str = field(default="", repr=False)
    """Base64 or data URI inside the answer itself."""
    here: frozenset[tuple[str, str]] = frozenset()
    """Label and source of files that an earlier try copied: they are skipped if each has its own request."""


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
    """Its source without query, for the line below the image."""
    problem: str = ""
    """Why this file is not available, as a sentence; then ``content`` is empty."""
    fault: ProviderError | None = field(default=None, repr=False)
    """Set with a problem that a retry may solve: the other files are stored first, then all are requested again."""
    is_here: bool = False
    """An earlier try copied it (``Evidence.here``): it keeps its place, and ``content`` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The provider's answer at one moment, in its own words."""

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
    """The decoded answer, unchanged (several calls: one key each). ``Provider.stored_payload`` cuts it for storing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutRule:
    """The outcome after the provider's words (``key``) have been unchanged for ``after``.

    Part of the assessment, so that the mapping stays pure; code with access to the history applies it.
    """

    key: str
    after: timedelta
    outcome: Outcome
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The meaning of a report: outcome, provider result and reasons."""

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
