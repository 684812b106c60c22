"""The context of every page: counts, permissions, the signed-in user, and the access log."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from compliance import audit
from compliance.enums import AccessKind, Environment
from compliance.models import User, ViewRecord
from compliance.queries.case import has_opened
from compliance.queries.counts import count_label, tab_counts
from compliance.queries.environments import environment_of
from compliance.roles import APPROVE_OVERRIDE, WHY_NOT
from compliance.views.htmx import wants_fragment
from providers.vault import fingerprint

View = Callable[..., Any]


def permission_required(permission: str) -> Callable[[View], View]:
    """Refuse users without this permission with 403 and the reason, before the object is read."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not person(request).has_perm(permission):
                raise PermissionDenied(f"{WHY_NOT[permission]} Ask an admin if you need it.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """The signed-in user; ``LoginRequiredMiddleware`` refuses all others."""
    return cast(User, request.user)


def page_context(request: HttpRequest, here: str = "") -> dict[str, Any]:
    """Context of the rail and the top bar. ``here`` names the page."""
    user = person(request)
    can_review = user.has_perm("compliance.review_case")
    environment = environment_of(user) if can_review or user.is_staff else ""
    counts = tab_counts(person_id=user.person_id, environment=environment) if environment else {}
    return {
        "here": here,
        "can_review": can_review,
        "can_approve": user.has_perm(APPROVE_OVERRIDE),
        "can_open_case": user.has_perm("compliance.open_case"),
        "environment": environment,
        "environments": Environment.choices,
        "is_staff": user.is_staff,
        "queue_open": count_label(counts.get("open", 0)),
        "mine": count_label(counts.get("mine", 0)),
        "approvals": count_label(counts.get("approvals", 0)),
        "escalated": count_label(counts.get("escalated", 0)),
        "providers_failing": counts.get("failing", 0),
    }


def record_case_view(request: HttpRequest, number: int) -> None:
    """Record a view of the case: each page, and a fragment unless this session has opened the case before."""
    is_page = not wants_fragment(request) and request.method == "GET"
    if is_page or not has_opened(number, user_id=person(request).pk, session=session_mark(request)):
        record_view(request, AccessKind.CASE, case_id=number)


def session_mark(request: HttpRequest) -> str:
    """The session as the access log names it: a keyed fingerprint."""
    return fingerprint(request.session.session_key or "")


def record_view(request: HttpRequest, kind: AccessKind, *, case_id: int | None, **columns: Any) -> None:
    """Record the view in the access log; ``columns`` of ``ViewRecord``. If it raises, nothing is served."""
    record_views(request, kind, case_ids=[case_id], **columns)


def record_views(request: HttpRequest, kind: AccessKind, *, case_ids: Iterable[int | None], **columns: Any) -> None:
    """As ``record_view``, for several cases on one page."""
    page = request.resolver_match.view_name if request.resolver_match else ""
    user, session = person(request), session_mark(request)
    given = {"kind": kind, "user": user, "page": page, "session": session, **columns}
    audit.record_views(*(ViewRecord(case_id=case_id, **given) for case_id in case_ids))
