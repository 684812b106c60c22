"""Five status APIs behind one small interface. This is the only door to the pure part."""

from providers.contract.base import Connection, Provider, Rules
from providers.contract.code_table import CodeRow, CodeTable, code_table
from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    FaultCode,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    QuotaExhausted,
    ReferenceMismatch,
    StoreThrottled,
    UnreadableAnswer,
    code_of,
    params_of,
)
from providers.contract.report import (
    Assessment,
    Attempt,
    Download,
    Evidence,
    EvidenceKind,
    Facts,
    ImageTitle,
    Kind,
    Outcome,
    Reason,
    Report,
    Subject,
    TimeoutRule,
    Topic,
    TopicSignals,
    Verdict,
)
from providers.contract.settings import Setting
from providers.preventor.images import label_in_ticket
from providers.preventor.sections import Node as TicketNode
from providers.preventor.sections import Row as TicketRow
from providers.preventor.sections import Section as TicketSection
from providers.preventor.sections import all_rows as ticket_rows
from providers.preventor.sections import ticket_sections as preventor_ticket_sections
from providers.preventor.sections import with_rows as with_ticket_rows
from providers.registry import connect, provider_class, provider_names
from providers.transport.downloads import MAX_FILE_BYTES, MAX_PICTURE_BYTES, source_of
from providers.transport.file_types import media_type
from providers.transport.http import Session
from providers.transport.tokens import Lease, Token, TokenStore

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PICTURE_BYTES",
    "Assessment",
    "Attempt",
    "CodeRow",
    "CodeTable",
    "Connection",
    "CredentialsRefused",
    "Detail",
    "Download",
    "Evidence",
    "EvidenceKind",
    "Facts",
    "FaultCode",
    "ImageTitle",
    "Kind",
    "Lease",
    "NotFoundAtProvider",
    "Outcome",
    "Provider",
    "ProviderError",
    "ProviderThrottled",
    "ProviderUnavailable",
    "QuotaExhausted",
    "Reason",
    "ReferenceMismatch",
    "Report",
    "Rules",
    "Session",
    "Setting",
    "StoreThrottled",
    "Subject",
    "TicketNode",
    "TicketRow",
    "TicketSection",
    "TimeoutRule",
    "Token",
    "TokenStore",
    "Topic",
    "TopicSignals",
    "UnreadableAnswer",
    "Verdict",
    "code_of",
    "code_table",
    "connect",
    "label_in_ticket",
    "media_type",
    "params_of",
    "preventor_ticket_sections",
    "provider_class",
    "provider_names",
    "source_of",
    "ticket_rows",
    "with_ticket_rows",
]
