"""The four products of Checkout.com Identities, and how values of their answers are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.contract.payload_values import list_of
from providers.contract.report import Kind

NAME = "checkout_com"
LONGEST_WORD = 255
_LONGEST_FACT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One of the four APIs: names of its paths, ids and rows."""

    collection: str
    """Path below the base URL."""
    applies_to: str
    """Its name in the code table."""
    prefix: str
    """Current prefix of its ids. A hint for people only: "changed ID formats including dropped prefixes" may come."""
    has_attempts: bool = True
    has_pdf: bool = False


PRODUCTS: Mapping[Kind, Product] = {
    Kind.IDENTITY: Product(
        collection="identity-verifications", applies_to="identity_verification", prefix="idv_", has_pdf=True
    ),
    Kind.FACE: Product(collection="face-authentications", applies_to="face_authentication", prefix="fav_"),
    Kind.DOCUMENT: Product(
        collection="id-document-verifications", applies_to="id_document_verification", prefix="iddv_", has_pdf=True
    ),
    Kind.AML: Product(collection="aml-verifications", applies_to="aml_screening", prefix="amlv_", has_attempts=False),
}


def spellings(kind: Kind, reference: str) -> tuple[str, ...]:
    """An id as given, without the prefix of its kind and with it: "changed ID formats including dropped prefixes"."""
    prefix = PRODUCTS[kind].prefix
    bare = reference.removeprefix(prefix)
    return tuple(dict.fromkeys((reference, bare, prefix + bare))) if bare else (reference,)


def text_of(value: Any) -> str:
    """Text of a scalar; "" for null ("each may be null, gender also an empty string"), lists and objects."""
    if isinstance(value, str):
        return value.strip()[:_LONGEST_FACT]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def documents_of(check: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    several, single = check.get("documents"), check.get("document")
    entries = several if isinstance(several, list) else [several if isinstance(several, Mapping) else single]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def read_codes(entries: Any) -> dict[str, str]:
    """Code -> the provider's summary, in the order of the answer; empty for any value but a list."""
    found: dict[str, str] = {}
    for entry in list_of(entries):
        code, words = (entry.get("code"), entry.get("summary")) if isinstance(entry, Mapping) else (entry, None)
        found.setdefault(_code_text(code), text_of(words)[:LONGEST_WORD])
    return found


def _code_text(code: Any) -> str:
    """The code as text: documented as an integer, but text in one sample."""
    if isinstance(code, str) and code.strip():
        return code.strip()[:64]
    if isinstance(code, float) and code.is_integer():
        return str(int(code))
    if isinstance(code, int) and not isinstance(code, bool):
        return str(code)
    return "unreadable"
