"""Sentences of the timeline, from the data that earlier releases stored."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from compliance.case_page import timeline
from compliance.enums import EventType
from compliance.models import Event, User

CHECK = {
    "check": "01990000-0000-7000-8000-000000000001",
    "provider": "checkout_com",
    "kind": "identity",
    "reference": "idv_1",
}
ID = "01990000-0000-7000-8000-000000000002"
FIRST = CHECK | {
    "report": 1,
    "before": "",
    "outcome": "in_progress",
    "verdict": "none",
    "status": "in_progress",
    "codes": ["in_progress"],
    "difference": {},
}
SECOND = FIRST | {
    "report": 2,
    "before": "in_progress",
    "outcome": "declined",
    "verdict": "negative",
    "status": "declined",
    "codes": ["declined", "62301", "62304"],
    "difference": {
        "report": 1,
        "outcome": ["in_progress", "declined"],
        "verdict": ["none", "negative"],
        "codes_came": ["62301", "62304"],
        "changed": ["full_name"],
    },
}

STORED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "case_opened": [({"environment": "simulator"}, "Case opened")],
    "check_added": [(CHECK, "Checkout.com identity check added: idv_1")],
    "check_replaced": [
        ({"check": ID, "replaced_by": ID, "kind": "identity"}, "The identity check was replaced by a newer one")
    ],
    "check_corrected": [
        (
            {"check": ID, "what": "reference", "before": "idv_1", "after": "idv_2", "reason": "Typing error."},
            "corrected a check (reference): Typing error.",
        ),
        ({"check": ID, "what": "replaced", "reason": "New one."}, "replaced a check: New one."),
    ],
    "reported": [
        (FIRST, "identity check: “in_progress”; result:"),
        (SECOND, "identity check: “declined”; result changed from in progress to"),
    ],
    "lapsed": [
        (
            CHECK | {"outcome": "retry_required", "minutes": 30},
            "identity check: unchanged for 30 minutes; result changed to",
        )
    ],
    "check_blocked": [
        (
            CHECK | {"fault": "NotFoundThere", "detail": "Nobody knows it there.", "final": True},
            "identity check: sync error: Nobody knows it there.",
        )
    ],
    "data_corrected": [
        (
            {"correction": ID, "row": "", "facts": ["birth_date", "full_name"], "reason": "Typing error."},
            "corrected the declared birth date and name: Typing error.",
        )
    ],
    "check_readable": [(CHECK, "identity check: sync error resolved")],
    "read_requested": [
        (CHECK, "requested a refresh"),
        ({"document": ID, "kind": "selfie"}, "requested a file again: Selfie"),
        ({"check": ID, "what": "pictures"}, "requested the images again"),
    ],
    "queued": [
        ({"queue": "declined", "came_from": ""}, "Entered the queue Declined"),
        ({"queue": "manual_review", "came_from": "declined"}, "Moved from Declined to Manual review"),
    ],
    "claimed": [({"until": "2026-11-28T16:11:00+00:00"}, "claimed the case")],
    "released": [({}, "released the case")],
    "decided": [
        ({"decision": ID, "verdict": "approve", "reason": "OK-01", "until": ""}, "approved the case, reason OK-01"),
        (
            {"decision": ID, "verdict": "request_retry", "reason": "", "until": "2026-12-05T16:11:00+00:00"},
            "requested a retry",
        ),
    ],
    "system_closed": [
        ({"decision": ID}, "Approved automatically: every required check passed and nothing contradicts")
    ],
    "retry_deadline_passed": [({}, "The retry deadline passed")],
    "escalation_taken_over": [({"until": "2026-11-28T16:11:00+00:00"}, "took over the escalated case")],
    "escalation_answered": [({"escalation": ID}, "answered the escalation")],
    "escalation_withdrawn": [({"escalation": ID}, "withdrew the escalation")],
    "override_proposed": [
        ({"proposal": ID, "verdict": "approve", "reason": "OK-04"}, "proposed approval, reason OK-04")
    ],
    "override_withdrawn": [({"proposal": ID}, "withdrew the override")],
    "override_refused": [({"proposal": ID}, "denied the override")],
    "override_approved": [
        (
            {"proposal": ID, "decision": ID, "verdict": "approve", "proposed_by": "Dana Whitfield"},
            "approved the override proposed by Dana Whitfield: approval",
        )
    ],
    "override_digest_migrated": [
        (
            {"proposal": ID, "before": "0a", "after": "1b"},
            "The evidence digest of the pending override was recalculated",
        )
    ],
    "override_expired": [({"proposal": ID}, "The override expired without an answer")],
    "documents_copied": [
        ({"check": ID, "kinds": ["selfie"], "label": "a"}, "Selfie saved"),
        ({"check": ID, "kinds": ["selfie", "video"], "label": "a"}, "2 files saved: selfie and video"),
    ],
    "document_lost": [({"check": ID, "kind": "video", "detail": "the link ended"}, "Video not saved: the link ended")],
    "document_added": [({"document": ID, "kind": "report_pdf"}, "added a file: Report, PDF")],
    "document_withdrawn": [({"document": ID, "kind": "report_pdf"}, "removed an added file: Report, PDF")],
    "finding_resolved": [
        (
            {"finding": ID, "kind": "differs", "about": "full_name", "reason": "OK-03"},
            "resolved a finding: full name",
        )
    ],
    "finding_reopened": [
        (
            {"finding": ID, "kind": "differs", "about": "full_name"},
            "A source changed: the finding is open again: full name",
        )
    ],
    "applicants_distinct": [
        (
            {"finding": ID, "other_case": 7, "resolved_by": "Ana"},
            "agreed with Ana: the applicant of KYC-7 is a different person",
        )
    ],
}
"""Literal data as the previous release stored them, and their sentences today. Only add to it."""


def test_every_event_type_has_a_style_and_stored_data() -> None:
    assert set(timeline.STYLES) == set(EventType) == set(STORED)


@pytest.mark.parametrize("kind", EventType)
def test_stored_events_of_the_previous_release_have_a_sentence(kind: EventType) -> None:
    for data, sentence in STORED[kind]:
        assert timeline.sentence(Event(type=kind, data=data)) == sentence


@pytest.mark.parametrize("kind", [kind for kind in EventType if STORED[kind][0][0]])
def test_data_that_do_not_fit_are_displayed_by_the_label_of_the_type(kind: EventType) -> None:
    odd = {name: {"odd": [1]} for name in STORED[kind][0][0]}
    line = timeline.line(Event(type=kind, data=odd, seq=1), reader=User())
    assert (line.sentence, line.outcome, line.difference) == (kind.label, "", "")


def test_reasons_have_labels() -> None:
    reasons = {"OK-01": "Everything agrees", "OK-04": "Finding explained: provider's error"}
    decided = Event(type="decided", data=STORED["decided"][0][0])
    proposed = Event(type="override_proposed", data=STORED["override_proposed"][0][0])
    assert timeline.sentence(decided, reasons=reasons) == "approved the case: Everything agrees (OK-01)"
    assert (
        timeline.sentence(proposed, reasons=reasons) == "proposed approval: Finding explained: provider's error (OK-04)"
    )
    resolved = Event(type="finding_resolved", data=STORED["finding_resolved"][0][0])
    assert timeline.sentence(resolved, reasons={"OK-03": "Same person"}) == (
        "resolved a finding: full name; Same person (OK-03)"
    )


def test_a_report_shows_its_provider_outcome_and_difference() -> None:
    line = timeline.line(Event(type="reported", data=SECOND, seq=2), reader=User())
    assert (line.actor, line.outcome, line.is_machine) == ("Checkout.com", "declined", True)
    assert line.codes == (
        ("62301", "The document is forged or falsified"),
        ("62304", "The face in the video does not match the document's portrait"),
    )
    assert line.difference == "2 new codes (62301, 62304); changed: full name"
    assert ("Difference · New codes", "62301, 62304") in line.details
    assert ("Provider status", "declined") in line.details


def test_removed_codes_have_words_too() -> None:
    data = SECOND | {"codes": [], "difference": {"report": 1, "codes_went": ["62301", "unheard"]}}
    line = timeline.line(Event(type="reported", data=data, seq=2), reader=User())
    assert line.difference == "2 codes removed (62301 The document is forged or falsified, unheard)"


def test_codes_that_repeat_the_status_are_left_out() -> None:
    data = SECOND | {"status": "REJECTED / FAILED", "codes": ["REJECTED", "FAILED", "null", "62301"]}
    line = timeline.line(Event(type="reported", data=data, seq=2), reader=User())
    assert [code for code, _ in line.codes] == ["62301"]


def test_a_provider_that_was_removed_has_codes_without_words() -> None:
    line = timeline.line(Event(type="reported", data=SECOND | {"provider": "former"}, seq=2), reader=User())
    assert line.codes == (("62301", ""), ("62304", ""))


# --- groups -----------------------------------------------------------------------------------------------------------

BEGIN = datetime(2026, 11, 28, 12, tzinfo=timezone.get_default_timezone())
SAME = SECOND | {"before": "declined", "difference": {"report": 1}}
SAVED = {"check": ID, "label": "a"}
Stored = tuple[str, dict[str, Any]]


def saved(*kinds: str) -> Stored:
    return "documents_copied", SAVED | {"kinds": list(kinds)}


def lost(kind: str, detail: str = "the link ended") -> Stored:
    return "document_lost", {"check": ID, "kind": kind, "detail": detail}


def read(reference: str = "1", provider: str = "checkout_com", **changed: Any) -> Stored:
    return "reported", SAME | {"reference": reference, "provider": provider} | changed


def shown(
    stored: list[Stored], *, seconds: int = 5, new_from: int = 99, by: int | None = None
) -> list[tuple[str, int, bool]]:
    """Sentence, number of steps and mark of each line of a day, newest first."""
    lines = [
        timeline.line(
            Event(type=kind, data=data, seq=seq, at=BEGIN + timedelta(seconds=seconds * seq), actor_id=by),
            reader=User(pk=7),
            is_new=seq >= new_from,
        )
        for seq, (kind, data) in enumerate(stored)
    ]
    (day,) = timeline.days(lines)
    return [(line.sentence, len(line.steps), line.is_new) for line in day.entries]


GROUPS: dict[str, tuple[list[Stored], list[tuple[str, int]]]] = {
    "images": (
        [saved("selfie"), saved("document_front", "document_back"), saved("document_signature")],
        [("4 images saved: Selfie, Document front, Document back and Signature".lower(), 3)],
    ),
    "many images": (
        [saved("selfie"), *[saved("document_front")] * 2, saved("document_back"), saved("document_portrait"),
         saved("document_signature")],
        [("6 images saved: selfie, document front, document back and 2 others", 6)],
    ),
    "images and a video": (
        [saved("selfie"), saved("video")],
        [("2 files saved: selfie and video", 2)],
    ),
    "files that were lost for one reason": (
        [lost("selfie"), lost("video"), lost("document_front", "not an image")],
        [("Document front not saved: not an image", 0), ("2 files not saved (selfie and video): the link ended", 2)],
    ),
    "one step alone": ([saved("selfie")], [("Selfie saved", 0)]),
    "unchanged checks": (
        [read("1"), read("2", "bank131"), read("3", "preventor")],
        [("3 checks read: all unchanged", 3)],
    ),
    "one check several times": ([read(), read(), read()], [("Checkout.com identity check read 3 times: unchanged", 3)]),
    "checks added": (
        [("check_added", CHECK), ("check_added", CHECK | {"provider": "bank131"})],
        [("2 checks added: Checkout.com identity and Bank131 identity", 2)],
    ),
    "faults resolved": (
        [("check_readable", CHECK), ("check_readable", CHECK | {"provider": "bank131"})],
        [("2 sync errors resolved: Checkout.com identity and Bank131 identity", 2)],
    ),
    "a changed outcome between": (
        [read(), ("reported", SECOND), read()],
        [
            ("identity check: “declined”; result:", 0),
            ("identity check: “declined”; result changed from in progress to", 0),
            ("identity check: “declined”; result:", 0),
        ],
    ),
    "new codes with the same outcome": (
        [read(), read(difference={"report": 1, "codes_came": ["62301"]})],
        [("identity check: “declined”; result:", 0)] * 2,
    ),
    "a timeout rule": (
        [("lapsed", CHECK | {"outcome": "retry_required", "minutes": 30})] * 2,
        [("identity check: unchanged for 30 minutes; result changed to", 0)] * 2,
    ),
    "a person between": (
        [saved("selfie"), ("released", {}), saved("selfie")],
        [("Selfie saved", 0), ("released the case", 0), ("Selfie saved", 0)],
    ),
    "moves between queues": (
        [("queued", {"queue": "declined", "came_from": ""}), ("queued", {"queue": "ready", "came_from": "declined"})],
        [("Moved from Declined to Ready to approve", 0), ("Entered the queue Declined", 0)],
    ),
    "automatic decisions": (
        [("system_closed", {"decision": ID})] * 2,
        [("Approved automatically: every required check passed and nothing contradicts", 0)] * 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_consecutive_steps_of_one_kind_are_one_line(name: str) -> None:
    stored, lines = GROUPS[name]
    assert [(sentence, count) for sentence, count, _ in shown(stored)] == lines


def test_steps_of_people_and_of_another_read_have_lines_of_their_own() -> None:
    two = [saved("selfie"), saved("video")]
    assert [count for _, count, _ in shown(two, by=7)] == [0, 0]
    assert [count for _, count, _ in shown(two, seconds=121)] == [0, 0]


def test_new_steps_are_not_grouped_with_seen_ones_and_their_group_is_marked() -> None:
    assert shown([saved("selfie")] * 5, new_from=3) == [
        ("2 images saved: selfie", 2, True),
        ("3 images saved: selfie", 3, False),
    ]


def test_a_group_keeps_its_number_when_a_step_is_added() -> None:
    def number(count: int) -> int:
        lines = [
            timeline.line(Event(type=kind, data=data, seq=seq, at=BEGIN), reader=User(pk=7))
            for seq, (kind, data) in enumerate([saved("selfie")] * count, 4)
        ]
        return timeline.days(lines)[0].entries[0].seq

    assert number(2) == number(3) == 4
