"""Stored choices of all models, and the table of case transitions. Stored values never change, labels may."""

from django.db import models


class Role(models.TextChoices):
    """Names of the groups."""

    ANALYST = "analyst", "Analyst"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"


class Environment(models.TextChoices):
    """The environment of credentials, applicants and cases; never mixed."""

    LIVE = "live", "Live"
    SANDBOX = "sandbox", "Sandbox"
    SIMULATOR = "simulator", "Simulator"


class CaseStatus(models.TextChoices):
    WAITING = "waiting", "In progress"
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
    DECLINED = "declined", "Declined"
    MANUAL_REVIEW = "manual_review", "Manual review"
    RETRY_REQUIRED = "retry_required", "Retry required"
    INCOMPLETE = "incomplete", "Incomplete"
    RECHECK = "recheck", "Re-review"
    UNREADABLE = "unreadable", "Sync error"
    READY = "ready", "Ready to approve"


class Priority(models.IntegerChoices):
    """Order inside a queue: higher numbers first, then by due time."""

    READY = -1, "Ready to approve"
    NORMAL = 0, "Normal"
    RECHECK = 1, "Re-review"
    SEVERE = 2, "Fraud or deceased"
    ESCALATED = 3, "Escalated"


class SyncState(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    LEASED = "leased", "Fetching"
    FAILING = "failing", "Failing"
    BLOCKED = "blocked", "Sync error"
    FINAL = "settled", "Final"


class AccountHealth(models.TextChoices):
    """Whether an account can be fetched from. A fault of an account is never an outcome."""

    OK = "ok", "OK"
    FAILING = "failing", "Failing"
    BLOCKED = "blocked", "Blocked"
    PAUSED = "paused", "Paused"


class FaultArea(models.TextChoices):
    """What an admin checks after a connection test has failed."""

    AUTHENTICATION = "authentication", "Authentication"
    RESPONSE_FORMAT = "response_format", "Response format"
    RATE_LIMIT = "rate_limit", "Rate limit"
    QUOTA = "quota", "Quota"
    REFERENCE = "reference", "Reference"
    NETWORK = "network", "Network"


class DecisionVerdict(models.TextChoices):
    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    REQUEST_RETRY = "request_retry", "Request retry"
    ESCALATE = "escalate", "Escalate"
    CONFIRM = "confirm", "Confirm the decision"
    VOID = "void", "Close as opened by mistake"


class FindingKind(models.TextChoices):
    """What a finding is."""

    DIFFERS = "differs", "Sources differ on a fact"
    BY_EYE = "by_eye", "Values cannot be compared automatically"
    VARIES = "varies", "Values differ that may rightly differ"
    IMPLAUSIBLE = "implausible", "A date that cannot be true"
    EXPIRED = "expired", "Expired"
    MAY_BE_EXPIRED = "may_be_expired", "May have expired"
    RESULTS_DISAGREE = "results_disagree", "Provider results contradict each other"
    CONTRADICTION = "contradiction", "An accepted answer contains a negative word"
    DUPLICATE = "duplicate", "Possible duplicate"
    RELATED = "related", "The same file in another case of this applicant"
    UNDECIPHERABLE = "undecipherable", "A stored value cannot be decrypted"


class FindingState(models.TextChoices):
    """``ended``: the sources changed, and it is not found any more."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    ENDED = "ended", "Ended"


class IdentityKeyKind(models.TextChoices):
    """What two cases share whose applicants count as one person."""

    DOCUMENT_NUMBER = "document_number", "Document number"
    BIRTH_DATE = "birth_date", "Birth date and name"
    SAME_FILE = "same_file", "Same file or similar selfie"
    """Of a pair of applicants, written by the search; it remains when a person removes the file."""
    SIMILAR_NAME = "similar_name", "Spellings of one name"
    """Of a pair of applicants with one birth date, written by the search that compared their names."""
    NAME_WORD = "name_word", "Birth date and a word of the name"
    """Finds the candidates of that search, and means nothing else."""


class Ruling(models.TextChoices):
    """What the policy requires for a verdict, from lax to strict."""

    FREE = "free", "Free"
    NEEDS_APPROVAL = "needs_approval", "Needs a second approver"
    FORBIDDEN = "forbidden", "Forbidden"


class ProposalState(models.TextChoices):
    OPEN = "open", "Open"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    DENIED = "refused", "Denied"
    APPROVED = "approved", "Approved"


class DocumentState(models.TextChoices):
    REQUESTED = "wanted", "Pending"
    COPIED = "copied", "Copied"
    NOT_AVAILABLE = "absent", "Not available"
    FAILED = "given_up", "Failed"
    WITHDRAWN = "withdrawn", "Removed"


class Refusal(models.TextChoices):
    """Why a file is stored, but cannot be shown. The labels end a sentence."""

    TOO_LARGE = "too_large", "it is larger than 32 MiB"
    PIXELS = "pixels", "it has more than 40 megapixels, or 200 as a JPEG"
    FRAMES = "frames", "it holds more than one frame"
    MEMORY = "memory", "decoding it needs too much memory"
    PASSWORD = "password", "it is locked with a password"
    PDF = "pdf", "it cannot be read as a PDF"
    NO_PAGE = "no_page", "it has no page"
    CUT_SHORT = "cut_short", "it cannot be decoded: it is damaged, cut short, or asks for too much"
    DAMAGED = "damaged", "it cannot be decoded: it is damaged"
    UNDECODABLE = "undecodable", "it cannot be decoded"
    """Followed by a colon and the name of the error."""
    TOO_SLOW = "too_slow", "it takes too long to decode"
    DECODER_FAILED = "decoder_failed", "the decoder failed"
    BAD_TABLES = "bad_tables", "its tables cannot be read, so its metadata cannot be removed"
    NOTHING_PLAYABLE = "nothing_playable", "it has no video or audio that can be played here"
    TOO_MANY_PARTS = "too_many_parts", "it has too many parts to be checked"
    ELSEWHERE = "elsewhere", "parts of it are in another file"


class EventType(models.TextChoices):
    """Type of an event of a case; past tense."""

    CASE_OPENED = "case_opened", "Case opened"
    CHECK_ADDED = "check_added", "Check added"
    CHECK_REPLACED = "check_replaced", "Check replaced"
    CHECK_CORRECTED = "check_corrected", "Check corrected"
    DATA_CORRECTED = "data_corrected", "Declared data corrected"
    REPORTED = "reported", "Provider reported"
    LAPSED = "lapsed", "Timeout rule changed the outcome"
    CHECK_BLOCKED = "check_blocked", "Check blocked"
    CHECK_READABLE = "check_readable", "Check unblocked"
    READ_REQUESTED = "read_requested", "Refresh requested"
    QUEUED = "queued", "Entered a queue"
    CLAIMED = "claimed", "Claimed"
    RELEASED = "released", "Released"
    DECIDED = "decided", "Decided"
    SYSTEM_CLOSED = "system_closed", "Closed by the system"
    RETRY_DEADLINE_PASSED = "retry_deadline_passed", "Retry deadline passed"
    ESCALATION_TAKEN_OVER = "escalation_taken_over", "Escalation taken over"
    ESCALATION_ANSWERED = "escalation_answered", "Escalation answered"
    ESCALATION_WITHDRAWN = "escalation_withdrawn", "Escalation withdrawn"
    OVERRIDE_PROPOSED = "override_proposed", "Override proposed"
    OVERRIDE_WITHDRAWN = "override_withdrawn", "Override withdrawn"
    OVERRIDE_DENIED = "override_refused", "Override denied"
    OVERRIDE_APPROVED = "override_approved", "Override approved"
    OVERRIDE_EXPIRED = "override_expired", "Override expired"
    OVERRIDE_DIGEST_MIGRATED = "override_digest_migrated", "Evidence digest of an override migrated"
    DOCUMENTS_COPIED = "documents_copied", "Images saved"
    DOCUMENT_LOST = "document_lost", "Image not saved"
    DOCUMENT_ADDED = "document_added", "File added"
    DOCUMENT_WITHDRAWN = "document_withdrawn", "File removed"
    FINDING_RESOLVED = "finding_resolved", "Finding resolved"
    FINDING_REOPENED = "finding_reopened", "Finding reopened"
    APPLICANTS_DISTINCT = "applicants_distinct", "Two people agreed: different persons"


class DeskEventType(models.TextChoices):
    """Type of an entry of the activity log, which has everything that concerns no single case."""

    ACCOUNT_CREATED = "account_created", "Account created"
    ACCOUNT_CHANGED = "account_changed", "Account changed"
    ACCOUNT_TESTED = "account_tested", "Connection tested"
    ACCOUNT_PAUSED = "account_paused", "Account paused"
    ACCOUNT_RESUMED = "account_resumed", "Account resumed"
    ACCOUNT_FAILING = "account_failing", "Account failing"
    ACCOUNT_BLOCKED = "account_blocked", "Account blocked"
    ACCOUNT_RECOVERED = "account_recovered", "Account recovered"
    WORD_UNRECOGNISED = "word_unrecognised", "Unknown status"
    WORD_FIRST_SEEN = "word_first_seen", "Undocumented status seen for the first time"
    PERSON_CHANGED = "person_changed", "Person or user changed"
    EMAILS_TO_CORRECT = "emails_to_correct", "E-mail addresses missing or shared"
    POLICY_CHANGED = "policy_changed", "Policy changed"
    REASON_CODE_CHANGED = "reason_code_changed", "Reason code changed"
    CASES_IMPORTED = "cases_imported", "Cases imported from a file"
    VALUE_UNDECIPHERABLE = "value_undecipherable", "Stored value cannot be decrypted"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_REFUSED = "sign_in_refused", "Sign-in refused"
    SIGNED_OUT = "signed_out", "Signed out"


class ImportState(models.TextChoices):
    """How far an uploaded file of cases is."""

    CHECKING = "checking", "Checking"
    CHECKED = "checked", "Checked"
    IMPORTING = "importing", "Importing"
    IMPORTED = "imported", "Imported"


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
    CORRECT_DATA = "correct_data", "Form: correct the declared data"
    CLOSE_CASE = "close_case", "Form: close the case"
    RESOLVE_FINDING = "resolve_finding", "Form: resolve a finding"
    AGREE_TO_FINDING = "agree_to_finding", "Form: agree that applicants are different persons"
