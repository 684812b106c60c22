"""Further sources of an answer: repeated ones are left out, and nothing is dropped unseen."""

from providers import Facts, Source
from providers.contract.further_sources import MOST_NEGATIVES, MOST_SOURCES, with_sources

MAIN = Facts(full_name="Lena Hartwig", birth_date="1991-04-17", document_number="X1234567")


def named(*sources: Source) -> list[str]:
    return [source.name for source in with_sources(MAIN, sources).also]


def test_a_source_that_repeats_the_main_facts_or_states_nothing_is_left_out() -> None:
    same = Source(name="document", facts=Facts(full_name="LENA  HARTWIG"))
    other = Source(name="second document", facts=Facts(full_name="Lena Hartwig", document_expiry="2019-01-31"))
    assert named(same, other, other, Source(name="permit", facts=Facts())) == ["second document"]


def test_an_echo_does_not_hide_a_source_of_the_same_facts() -> None:
    facts = Facts(full_name="Petra Sommer")
    assert named(Source(name="input", facts=facts, is_echo=True), Source(name="back", facts=facts)) == ["input", "back"]


def test_two_sources_of_one_name_have_a_number() -> None:
    sources = [Source(name="back", facts=Facts(full_name=name)) for name in ("A", "B", "C")]
    assert named(*sources) == ["back", "back 2", "back 3"]


def test_sources_and_words_above_the_limit_are_counted() -> None:
    sources = [Source(name="back", facts=Facts(full_name=f"A{number}")) for number in range(MOST_SOURCES + 3)]
    found = with_sources(MAIN, sources, negatives=[(f"check {number}", "FAILED") for number in range(25)])
    assert len(found.also) == MOST_SOURCES
    assert found.negatives[MOST_NEGATIVES:] == (
        ("further negative words", "5"),
        ("further sources that are not compared", "3"),
    )
