"""Reads about one case: its version, and the views of a session."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from compliance.enums import AccessKind
from compliance.models import Case, Claim, Document, ViewRecord


def case_version(number: int) -> str:
    """Changes with every event of the case and when its claim expires, which writes no event."""
    active = Claim.objects.filter(case=OuterRef("pk"), until__gt=timezone.now())
    case = Case.objects.filter(pk=number).annotate(is_claimed=Exists(active))
    found = case.values_list("event_seq", "is_claimed").first()
    return f"{found[0]}{'-claimed' if found[1] else ''}" if found else ""


def has_opened(number: int, *, user_id: int, session: str) -> bool:
    """Whether the session has opened the case, by its view records."""
    return ViewRecord.objects.filter(case_id=number, user_id=user_id, session=session, kind=AccessKind.CASE).exists()


def has_played(document: Document, *, user_id: int, session: str, within: timedelta) -> bool:
    """Whether the session has started this video within that time, by its view records."""
    of_case = ViewRecord.objects.filter(case_id=document.case_id, at__gte=timezone.now() - within)
    return of_case.filter(document=document, user_id=user_id, session=session, kind=AccessKind.VIDEO).exists()
