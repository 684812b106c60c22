"""What Checkout.com's answers say and mean: reading a check with its attempts, and the mapping. No calls.

"Recommend basing your business rules on the status, and then using response codes as additional information": so the
outcome comes from the check's status alone; codes, attempts and risk labels explain.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from providers.contract.code_table import CodeTable, code_table
from providers.contract.errors import ReferenceMismatch, UnreadableAnswer
from providers.contract.report import (
    Assessment,
    Attempt,
    Evidence,
    EvidenceKind,
    Facts,
    Kind,
    Outcome,
    Reason,
    Report,
    Subject,
    Verdict,
)

NAME = "checkout_com"

PDF_LABEL = "pdf-report"
ASSETS_LABEL = "attempts/{}/assets"
DECIDED = frozenset({"approved", "declined"})
"""Extracted data and pictures are complete, and a PDF report can exist, only in these two."""

_LONGEST_WORD = 255
_LONGEST_FACT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One of the four APIs: what its paths, ids and rows are called."""

    collection: str
    """Path below the base URL."""
    applies_to: str
    """Its name in the code table."""
    prefix: str
    """How its ids begin today. A hint for people only: "changed ID formats including dropped prefixes" may come."""
    words: str
    has_attempts: bool = True
    has_pdf: bool = False


PRODUCTS: Mapping[Kind, Product] = {
    Kind.IDENTITY: Product(
        collection="identity-verifications",
        applies_to="identity_verification",
        prefix="idv_",
        words="identity verification",
        has_pdf=True,
    ),
    Kind.FACE: Product(
        collection="face-authentications", applies_to="face_authentication", prefix="fav_", words="face authentication"
    ),
    Kind.DOCUMENT: Product(
        collection="id-document-verifications",
        applies_to="id_document_verification",
        prefix="iddv_",
        words="ID document verification",
        has_pdf=True,
    ),
    Kind.AML: Product(
        collection="aml-verifications",
        applies_to="aml_screening",
        prefix="amlv_",
        words="AML screening",
        has_attempts=False,
    ),
}

ASSET_KINDS: Mapping[str, EvidenceKind] = {
    "face_image": EvidenceKind.SELFIE,
    "face_video": EvidenceKind.VIDEO,
    "document_front_image": EvidenceKind.DOCUMENT_FRONT,
    "document_back_image": EvidenceKind.DOCUMENT_BACK,
    "document_front_video": EvidenceKind.VIDEO,
    "document_back_video": EvidenceKind.VIDEO,
    "document_signature_image": EvidenceKind.DOCUMENT_SIGNATURE,
    "secondary_document_front_image": EvidenceKind.DOCUMENT_FRONT,
    "secondary_document_back_image": EvidenceKind.DOCUMENT_BACK,
    "secondary_document_front_video": EvidenceKind.VIDEO,
    "secondary_document_back_video": EvidenceKind.VIDEO,
    "secondary_document_signature_image": EvidenceKind.DOCUMENT_SIGNATURE,
}
"""Every type of an attempt's assets; any other is kept as ``OTHER``."""

_SIDES: tuple[tuple[str, str, EvidenceKind], ...] = (
    ("front", "front_image_signed_url", EvidenceKind.DOCUMENT_FRONT),
    ("back", "back_image_signed_url", EvidenceKind.DOCUMENT_BACK),
    ("signature", "signature_image_signed_url", EvidenceKind.DOCUMENT_SIGNATURE),
)

_NOTHING_FILMED = frozenset({"expired", "capture_refused"})
"""Attempts that ended before anything could be captured: no call is spent on their assets."""

_UNKNOWN_ATTEMPT = "A status of an attempt that is not in Checkout.com's documentation; the check decides."


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(payload: Mapping[str, Any], subject: Subject, *, request_id: str = "") -> Report:
    """A report from ``{"check": the check as answered, "attempts": [every attempt, all pages]}``.

    Attempts may be missing (AML has none). Raises ``UnreadableAnswer`` for a check without a status word or with
    lists that are none, ``WrongPairing`` when the answer names another check.
    """
    check = payload.get("check")
    if not isinstance(check, Mapping):
        raise UnreadableAnswer(NAME, "The answer is not an object.", request_id=request_id)
    _same_check(check, subject, request_id)
    status = _status(check, request_id)
    attempts = _attempts(payload.get("attempts"), PRODUCTS[subject.kind])
    return Report(
        provider=NAME,
        kind=subject.kind,
        reference=subject.reference,
        status=status,
        codes=tuple(code for code, _ in _codes(_list_of(check, "response_codes", request_id))),
        facts=_facts(check, subject.kind),
        attempts=attempts,
        risk_labels=tuple(dict.fromkeys(_words(_list_of(check, "risk_labels", request_id)))),
        evidence=_evidence(check, status, attempts, subject.kind),
        request_id=request_id,
        reported_at=moment(check.get("modified_on")) or moment(check.get("created_on")),
        payload=payload,
    )


def _same_check(check: Mapping[str, Any], subject: Subject, request_id: str) -> None:
    answered = check.get("id")
    if answered is None:
        return
    if not isinstance(answered, str):
        raise UnreadableAnswer(NAME, "The answer's id is not a text.", request_id=request_id)
    if answered != subject.reference:
        raise ReferenceMismatch(
            NAME, "The answer is about another check than the one asked for.", request_id=request_id
        )


def _status(check: Mapping[str, Any], request_id: str) -> str:
    status = check.get("status")
    if status is None or (isinstance(status, str) and not status.strip()):
        raise UnreadableAnswer(NAME, table_sentence("shape", "status_missing"), request_id=request_id)
    if not isinstance(status, str) or len(status) > _LONGEST_WORD:
        raise UnreadableAnswer(NAME, "The answer's status is not a word.", request_id=request_id)
    return status


def _list_of(check: Mapping[str, Any], key: str, request_id: str) -> list[Any]:
    """The list under ``key``; a missing or null one is empty (AML has neither codes nor labels)."""
    value = check.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableAnswer(NAME, f"The answer's {key} is not a list.", request_id=request_id)
    return value


def _codes(entries: list[Any]) -> list[tuple[str, str]]:
    """(code, the provider's summary) in the order told, each once. "code: integer", but one sample sends a text."""
    found: dict[str, str] = {}
    for entry in entries:
        code, words = (entry.get("code"), entry.get("summary")) if isinstance(entry, Mapping) else (entry, None)
        found.setdefault(_code_text(code), _text(words)[:_LONGEST_WORD])
    return list(found.items())


def _code_text(code: Any) -> str:
    if isinstance(code, str) and code.strip():
        return code.strip()[:64]
    if isinstance(code, float) and code.is_integer():
        return str(int(code))
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code)
    return "unreadable"


def _words(entries: list[Any]) -> Iterator[str]:
    """Risk labels: "accept any string"; anything else is shown as the JSON that it is."""
    for entry in entries:
        text = entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False, default=str)
        if text.strip():
            yield text.strip()[:_LONGEST_WORD]


def _attempts(entries: Any, product: Product) -> tuple[Attempt, ...]:
    if not product.has_attempts or not isinstance(entries, list):
        return ()
    return tuple(_attempt(entry, product) for entry in entries if isinstance(entry, Mapping))


def _attempt(entry: Mapping[str, Any], product: Product) -> Attempt:
    status = _text(entry.get("status"))[:_LONGEST_WORD]
    codes = entry.get("response_codes")
    row = code_table(NAME).find("attempt_status", status, applies_to=product.applies_to)
    return Attempt(
        id=_text(entry.get("id"))[:_LONGEST_WORD],
        status=status,
        codes=tuple(code for code, _ in _codes(codes if isinstance(codes, list) else [])),
        summary=row.summary if row else _UNKNOWN_ATTEMPT,
        started_at=moment(entry.get("created_on")),
    )


def in_order(attempts: list[Any]) -> list[Any]:
    """Attempts by their time of creation, oldest first: the order of the list is not documented, so it may vary."""

    def key(entry: Any) -> tuple[str, str]:
        if not isinstance(entry, Mapping):
            return "", ""
        created = moment(entry.get("created_on"))
        return created.isoformat() if created else "", _text(entry.get("id"))

    return sorted(attempts, key=key)


def moment(value: Any) -> datetime | None:
    """An aware UTC time from "ISO 8601 UTC with Z and zero to six fractional digits"; None for anything else.

    A time without a zone is taken for UTC; one outside the years 2000 to 2199 is no time that was meant.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        aware = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return aware if 2000 <= aware.year < 2200 else None


# --- facts ------------------------------------------------------------------------------------------------------------

_OTHER_IDENTITY = (
    ("last_name_at_birth", "Name at birth"),
    ("birth_place", "Place of birth"),
)
_OTHER_DOCUMENT = (
    ("document_issue_date", "Document issued"),
    ("document_issue_place", "Issued at"),
    ("personal_number", "Personal number"),
    ("tax_identification_number", "Tax number"),
    ("document_mrz", "Machine-readable zone"),
    ("permit_type_detailed", "Permit"),
    ("permit_type_remarks", "Permit remarks"),
    ("permit_obtaining_date", "Permit obtained"),
    ("permit_expiry_date", "Permit ends"),
)
_SECOND_DOCUMENT = (
    ("document_type", "type"),
    ("document_number", "number"),
    ("document_issuing_country", "issuing country"),
    ("document_expiry_date", "expiry"),
    ("full_name", "name"),
    ("birth_date", "birth date"),
)
_DECLARED = (
    ("name", "Declared name"),
    ("birth_date", "Declared birth date"),
    ("email", "Declared e-mail"),
)
_ADDRESS = ("address_line1", "address_line2", "zip", "city", "state", "country")


def _facts(check: Mapping[str, Any], kind: Kind) -> Facts:
    """What was extracted: the verified identity first, the first document where that is silent.

    IDV tells ``documents`` (a list), IDDV ``document`` (an object). What the applicant declared is no finding and
    stands under ``other`` with its own label.
    """
    if kind is Kind.AML:
        return Facts(other=tuple(_screening(check)))
    identity = _object(check.get("verified_identity"))
    documents = _documents(check)
    first = documents[0] if documents else {}

    def said(key: str) -> str:
        return _text(identity.get(key)) or _text(first.get(key))

    return Facts(
        full_name=said("full_name"),
        given_names=said("first_names"),
        family_name=said("last_name"),
        birth_date=said("birth_date"),
        sex=said("gender"),
        nationality=said("nationality"),
        document_type=_text(first.get("document_type")),
        document_number=_text(first.get("document_number")),
        document_expiry=_text(first.get("document_expiry_date")),
        issuing_country=_text(first.get("document_issuing_country")),
        address=_text(first.get("address")),
        other=tuple(_other(check, said, first, documents[1:])),
    )


def _other(
    check: Mapping[str, Any], said: Any, first: Mapping[str, Any], more: list[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    lines = [(label, said(key)) for key, label in _OTHER_IDENTITY]
    lines += [(label, _text(first.get(key))) for key, label in _OTHER_DOCUMENT]
    for document in more:
        lines += [(f"Second document, {label}", _text(document.get(key))) for key, label in _SECOND_DOCUMENT]
    declared = _object(check.get("declared_data"))
    lines += [(label, _text(declared.get(key))) for key, label in _DECLARED]
    phone, address = _object(declared.get("phone_number")), _object(declared.get("address"))
    lines.append(("Declared phone", " ".join(_filled(phone, ("country_code", "number")))))
    lines.append(("Declared address", ", ".join(_filled(address, _ADDRESS))))
    lines += [("Certification", line) for line in _certifications(check.get("certifications"))]
    lines.append(("Verification policy", _text(check.get("verification_policy_version"))))
    yield from ((label, value) for label, value in lines if value)


def _certifications(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else []:
        data = _object(_object(entry).get("data"))
        parts = [_text(_object(entry).get("type")), *(f"{key}: {_text(value)}" for key, value in data.items())]
        yield ", ".join(part for part in parts if part)


def _screening(check: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """AML tells neither codes nor hits: only whether it goes on watching, and by which configuration."""
    if isinstance(check.get("monitored"), bool):
        yield "Monitored", "yes" if check["monitored"] else "no"
    if configuration := _text(_object(check.get("search_parameters")).get("configuration_identifier")):
        yield "Search configuration", configuration


def _documents(check: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    several, single = check.get("documents"), check.get("document")
    entries = several if isinstance(several, list) else [several if isinstance(several, Mapping) else single]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _filled(value: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    return [text for key in keys if (text := _text(value.get(key)))]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """Text of a scalar; "" for null ("each may be null, gender also an empty string"), lists and objects."""
    if isinstance(value, str):
        return value.strip()[:_LONGEST_FACT]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


# --- evidence ---------------------------------------------------------------------------------------------------------


def _evidence(check: Mapping[str, Any], status: str, attempts: tuple[Attempt, ...], kind: Kind) -> tuple[Evidence, ...]:
    """What is worth copying now: pictures and report once decided, assets once their attempt has ended."""
    product = PRODUCTS[kind]
    if not product.has_attempts:
        return ()
    found = pictures(check) if status in DECIDED else []
    if product.has_pdf and status in DECIDED:
        found.append(Evidence(kind=EvidenceKind.REPORT_PDF, label=PDF_LABEL, media_hint="application/pdf"))
    found += [
        Evidence(kind=EvidenceKind.OTHER, label=ASSETS_LABEL.format(attempt.id))
        for attempt in attempts
        if attempt.id and attempt.status not in _NOTHING_FILMED and _has_ended(attempt, product)
    ]
    return tuple(found)


def _has_ended(attempt: Attempt, product: Product) -> bool:
    row = code_table(NAME).find("attempt_status", attempt.status, applies_to=product.applies_to)
    return row is not None and row.terminal


def pictures(check: Mapping[str, Any]) -> list[Evidence]:
    """The pictures that a check names by link: ``face`` (never ``face_image``) and the sides of its documents.

    What stands in the place of a link is named as well, whatever it is, so that the case says that nothing was copied.
    """
    found = []
    if link := _named_link(_object(check.get("face")).get("image_signed_url")):
        found.append(Evidence(kind=EvidenceKind.SELFIE, label="face", url=link))
    many = isinstance(check.get("documents"), list)
    for index, document in enumerate(_documents(check)):
        name = f"documents[{index}]" if many else "document"
        for side, key, kind in _SIDES:
            if link := _named_link(document.get(key)):
                found.append(Evidence(kind=kind, label=f"{name}.{side}", url=link))
    return found


def assets(page: list[Any], attempt_id: str) -> list[Evidence]:
    """The pictures and videos of one attempt, labels unique and stable: a type met again gets a number.

    An entry without a link is one of them: it cannot be copied, and the case says so.
    """
    found: list[Evidence] = []
    seen: dict[str, int] = {}
    for entry in page:
        link = _named_link(_object(_object(_object(entry).get("_links")).get("asset_url")).get("href"))
        name = _text(_object(entry).get("type"))[:64] or "asset"
        seen[name] = seen.get(name, 0) + 1
        label = f"attempts/{attempt_id}/{name}" + (f"-{seen[name]}" if seen[name] > 1 else "")
        found.append(Evidence(kind=ASSET_KINDS.get(name, EvidenceKind.OTHER), label=label, url=link))
    return found


def report_link(answer: Any) -> str:
    """The link of a PDF report: ``pdf_report``, in answers after older typed clients ``signed_url``; else ""."""
    body = _object(answer)
    return _link(body.get("pdf_report")) or _link(body.get("signed_url"))


def _named_link(value: Any) -> str:
    """A link, or the text of whatever stands in its place; empty for null and blanks."""
    text = value if isinstance(value, str) else json.dumps(value) if value is not None else ""
    return text.strip()


def _link(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.lower().startswith(("https://", "http://")) and len(text) <= 8192 else ""


# --- meaning ----------------------------------------------------------------------------------------------------------

_SERIOUSNESS = ("623", "624", "?", "622", "621", "630", "614", "613", "612", "619", "611", "640")
"""Classes of codes, what an analyst must see first at the front; ``?`` is where codes that nobody knows stand."""
_PASSED = "10000"


def assess(report: Report, codes: CodeTable) -> Assessment:
    """Outcome and verdict from the status of the check alone; all that explains it as reasons, most serious first."""
    product = PRODUCTS[report.kind]
    row = codes.find_or_any("check_status", report.status, applies_to=product.applies_to)
    outcome, verdict = (row.outcome, row.verdict) if row else (None, None)
    status = row.reason(report.status) if row else Reason(code=report.status, summary="", recognised=False)
    ended = outcome in (Outcome.APPROVED, Outcome.DECLINED, Outcome.INCOMPLETE)
    return Assessment(
        outcome=outcome or Outcome.MANUAL_REVIEW,
        verdict=verdict or Verdict.UNKNOWN,
        reasons=tuple(_reasons(report, status, codes)),
        terminal=ended,
        # Audits (IDV, FA, IDDV) and monitoring or reopened reviews (AML) "may still change the outcome", so the table
        # calls an approved screening not final: nothing more is due, yet it is looked at again.
        changeable=ended,
    )


def _reasons(report: Report, status: Reason, codes: CodeTable) -> Iterator[Reason]:
    said = dict(_codes(report_codes(report)))
    explained = sorted((_explain(code, said.get(code, ""), codes) for code in report.codes), key=_rank)
    passed = [reason for reason in explained if reason.code == _PASSED]
    others = [reason for reason in explained if reason.code != _PASSED]
    if not status.recognised:
        yield status
    yield from others
    if status.recognised:
        yield status
    yield from passed
    for label in report.risk_labels:
        if row := codes.find_or_any("risk_label", label):
            yield row.reason(label)


def report_codes(report: Report) -> list[Any]:
    """The raw ``response_codes`` of a report's payload, for the provider's own words beside a code."""
    entries = _object(report.payload.get("check")).get("response_codes")
    return entries if isinstance(entries, list) else []


def _explain(code: str, words: str, codes: CodeTable) -> Reason:
    """A code's row. Codes of website checks, a product that is not read here, count as unknown; so do new ones."""
    row = codes.find("response_code", code)
    if row is None or not row.reachable:
        row = codes.find("response_code", "*")
    return row.reason(code, words) if row else Reason(code=code, summary=words, recognised=False, words=words)


def _rank(reason: Reason) -> tuple[int, bool, str]:
    # Possible coercion (62403) goes before the other suspicions: a person may be in danger.
    group = reason.code[:3] if reason.recognised else "?"
    place = _SERIOUSNESS.index(group) if group in _SERIOUSNESS else len(_SERIOUSNESS)
    return place, reason.code != "62403", reason.code


def table_sentence(kind: str, value: str) -> str:
    """Meaning and remedy of a fault's row, for the person who has to mend it."""
    row = code_table(NAME).find_or_any(kind, value)
    return f"{row.summary} {row.action}" if row else ""
