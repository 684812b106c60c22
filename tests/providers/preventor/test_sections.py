"""The parts of a Preventor ticket as people read them: sorted by name, whole, private values known by their keys."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.contract import payload_paths
from providers.preventor.sections import TicketRow, TicketSection, ticket_rows, ticket_sections, with_ticket_rows
from tests.providers.preventor.samples import payload
from tests.sampling import examples


def by_key(sections: tuple[TicketSection, ...]) -> dict[str, dict[str, str]]:
    return {section.key: {row.label: row.value for row in section.rows} for section in sections}


def test_a_ticket_falls_into_the_announced_parts() -> None:
    sections = ticket_sections(payload("ticket-sections"))
    assert [(one.key, one.title) for one in sections] == [
        ("summary", "Summary"),
        ("personal", "Personal information"),
        ("document", "Document information"),
        ("lexical", "Lexical information"),
        ("device", "Tracked device"),
        ("process", "Process flow"),
        ("unknown", "Other fields"),
    ]
    rows = by_key(sections)
    assert rows["summary"]["Last step"] == "NEEDS_REVIEW"
    assert rows["summary"]["Created"] == "2026-09-21 14:13:20 UTC"
    assert rows["personal"]["Local script · Full name"] == "Bilal Ndong Mba"
    assert rows["document"]["Number"] == "P4471902"
    assert rows["lexical"]["Machine-readable lines"] == "WARNING"
    assert rows["lexical"]["Read fields · Postcode"] == "optional"
    assert rows["device"]["IP address"] == "192.0.2.17"
    assert rows["process"] == {"Liveness detection": "OK", "ID proofing": "WARNING", "ID proofing · Score": "55"}


def test_the_steps_of_a_process_flow_keep_their_order_and_their_own_names() -> None:
    (process,) = (one for one in ticket_sections(payload("ticket-sections")) if one.key == "process")
    assert [(row.label, row.value, row.named) for row in process.steps] == [
        ("Liveness detection", "OK", "LIVENESS_DETECTION"),
        ("ID proofing", "WARNING", "ID_PROOFING"),
    ]
    assert [row.label for row in process.fields] == ["ID proofing · Score"]


def test_steps_may_be_the_keys_of_the_process_flow() -> None:
    flow = {"LIVENESS_DETECTION": "OK", "idProofing": {"status": "WARNING", "score": 55}, "flow_id": "WF-01"}
    (process,) = ticket_sections({"process_flow": flow})
    assert [(row.label, row.value, row.named) for row in process.steps] == [
        ("Liveness detection", "OK", "LIVENESS_DETECTION"),
        ("ID proofing", "WARNING", "idProofing"),
    ]
    assert {row.label: row.value for row in process.fields} == {"ID proofing · Score": "55", "Flow id": "WF-01"}


def test_a_list_of_like_objects_is_a_table_of_the_tree() -> None:
    unknown = ticket_sections(payload("ticket-sections"))[-1].children
    assert [node.key for node in unknown] == ["channelHint", "lastSync"]
    nodes = unknown[1].children[0]
    assert (nodes.columns, nodes.count) == (("id", "ok"), 4)
    assert [[(cell.value, cell.said) for cell in line if cell] for line in nodes.grid] == [
        [("1", ""), ("yes", "true")],
        [("2", ""), ("–", "null")],
    ]


def test_a_flat_ticket_is_sorted_by_the_names_of_its_fields() -> None:
    rows = by_key(ticket_sections(payload("ticket-flat-rejected-needs-review")))
    assert list(rows) == ["summary", "personal", "document", "lexical", "process"]
    assert rows["personal"]["Full name"] == "NADIA QUISPE ROMERO"
    assert rows["document"]["Type"] == "ID_CARD"
    assert rows["summary"]["Risk code"] == "–"
    assert rows["process"]["Failure · Code"] == "PVT_E0007"


LEAF = st.text(min_size=1, max_size=8).map(lambda text: f"leaf{text}")
LONG = st.builds(lambda text, size: (text * size)[:size], st.text(min_size=1, max_size=8), st.integers(495, 520))
"""Texts about as long as a row of a table may be, from few draws."""
LEAVES = LEAF | LONG | st.integers() | st.floats(allow_nan=False) | st.booleans()
TREE = st.dictionaries(
    st.sampled_from(
        ["summary", "data", "tracked_device", "steps", "odd", "type", "error", "fullname", "process_flow", "created"]
    )
    | st.text(max_size=5),
    st.recursive(
        LEAVES | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["name", "state", "x", "flow_status", "TERMS"]) | st.text(max_size=4), inner
            )
        ),
        max_leaves=12,
    ),
    max_size=5,
)


def texts_of(row: TicketRow) -> set[str]:
    return {row.value, row.said, row.named}


@settings(max_examples=examples(500), deadline=None)
@given(ticket=TREE)
@example(ticket={"steps": [{"name": "leaf", "state": "leaf", "\r": "leaf of one", "": "leaf of another"}]})
@example(ticket={"created": 1790000000000, "odd": [{"a": 1, "b": None}, {"a": True}]})
def test_every_value_of_a_ticket_is_shown_whole_knows_its_path_and_can_be_changed(ticket: dict[str, Any]) -> None:
    sections = ticket_sections(ticket)
    rows = list(ticket_rows(sections))
    shown = {""}.union(*(texts_of(row) for row in rows))
    leaves = list(payload_paths.leaves(ticket))
    for _, leaf in leaves:
        assert (leaf if isinstance(leaf, str) else json.dumps(leaf, ensure_ascii=False)) in shown
    paths = {path for path, _ in leaves}
    assert all(row.path in paths or row.value == "empty" for row in rows)
    changed = with_ticket_rows(sections, lambda row: TicketRow(label=row.label, value="changed", path=row.path))
    assert [row.path for row in ticket_rows(changed)] == [row.path for row in rows]
    assert {row.value for row in ticket_rows(changed)} <= {"changed"}
