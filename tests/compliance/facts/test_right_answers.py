"""Tables of right answers, each row with its source; one half of them was written without knowledge of the code.

Values hold invisible characters on purpose: nothing here strips or normalises them. A row with a text in ``judged`` was
judged again: the text begins with the answer that counts, and has the reason.
"""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from compliance.facts import dates
from compliance.facts import plausibility as plausible
from compliance.facts.finding import Answer
from compliance.facts.matrix import compare

TABLES = sorted(Path(__file__).with_name("right_answers").glob("*.csv"))
TODAY = date(2026, 11, 28)
LABELS = {Answer.NOT_COMPARABLE: "by eye"}
APPROVES = frozenset({"same", "compatible", "not expired", "no finding"})
Row = dict[str, str]


def rows_of(table: Path) -> list[Row]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def plausibility(row: Row) -> str:
    if row["fact"] == "birth_date":
        found = plausible.of_birth(row["read"], TODAY) or plausible.of_birth(row["declared"], TODAY)
    else:
        given = dict(part.split(" ", 1) for part in row["read"].split("; "))
        found = plausible.of_document(
            issued=given.get("issue", ""), expires=given.get("expiry", ""), birth=given.get("birth", ""), today=TODAY
        )
    return "finding" if found else "no finding"


def answer_of(row: Row) -> str:
    fact, declared, read = row["fact"], row["declared"], row["read"]
    if "finding" in row["acceptable"]:
        return plausibility(row)
    if fact == "document_expiry" and not declared:
        return {True: "expired", False: "not expired", None: "by eye"}[dates.is_expired(read, TODAY)]
    found = compare("birth_date" if fact == "document_issue" else fact, read, declared, typed=True).answer
    return LABELS.get(found, str(found))


def verdict_of(row: Row) -> str:
    """``right``, or the kind of the mistake."""
    judged = row["judged"].partition(":")[0]
    answer, acceptable = answer_of(row), {judged} if judged else set(row["acceptable"].split("|"))
    if answer in acceptable:
        return "right"
    if answer in APPROVES and not acceptable & APPROVES:
        return "wrong approval"
    return "false alarm" if answer not in APPROVES and acceptable <= APPROVES else "other answer"


@pytest.mark.parametrize("table", TABLES, ids=[table.stem for table in TABLES])
def test_every_row_of_the_table_has_a_right_answer(table: Path) -> None:
    wrong = [
        f"{verdict_of(row)}: {row['fact']} {row['declared']!r} / {row['read']!r} ({row['kind']}): "
        f"{answer_of(row)}, not {row['acceptable']}"
        for row in rows_of(table)
        if verdict_of(row) != "right"
    ]
    assert wrong == [], "\n".join(["", *wrong])


def test_the_tables_are_large_enough_and_every_row_has_a_source() -> None:
    rows = [row for table in TABLES for row in rows_of(table)]
    assert all(row["source"] and row["right_answer"] in row["acceptable"].split("|") for row in rows)
    assert sum(row["fact"] == "full_name" for row in rows) >= 150
    assert sum(bool(re.fullmatch("birth_date|document_(expiry|issue)", row["fact"])) for row in rows) >= 60
