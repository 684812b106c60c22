"""The words of a name, and what they are."""

import pytest

from compliance.facts.name_parts import kind_of, name_of, vocabulary


@pytest.mark.parametrize(
    ("text", "words", "family"),
    [
        ("Ada Berg", ["Ada", "Berg"], 0),
        ("Berg, Ada Sofie", ["Ada", "Sofie", "Berg"], 1),
        ("BERG<LUND<<ADA<SOFIE<<<<", ["ADA", "SOFIE", "BERG", "LUND"], 2),
        ("BERG<<<<", ["BERG"], 0),
        ("Ada O'Brien-Lund", ["Ada", "O", "Brien", "Lund"], 0),
        ("FNU Berg", ["Berg"], 0),
        ("Berg N/A", ["Berg"], 0),
        ("Ravi a/l Kumar", ["Ravi", "a/l", "Kumar"], 0),
        ("Aziz Karim oʻgʻli", ["Aziz", "Karim", "ogli"], 0),
        ("Berg Berg", ["Berg"], 0),
        ("\u3164", [], 0),
    ],
)
def test_a_name_is_split_into_given_and_family_names(text: str, words: list[str], family: int) -> None:
    name = name_of(text)
    assert ([word.text for word in name.words], name.family) == (words, family)


@pytest.mark.parametrize("text", ["O'Connor", "D’Angelo", "Jean-P", "K-Berg", "J–", "J’"])
def test_a_letter_beside_an_apostrophe_or_hyphen_is_no_initial(text: str) -> None:
    assert not any(word.is_initial for word in name_of(text).words)


@pytest.mark.parametrize("text", ["J. Berg", "J Berg", "Ada J.R. Berg"])
def test_a_letter_that_stands_alone_is_an_initial(text: str) -> None:
    assert any(word.is_initial for word in name_of(text).words)


@pytest.mark.parametrize(
    "text", ["J0han", "J?han", "J%", "J.... S", "J____", "JXXXX", "J## S", "J-- S", "J$ Smith", "J− Smith"]
)
def test_characters_that_no_name_has_are_found(text: str) -> None:
    assert name_of(text).is_unfit


def test_a_title_is_left_out_anywhere_but_at_the_end() -> None:
    assert [word.text for word in name_of("NOWAK DR ANNA").untitled().words] == ["NOWAK", "ANNA"]
    assert [word.text for word in name_of("Anna Dr").untitled().words] == ["Anna", "Dr"]
    assert [word.text for word in name_of("นายสมชาย ใจดี").untitled().words] == ["สมชาย", "ใจดี"]


def test_a_span_is_one_of_the_text_as_it_was_read() -> None:
    text = "J\u200ban O\u02bbBrien"
    assert [text[slice(*word.span)] for word in name_of(text).words] == ["J\u200ban", "O", "Brien"]


def test_every_word_of_the_vocabulary_is_found_by_its_own_spelling() -> None:
    words = [word for word, (kind, _) in vocabulary().items() if kind not in ("placeholder", "joined_title")]
    assert [word for word in words if not any(map(kind_of, name_of(word).words))] == []


def test_ben_between_two_names_is_patronymic_and_a_given_name_elsewhere() -> None:
    assert name_of("David ben Moshe").is_patronymic
    assert not name_of("Ben Carter").is_patronymic
    assert not name_of("CARTER BEN").is_patronymic
