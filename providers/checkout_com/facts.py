"""Facts that a check of Checkout.com states about person and document."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.checkout_com.products import documents_of, text_of
from providers.contract.payload_values import list_of, object_of
from providers.contract.report import Facts, Kind

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


def read_facts(check: Mapping[str, Any], kind: Kind) -> Facts:
    """The extracted facts: from the verified identity, else from the first document.

    IDV has ``documents`` (a list), IDDV ``document`` (an object). Declared data is no finding; it is in ``other`` with
    its own label.
    """
    if kind is Kind.AML:
        return Facts(other=tuple(_screening(check)))
    identity = object_of(check.get("verified_identity"))
    documents = documents_of(check)
    first = documents[0] if documents else {}

    def said(key: str) -> str:
        return text_of(identity.get(key)) or text_of(first.get(key))

    return Facts(
        full_name=said("full_name"),
        given_names=said("first_names"),
        family_name=said("last_name"),
        birth_date=said("birth_date"),
        sex=said("gender"),
        nationality=said("nationality"),
        document_type=text_of(first.get("document_type")),
        document_number=text_of(first.get("document_number")),
        document_expiry=text_of(first.get("document_expiry_date")),
        issuing_country=text_of(first.get("document_issuing_country")),
        address=text_of(first.get("address")),
        other=tuple(_other(check, said, first, documents[1:])),
    )


def _other(
    check: Mapping[str, Any], said: Any, first: Mapping[str, Any], more: list[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    lines = [(label, said(key)) for key, label in _OTHER_IDENTITY]
    lines += [(label, text_of(first.get(key))) for key, label in _OTHER_DOCUMENT]
    for document in more:
        lines += [(f"Second document, {label}", text_of(document.get(key))) for key, label in _SECOND_DOCUMENT]
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
