"""Spellings of one name are found in other cases with the same birth date, other persons are not."""

from itertools import product

import pytest

from compliance.enums import IdentityKeyKind
from compliance.facts.identity_keys import births, identity_texts
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, tables_of
from compliance.facts.same_person import may_be_one_person, word_keys
from compliance.facts.sources import FactSource

DAY = "1990-04-13"
SPELLINGS = {
    "umlaut in two letters": ("Jürgen Müller", "Juergen Mueller"),
    "umlaut left out": ("Jürgen Müller", "Jurgen Muller"),
    "both plain": ("Jurgen Muller", "Juergen Mueller"),
    "sharp s": ("Großmann Katja", "Katja Grossmann"),
    "Nordic letters": ("Bjørn Ødegård", "Bjoern Oedegaard"),
    "accents": ("José Núñez", "Jose Nunez"),
    "Polish letters": ("Łukasz Wójcik", "Lukasz Wojcik"),
    "Vietnamese marks": ("Nguyễn Thị Hạnh", "Nguyen Thi Hanh"),
    "Turkish letters": ("Ayşe Çağlar", "Ayse Caglar"),
    "Serbian letters": ("Đorđe Đokić", "Djordje Djokic"),
    "upper case, family first": ("Anna Kowalska", "KOWALSKA ANNA"),
    "family with a comma": ("Anna Kowalska", "Kowalska, Anna"),
    "machine-readable zone": ("Sean O'Connor", "OCONNOR<<SEAN"),
    "apostrophe left out": ("Sean O'Connor", "Sean OConnor"),
    "hyphen left out": ("Jean-Pierre Martin", "Jean Pierre Martin"),
    "hyphen closed": ("Ali Al-Hashimi", "Ali Alhashimi"),
    "title": ("Dr. Hans Becker", "Hans Becker"),
    "title of a woman": ("Mrs Joan Archer", "Joan Archer"),
    "no middle name": ("Anna Maria Schmidt", "Anna Schmidt"),
    "fewer given names and surnames": ("Maria Jose Garcia Lopez", "Maria Garcia"),
    "family name alone": ("Hans Becker", "Becker"),
    "initial": ("John Fitzgerald Hale", "John F. Hale"),
    "given name as initial": ("John Hale", "J. Hale"),
    "Arabic romanisation": ("Mohammed Ali Hassan", "Muhammad Ali Hasan"),
    "French romanisation": ("Youssef Benslimane", "Yusuf Benslimane"),
    "one sound, another letter": ("Katherine Blake", "Catherine Blake"),
    "ph and f": ("Sophie Stephens", "Sofie Stefens"),
    "short form": ("William Hale", "Bill Hale"),
    "Russian": ("Дмитрий Орлов", "Dmitry Orlov"),
    "Russian by ICAO": ("Юлия Щербакова", "IULIIA SHCHERBAKOVA"),
    "Russian in France": ("Юрий Чайковский", "Iouri Tchaïkovski"),
    "Russian in Germany": ("Юрий Чайковский", "Jurij Tschaikowski"),
    "two romanisations": ("Yuri Tchaikovsky", "Jurij Chaykovskiy"),
    "Ukrainian": ("Олександр Григоренко", "Oleksandr Hryhorenko"),
    "Ukrainian in Russian": ("Oleksandr Hryhorenko", "Aleksandr Grigorenko"),
    "Greek": ("Γεώργιος Παπαδόπουλος", "Georgios Papadopoulos"),
    "Georgian": ("გიორგი ბერიძე", "Giorgi Beridze"),
    "Armenian": ("Արմեն Սարգսյան", "Armen Sargsyan"),
    "Arabic letters": ("محمد حسن", "Mohammed Hassan"),
    "Hebrew letters": ("משה לוי", "Moshe Levi"),
    "Indian letters": ("राम कुमार", "Ram Kumar"),
    "Thai letters and a title": ("นายสมชาย มั่นคง", "Somchai Mankong"),
    "Chinese": ("王芳", "Wang Fang"),
    "Chinese, given name first": ("王小明", "Xiaoming Wang"),
    "traditional Chinese": ("張偉", "张伟"),
    "Korean": ("김민수", "Kim Minsoo"),
    "hiragana and katakana": ("やまだ たろう", "ヤマダ タロウ"),
    "one edited letter": ("Tove Johnson", "Tove Jonson"),
    "letters that changed places": ("Robert Hlavac", "Robert Halvac"),
    "other surname order": ("Lucía Ruiz Soto", "Lucía Soto Ruiz"),
    "twins one letter apart": ("Marko Petrovic", "Mirko Petrovic"),
}  # fmt: skip
OTHERS = {
    "twins": ("Anna Schmidt", "Maria Schmidt"),
    "twins with a middle name": ("Anna Maria Schmidt", "Eva Sophie Schmidt"),
    "brother and sister": ("Peter Hansen", "Karen Hansen"),
    "twins in Chinese": ("王芳", "王明"),
    "another family name": ("Anna Schmidt", "Anna Becker"),
    "nothing in common": ("John Smith", "Peter Marlow"),
    "common Vietnamese family name": ("Nguyen Van Tuan", "Nguyen Thi Hoa"),
    "common Korean family name": ("Kim Minsoo", "Kim Jiyoung"),
    "common Spanish family name": ("Jose Garcia", "Antonio Garcia"),
    "common Arabic given name": ("Mohammed Hassan", "Mohammed Al-Rashid"),
    "son and father": ("Salman bin Muhammad", "Muhammad bin Salman"),
    "son and daughter": ("Nur bin Halim", "Nur binti Halim"),
    "short words": ("Li Wei", "Li Na"),
    "two letters": ("Hans Meier", "Hanna Maurer"),
    "Arabic and another Latin name": ("محمد حسن", "John Smith"),
    "Chinese and another Latin name": ("王芳", "Peter Marlow"),
    "Korean and another Chinese name": ("김민수", "王芳"),
    "Russian and another Latin name": ("Дмитрий Орлов", "Denis Smirnov"),
    "Russian and Greek": ("Елена Голубева", "Πολυτίμη Κλεινάκη"),
    "no name": ("", "Anna Schmidt"),
    "placeholder": ("FNU LNU", "Anna Schmidt"),
    "same consonants in one word": ("Nina Becker", "Anna Krüger"),
    "one word more, another family": ("Anna Maria Schmidt", "Anna Becker"),
}  # fmt: skip


def declared(name: str, day: str = DAY) -> FactSource:
    return FactSource(ref=("declared",), name="x", facts={"full_name": name, "birth_date": day})


def similar(source: FactSource) -> set[str]:
    return {text for kind, text in identity_texts(source) if kind == IdentityKeyKind.NAME_WORD}


def is_found(one: FactSource, other: FactSource) -> bool:
    """As the search does: candidates by an equal key, then each pair of one birth date."""
    if not similar(one) & similar(other):
        return False
    return any(
        day == other_day and may_be_one_person(name, other_name)
        for (day, name), (other_day, other_name) in product(births(one), births(other))
    )


@pytest.mark.parametrize(("one", "other"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_spelling_of_the_same_name_is_found(one: str, other: str) -> None:
    assert is_found(declared(one), declared(other))
    assert is_found(declared(other), declared(one))


@pytest.mark.parametrize(("one", "other"), OTHERS.values(), ids=OTHERS)
def test_another_person_of_the_same_birth_date_is_not_found(one: str, other: str) -> None:
    assert not is_found(declared(one), declared(other))
    assert not is_found(declared(other), declared(one))


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1990-04-13", "13.04.1990", True),
        ("1990-04-13", "1990-04-14", False),
        ("1990-04-13", "1991-04-13", False),
        ("1990-03-02", "02/03/1990", True),
        ("1990-02-03", "02/03/1990", True),
        ("1990-02-03", "1990-03-02", False),
        ("1990-04-13", "1990", False),
        ("1990-04-13", "****-04-13", False),
        ("1990-04-13", "", False),
        ("", "", False),
    ],
)
def test_only_the_same_day_is_compared(one: str, other: str, found: bool) -> None:
    assert is_found(declared("Jürgen Müller", one), declared("Juergen Mueller", other)) is found


EVASIONS = {
    "no blank": "JuergenMueller",
    "blanks inside words": "Jür gen Mül ler",
    "letters of another alphabet": "Jürgen \u041cüll\u0435r",
    "digits for letters": "Jürgen Mül1er",
    "invisible characters": "Jür\u200bgen M\u00adüller",
    "a letter twice": "Jürgen Müllller",
    "other vowels": "Jorgan Mallur",
    "a letter less": "Jürgen Mülle",
    "one word": "Müller",
    "initial": "J. Müller",
    "words added": "Jürgen Maria von Müller",
    "placeholder": "FNU Müller",
    "in brackets": "Müller (Jürgen)",
    "last name first, twice": "Müller Jürgen Müller",
    "many words before": " ".join(["Xu", "Yo", "Ba"] * 10) + " Jürgen Müller",
    "superscripts and wide letters": "Ｊｕｒｇｅｎ Ｍｕｌｌｅｒ",
    "letters of a formula": "𝐉𝐮𝐫𝐠𝐞𝐧 𝐌𝐮𝐥𝐥𝐞𝐫",
    "Cyrillic": "Юрген Мюллер",
}


@pytest.mark.parametrize("spelling", EVASIONS.values(), ids=EVASIONS)
def test_a_spelling_chosen_to_evade_is_found(spelling: str) -> None:
    assert is_found(declared("Jürgen Müller"), declared(spelling))


NASALS = {"μπ", "ντ", "γγ", "γκ", "γξ", "γχ", "ң"}
"""Letters that are written with or without the sound of m or n; that of Japanese is written n or m."""


@pytest.mark.parametrize("script", sorted(SCRIPTS_WITH_TABLES))
def test_every_spelling_of_a_table_has_the_key_of_the_original(script: str) -> None:
    for table in tables_of(script):
        for letters, spellings in table.items():
            original = letters.strip("^$")
            if original and original not in NASALS and original[0] not in "んン":
                keys = {frozenset(word_keys(f"ba{word}ab")) for word in (original, *spellings)}
                assert len(keys) == 1, (letters, spellings)


def test_words_of_one_letter_and_hidden_ones_have_no_key() -> None:
    assert word_keys("J. K. R*****") == word_keys("***") == word_keys("") == frozenset()
    assert word_keys("J. Marlow") == {"mrl"}
    assert word_keys("Ann*** Marlow") == {"mrl"}
    assert word_keys("Dr. Wu") == {""}
    assert word_keys("Jean-Marie O'Brien") == {"n", "mr", "nmr", "rn", "nmrn"}


def test_a_key_holds_no_more_than_four_letters_of_the_alphabet() -> None:
    names = [name for pair in (*SPELLINGS.values(), *OTHERS.values()) for name in pair]
    assert {letter for name in names for key in word_keys(name) for letter in key} == set("lmnr")
