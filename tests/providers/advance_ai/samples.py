"""ADVANCE.AI's payload files, and what is needed to read one without a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from providers import Assessment, Kind, Report, Rules, Subject, code_table
from providers.advance_ai.mapping import assess
from providers.advance_ai.parse import parse
from providers.transport import strict_json

FOLDER = Path(__file__).parent / "payloads"
ID = "4be1920c77d3a650"
SUBJECT = Subject(kind=Kind.DATABASE, reference=ID)


def payload_of(name: str) -> dict[str, Any]:
    """The decoded file of this name."""
    payload = strict_json.loads((FOLDER / f"{name}.json").read_bytes())
    assert isinstance(payload, dict)
    return payload


def judged(payload: Mapping[str, Any], **settings: Any) -> Assessment:
    """The assessment of a decoded answer under these settings of the account."""
    return assess(parse(payload, SUBJECT), Rules(codes=code_table("advance_ai"), settings=settings))


def answered(**data: Any) -> dict[str, Any]:
    """A successful answer with this data."""
    return {"code": "SUCCESS", "message": "OK", "data": {"signatureId": ID, **data}, "transactionId": "7c21e05d9b3f"}


def with_links() -> Report:
    return parse(payload_of("pass-with-links"), SUBJECT)
