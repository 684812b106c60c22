"""Facts that a check of Checkout.com states."""

from typing import Any

import pytest

from providers import (
    EvidenceKind,
    Kind,
)
from tests.providers.checkout_com.samples import (
    documented,
    read,
    read_built,
)


def test_facts_come_from_the_verified_identity_and_the_first_document() -> None:
    report, _ = read(documented("identity_approved_full"))
    facts = report.facts
    assert (facts.full_name, facts.given_names, facts.family_name) == (
        "Tove Maria Lindqvarn",
        "Tove Maria",
        "Lindqvarn",
    )
    assert (facts.birth_date, facts.sex, facts.nationality) == ("1984-07-19", "F", "SE")
    assert (facts.document_type, facts.document_number, facts.document_expiry) == (
        "Passport",
        "AA0000019",
        "2031-04-30",
    )
    assert (facts.issuing_country, facts.address, facts.email) == ("SE", "Sjögatan 4, 27100 Ystad", "")
    other = dict(facts.other)
    assert other["Declared e-mail"] == "tove@mail.example"
    assert other["Declared phone"] == "+46 5550199"
    assert other["Declared address"] == "Sjögatan 4, 27100, Ystad, SE"
    assert other["Second document, type"] == "Residence Permit"
    assert other["Certification"].startswith("diatf, gpg45_profile: M1A")


def test_a_document_verification_has_one_document_as_an_object() -> None:
    report, _ = read(documented("document_approved"))
    assert (report.facts.full_name, report.facts.document_number) == ("Tove Maria Lindqvarn", "AA0000019")
    assert [item.label for item in report.evidence][:2] == ["document.front", "document.back"]


def test_nulls_and_blanks_are_no_facts() -> None:
    report, _ = read(documented("identity_nulls_and_blanks"))
    assert (report.facts.full_name, report.facts.sex, report.facts.document_type) == ("", "", "Other")
    assert [item.kind for item in report.evidence] == [EvidenceKind.REPORT_PDF, EvidenceKind.OTHER]


def test_a_screening_reports_whether_monitoring_continues() -> None:
    report, _ = read(documented("aml_approved_monitored"))
    assert dict(report.facts.other)["Monitored"] == "yes"
    assert report.evidence == () and report.attempts == ()


# --- further sources --------------------------------------------------------------------------------------------------

LENA = {"full_name": "Lena Hartwig", "birth_date": "1991-04-17"}
PASSPORT = {"document_type": "Passport", "document_number": "X1234567", "document_expiry_date": "2033-05-01", **LENA}
PETRA = {"full_name": "Petra Sommer", "birth_date": "1975-02-03"}
LICENCE = {"document_type": "Driving licence", "document_number": "B072RRE2I55", "document_expiry_date": "2019-01-31"}
VISA = {"document_type": "Visa", "document_expiry_date": "2024-02-01", "document_number": "V1"}
MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"verified_identity": LENA}, {}),
        ({"verified_identity": LENA, "documents": [PASSPORT]}, {}),
        ({"documents": [PASSPORT]}, {}),
        (
            {"verified_identity": LENA, "documents": [{**PASSPORT, **PETRA}]},
            {"document": {"full_name": "Petra Sommer", "birth_date": "1975-02-03"}},
        ),
        (
            {"verified_identity": LENA, "documents": [PASSPORT, {**LICENCE, **PETRA}]},
            {"second document": {"full_name": "Petra Sommer", "document_expiry": "2019-01-31"}},
        ),
        (
            {"verified_identity": LENA, "documents": [PASSPORT, {**LICENCE, **LENA}, VISA]},
            {
                "second document": {"full_name": "Lena Hartwig", "document_expiry": "2019-01-31"},
                "third document": {"document_expiry": "2024-02-01"},
            },
        ),
        (
            {"documents": [{**PASSPORT, "permit_expiry_date": "2024-01-31", "permit_obtaining_date": "2021-02-01"}]},
            {"permit": {"document_expiry": "2024-01-31", "document_issue": "2021-02-01"}},
        ),
        ({"documents": [{**PASSPORT, "permit_expiry_date": "2033-05-01"}]}, {}),
        (
            {"documents": [PASSPORT, {**PASSPORT, "permit_expiry_date": "2024-01-31"}]},
            {"permit of the second document": {"document_expiry": "2024-01-31"}},
        ),
        (
            {"documents": [{**PASSPORT, "document_mrz": MRZ}]},
            {"machine-readable lines of the document": {"full_name": "ANNA MARIA ERIKSSON", "sex": "F"}},
        ),
        ({"verified_identity": LENA, "declared_data": {"name": "lena hartwig"}}, {}),
        (
            {"verified_identity": LENA, "declared_data": {"name": "Petra Sommer", "birth_date": "1975-02-03"}},
            {"declared data": {"full_name": "Petra Sommer", "birth_date": "1975-02-03"}},
        ),
        (
            {"verified_identity": {**LENA, "last_name_at_birth": "Sommer"},
             "documents": [{**PASSPORT, "last_name_at_birth": "Winter"}]},
            {"document": {"birth_name": "Winter"}},
        ),
    ],
)  # fmt: skip
def test_every_source_inside_a_check_is_a_further_source(check: dict[str, Any], expected: dict[str, Any]) -> None:
    report, _ = read_built(Kind.IDENTITY, "approved", codes=[(10000, "approved")], **check)
    found = {source.name: source.facts for source in report.facts.also}
    assert list(found) == list(expected)
    for name, facts in expected.items():
        assert {fact: getattr(found[name], fact) for fact in facts} == facts
    assert report.facts.negatives == ()


def test_declared_data_is_an_echo_and_further_documents_are_other_documents() -> None:
    facts = read(documented("identity_approved_full"))[0].facts
    assert [(source.name, source.is_echo, source.is_other_document) for source in facts.also] == [
        ("second document", False, True),
        ("declared data", True, False),
    ]
    assert (
        "document_number",
        documented("identity_approved_full").payload["check"]["documents"][0]["document_mrz"],
    ) in (facts.private)


def test_a_document_verification_states_its_permit_and_declared_data() -> None:
    document = {**PASSPORT, "permit_expiry_date": "2024-01-31"}
    report, _ = read_built(Kind.DOCUMENT, "approved", document=document, declared_data={"name": "Petra Sommer"})
    assert [source.name for source in report.facts.also] == ["permit", "declared data"]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"codes": [(10000, "approved"), (62301, "counterfeit")]}, [("response code", "62301 counterfeit")]),
        ({"codes": [("62405", "")]}, [("response code", "62405")]),
        ({"documents": [{**PASSPORT, "document_status": "EXPIRED"}]}, [("documents document status", "EXPIRED")]),
        (
            {"certifications": [{"type": "diatf", "data": {"right_to_work": "none"}}]},
            [("diatf right to work", "none")],
        ),
        ({"face": {"is_live": False}}, [("face is live", "false")]),
        ({"documents": [{**PASSPORT, "full_name": "Fake Lost"}]}, []),
        (
            {"labels": ["multiple_faces_detected"], "codes": [(10000, "approved")]},
            [("risk label", "multiple_faces_detected")],
        ),
    ],
)  # fmt: skip
def test_negative_words_of_an_approved_check_are_named(check: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    report, _ = read_built(Kind.IDENTITY, "approved", **check)
    assert list(report.facts.negatives) == expected
