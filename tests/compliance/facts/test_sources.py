"""The sources of facts of a case, with the names and keys that findings refer to."""

from typing import Any

from compliance.actions.reports import facts_given
from compliance.facts.sources import FactSource, names_of, negatives_of, sources_of
from compliance.models import Applicant, Case, Check
from providers import Facts, Source
from tests.compliance.unsaved import case, check

BACK = Source(name="back", facts=Facts(given_names="Petra", family_name="Sommer"))
VISA = Source(name="second document", facts=Facts(document_expiry="2024-02-01"), is_other_document=True)
INPUT = Source(name="input", facts=Facts(full_name="Lena Hartwig"), is_echo=True)


def declared() -> Case:
    return case(applicant=Applicant(full_name=" Lena Hartwig ", birth_date="1991-04-17", email="", document_number=""))


def read(facts: Facts, provider: str = "checkout_com", **more: Any) -> Check:
    given = {"kind": "identity", "reference": "r-1", **more}
    return check("approved", provider=provider, facts=facts_given(facts), **given)


def shown(sources: list[FactSource]) -> list[tuple[str, str]]:
    return [(source.name, source.facts.get("full_name", "")) for source in sources]


def test_the_declaration_is_first_then_every_source_of_every_check() -> None:
    first, second = read(Facts(full_name="LENA HARTWIG", also=(BACK, VISA))), read(Facts(also=(INPUT,)), "advance_ai")
    found = sources_of(declared(), [first, second])
    assert shown(found) == [
        ("the declaration", "Lena Hartwig"),
        ("Checkout.com", "LENA HARTWIG"),
        ("Checkout.com back", "Petra Sommer"),
        ("Checkout.com second document", ""),
        ("ADVANCE.AI", ""),
        ("ADVANCE.AI input", "Lena Hartwig"),
    ]
    one, other = str(first.pk), str(second.pk)
    assert [source.ref for source in found] == [
        ("declared",), ("check", one, 0), ("check", one, 1), ("check", one, 2), ("check", other, 0),
        ("check", other, 1),
    ]  # fmt: skip
    assert [source.is_echo for source in found] == [False] * 5 + [True]
    assert [source.is_other_document for source in found] == [False, False, False, True, False, False]
    assert [source.part for source in found] == ["", "", "back", "second document", "", "input"]


def test_a_check_without_a_report_is_no_source() -> None:
    assert len(sources_of(declared(), [read(Facts(full_name="A"), report_count=0)])) == 1


def test_earlier_declarations_follow_the_declaration() -> None:
    found = sources_of(declared(), [], earlier=[("17", {"full_name": "Lena Winter"})])
    assert shown(found) == [("the declaration", "Lena Hartwig"), ("the earlier declaration", "Lena Winter")]
    assert (found[1].ref, found[1].is_declared, found[1].is_earlier) == (("declared", "17"), True, True)


def test_checks_of_one_provider_are_named_with_kind_and_reference() -> None:
    checks = [read(Facts()), read(Facts(), kind="document"), read(Facts(), kind="document", reference="r-2")]
    assert names_of(checks) == ["Checkout.com identity", "Checkout.com document r-1", "Checkout.com document r-2"]


def test_negative_words_count_in_a_positive_answer_only() -> None:
    facts = Facts(negatives=(("document authenticity", "FAILED"),))
    assert negatives_of(read(facts)) == (("document authenticity", "FAILED"),)
    assert negatives_of(read(facts, provider_verdict="negative")) == ()


def test_facts_stored_by_an_earlier_release_have_one_source() -> None:
    stored = check("approved", provider="checkout_com", facts={"full_name": "Lena Hartwig", "other": [["a", "b"]]})
    assert shown(sources_of(declared(), [stored])[1:]) == [("Checkout.com", "Lena Hartwig")]
    assert negatives_of(stored) == ()
