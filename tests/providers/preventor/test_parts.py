"""Values of a ticket that are masked, by the names of their keys."""

from providers.preventor.sections import ticket_rows, ticket_sections


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
