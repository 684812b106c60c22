"""Every word that the desk's rows may hold, and the one table of case transitions."""

from django.db import models


class Environment(models.TextChoices):
    """Where credentials, applicants and cases belong; never mixed."""

    LIVE = "live", "Live"
    SANDBOX = "sandbox", "Sandbox"
    SIMULATOR = "simulator", "Simulator"


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    WAITING = "waiting", "Waiting"
    IN_REVIEW = "in_review", "In review"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    DECIDED = "decided", "Decided"


TRANSITIONS: dict[CaseStatus, set[CaseStatus]] = {
    CaseStatus.WAITING: {CaseStatus.IN_REVIEW, CaseStatus.DECIDED},
    CaseStatus.IN_REVIEW: {CaseStatus.WAITING, CaseStatus.AWAITING_APPROVAL, CaseStatus.DECIDED},
    CaseStatus.AWAITING_APPROVAL: {CaseStatus.IN_REVIEW, CaseStatus.DECIDED, CaseStatus.WAITING},
    CaseStatus.DECIDED: {CaseStatus.IN_REVIEW},
}


class Queue(models.TextChoices):
    """The queue in which a case under review stands."""

    DECLINED = "declined", "Declined"
    MANUAL_REVIEW = "manual_review", "Manual review"
    RETRY_REQUIRED = "retry_required", "Retry required"
    INCOMPLETE = "incomplete", "Incomplete"
    RECHECK = "recheck", "Recheck"
    UNREADABLE = "unreadable", "Cannot be read"


class Priority(models.IntegerChoices):
    """What comes first inside a queue."""

    NORMAL = 0, "The rest"
    RECHECK = 1, "Recheck"
    GRAVE = 2, "Fraud or deceased"
    ESCALATED = 3, "Escalated"


class SyncState(models.TextChoices):
    """What the desk is doing about reading a check."""

    SCHEDULED = "scheduled", "Scheduled"
    LEASED = "leased", "Being read"
    FAILING = "failing", "Failing"
    BLOCKED = "blocked", "Cannot be read"
    FINAL = "settled", "Settled"


class AccountHealth(models.TextChoices):
    """Whether an account can be read. A fault here is never an outcome."""

    OK = "ok", "OK"
    FAILING = "failing", "Failing"
    BLOCKED = "blocked", "Blocked"
    PAUSED = "paused", "Paused"


class DecisionVerdict(models.TextChoices):
    """What a person (or, for a clean pass, the system) rules."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    REQUEST_RETRY = "request_retry", "Request retry"
    ESCALATE = "escalate", "Escalate"
    CONFIRM = "confirm", "Confirm the standing decision"
    VOID = "void", "Close as opened by mistake"


class Ruling(models.TextChoices):
    """What the policy says about a verdict, from lax to strict."""

    FREE = "free", "Free"
    NEEDS_APPROVAL = "needs_approval", "Needs a second person"
    FORBIDDEN = "forbidden", "Forbidden"


class ProposalState(models.TextChoices):
    """Where an override proposal stands."""

    OPEN = "open", "Open"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    VOIDED = "voided", "Voided"
    REFUSED = "refused", "Refused"
    APPROVED = "approved", "Approved"


class DocumentState(models.TextChoices):
    """Where the copy of a picture or file stands."""

    REQUESTED = "wanted", "To be copied"
    COPIED = "copied", "Copied"
    NOT_AVAILABLE = "absent", "The provider has none"
    FAILED = "given_up", "Not copied"
    WITHDRAWN = "withdrawn", "Taken back"


class EventType(models.TextChoices):
    """One line of a case's timeline; past tense."""

    CASE_OPENED = "case_opened", "Case opened"
    CHECK_ADDED = "check_added", "Check added"
    CHECK_REPLACED = "check_replaced", "Check replaced"
    CHECK_CORRECTED = "check_corrected", "Check corrected"
    REPORTED = "reported", "Provider reported"
    LAPSED = "lapsed", "Outcome changed because nothing moved"
    CHECK_BLOCKED = "check_blocked", "Check cannot be read"
    CHECK_READABLE = "check_readable", "Check can be read again"
    READ_REQUESTED = "read_requested", "Read requested"
    QUEUED = "queued", "Entered a queue"
    CLAIMED = "claimed", "Taken"
    RELEASED = "released", "Given back"
    DECIDED = "decided", "Decided"
    SYSTEM_CLOSED = "system_closed", "Closed by the system"
    RETRY_DEADLINE_PASSED = "retry_deadline_passed", "Deadline for the retry passed"
    OVERRIDE_PROPOSED = "override_proposed", "Override proposed"
    OVERRIDE_WITHDRAWN = "override_withdrawn", "Override withdrawn"
    OVERRIDE_REFUSED = "override_refused", "Override refused"
    OVERRIDE_APPROVED = "override_approved", "Override approved"
    OVERRIDE_VOIDED = "override_voided", "Override voided"
    OVERRIDE_EXPIRED = "override_expired", "Override expired"
    DOCUMENTS_COPIED = "documents_copied", "Pictures copied"
    DOCUMENT_LOST = "document_lost", "Picture not copied"
    DOCUMENT_ADDED = "document_added", "File added"
    DOCUMENT_WITHDRAWN = "document_withdrawn", "File taken back"


class DeskEventType(models.TextChoices):
    """One line of the desk's own log: what concerns no single case."""

    ACCOUNT_CREATED = "account_created", "Account created"
    ACCOUNT_CHANGED = "account_changed", "Account changed"
    ACCOUNT_TESTED = "account_tested", "Connection tested"
    ACCOUNT_PAUSED = "account_paused", "Account paused"
    ACCOUNT_RESUMED = "account_resumed", "Account resumed"
    ACCOUNT_FAILING = "account_failing", "Account failing"
    ACCOUNT_BLOCKED = "account_blocked", "Account blocked"
    ACCOUNT_RECOVERED = "account_recovered", "Account recovered"
    WORD_UNRECOGNISED = "word_unrecognised", "Unrecognised word"
    WORD_FIRST_SEEN = "word_first_seen", "Undocumented word counted for the first time"
    PERSON_CHANGED = "person_changed", "Person or sign-in changed"
    POLICY_CHANGED = "policy_changed", "Policy changed"
    REASON_CODE_CHANGED = "reason_code_changed", "Reason code changed"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_REFUSED = "sign_in_refused", "Sign-in refused"
    SIGNED_OUT = "signed_out", "Signed out"


class AccessKind(models.TextChoices):
    """What a person viewed, as a row of the access log records it."""

    CASE = "case", "Case"
    SEARCH = "search", "Search result"
    FACT = "fact", "Masked fact"
    TICKET = "ticket", "Masked ticket"
    PAYLOAD = "payload", "Payload"
    ACCESS_LOG = "access_log", "Access log"
    THUMBNAIL = "thumbnail", "Thumbnail"
    IMAGE = "image", "Image"
    PAGE = "page", "Page of a file"
    VIDEO = "video", "Video"
    ORIGINAL = "original", "Original file"
    ADD_CHECK = "add_check", "Form: add a check"
    CORRECT_CHECK = "correct_check", "Form: correct a check"
    REPLACE_CHECK = "replace_check", "Form: replace a check"
    CLOSE_CASE = "close_case", "Form: close the case"
