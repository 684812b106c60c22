"""Reads the bank's answers: status, error and data, and the faults that error codes name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.contract.code_table import code_table
from providers.contract.errors import CredentialsRefused, NotFoundAtProvider, ReferenceMismatch, UnreadableAnswer
from providers.contract.further_sources import with_sources
from providers.contract.named_facts import named_sources
from providers.contract.negative_words import negatives_in
from providers.contract.payload_values import is_word, object_of, string_of
from providers.contract.report import EMPTY, Facts, Report, Subject

NAME = "bank131"
POINTER = "already_exists"
VALIDATION_FAILURES = frozenset({"passport_validation_failure", "inn_validation_failure"})
REQUEST_ERRORS = ("request_header_validation_error", "request_body_validation_error")
"""Documented with HTTP 422. They are about our request, so they are a fault with any status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One decoded answer, its shape checked. Texts are empty where the answer has none."""

    status: str
    code: str = ""
    """``error.code``."""
    words: str = field(default="", repr=False)
    """``error.description``: "free text", English or Russian, so for display only."""
    data_id: str = ""
    """``data.id`` as text: "number per table, string in samples"."""
    remark: str = field(default="", repr=False)
    """``data.description``."""
    recipient: str = field(default="", repr=False)
    """``data.participant.reference``."""
    contradicts: bool = False
    """A success that contains an error."""
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def points_on(self) -> bool:
        """True for an answer that only names another check to read."""
        return self.status == "error" and self.code == POINTER


def read_answer(body: Any) -> Answer:
    """The documented members of a decoded body. Raises ``UnreadableAnswer`` for another shape."""
    if not isinstance(body, dict) or not is_word(body.get("status")):
        raise _unreadable("not_readable")
    data, error = _member(body, "data"), _member(body, "error")
    status, code = body["status"], error.get("code")
    if status == "error" and not is_word(code):
        raise _unreadable("error_without_code")
    return Answer(
        status=status,
        code=code if is_word(code) else "",
        words=string_of(error.get("description")),
        data_id=_id_text(data.get("id")),
        remark=string_of(data.get("description")),
        recipient=_recipient(data.get("participant")),
        contradicts=status == "ok" and bool(error),
        payload=body,
    )


def _member(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An optional object. Null and the empty list (some servers encode an empty object so) count as absent."""
    value = body.get(key)
    if value is None or value == []:
        return EMPTY
    if not isinstance(value, dict):
        raise _unreadable("not_readable", f"Its member {key} is no object.")
    return value


def _id_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _unreadable("not_readable", "Its data.id is neither text nor a whole number.")
    return str(value)


def _recipient(participant: Any) -> str:
    reference = object_of(participant).get("reference")
    return str(reference) if isinstance(reference, str | int) and not isinstance(reference, bool) else ""


def parse(body: Any, subject: Subject, *, asked: str = "", pointers: tuple[Answer, ...] = ()) -> Report:
    """A decoded answer to the read of ``asked`` (default: the subject's reference) as a report.

    ``pointers`` are the answers that led there. Raises ``UnreadableAnswer`` for another shape, ``ReferenceMismatch``
    for an answer about another check and for a pointer, and the fault that ``error.code`` names.
    """
    asked = asked or subject.reference
    followed = asked != subject.reference
    answer = read_answer(body)
    raise_for_code(answer, followed=followed)
    if answer.points_on:
        raise pointer_unusable()
    if answer.data_id and answer.data_id != asked:
        raise ReferenceMismatch(NAME, "The answer is about another check than the requested one.")
    answers = {"check": dict(answer.payload), "pointers": [dict(pointer.payload) for pointer in pointers]}
    facts = (("The bank's remark", answer.remark), ("Recipient", answer.recipient), ("Bank's error text", answer.words))
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        followed_reference=asked if followed else "",
        status=answer.status,
        codes=(answer.code,) if answer.code else (),
        facts=with_sources(
            Facts(other=tuple((label, value) for label, value in facts if value)),
            named_sources(answer.payload.get("data"), name="data"),
            negatives=_negatives(answer),
        ),
        payload=answers if followed else answer.payload,
    )


def _negatives(answer: Answer) -> Iterator[tuple[str, str]]:
    """Negative words besides status and error code: the remark, and fields that are not documented."""
    known = frozenset((("status",), ("error",), ("data", "id"), ("data", "participant", "reference")))
    return negatives_in(answer.payload, skips=lambda keys: keys in known)


def raise_for_code(answer: Answer, *, followed: bool = False) -> None:
    """Raise the fault that the code of an ``error`` names; such an answer says nothing about the applicant."""
    if answer.code in REQUEST_ERRORS:
        raise CredentialsRefused(NAME, code_table(NAME).row("validation_code", answer.code).detail())
    if answer.status != "error":
        return
    row = code_table(NAME).find("error_code", answer.code)
    if row is None or not row.fault or row.value == "*":
        return
    if row.fault == "account":
        raise CredentialsRefused(NAME, row.detail())
    if followed:
        # The failed id is not the one that was entered.
        raise pointer_unusable(f"({answer.code}: {row.summary})")
    kind = NotFoundAtProvider if answer.code == "request_not_found" else ReferenceMismatch
    raise kind(NAME, row.detail())


def pointer_unusable(why: str = "") -> ReferenceMismatch:
    """The reference fault of a pointer that leads nowhere."""
    return ReferenceMismatch(NAME, code_table(NAME).row("shape", "pointer_unusable").detail(after=why))


def _unreadable(shape: str, why: str = "") -> UnreadableAnswer:
    return UnreadableAnswer(NAME, code_table(NAME).row("shape", shape).detail(after=why))
