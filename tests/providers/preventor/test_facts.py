"""Facts of a ticket, in Preventor's spelling."""

from tests.providers.preventor.samples import payload, read, ticket_of


def test_facts_are_taken_in_the_providers_spelling() -> None:
    facts = read(payload("ticket-sections"))[0].facts
    assert facts.full_name == "Bilal Ndong Mba"
    assert (facts.given_names, facts.family_name) == ("Bilal Kofi", "Ndong Mba")
    assert (facts.birth_date, facts.sex, facts.nationality) == ("1984-11-02", "M", "GQ")
    assert (facts.document_type, facts.document_number, facts.issuing_country) == ("PASSPORT", "P4471902", "GQ")
    assert facts.document_expiry == "2031-05-05"
    assert facts.address == "12 Calle Palma, Bata, Litoral, 0071, GQ"
    assert facts.scores == (("confidence", "61.5"),)
    other = dict(facts.other)
    assert (other["Customer key"], other["Age"], other["Attempts left"]) == ("CUST-000124", "41", "1")
    assert other["Second number"] == "884102"
    assert other["Full name, local script"] == "Bilal Ndong Mba"


def test_one_spelling_of_a_key_is_as_good_as_the_other() -> None:
    for key in ("fullname", "full_name", "fullName"):
        assert read(ticket_of("ACCEPTED", data={key: "A. Person"}))[0].facts.full_name == "A. Person"
    for key in ("cifcod", "cifcode"):
        assert dict(read(ticket_of("ACCEPTED", **{key: "C-1"}))[0].facts.other)["Customer key"] == "C-1"


def test_the_risk_code_is_a_label_and_the_providers_time_is_reported() -> None:
    report = read(payload("ticket-sections"))[0]
    assert report.risk_labels == ("R-7",)
    assert report.reported_at is not None
    assert report.reported_at.isoformat() == "2026-09-21T14:13:22+00:00"
    for odd in (-1, 10**19, "soon", True, 9_999_999_999_999_999):
        assert read(ticket_of("ACCEPTED", processed=odd))[0].reported_at is None
