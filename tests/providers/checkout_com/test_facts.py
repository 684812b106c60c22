"""Facts that a check of Checkout.com states."""

from providers import (
    EvidenceKind,
)
from tests.providers.checkout_com.samples import (
    documented,
    read,
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
