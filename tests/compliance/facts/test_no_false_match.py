"""Names that only share consonants never match."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.enums import CaseStatus, Queue
from compliance.facts.finding import Answer
from compliance.facts.matrix import compare
from compliance.facts.romanisation import SCRIPTS_WITH_TABLES, tables_of
from compliance.models import Case, Decision
from providers.models import ProviderAccount
from providers.simulator.people import person
from providers.simulator.server import Simulator
from tests import factories
from tests.sampling import examples

ICAO = {
    "shch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "iu": "ю", "ia": "я", "a": "а", "b": "б",
    "v": "в", "g": "г", "d": "д", "e": "е", "z": "з", "i": "и", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о",
    "p": "п", "r": "р", "s": "с", "t": "т", "u": "у", "f": "ф", "y": "ы",
}  # fmt: skip
ELOT = {
    "th": "θ", "ch": "χ", "ps": "ψ", "ou": "ου", "a": "α", "v": "β", "g": "γ", "d": "δ", "e": "ε", "z": "ζ", "i": "η",
    "u": "ου",
    "k": "κ", "l": "λ", "m": "μ", "n": "ν", "x": "ξ", "o": "ο", "p": "π", "r": "ρ", "s": "σ", "t": "τ", "f": "φ",
}  # fmt: skip
RUSSIAN_ENDINGS = [
    ("", "a"),
    ("ov", "ova"),
    ("in", "ina"),
    ("skii", "skaia"),
    ("ei", "eia"),
    ("n", "nna"),
    ("ii", "iia"),
]
GREEK_ENDINGS = [("os", "a"), ("is", "i"), ("as", "a"), ("akis", "aki"), ("opoulos", "opoulou"), ("idis", "idou")]
SYLLABLES = st.lists(
    st.tuples(st.sampled_from("bvdzklmnprst"), st.sampled_from("aeiou")).map("".join), min_size=1, max_size=3
)


def written(latin: str, letters: dict[str, str]) -> str:
    """A Latin name in another script, the longest letters first."""
    found = ""
    while latin:
        size = next(size for size in (4, 3, 2, 1) if latin[:size] in letters)
        found, latin = found + letters[latin[:size]], latin[size:]
    return found


@pytest.mark.promise("P26")
@given(
    stem=SYLLABLES,
    last=st.sampled_from(["n", "l", "r", "v", "sh", "zh", "kh", "ts", "ch", "t"]),
    endings=st.sampled_from(RUSSIAN_ENDINGS),
)
@settings(max_examples=examples(300), deadline=None)
def test_a_mans_and_a_womans_name_never_match_in_cyrillic(stem: list[str], last: str, endings: tuple[str, str]) -> None:
    man, woman = (f"{''.join(stem)}{last}{ending}" for ending in endings)
    assert compare("full_name", written(man, ICAO), man).answer == Answer.COMPATIBLE
    assert compare("full_name", written(woman, ICAO), woman).answer == Answer.COMPATIBLE
    assert compare("full_name", written(man, ICAO), woman).answer == Answer.DIFFERS
    assert compare("full_name", written(woman, ICAO), man).answer == Answer.DIFFERS


@pytest.mark.promise("P26")
@given(stem=SYLLABLES, last=st.sampled_from(["n", "l", "r", "th", "ch", "t"]), endings=st.sampled_from(GREEK_ENDINGS))
@settings(max_examples=examples(300), deadline=None)
def test_a_mans_and_a_womans_name_never_match_in_greek(stem: list[str], last: str, endings: tuple[str, str]) -> None:
    man, woman = (f"{''.join(stem).replace('b', 'k')}{last}{ending}" for ending in endings)
    assert compare("full_name", written(man, ELOT), man).answer == Answer.COMPATIBLE
    assert compare("full_name", written(man, ELOT), woman).answer == Answer.DIFFERS
    assert compare("full_name", written(woman, ELOT), man).answer == Answer.DIFFERS


@given(
    name=st.text(alphabet="محدعليسن כהןיוסףสมชาย राम", min_size=1, max_size=12),
    latin=st.text("abhilmns ", max_size=12),
)
@settings(max_examples=examples(300), deadline=None)
def test_scripts_without_vowels_never_match_latin_letters(name: str, latin: str) -> None:
    answer = compare("full_name", name, latin).answer
    assert answer not in (Answer.SAME, Answer.COMPATIBLE)
    # A vowel sign without a letter is no name.
    if any(sign.isalpha() for sign in name) and latin.strip():
        assert answer == Answer.NOT_COMPARABLE


@pytest.mark.parametrize("script", sorted(SCRIPTS_WITH_TABLES))
def test_every_table_has_ascii_letters_only(script: str) -> None:
    for table in tables_of(script):
        assert all(
            latin.isascii() and (latin.isalpha() or not latin) for spellings in table.values() for latin in spellings
        )


def read(simulator: Simulator, account: ProviderAccount, serial: int, declared: str) -> Case:
    """A case whose provider passed the invented person of this serial, with the right birth date declared."""
    played = simulator.providers["preventor"]
    case = factories.make_case(full_name=declared, birth_date=person(serial).birth_date.isoformat())
    check_settings = played.check_settings(serial)
    factories.add_check(
        case, account, played.reference("accepted-passed", serial), kind="identity", settings=check_settings
    )
    factories.read(account)
    case.refresh_from_db()
    return case


RUSSIAN_WOMAN, EGYPTIAN = 5046, 5001


@pytest.mark.promise("P25")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("serial", "declared", "why"),
    [
        (RUSSIAN_WOMAN, "Кассиан Черновол", "the sources disagree on the name"),
        (RUSSIAN_WOMAN, "Ксен Черновол", "the sources disagree on the name"),
        (EGYPTIAN, "", "the name has to be compared by eye"),
    ],
)
def test_the_system_closes_no_case_for_a_name_with_the_same_consonants(
    simulator: Simulator, account: Callable[..., ProviderAccount], serial: int, declared: str, why: str
) -> None:
    case = read(simulator, account("preventor"), serial, declared or person(serial).full_name)
    assert (case.status, case.queue, case.why) == (CaseStatus.IN_REVIEW, Queue.MANUAL_REVIEW, why)
    assert not Decision.objects.filter(case=case).exists()


@pytest.mark.django_db(transaction=True)
def test_the_system_closes_a_case_with_a_transliterated_name(
    simulator: Simulator, account: Callable[..., ProviderAccount]
) -> None:
    case = read(simulator, account("preventor"), RUSSIAN_WOMAN, person(RUSSIAN_WOMAN).full_name)
    assert (case.status, case.why) == (CaseStatus.DECIDED, "")
