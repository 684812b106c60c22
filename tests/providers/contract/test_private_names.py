"""Values that are masked, by the names of their keys."""

import pytest

from providers.contract.negative_words import snake
from providers.contract.private_names import private_kind

PRIVATE = {
    "document_number": "document_number id_number documentNo documents[0].number a.passport.number personal_id "
    "nationalId documentos.numero_documento mrz mrz.line1 identity.card_no residence_permit.number CURP taxNumber "
    "account_number bankAccount.number iban participant.inn",
    "phone": "phone phone_number mobilePhone contact.msisdn contact.telefono phones[0].value whatsapp TEL. (Phone)",
    "address": "address home_address.line1 addresses[1].city deliveryAddress.postalCode zipcode street residence",
    "": "id customer_id case_number reference_number ip_address email_address address_country mobile_device.os "
    "document_number.confidence document_type document_issuing_country full_name date_of_birth device.id "
    "residence_permit.type city ocrValidations[0].required phone_verified.status account_id",
}


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in PRIVATE.items() for path in paths.split()])
def test_keys_say_which_values_are_masked(kind: str, path: str) -> None:
    assert private_kind([snake(part.partition("[")[0]) for part in path.split(".") if part]) == kind
