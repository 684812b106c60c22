"""All models. They have no methods that write: ``compliance.actions`` changes rows."""

from compliance.models.account import AccountState, AccountToken, SyncSlot
from compliance.models.applicant import Applicant
from compliance.models.case import Case, CaseVisit, Claim
from compliance.models.case_import import CaseImport
from compliance.models.check import Check, CheckReport, CheckSync, UnreadableBody
from compliance.models.correction import DataCorrection
from compliance.models.decision import (
    Decision,
    DeskPolicy,
    EscalationAnswer,
    OverrideProposal,
    PolicyRule,
    QueueTerm,
    ReasonCode,
)
from compliance.models.document import Blob, Document, Piece
from compliance.models.finding import DistinctApplicants, Finding, IdentityKey
from compliance.models.people import Person, Theme, User
from compliance.models.trail import AppendOnlyError, DeskEvent, Event, ViewRecord
