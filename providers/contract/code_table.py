"""The code tables: one CSV a provider, shown to people and used by the mapping.

A row maps one value to an outcome with a provider result, to a fault, or to neither when it only explains. ``*``
matches any other value of that kind. ``evidence`` distinguishes documented, borrowed and inferred facts.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from providers.contract.errors import Detail, FaultCode
from providers.contract.report import Assessment, Outcome, Reason, Verdict

_NONE = "none: "
_PROVIDERS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One line of a code table."""

    provider: str
    kind: str
    value: str
    outcome: Outcome | None
    verdict: Verdict | None
    fault: str
    """"account", "reference" or empty."""
    terminal: bool
    summary: str
    provider_text: str
    """The provider's own name of the code, which its answers have beside it."""
    group: str
    severe: bool
    """Indicates fraud, coercion or a deceased person: the case has priority."""
    suggests: tuple[str, ...]
    """Reason codes of a decision that this code suggests, the likeliest first."""
    suggests_nothing: str
    """Why it suggests none: "it says nothing about the applicant"."""
    action: str
    admin_action: str
    """What an admin has to do, where an analyst cannot."""
    applies_to: tuple[str, ...]
    evidence: str
    reachable: bool

    def detail(self, before: str = "", after: str = "", code: FaultCode | None = None) -> Detail:
        """The row as the detail of an error: summary and recommended action between two texts."""
        text = " ".join(filter(None, (before, self.summary, self.action, after)))
        return Detail(text, code, **({"admin_action": self.admin_action} if self.admin_action else {}))

    def reason(self, code: str = "", words: str = "") -> Reason:
        """The row as a reason; ``code`` if the row is a wildcard, ``words`` for the provider's own text."""
        return Reason(
            code=code or self.value,
            summary=self.summary,
            group=self.group,
            action=self.action,
            admin_action=self.admin_action,
            recognised=self.value != "*",
            words=words,
        )

    def assessment(self, *reasons: Reason) -> Assessment:
        """The assessment of a report by this row: a manual review if the row has no outcome."""
        return Assessment(
            outcome=self.outcome or Outcome.MANUAL_REVIEW,
            verdict=self.verdict or Verdict.UNKNOWN,
            reasons=reasons,
            terminal=self.terminal,
        )


class CodeTable:
    """All rows of one provider, found by kind, value and, if rows differ by it, product."""

    def __init__(self, rows: tuple[CodeRow, ...]) -> None:
        self.rows = rows
        self._index: dict[tuple[str, str], list[CodeRow]] = {}
        for row in rows:
            self._index.setdefault((row.kind, row.value), []).append(row)
        self._severe = frozenset(row.value for row in rows if row.severe)
        self._words: dict[str, set[str]] = {}
        for row in rows:
            self._words.setdefault(row.value, set()).add(row.summary.strip().removesuffix("."))
        self._suggests = {row.value: row.suggests for row in rows if row.suggests and row.value != "*"}

    def find(self, kind: str, value: str, *, applies_to: str = "") -> CodeRow | None:
        """The row of exactly this value, or None; among several the one that names ``applies_to``."""
        rows = self._index.get((kind, value), ())
        for row in rows:
            if not applies_to or applies_to in row.applies_to:
                return row
        return None

    def find_or_any(self, kind: str, value: str, *, applies_to: str = "") -> CodeRow | None:
        """The row of this value, else the wildcard row of the kind, else None."""
        return self.find(kind, value, applies_to=applies_to) or self.find(kind, "*", applies_to=applies_to)

    def row(self, kind: str, value: str) -> CodeRow:
        """The row of this value, else the wildcard row. Raises ``LookupError`` when the table has neither."""
        if row := self.find_or_any(kind, value):
            return row
        raise LookupError(f"The code table has no row for {kind}.")

    def words(self, code: str) -> str:
        """The summary of a code; empty for an unknown one, and for a word that means more than one thing."""
        found = self._words.get(code, set())
        return next(iter(found)) if len(found) == 1 else ""

    def is_severe(self, code: str) -> bool:
        """Whether a code indicates fraud, coercion or a deceased person."""
        return code in self._severe

    def suggests(self, code: str) -> tuple[str, ...]:
        """Reason codes of a decision that a provider's code suggests; empty for none."""
        return self._suggests.get(code, ())


def _row(line: dict[str, str]) -> CodeRow:
    suggestion, _, none = line["suggests"].partition(_NONE)
    return CodeRow(
        provider=line["provider"],
        kind=line["kind"],
        value=line["value"],
        outcome=Outcome(line["outcome"]) if line["outcome"] else None,
        verdict=Verdict(line["provider_verdict"]) if line["provider_verdict"] else None,
        fault=line["fault"],
        terminal=line["terminal"] == "yes",
        summary=line["summary"],
        provider_text=line["provider_text"],
        group=line["group"],
        severe=line["severe"] == "yes",
        suggests=tuple(suggestion.split()),
        suggests_nothing=none,
        action=line["recommended_action"],
        admin_action=line["admin_action"],
        applies_to=tuple(part.strip() for part in line["applies_to"].split(";")),
        evidence=line["evidence"],
        reachable=line["reachable"] == "yes",
    )


@cache
def code_table(provider: str) -> CodeTable:
    """The code table of a provider, read once from ``providers/<provider>/codes.csv``."""
    with (_PROVIDERS / provider / "codes.csv").open(encoding="utf-8", newline="") as lines:
        return CodeTable(tuple(_row(line) for line in csv.DictReader(lines)))
