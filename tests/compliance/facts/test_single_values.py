"""Values that contradict without another source: numbers of the wrong form, and nationalities of other states."""

from collections.abc import Mapping

import pytest

from compliance.enums import FindingKind
from compliance.facts import single_values
from compliance.facts.finding import Conflict
from compliance.facts.plausibility import Implausible
from compliance.facts.sources import FactSource


def source(at: int = 0, /, **facts: str) -> FactSource:
    return FactSource(ref=("check", "1", at), name="Checkout.com", facts=facts)


def test_faulty_numbers_name_all_sources_of_one_fault() -> None:
    number = {"personal_number": "44051401358", "issuing_country": "POL"}
    sources = [source(0, **number), source(1, **number), source(2, personal_number="44051401358")]
    assert list(single_values.faulty_numbers(sources)) == [
        Conflict(
            kind=FindingKind.IMPLAUSIBLE,
            about="personal_number",
            detail={"reason": Implausible.CHECK_DIGIT.value, "of": ["check/1/0", "check/1/1"]},
        )
    ]


@pytest.mark.parametrize("country", ["", "PL, DE", "Utopia"])
def test_a_number_without_one_country_is_not_judged(country: str) -> None:
    assert not list(single_values.faulty_numbers([source(personal_number="1", issuing_country=country)]))


def passport(issuer: str, nationality: str, kind: str = "Passport") -> Mapping[str, str]:
    return {"document_type": kind, "issuing_country": issuer, "nationality": nationality}


@pytest.mark.parametrize(
    "facts",
    [
        passport("GB", "IR"), passport("PE", "CL", "PASSPORT"), passport("GBR", "SYR"), passport("DE", "FR", "ID"),
        passport("RO", "MD", "Diplomatic passport"), passport("PL", "UKR", "Identity card"), passport("US", "GB"),
        passport("Poland", "Ukrainian"),
    ],
)  # fmt: skip
def test_a_document_of_another_state_is_compared_by_eye(facts: Mapping[str, str]) -> None:
    (conflict,) = single_values.other_issuers([source(**facts)])
    assert (conflict.kind, conflict.about) == (FindingKind.BY_EYE, "nationality")
    assert conflict.detail == {"clauses": [["issuer", ["check/1/0"]]]}


@pytest.mark.parametrize(
    "facts",
    [
        passport("GB", "GBR"), passport("D", "DE"), passport("GB", "IE, GB"), passport("BM", "GBD"),
        passport("PR", "USA"), passport("HK", "CHN"), passport("TW", "China"), passport("DE", "XXA"),
        passport("LVA", "XXA", "Alien's passport"), passport("DE", "SY", "Residence Permit"),
        passport("DE", "SY", "Travel Document"), passport("DE", "SY", "Refugee passport"),
        passport("DE", "SY", "Driving licence"), passport("DE", "SY", "Visa"), passport("DE", "SY", "Other"),
        passport("AE", "IN", "ID"), passport("CL", "VE", "ID_CARD"), passport("IT", "RO", "Identity card"),
        passport("SG", "MY", "ID"), passport("UNO", "SE"), passport("EUE", "SE"), passport("XOM", "IT"),
        passport("GB", ""), passport("", "GB"), passport("GB", "Utopia"), passport("UN", "SE", ""),
        passport("DE", "SY", "ID card for foreigners"),
    ],
)  # fmt: skip
def test_a_document_of_ones_own_state_or_for_foreigners_is_no_conflict(facts: Mapping[str, str]) -> None:
    assert not list(single_values.other_issuers([source(**facts)]))
