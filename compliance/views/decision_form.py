"""The decision forms as they were submitted: each token once, no field twice, unknown fields logged by name."""

import logging
import re
from collections.abc import Collection

from django.http import HttpRequest

from compliance.actions.decision_requests import DecisionRequest
from compliance.enums import DecisionVerdict
from compliance.errors import InvalidInput
from compliance.views.page_owner import OWNER_FIELD, PERSON_ID

log = logging.getLogger(__name__)

TOKENS: dict[str, str] = {
    "seen": r"[0-9a-f]{64}",
    "seen_decision": r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?",
    OWNER_FIELD: PERSON_ID,
}
"""Hidden fields that name the state of the page, with the pattern of their values: the digest of the evidence, the
newest decision (empty for none), and the person who loaded the page."""
INCOMPLETE = "Nothing was submitted, because the form was incomplete. Review the case, then submit it again."
_MOST_NAMED = 10


def read_form(request: HttpRequest, *, tokens: Collection[str], texts: Collection[str] = ()) -> dict[str, str]:
    """Field -> value of a submitted form; a missing text is empty.

    Raises ``InvalidInput`` for a missing, repeated or malformed token, a repeated text, and a note with a NUL.
    """
    _log_unknown(request.POST.keys() - {*tokens, *texts, "csrfmiddlewaretoken"})
    for name in tokens:
        if not re.fullmatch(TOKENS[name], _only(request, name, required=True)):
            raise InvalidInput(INCOMPLETE)
    return {name: _only(request, name, required=name in tokens) for name in (*tokens, *texts)}


def decision_request(request: HttpRequest) -> DecisionRequest:
    """The submitted decision. Raises as ``read_form``, and for an unknown verdict."""
    form = read_form(request, tokens=tuple(TOKENS), texts=("verdict", "reason", "note"))
    verdict = form["verdict"]
    if verdict not in DecisionVerdict.values or verdict == DecisionVerdict.VOID:
        raise InvalidInput("Choose a verdict.", field="verdict")
    return DecisionRequest(
        verdict=DecisionVerdict(verdict),
        reason=form["reason"],
        note=form["note"],
        seen=form["seen"],
        seen_decision=form["seen_decision"],
    )


def _only(request: HttpRequest, name: str, *, required: bool) -> str:
    values = request.POST.getlist(name)
    if len(values) > 1 or (required and not values):
        raise InvalidInput(INCOMPLETE)
    text = str(values[0]) if values else ""
    if "\x00" in text and name == "note":
        raise InvalidInput("The note holds a character that cannot be stored.", field=name)
    return text.replace("\x00", "")


def _log_unknown(names: Collection[str]) -> None:
    if names:
        shown = ", ".join(repr(name[:40]) for name in sorted(names)[:_MOST_NAMED])
        log.warning("A decision form has %d unknown fields: %s", len(names), shown)
