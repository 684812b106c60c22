"""The parts of a Preventor ticket as people read them: sorted by name, whole, private values known by their keys."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.contract import payload_paths
from providers.preventor.parts import private_kind, snake
from providers.preventor.sections import TicketRow, TicketSection, ticket_rows, ticket_sections, with_ticket_rows
from tests.providers.preventor.samples import payload


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
LEAVES = LEAF | st.text(min_size=495, max_size=520) | st.integers() | st.floats(allow_nan=False) | st.booleans()
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


@settings(max_examples=500, deadline=None)
@given(ticket=TREE)
@example(ticket={"steps": [{"name": "leaf", "state": "leaf", "\r": "leaf of one", "": "leaf of another"}]})
@example(ticket={"created": 1790000000000, "odd": [{"a": 1, "b": None}, {"a": True}]})
def test_every_value_of_a_ticket_is_shown_whole_and_unchanged(ticket: dict[str, Any]) -> None:
    shown = set().union(*(texts_of(row) for row in ticket_rows(ticket_sections(ticket))))
    for _, leaf in payload_paths.leaves(ticket):
        assert (leaf if isinstance(leaf, str) else json.dumps(leaf, ensure_ascii=False)) in shown | {""}


@settings(max_examples=200, deadline=None)
@given(ticket=TREE)
def test_every_value_knows_its_path_and_can_be_changed(ticket: dict[str, Any]) -> None:
    sections = ticket_sections(ticket)
    paths = {path for path, _ in payload_paths.leaves(ticket)}
    rows = list(ticket_rows(sections))
    assert all(row.path in paths or row.value == "empty" for row in rows)
    changed = with_ticket_rows(sections, lambda row: TicketRow(label=row.label, value="changed", path=row.path))
    assert [row.path for row in ticket_rows(changed)] == [row.path for row in rows]
    assert {row.value for row in ticket_rows(changed)} <= {"changed"}


PRIVATE = {
    "document_number": "document_number id_number documentNo documents[0].number a.passport.number personal_id "
    "nationalId documentos.numero_documento mrz mrz.line1 identity.card_no residence_permit.number CURP taxNumber",
    "phone": "phone phone_number mobilePhone contact.msisdn contact.telefono phones[0].value whatsapp TEL. (Phone)",
    "address": "address home_address.line1 addresses[1].city deliveryAddress.postalCode zipcode street residence",
    "": "id customer_id case_number reference_number ip_address email_address address_country mobile_device.os "
    "document_number.confidence document_type document_issuing_country full_name date_of_birth device.id "
    "residence_permit.type city ocrValidations[0].required phone_verified.status",
}


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in PRIVATE.items() for path in paths.split()])
def test_keys_say_which_values_are_masked(kind: str, path: str) -> None:
    assert private_kind([snake(part.partition("[")[0]) for part in path.split(".") if part]) == kind


def test_the_parts_of_an_address_are_masked_where_they_stand_beside_one() -> None:
    person = {"address": "12 Calle Palma", "city": "Bata", "state": "Litoral", "step": {"state": "OK"}}
    ticket = {"odd": person, "device": {"city": "Bata"}}
    private = {row.path: row.private for row in ticket_rows(ticket_sections(ticket))}
    assert private == {
        "odd.address": "address",
        "odd.city": "address",
        "odd.state": "address",
        "odd.step.state": "",
        "device.city": "",
    }


def test_a_value_that_a_key_beside_it_names_is_masked_by_that_name() -> None:
    fields = [
        {"name": "phone", "value": "+49 151 2345678"},
        {"label": "Home address", "data": {"line1": "12 Calle Palma"}},
        {"field_name": "ID_NUMBER", "status": "OK", "ocrValue": "L01X00T47"},
        {"key": "full_name", "value": "Bilal Ndong"},
        {"step": "OTP_PHONE", "duration": 5},
    ]
    private = {row.path: row.private for row in ticket_rows(ticket_sections({"fields": fields}))}
    assert {path: kind for path, kind in private.items() if kind} == {
        "fields[0].value": "phone",
        "fields[1].data.line1": "address",
        "fields[2].ocrValue": "document_number",
    }
    read = ticket_rows(
        ticket_sections({"ocrValidations": [{"field_name": "address", "status": "OK", "value": "Calle 1"}]})
    )
    assert [(row.value, row.private) for row in read] == [("OK", ""), ("Calle 1", "address")]


def test_what_is_no_value_is_never_private() -> None:
    rows = ticket_rows(ticket_sections({"document_number": None, "phone": True, "odd": {"phone": ""}}))
    assert [row.private for row in rows] == ["", "", ""]
