"""Checkout.com's payloads for tests: the files, and one built for every row of the three tables of its codes page.

``answers/given_page_rows.json`` holds the tables as rows in the page's order (11 check statuses, 9 attempt statuses, 45
response codes), typed by hand with the values that the page leaves blank. ``built`` lays a row out as the API would.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from providers import Assessment, Kind, Report, Rules, Subject, code_table
from providers.checkout_com.mapping import assess
from providers.checkout_com.parse import parse

FOLDER = Path(__file__).parent / "payloads"
RULES = Rules(codes=code_table("checkout_com"))
TABLE = RULES.codes
PREFIXES = {Kind.IDENTITY: "idv", Kind.FACE: "fav", Kind.DOCUMENT: "iddv", Kind.AML: "amlv"}
COLLECTIONS = {
    Kind.IDENTITY: "identity-verifications",
    Kind.FACE: "face-authentications",
    Kind.DOCUMENT: "id-document-verifications",
    Kind.AML: "aml-verifications",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One payload in the shape of ``Report.payload``, and what it is an answer to."""

    name: str
    subject: Subject
    payload: Mapping[str, Any]


def documented(name: str) -> Documented:
    """A payload file by its name without ``.json``; its kind is the first word of the name."""
    payload = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    kind = Kind(name.partition("_")[0])
    return Documented(name=name, subject=Subject(kind=kind, reference=payload["check"]["id"]), payload=payload)


def file_names() -> list[str]:
    """All payload files, without ``.json``."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def answer(name: str) -> Any:
    """Another answer than a check: a page, a link, an error, a token."""
    return json.loads((FOLDER / "answers" / f"{name}.json").read_text(encoding="utf-8"))


def given_rows(table: str) -> Iterator[tuple[dict[str, Any], Documented]]:
    """(row, payload) for each row of ``check_statuses``, ``attempt_statuses`` or ``response_codes`` and each kind."""
    for row in answer("given_page_rows")[table]:
        for word in row["kinds"]:
            kind = Kind(word)
            if table == "check_statuses":
                payload = built(kind, row["value"])
            elif table == "attempt_statuses":
                payload = built(kind, row["check_status"], attempts=[(row["value"], [])])
            else:
                codes = [(row["code"], row["summary"])]
                payload = built(kind, row["check_status"], codes=codes, attempts=[("completed", codes)])
            name = f"{kind}-row-{row['row']}"
            subject = Subject(kind=kind, reference=payload["check"]["id"])
            yield row, Documented(name=name, subject=subject, payload=payload)


def built(
    kind: Kind,
    status: Any,
    *,
    codes: list[tuple[Any, str]] | None = None,
    labels: list[str] | None = None,
    attempts: list[tuple[str, list[tuple[Any, str]]]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A check with its attempts, with the fields that its product always sends and ``more``."""
    ident = f"{PREFIXES[kind]}_01k9rbuilt0000000000000001"
    check: dict[str, Any] = {
        "id": ident,
        "created_on": "2026-03-02T08:15:01Z",
        "modified_on": "2026-03-02T08:21:47.39415Z",
        "applicant_id": "aplt_01k9rbuilt0000000000000002",
        "status": status,
    }
    if kind is Kind.AML:
        check["search_parameters"] = {"configuration_identifier": "7b1d0a52-3c64-4e0f-8a17-9d2f55e0c0aa"}
        return {"check": check | more}
    check["user_journey_id"] = "usj_01k9rbuilt0000000000000003"
    check["response_codes"] = _codes(codes or [])
    if kind is not Kind.DOCUMENT:
        check["risk_labels"] = labels or []
    listed = [_attempt(index, attempt) for index, attempt in enumerate(attempts or [])]
    return {"check": check | more, "attempts": listed}


def _attempt(index: int, attempt: tuple[str, list[tuple[Any, str]]]) -> dict[str, Any]:
    return {
        "id": f"iatp_01k9rbuilt000000000000010{index}",
        "created_on": f"2026-03-02T08:{15 + index}:04Z",
        "status": attempt[0],
        "response_codes": _codes(attempt[1]),
    }


def _codes(codes: list[tuple[Any, str]]) -> list[dict[str, Any]]:
    return [{"code": code, "summary": summary} for code, summary in codes]


def read(one: Documented) -> tuple[Report, Assessment]:
    """Report and assessment of a payload."""
    report = parse(one.payload, one.subject, request_id="0HL80RJLS76I7")
    return report, assess(report, TABLE)


def read_built(kind: Kind, status: Any, **more: Any) -> tuple[Report, Assessment]:
    """Report and assessment of a check with this status."""
    payload = built(kind, status, **more)
    return read(Documented(name="built", subject=Subject(kind=kind, reference=payload["check"]["id"]), payload=payload))
