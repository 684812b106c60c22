"""The policies of a new installation. Written once, into a database without any; admins may change them later."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.conf import settings

TERMS = {
    "declined": 24, "manual_review": 8, "retry_required": 72, "incomplete": 72, "recheck": 4, "unreadable": 24,
    "ready": 72,
}  # fmt: skip
BOTH = ["approve", "confirm"]
AGAINST = ["reject", "confirm"]
REASONS = (
    ("OK-01", "Everything agrees", BOTH, False),
    ("OK-02", "Identity confirmed by the documents on file", BOTH, True),
    ("OK-03", "Finding explained: name order, spelling or marriage", BOTH, True),
    ("OK-04", "Finding explained: provider's error", BOTH, True),
    ("OK-05", "Screening hit is another person", BOTH, True),
    ("FRD-01", "Forged document", AGAINST, True),
    ("FRD-02", "Another person's face", AGAINST, True),
    ("FRD-03", "Attack on the liveness check", AGAINST, True),
    ("FRD-04", "Documents of two people", AGAINST, True),
    ("FRD-05", "Lost or stolen document", AGAINST, False),
    ("REJ-01", "Data do not match", AGAINST, False),
    ("REJ-02", "Document not accepted", AGAINST, False),
    ("REJ-03", "Expired document", AGAINST, False),
    ("REJ-04", "Screening hit confirmed", AGAINST, True),
    ("REJ-05", "Under age", AGAINST, False),
    ("REJ-06", "Holder is deceased", AGAINST, False),
    ("REJ-07", "Applicant withdrew", AGAINST, False),
    ("REJ-09", "Other, see the note", AGAINST, True),
    ("RTY-01", "Images are unreadable", ["request_retry"], False),
    ("RTY-02", "Applicant has to correct data", ["request_retry"], False),
    ("RTY-03", "Another document needed", ["request_retry"], False),
    ("RTY-04", "Not completed, try again", ["request_retry"], False),
    ("ESC-01", "Question to a manager", ["escalate"], True),
    ("ESC-02", "Possible fraud ring", ["escalate"], True),
    ("ESC-03", "Politically exposed or sanctioned person", ["escalate"], True),
    ("MIS-01", "Opened twice", ["void"], True),
    ("MIS-02", "Wrong applicant or reference", ["void"], True),
)
NOT_FOR_OVERRIDES = frozenset({"OK-01"})


def create_default_policies(sender: AppConfig, using: str = "default", apps: Apps = global_apps, **kwargs: Any) -> None:
    """Create the default rows unless a policy exists.

    ``apps`` has the models of the release that was migrated to, which may be an earlier one.
    """
    try:
        policy = apps.get_model("compliance", "DeskPolicy").objects.using(using)
    except LookupError:
        return  # a migration backwards has removed the table
    if policy.exists():
        return
    # Automatic approval is off until an admin turns it on, except in the demo.
    policy.create(only=True, auto_close=settings.DEMO)
    term = apps.get_model("compliance", "QueueTerm")
    known = dict(term._meta.get_field("queue").flatchoices)
    term.objects.using(using).bulk_create(
        term(queue=queue, hours=hours) for queue, hours in TERMS.items() if queue in known
    )
    reason = apps.get_model("compliance", "ReasonCode")
    reasons = reason.objects.using(using).bulk_create(
        reason(code=code, label=label, verdicts=verdicts, asks_note=asks_note)
        for code, label, verdicts, asks_note in REASONS
    )
    if any(hasattr(row, "for_overrides") for row in reasons):
        reason.objects.using(using).filter(code__in=NOT_FOR_OVERRIDES).update(for_overrides=False)
