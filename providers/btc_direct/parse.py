"""Reads the liveness answer of BTC Direct, and the one error about the applicant."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.btc_direct.errors import DISABLED_PERSON, NAME, ErrorCode, Redaction, codes_of, fault_of
from providers.contract.code_table import code_table
from providers.contract.errors import UnreadableAnswer
from providers.contract.further_sources import with_sources
from providers.contract.named_facts import named_sources
from providers.contract.negative_words import negatives_in
from providers.contract.payload_paths import REMOVED
from providers.contract.payload_values import is_word
from providers.contract.report import Facts, Report, Subject

_OTHER_STEPS = frozenset((
    "isbusiness", "emailcode", "nationality", "amld5questions", "amld5questionanswers", "iddocument",
    "verificationflag",
))  # fmt: skip
"""Names of steps of the sibling read; the name of the liveness step is not documented."""
_READ_ELSEWHERE = frozenset((("name",), ("type",), ("status",), ("data", "access_token")))


def parse(body: Any, subject: Subject, redaction: Redaction | None = None) -> Report:
    """The decoded body as a report.

    ``body`` is the liveness object, or an ``errors`` map that holds ER124 alone (BTC Direct has disabled the person's
    account: the one code about the applicant). Raises ``UnreadableAnswer`` for any other shape, and the
    error that the codes name for any other ``errors`` map. Tokens are cut before the report is made.
    """
    redaction = redaction or Redaction()
    if codes := codes_of(body):
        return _disabled_person(body, codes, subject, redaction)
    if not isinstance(body, dict):
        raise unreadable("not_readable", body, redaction)
    name, status = body.get("name"), body.get("status")
    # "name" and "status" are the two required strings; the published example of a 200 has neither and is not accepted.
    if "errors" in body or not is_word(name) or not is_word(status):
        raise unreadable("status_missing", body, redaction)
    steps = (("Identification step", name), ("Type of step", body.get("type")))
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        status=status,
        facts=with_sources(
            Facts(other=tuple((label, value) for label, value in steps if is_word(value))),
            named_sources(body.get("data"), name="data"),
            negatives=_negatives(body, name),
        ),
        payload=_payload(body, redaction),
    )


def _negatives(body: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """A step that is documented as another one than liveness, and negative words besides the status."""
    if name.strip().casefold() in _OTHER_STEPS:
        yield "identification step", name.strip()
    yield from negatives_in(body, skips=lambda keys: keys in _READ_ELSEWHERE)


def _payload(body: Mapping[str, Any], redaction: Redaction) -> dict[str, Any]:
    """The answer without secrets. ``data`` as text is undocumented and might be a token, so it is cut."""
    kept: dict[str, Any] = redaction.payload(body)
    return {**kept, "data": REMOVED} if isinstance(kept.get("data"), str) else kept


def _disabled_person(body: Any, codes: tuple[ErrorCode, ...], subject: Subject, redaction: Redaction) -> Report:
    if [found.code for found in codes] != [DISABLED_PERSON]:
        raise fault_of(codes, redaction)
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        status=DISABLED_PERSON,
        codes=(DISABLED_PERSON,),
        payload=redaction.payload(body),
    )


def unreadable(shape: str, body: Any, redaction: Redaction, detail: str = "") -> UnreadableAnswer:
    row = code_table(NAME).row("shape", shape)
    return UnreadableAnswer(NAME, row.detail(detail), body=redaction.body(body))
