"""Evidence of a decision and its digest."""

from datetime import datetime, timedelta
from uuid import UUID

from compliance.models import Check, Document, Event
from compliance.routing.evidence_digest import EvidenceRow, evidence, evidence_before, evidence_digest
from tests.compliance.unsaved import NOW, check, reason

BLOB = UUID(int=1)


def test_evidence_has_current_checks_and_copied_documents_by_id() -> None:
    seen = check("declined", reasons=[reason("62301"), reason("62304")])
    copied = Document(kind="selfie", label="face.jpg", state="copied", blob_id=BLOB)
    pending = Document(kind="selfie", label="late.jpg", state="wanted")
    assert evidence([seen, check("approved", superseded_by_id=seen.pk)], [copied, pending]) == [
        ["check", str(seen.pk), 1, "declined", "negative"],
        ["document", str(copied.pk), str(BLOB)],
    ]


def test_no_label_or_summary_changes_the_digest() -> None:
    seen = check("declined", reasons=[reason("62301")])
    copied = Document(kind="selfie", label="face.jpg", state="copied", blob_id=BLOB)
    before = evidence_digest(evidence([seen], [copied]))
    seen.reasons, seen.reference, copied.label, copied.kind = [reason("62304", summary="Another.")], "x", "y", "video"
    assert evidence_digest(evidence([seen], [copied])) == before


def test_the_digest_depends_on_every_value_and_not_on_the_order() -> None:
    rows: list[EvidenceRow] = [["check", "1", 1, "declined", "negative"], ["document", "2", "3"]]
    assert evidence_digest(rows) == evidence_digest(rows[::-1])
    others: list[list[EvidenceRow]] = [
        [["check", "1", 2, "declined", "negative"], rows[1]],
        [["check", "1", 1, "approved", "negative"], rows[1]],
        [["check", "1", 1, "declined", "none"], rows[1]],
        [["check", "4", 1, "declined", "negative"], rows[1]],
        [rows[0], ["document", "2", "4"]],
        [rows[0]],
        [*rows, rows[1]],
    ]
    assert len({evidence_digest(each) for each in [rows, *others]}) == 8


def test_evidence_before_a_moment_follows_reports_copies_replacements_and_removals() -> None:
    def at(minutes: int) -> datetime:
        return NOW + timedelta(minutes=minutes)

    def reported(subject: Check, minutes: int, outcome: str, verdict: str, number: int) -> Event:
        data = {"check": str(subject.pk), "outcome": outcome, "verdict": verdict, "report": number, "codes": ["K"]}
        return Event(type="reported", at=at(minutes), data=data)

    new = check("approved", reference="idv_new", seq=0, created_at=at(30))
    old = check("declined", created_at=at(0), report_count=2, superseded_by_id=new.pk)
    copied = Document(kind="selfie", label="f", state="copied", copied_at=at(20), blob_id=BLOB)
    removed = Document(kind="video", label="g", state="withdrawn", created_at=at(30), withdrawn_at=at(40))
    events = [
        reported(old, 5, "in_progress", "none", 1),
        reported(old, 10, "declined", "negative", 2),
        Event(type="document_withdrawn", at=at(40), data={"document": str(removed.pk), "blob": "b2"}),
    ]

    def before(minutes: int) -> list[EvidenceRow]:
        return evidence_before(at(minutes), [new, old], [copied, removed], events)

    first, last = ["check", str(old.pk)], ["document", str(copied.pk), str(BLOB)]
    assert before(0) == []
    assert before(5) == [[*first, 0, "pending", "none"]]
    assert before(10) == [[*first, 1, "in_progress", "none"]]
    assert before(20) == [[*first, 2, "declined", "negative"]]
    assert before(30) == [[*first, 2, "declined", "negative"], last]
    replaced: EvidenceRow = ["check", str(new.pk), 0, "pending", "none"]
    assert before(31) == before(40) == [replaced, last, ["document", str(removed.pk), "b2"]]
    assert before(41) == [replaced, last]
