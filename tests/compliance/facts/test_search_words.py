"""Words of names and searches: which names answer a search, and that stored keys and text find each of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts.search_words import (
    Match,
    forms_of,
    is_one_edit,
    keys_of,
    match,
    match_word,
    name_words,
    search_keys,
    search_text,
    words_of,
)

# Searched, name, answer. Romanisations: passports (ICAO 9303), pinyin, BGN/PCGN, ELOT 743, Hepburn.
ANSWERS: list[tuple[str, str, Match | None]] = [
    ("dana whitfield", "Dana Whitfield", Match.SAME),
    ("WHITFIELD DANA", "Dana Whitfield", Match.SAME),
    ("whit", "Dana Whitfield", Match.BEGINS),
    ("d whit", "Dana Whitfield", Match.BEGINS),
    ("field", "Dana Whitfield", Match.CONTAINS),
    ("whitfeild", "Dana Whitfield", Match.ONE_EDIT),
    ("whitfeld", "Dana Whitfield", Match.ONE_EDIT),
    ("whittfield dana", "Dana Whitfield", Match.ONE_EDIT),
    ("wh1tfield", "Dana Whitfield", Match.ONE_EDIT),
    ("margret", "Margaret Hill", Match.ONE_EDIT),
    ("jose alvarez", "José Álvarez", Match.SAME),
    ("mueller", "Jürgen Müller", Match.SAME),
    ("müller", "Jurgen Mueller", Match.SAME),
    ("o'brien", "Seán OBrien", Match.SAME),
    ("obrien", "Seán O'Brien", Match.SAME),
    ("jean pierre", "Jean-Pierre Dupont", Match.SAME),
    ("jeanpierre", "Jean-Pierre Dupont", Match.SAME),
    ("nguyen an", "Nguyễn Văn An", Match.SAME),
    ("иванов", "Ivan Ivanov", Match.SAME),
    ("ivanov", "Иван Иванов", Match.SAME),
    ("yuliya", "Юлия Петрова", Match.SAME),
    ("iuliia petrova", "Юлия Петрова", Match.OTHER_SPELLING),
    ("tanaka", "たなか ひろし", Match.SAME),
    ("papadopoulos", "Σταύρος Παπαδόπουλος", Match.ONE_EDIT),
    ("muhammad", "محمد علي", Match.CONSONANTS),
    ("mohammed", "محمد علي", Match.CONSONANTS),
    ("wang xiaoming", "王小明", Match.SAME),
    ("xiaoming", "王小明", Match.SAME),
    ("王小明", "Wang Xiaoming", Match.SAME),
    ("li wei", "Li Wei", Match.SAME),
    # Other people.
    ("dana smith", "Dana Whitfield", None),
    ("whitfield whitfield", "Dana Whitfield", None),
    ("lu wei", "Li Wei", None),
    ("marina", "Miron Petrov", None),
    ("smith", "Schmidt", None),
    ("ivanova", "Petr Petrov", None),
    ("", "Dana Whitfield", None),
]


@pytest.mark.parametrize(("searched", "name", "answer"), ANSWERS)
def test_a_name_answers_a_search_and_is_found_by_what_is_stored(searched: str, name: str, answer: Match | None) -> None:
    words = words_of(searched)
    assert match(words, name) == answer
    if answer is not None:
        text, keys = search_text(name), set(search_keys(name))
        for word in words:
            assert keys_of(word) & keys or any(form in text for form in forms_of(word)), word


LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)


@given(LATIN, st.integers(0, 11), st.sampled_from(["left out", "added", "other", "swapped"]), st.sampled_from("qxz"))
def test_one_edit_of_a_word_shares_a_key_with_it(word: str, place: int, edit: str, letter: str) -> None:
    at = place % len(word)
    edited = {
        "left out": word[:at] + word[at + 1 :],
        "added": word[:at] + letter + word[at:],
        "other": word[:at] + letter + word[at + 1 :],
        "swapped": word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
    }[edit]
    assert keys_of(edited) & keys_of(word)
    assert is_one_edit(edited, word) or edited == word
    assert is_one_edit(word, edited) or edited == word
    assert match_word(edited, word) is not None


@given(st.text(max_size=80))
def test_any_text_has_words_keys_and_an_answer(text: str) -> None:
    assert len(words_of(text)) <= 12
    assert all(-(2**31) <= key < 2**31 for key in search_keys(text))
    assert search_text(text).isascii()
    words = name_words(text)
    if words and all(forms_of(word) for word in words):
        assert match(words[:1], text) == Match.SAME


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "abd", True),
        ("abc", "acb", True),
        ("abc", "ab", True),
        ("abc", "abcd", True),
        ("ab", "a", False),
        ("ab", "ba", False),
        ("abcd", "badc", False),
        ("abcd", "abxy", False),
        ("abc", "abcde", False),
    ],
)
def test_one_edit_is_a_letter_less_more_other_or_swapped(one: str, other: str, expected: bool) -> None:
    assert is_one_edit(one, other) == expected
