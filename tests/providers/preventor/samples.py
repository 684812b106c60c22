"""Preventor's payload files, and what is needed to read one without a network."""

import json
from pathlib import Path
from typing import Any

from providers import Assessment, Kind, Report, Subject, code_table
from providers.preventor.mapping import assess
from providers.preventor.parse import parse
from providers.preventor.status_words import read_words

FOLDER = Path(__file__).parent / "payloads"
TICKET = "3f0d6f0e-5b1c-4b7f-9d3a-2a6c8e41d7b5"
SUBJECT = Subject(kind=Kind.IDENTITY, reference=TICKET)


def payload(name: str) -> Any:
    """The decoded file of this name."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def names(prefix: str) -> list[str]:
    """The files whose name begins so, without their ending."""
    return sorted(path.stem for path in FOLDER.glob(f"{prefix}*.json"))


def read(answer: Any) -> tuple[Report, Assessment]:
    """Report and assessment of a decoded answer."""
    report = parse(answer, SUBJECT)
    return report, assess(read_words(report.payload), code_table("preventor"))


def ticket_of(flow: Any = None, step: Any = None, **more: Any) -> dict[str, Any]:
    """A ticket with these words for flow and last step."""
    words = {"flow_status": flow, "disposition": step}
    return {"ticket": TICKET, **{key: word for key, word in words.items() if word is not None}, **more}


def assessed(answer: Any) -> Assessment:
    """The assessment of a decoded answer."""
    return read(answer)[1]
