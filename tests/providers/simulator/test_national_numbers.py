"""National numbers of invented people: the rule of each country accepts them, and they say the person's own data."""

from compliance.facts import dates, national_numbers
from compliance.facts.finding import Answer
from providers.simulator.national_numbers import brazilian, indonesian, number_of, south_african
from providers.simulator.people import person


def test_every_person_has_a_number_as_the_country_gives_it() -> None:
    for serial in range(0, 2000, 7):
        one = person(serial)
        number = number_of(one)
        assert national_numbers.fault_in(number, one.country, fact="personal_number") is None, (one.country, number)
        encoded = national_numbers.encoded_in(number, one.country, is_labelled=True)
        if encoded is not None and encoded.birth_date:
            found = dates.compare(encoded.birth_date, one.birth_date.isoformat()).answer
            assert found in (Answer.SAME, Answer.COMPATIBLE), (one.country, number)
        if encoded is not None and encoded.sex:
            assert encoded.sex == one.sex, (one.country, number)


def test_every_person_has_a_number_in_the_registers() -> None:
    for serial in range(100):
        one = person(serial)
        numbers = {"BR_CPF": brazilian(one), "ID_NIK": indonesian(one), "ZA_SAID": south_african(one)}
        for register, number in numbers.items():
            fault = national_numbers.fault_in(number, "", fact="document_number", document_type=register)
            assert fault is None, (register, number)
