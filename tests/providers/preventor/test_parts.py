"""Values of a ticket that are masked, by the names of their keys."""

import pytest

from providers.preventor.parts import private_kind, snake
from providers.preventor.sections import ticket_rows, ticket_sections

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
