"""Facts that a check of Checkout.com states about person and document, from every source inside its answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.checkout_com.consistency import PASSED_CLASS, inconsistencies
from providers.checkout_com.products import documents_of, read_codes, text_of
from providers.contract.further_sources import with_sources
from providers.contract.machine_readable import read_lines
from providers.contract.negative_words import negatives_in
from providers.contract.payload_values import is_word, list_of, object_of
from providers.contract.report import Facts, Kind, Source

_PERSON = {
    "full_name": "full_name",
    "given_names": "first_names",
    "family_name": "last_name",
    "birth_name": "last_name_at_birth",
    "birth_date": "birth_date",
    "birth_place": "birth_place",
    "age": "age",
    "sex": "gender",
    "nationality": "nationality",
}
_DOCUMENT = {
    "document_type": "document_type",
    "document_number": "document_number",
    "document_issue": "document_issue_date",
    "document_expiry": "document_expiry_date",
    "issuing_country": "document_issuing_country",
    "personal_number": "personal_number",
    "tax_number": "tax_identification_number",
    "address": "address",
}
"""Fact -> key of a verified identity or a document, and of a document."""
_PERMIT = {"document_issue": "permit_obtaining_date", "document_expiry": "permit_expiry_date"}
_NUMBERS = ("personal_number", "tax_identification_number", "document_mrz")
_ORDINALS = ("", "second ", "third ", "fourth ")
_OTHER_IDENTITY = (("last_name_at_birth", "Name at birth"), ("birth_place", "Place of birth"))
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
_DECLARED = (("name", "Declared name"), ("birth_date", "Declared birth date"), ("email", "Declared e-mail"))
_ADDRESS = ("address_line1", "address_line2", "zip", "city", "state", "country")


_READ_ELSEWHERE = frozenset((
    "status", "response_codes", "risk_labels", "declared_data", "verified_identity", "_links", "search_parameters",
    "redirect_url", "phone_number", "document_issue_place",
    *_PERSON.values(), *_DOCUMENT.values(), *_NUMBERS,
))  # fmt: skip
"""Keys of a check whose values are no words about it."""


def read_facts(check: Mapping[str, Any], kind: Kind, attempts: Any = None) -> Facts:
    """The extracted facts: from the verified identity, else from the first document; the others are further sources.

    IDV has ``documents`` (a list), IDDV ``document`` (an object). Declared data is what we sent: an echo.
    """
    negatives = (*_negatives(check), *inconsistencies(check, kind, attempts))
    applicant = text_of(check.get("applicant_id"))
    if kind is Kind.AML:
        screening = Facts(applicant_id=applicant, other=tuple(_screening(check)))
        return with_sources(screening, (), negatives=negatives)
    identity = object_of(check.get("verified_identity"))
    documents = documents_of(check)
    first = documents[0] if documents else {}

    def said(key: str) -> str:
        return text_of(identity.get(key)) or text_of(first.get(key))

    person: dict[str, Any] = {fact: said(key) for fact, key in _PERSON.items()}
    main = Facts(
        **person,
        **_values(first, _DOCUMENT),
        applicant_id=applicant,
        other=tuple(_other(check, said, first, documents[1:])),
        private=tuple(_private(documents)),
    )
    return with_sources(main, _sources(check, documents), negatives=negatives)


def _sources(check: Mapping[str, Any], documents: list[Mapping[str, Any]]) -> Iterator[Source]:
    for at, document in enumerate(documents):
        is_other, title = at > 0, f"{_ORDINALS[at]}document" if at < len(_ORDINALS) else f"document {at + 1}"
        facts = Facts(**_values(document, _PERSON), **_values(document, _DOCUMENT))
        yield Source(name=title, facts=facts, is_other_document=is_other)
        permit = Facts(**_values(document, _PERMIT))
        yield Source(name=f"permit of the {title}" if is_other else "permit", facts=permit, is_other_document=True)
        lines = read_lines(text_of(document.get("document_mrz")), printed=facts)
        yield Source(name=f"machine-readable lines of the {title}", facts=lines, is_other_document=is_other)
    yield Source(name="declared data", facts=_declared(object_of(check.get("declared_data"))), is_echo=True)


def _values(entry: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {fact: text_of(entry.get(key)) for fact, key in keys.items()}


def _declared(declared: Mapping[str, Any]) -> Facts:
    phone, address = object_of(declared.get("phone_number")), object_of(declared.get("address"))
    return Facts(
        full_name=text_of(declared.get("name")),
        birth_date=text_of(declared.get("birth_date")),
        email=text_of(declared.get("email")),
        phone=" ".join(_filled(phone, ("country_code", "number"))),
        address=", ".join(_filled(address, _ADDRESS)),
    )


def _private(documents: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for document in documents:
        yield from (("document_number", text) for key in _NUMBERS if (text := text_of(document.get(key))))


def _negatives(check: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Response codes that do not say "approved", risk labels, and negative words elsewhere in the check."""
    labels = (one for one in list_of(check.get("risk_labels")) if is_word(one) or not isinstance(one, str | None))
    yield from (("risk label", text_of(label) or "unreadable") for label in labels)
    for code, summary in read_codes(check.get("response_codes")).items():
        if not code.startswith(PASSED_CLASS):
            yield "response code", f"{code} {summary}".strip()
    yield from negatives_in(check, skips=lambda keys: keys[-1] in _READ_ELSEWHERE or keys[-1].endswith("_url"))


def _other(
    check: Mapping[str, Any], said: Any, first: Mapping[str, Any], more: list[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    lines = [(label, said(key)) for key, label in _OTHER_IDENTITY]
    lines += [(label, text_of(first.get(key))) for key, label in _OTHER_DOCUMENT]
    for at, document in enumerate(more, start=1):
        name = f"{_ORDINALS[at].capitalize()}document" if at < len(_ORDINALS) else f"Document {at + 1}"
        lines += [(f"{name}, {label}", text_of(document.get(key))) for key, label in _SECOND_DOCUMENT]
    declared = object_of(check.get("declared_data"))
    lines += [(label, text_of(declared.get(key))) for key, label in _DECLARED]
    phone, address = object_of(declared.get("phone_number")), object_of(declared.get("address"))
    lines.append(("Declared phone", " ".join(_filled(phone, ("country_code", "number")))))
    lines.append(("Declared address", ", ".join(_filled(address, _ADDRESS))))
    lines += [("Certification", line) for line in _certifications(check.get("certifications"))]
    lines.append(("Verification policy", text_of(check.get("verification_policy_version"))))
    yield from ((label, value) for label, value in lines if value)


def _certifications(entries: Any) -> Iterator[str]:
    for entry in list_of(entries):
        data = object_of(object_of(entry).get("data"))
        parts = [text_of(object_of(entry).get("type")), *(f"{key}: {text_of(value)}" for key, value in data.items())]
        yield ", ".join(part for part in parts if part)


def _screening(check: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """AML reports neither codes nor hits, only whether monitoring continues, and its configuration."""
    if isinstance(check.get("monitored"), bool):
        yield "Monitored", "yes" if check["monitored"] else "no"
    if configuration := text_of(object_of(check.get("search_parameters")).get("configuration_identifier")):
        yield "Search configuration", configuration


def _filled(value: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    return [text for key in keys if (text := text_of(value.get(key)))]
