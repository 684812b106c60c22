"""What a search finds, in which order, and how well it finds names among many."""

import os
import random
from collections import Counter
from collections.abc import Callable
from unittest import mock

import pytest
from django.db import connection

from compliance.actions.cases import complete
from compliance.actions.corrections import correct_data
from compliance.actions.reindexing import fill_search_words, reindex
from compliance.models import Applicant, Case, User
from compliance.queries import search as searching
from compliance.queries.corrections import version_of
from compliance.queries.search import case_elsewhere, case_number, recent_cases, search
from providers.models import ProviderAccount
from providers.vault import DataKey
from tests import factories

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
HERE = "simulator"


def found(text: str, environment: str = HERE) -> list[int]:
    return list(search(text, environment=environment).numbers)


@pytest.mark.parametrize(
    ("number", "texts"),
    [
        (9, ["9", "KYC-9", "kyc9", "kyc 9", "KYC#009", "#9", " 9 ", "-9"]),
        (0, ["0", "KYC-", "9a", "1.0", "²", "١", "9" * 30, ""]),
    ],
)
def test_a_case_number_in_any_spelling(number: int, texts: list[str]) -> None:
    assert {text: case_number(text) for text in texts} == dict.fromkeys(texts, number)


def test_identifiers_are_found_whole_or_by_their_beginning_in_any_case(account: MakeAccount) -> None:
    case = factories.make_case("Cust-Ω-77", reference="Onb/2026_7", email="Dana+kyc@Example.org")
    other = factories.make_case("cust-other", reference="onb/2026-8", email="eve@example.org")
    check = factories.add_check(case, account("preventor"), "Ref-88123")
    for text in (
        "Cust-Ω-77", "cust-Ω-7", " CUST-Ω ", "onb/2026_7", "ONB/2026_", "dana+kyc@example.org", "DANA+", "ref-88123",
        check.reference[:5], str(case.pk), case.label, case.label.lower(), f"kyc{case.pk}",
    ):  # fmt: skip
        assert found(text) == [case.pk], text
    assert found("cust") == [other.pk, case.pk]
    assert found("onb/2026") == [other.pk, case.pk]
    for text in ("ust-Ω", "%", "_nb/", "example.org", "Cust-Ω-777"):
        assert found(text) == [], text


def test_an_exact_identifier_comes_first_and_says_so() -> None:
    exact = factories.make_case("abc")
    longer = factories.make_case("abcd")
    answer = search("ABC", environment=HERE)
    assert (answer.numbers, answer.is_exact) == ((exact.pk, longer.pk), True)
    assert not search("ab", environment=HERE).is_exact
    Case.objects.filter(pk=longer.pk).update(reference="ABC.")
    assert not search("abc.", environment=HERE).numbers[1:]
    Case.objects.filter(pk=longer.pk).update(reference="Abc")
    assert not search("abc", environment=HERE).is_exact


def test_a_document_number_and_a_birth_date_with_name_are_found_exactly(account: MakeAccount) -> None:
    case = factories.make_case(full_name="Dana Whitfield", birth_date="1990-03-04", document_number="AB 123-456")
    twin = factories.make_case(full_name="Dana Whitfield", birth_date="1991-03-04", document_number="AB 123-457")
    for one in (case, twin):
        factories.add_check(one, account("bank131"), f"{one.pk}000")
        next(iter(reindex(after=one.pk - 1)))
    for text in ("AB123456", "ab 123 456", "AB-123-456"):
        assert found(text) == [case.pk], text
    for text in ("1990-03-04 Whitfield", "whitfield 04.03.1990", "dana whitfield 4 Mar 1990", "Whitfeild 1990-03-04"):
        assert found(text) == [case.pk], text
    for text in ("1990-03-04", "1990-03-05 whitfield", "AB123458", "1990-03-04 smith"):
        assert found(text) == [], text


def test_nothing_of_another_environment_is_found_but_a_case_number_is_named() -> None:
    mine = factories.make_case("cust-1", full_name="Dana Whitfield", environment="sandbox")
    factories.make_case("cust-1", full_name="Dana Whitfield", email="dana@example.org")
    other = Case.objects.exclude(pk=mine.pk).get()
    for text in ("cust-1", "whitfield", "whitfeild"):
        assert found(text, "sandbox") == [mine.pk], text
    for text in ("dana@example.org", other.label, str(other.pk)):
        assert found(text, "sandbox") == [], text
    assert case_elsewhere(other.label, environment="sandbox") == other
    assert case_elsewhere(mine.label, environment="sandbox") is None
    assert recent_cases(1, environment="sandbox", limit=5) == ()


def test_better_answers_come_first_and_of_equal_ones_the_newest() -> None:
    names = ["Ana Smithson", "Ana Smith", "Ana Smyth", "Ana Smith", "Ana Blacksmith"]
    cases = {factories.make_case(full_name=name).pk: name for name in names}
    answer = found("smith")
    assert [cases[number] for number in answer] == [
        "Ana Smith", "Ana Smith", "Ana Smithson", "Ana Blacksmith", "Ana Smyth",
    ]  # fmt: skip
    assert answer[0] > answer[1]


def test_a_corrected_name_is_found_by_its_new_words(analyst: User) -> None:
    case = factories.make_case(full_name="Dana Whitfield")
    token = version_of(case.applicant)
    correct_data(case.pk, by=analyst, seen=token, values={"full_name": "Dana Schneider"}, reason="Married.")
    assert found("schneider") == [case.pk]
    assert found("whitfield") == []


def test_applicants_of_an_earlier_release_get_their_words() -> None:
    case = factories.make_case(full_name="Dana Whitfield")
    Applicant.objects.update(search_text="", search_keys=[])
    assert found("whitfield") == []
    assert fill_search_words() == 1
    assert fill_search_words() == 0
    assert found("whitfield") == [case.pk]
    Applicant.objects.update(search_text=" old", search_keys=[])
    assert list(reindex()) == [case.pk]
    assert found("whitfeild") == [case.pk]


def test_a_slow_search_ends_with_what_was_found_and_leaves_the_limit_as_it_was() -> None:
    case = factories.make_case("cust-1", full_name="Dana Whitfield")
    slow = searching._BY_NAME.replace("AND {conditions}", "AND {conditions} AND pg_sleep(5) IS NOT NULL")
    with mock.patch.multiple(searching, SECONDS=0.3, _BY_NAME=slow):
        assert search("cust", environment=HERE).numbers == (case.pk,)
        answer = search("whitfield", environment=HERE)
    assert (answer.numbers, answer.is_whole) == ((), False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


# --- among many -------------------------------------------------------------------------------------------------------

SOAK = os.environ.get("SOAK") == "1"
APPLICANTS = 10_000 if SOAK else 1_500
QUERIES = 300 if SOAK else 90
FIRST = [
    "Ana", "Maria", "José", "Dana", "Oleksandr", "Jürgen", "Søren", "Chinedu", "Amina", "Mei", "Hiroshi", "Yusuf",
    "Ivan", "Юлия", "Ольга", "Иван", "Σταύρος",
]  # fmt: skip
BEGIN = [
    "Whit", "Alva", "Papa", "Kova", "Schnei", "Okon", "Hama", "Naka", "Ivan", "Petr", "Gonza", "Brze", "Fern", "Lind",
    "Mbek", "Osor", "Tade", "Vill", "Zieg", "Qure",
]  # fmt: skip
END = [
    "field", "rez", "dis", "lenko", "der", "kwo", "guchi", "mura", "ov", "sen", "les", "czyk", "andez", "strom", "i",
    "io", "usz", "anueva", "ler", "shi",
]  # fmt: skip


def _name(random_: random.Random) -> str:
    middle = "".join(random_.choices("aeioubdgklmnprst", k=random_.randint(2, 4)))
    return f"{random_.choice(FIRST)} {random_.choice(BEGIN)}{middle}{random_.choice(END)}"


def _store(names: list[str]) -> dict[int, str]:
    """Cases with these names: number -> name."""
    rows = [Applicant(environment=HERE, external_id=f"many-{at}", full_name=name) for at, name in enumerate(names)]
    for row in rows:
        complete(row)
    DataKey.objects.bulk_create([row.data_key for row in rows])
    Applicant.objects.bulk_create(rows)
    cases = Case.objects.bulk_create([Case(applicant=row, environment=HERE, reference=row.external_id) for row in rows])
    return {case.pk: case.applicant.full_name for case in cases}


def _typo(random_: random.Random, word: str) -> str:
    at = random_.randrange(1, len(word) - 1)
    letter = random_.choice("aeinrst")
    start, rest = word[:at], word[at:]
    return random_.choice(
        [start + rest[1:], start + letter + rest, start + letter + rest[1:], start + rest[1::-1] + rest[2:]]
    )


def test_names_are_found_among_many_by_part_order_script_and_with_one_typo() -> None:
    """The right case is among the first twenty; one typo in at least 95 of 100 searches, the others always."""
    random_ = random.Random(7)
    by_number = _store([_name(random_) for _ in range(APPLICANTS)])
    hits: Counter[str] = Counter()
    chosen = random_.sample(sorted(by_number), QUERIES)
    for number in chosen:
        first, last = by_number[number].split()
        for kind, text in (
            ("exact", f"{first} {last}"),
            ("prefix", f"{first} {last[:-2]}"),
            ("swapped order", f"{last} {first}"),
            ("lower case", f"{first} {last}".lower()),
            ("other script", " ".join(map(_cyrillic, (first, last)))),
            ("one typo", f"{first} {_typo(random_, last)}"),
        ):
            hits[kind] += number in found(text)
    print({kind: f"{count} of {QUERIES}" for kind, count in hits.items()})
    for kind in ("exact", "prefix", "swapped order", "lower case"):
        assert hits[kind] == QUERIES, kind
    assert hits["one typo"] >= 0.95 * QUERIES
    assert hits["other script"] >= 0.95 * QUERIES


_LETTERS = dict(zip("abvgdeziklmnoprstufh", "абвгдезиклмнопрстуфх", strict=True))


def _cyrillic(word: str) -> str:
    """A Latin word letter by letter in Cyrillic, as far as there is one letter for it."""
    return "".join(_LETTERS.get(letter, letter) for letter in word.lower()) if word.isascii() else word
