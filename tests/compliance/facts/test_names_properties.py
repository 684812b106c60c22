"""What holds for every name: spelling changes nothing, an edited letter and a missing word are never the same name."""

import unicodedata
from itertools import permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compliance.facts.matrix import agrees, compare
from compliance.facts.name_parts import vocabulary
from tests.sampling import examples

LETTERS = "abcdefghijklmnopqrstuvwyz"
WORDS = st.text(LETTERS, min_size=6, max_size=9).filter(lambda word: word not in vocabulary())
NAMES = st.lists(WORDS, min_size=2, max_size=4, unique=True)
FILLERS = "".join(map(chr, [0x34F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x2065, 0x3164, 0xFE00, 0xFE0F, 0xFFA0, 0xE0100]))
INVISIBLE = st.characters(categories=["Cf"]) | st.sampled_from(FILLERS)
FULL_WIDTH = {place: place + 0xFEE0 for place in range(0x21, 0x7F)}


def latin(words: list[str]) -> str:
    return " ".join(words).title()


@given(NAMES)
@settings(max_examples=examples(100), deadline=None)
def test_case_width_and_accents_left_out_change_no_name(words: list[str]) -> None:
    name = latin(words)
    accented = unicodedata.normalize("NFC", name.replace("e", "e\u0301").replace("n", "n\u0303"))
    for other in (
        name.upper(),
        name.lower(),
        name.translate(FULL_WIDTH),
        accented,
        f" {name.replace(' ', chr(0xA0))} ",
    ):
        assert compare("full_name", name, other).answer == "same"


@given(words=NAMES, sign=INVISIBLE, data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_an_invisible_character_changes_no_name(words: list[str], sign: str, data: st.DataObject) -> None:
    name = latin(words)
    place = data.draw(st.integers(0, len(name)))
    assert compare("full_name", name[:place] + sign + name[place:], name).answer == "same"


@given(words=NAMES, letter=st.sampled_from(LETTERS), kind=st.integers(0, 3), data=st.data())
@settings(max_examples=examples(300), deadline=None)
def test_a_name_with_an_edited_letter_never_agrees(
    words: list[str], letter: str, kind: int, data: st.DataObject
) -> None:
    which = data.draw(st.integers(0, len(words) - 1))
    word = words[which]
    place = data.draw(st.integers(0, len(word) - 2))
    edited = [
        word[:place] + letter + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1 :],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    ][kind]
    assume(edited != word)
    other = [*words[:which], edited, *words[which + 1 :]]
    assert not agrees("full_name", latin(words), latin(other))
    assert not agrees("full_name", latin(words), latin([*other[1:], other[0]]))


@given(words=st.lists(WORDS, min_size=2, max_size=5, unique=True), data=st.data())
@settings(max_examples=examples(100), deadline=None)
def test_a_part_of_a_name_never_agrees_with_the_whole(words: list[str], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(words) - 1))
    found = compare("full_name", latin([*words[:which], *words[which + 1 :]]), latin(words))
    assert (found.answer, found.by_eye) == ("not comparable", True)


@given(
    words=st.lists(WORDS, min_size=3, max_size=3, unique=True), joins=st.sampled_from(["bin", "ibn", "binti", "a/l"])
)
@settings(max_examples=examples(50), deadline=None)
def test_no_other_order_of_a_patronymic_name_agrees(words: list[str], joins: str) -> None:
    name, father, family = words
    for other in permutations(words):
        expected = other == (name, father, family)
        written = f"{other[0]} {joins} {other[1]} {other[2]}"
        assert agrees("full_name", f"{name} {joins} {father} {family}", written) is expected


@given(words=st.lists(WORDS, min_size=3, max_size=4, unique=True))
@settings(max_examples=examples(50), deadline=None)
def test_only_blocks_of_names_change_places(words: list[str]) -> None:
    moved = {(*words[place:], *words[:place]) for place in range(len(words))}
    for other in permutations(words):
        assert agrees("full_name", latin(words), latin(list(other))) is (other in moved)


@given(
    words=NAMES,
    mask=st.sampled_from(["*", "***", "•••", "XXXX", "....", "____", "####", "…", "%", "?"]),
    shown=st.integers(0, 2),
)
@settings(max_examples=examples(100), deadline=None)
def test_what_a_person_hides_never_agrees(words: list[str], mask: str, shown: int) -> None:
    typed = " ".join(word[:shown] + mask for word in words)
    for read in (latin(words), typed):
        assert compare("full_name", read, typed, typed=True).answer == "not comparable"
