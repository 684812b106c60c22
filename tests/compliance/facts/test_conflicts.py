"""Conflicts between sources, named with sources, facts and codes, never with a value."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.case_page.findings import FindingText, FindingTexts
from compliance.enums import FindingKind
from compliance.facts import conflicts, matrix, single_values
from compliance.facts.sources import sources_of
from compliance.models import Applicant, Case, Check
from compliance.routing import placement
from compliance.routing.explanations import TOPIC_LABELS, in_one_clause
from providers import Kind, Topic, Verdict, code_table, provider_class, provider_names
from tests.compliance.unsaved import NOW, POLICY, case, check, findings, reason

TODAY = NOW.date()


def declared(name: str = "", born: str = "") -> Case:
    return case(applicant=Applicant(full_name=name, birth_date=born))


def read(provider: str = "checkout_com", kind: str = "identity", reference: str = "r-1", **facts: Any) -> Check:
    return check("approved", provider=provider, kind=kind, reference=reference, facts=facts)


def texts(subject: Case, *checks: Check) -> list[FindingText]:
    of = FindingTexts(subject, checks)
    return [of.text_of(conflict) for conflict in conflicts.found(subject, checks, today=TODAY)]


def found(subject: Case, *checks: Check) -> list[str]:
    return [f"{text.head} {text.text}" for text in texts(subject, *checks)]


# --- facts ------------------------------------------------------------------------------------------------------------

BORN, OTHER, THIRD = "1990-02-03", "1980-12-31", "1971-07-07"


@pytest.mark.parametrize(
    ("subject", "checks", "expected"),
    [
        (declared("Ada", BORN), [read("btc_direct", birth_date="03.02.1990")], []),
        (
            declared("Ada", BORN),
            [read("btc_direct", birth_date=OTHER), read(birth_date="03.02.1990")],
            ["Birth date: BTC Direct differs from the declared birth date and Checkout.com."],
        ),
        (
            declared("Ada", OTHER),
            [read("btc_direct", birth_date=BORN), read(birth_date="03.02.1990")],
            ["Birth date: The declared birth date differs from BTC Direct and Checkout.com."],
        ),
        (
            declared("Ada", OTHER),
            [read("btc_direct", birth_date=BORN), read(birth_date=BORN)],
            ["Birth date: The declared birth date differs from BTC Direct and Checkout.com."],
        ),
        (
            declared("Ada", BORN),
            [read("btc_direct", birth_date=OTHER)],
            ["Birth date: BTC Direct differs from the declared birth date."],
        ),
        (
            declared("Ada", BORN),
            [read("btc_direct", birth_date=OTHER), read("bank131", birth_date=THIRD)],
            [
                "Birth date: Bank131 differs from the declared birth date and BTC Direct; "
                "BTC Direct differs from the declared birth date."
            ],
        ),
        (
            declared("Ada", BORN),
            [read("btc_direct", birth_date="unknown")],
            ["Compare the birth date by eye: BTC Direct’s reading and the declared birth date."],
        ),
        (
            declared("Ada", "unknown"),
            [read("btc_direct", birth_date="unknown")],
            ["Compare the birth date by eye: BTC Direct’s reading and the declared birth date."],
        ),
        (
            declared("Ada Example", BORN),
            [read("preventor", full_name="Eve Example", birth_date=OTHER)],
            [
                "Name: Preventor differs from the declared name.",
                "Birth date: Preventor differs from the declared birth date.",
            ],
        ),
        (
            declared(),
            [read("preventor", birth_date=BORN), read("preventor", reference="r-2", birth_date=OTHER)],
            ["Birth date: Preventor identity r-2 differs from Preventor identity r-1."],
        ),
        (
            declared(),
            [read(kind="identity", birth_date=BORN), read(kind="document", birth_date=OTHER)],
            ["Birth date: Checkout.com document differs from Checkout.com identity."],
        ),
        (declared(), [read("not_listed", birth_date=BORN)], []),
        (declared("  ", "  "), [read(full_name="Ada", birth_date=BORN)], []),
    ],
)
def test_a_conflict_names_the_sources_that_differ(subject: Case, checks: list[Check], expected: list[str]) -> None:
    assert found(subject, *checks) == expected


def test_a_partial_name_hides_no_conflict_between_two_others() -> None:
    pair = [read("preventor", full_name="Ada Example"), read(full_name="Aaron Example")]
    assert found(declared(), read("bank131", full_name="A*** Example"), *pair) == [
        "Name: Checkout.com differs from Preventor."
    ]


def test_a_declared_name_with_hidden_characters_agrees_with_nothing() -> None:
    for name in ("Ada Example", "A*** Example"):
        assert found(declared("A*** Example"), read(full_name=name)) == [
            "Compare the name by eye: Checkout.com’s reading and the declared name."
        ]


def test_each_conflict_links_to_its_row() -> None:
    actual = texts(declared("Ada Example", BORN), read(full_name="Eve", birth_date=OTHER))
    assert [one.link for one in actual] == ["#fact-full_name", "#fact-birth_date"]


def test_many_sources_are_counted_and_compared_once_for_each_spelling() -> None:
    many = [read(reference=f"r-{number}", birth_date=BORN) for number in range(1000)]
    odd = read("bank131", birth_date=OTHER)
    (actual,) = found(declared("Ada", BORN), *many, odd)
    assert actual == (
        "Birth date: Bank131 differs from the declared birth date, Checkout.com identity r-0, "
        "Checkout.com identity r-1 and 998 others."
    )


@given(
    values=st.lists(st.sampled_from(["", BORN, OTHER, THIRD, "03.02.1990", "1990-**-**", "?"]), min_size=2, max_size=6)
)
def test_there_is_a_conflict_if_and_only_if_values_contradict(values: list[str]) -> None:
    checks = [read(reference=f"r-{number}", birth_date=value) for number, value in enumerate(values[1:])]
    pairs = itertools.combinations([value for value in values if value], 2)
    contradict = any(not matrix.agrees("birth_date", one, other) for one, other in pairs)
    is_hidden = matrix.is_hidden("birth_date", values[0]) and any(values[1:])
    contradict = contradict or is_hidden
    assert bool(found(declared("", values[0]), *checks)) == contradict


CANARIES = ("Zebediah", "Quillfeather", "1987", "1993", "4471902")


def test_no_value_is_repeated_except_the_expiry_on_the_page() -> None:
    subject = declared("Zebediah Quillfeather", "1987-11-23")
    pair = [
        read("preventor", full_name="Q. Zebediah-Canary", birth_date="1993-01-01", document_number="4471902"),
        read(full_name="Zebediah", birth_date="23/11/1987", document_expiry="2020-01-31", document_number="4471903"),
    ]
    actual = conflicts.found(subject, pair, today=TODAY)
    assert {one.about for one in actual} == {"full_name", "birth_date", "document_number", "document_expiry"}
    shown = texts(subject, *pair)
    why = in_one_clause(findings(subject, pair))
    text = " ".join(f"{one.head} {one.text} {one.link}" for one in shown) + f"{why} {actual}"
    assert [canary for canary in CANARIES if canary in text] == []
    assert "2020" not in why and "2020" not in repr(actual)
    assert [one for one in shown if "Jan 2020" in repr(one)] == []


PASSPORT = {"document_type": "Passport", "document_number": "B02847193"}


@pytest.mark.parametrize(
    ("subject", "checks", "expected"),
    [
        (
            case(applicant=Applicant(document_number="B02847198")),
            [read(**PASSPORT)],
            ["Document number: Checkout.com differs from the declared document number. There may be two documents."],
        ),
        (case(applicant=Applicant(document_number="b 0284-7193")), [read(**PASSPORT)], []),
        (
            case(applicant=Applicant(document_number="B0******3")),
            [read(**PASSPORT)],
            ["Compare the document number by eye: Checkout.com’s reading and the declared document number."],
        ),
        (
            declared(),
            [read("preventor", sex="F", issuing_country="MX"), read(sex="M", issuing_country="MEX")],
            ["Compare the sex by eye: The readings of Checkout.com and Preventor."],
        ),
        (
            case(applicant=Applicant(birth_date="2087-04-13")),
            [read(birth_date="2087-04-13", document_expiry="9999-12-31")],
            ["Birth date: The declared and Checkout.com’s birth date is in the future."],
        ),
        (
            case(applicant=Applicant(document_number="B02847193")),
            [read(document_type="BVN", document_number="22200000123")],
            [],
        ),
        (
            declared(),
            [read(personal_number="44051401358", issuing_country="PL")],
            ["Personal number: Checkout.com’s personal number has a wrong check digit."],
        ),
        (
            declared(),
            [read(document_type="Passport", nationality="IR", issuing_country="GB")],
            [
                "Compare the nationality by eye: "
                "The nationality at Checkout.com is not the country that issued the document."
            ],
        ),
        (
            declared(),
            [read("preventor", birth_name="Berg"), read(birth_name="Strand")],
            ["Name at birth: Checkout.com differs from Preventor."],
        ),
        (
            declared(),
            [read("preventor", **PASSPORT), read(**(PASSPORT | {"document_number": "B1"}))],
            ["Document number: Checkout.com differs from Preventor. There may be two documents."],
        ),
        (
            declared(),
            [read("preventor", **PASSPORT), read(document_number="B1")],
            ["Document number: Checkout.com differs from Preventor. There may be two documents."],
        ),
        (declared(), [read("preventor", **PASSPORT), read(document_type="ID card", document_number="B1")], []),
        (
            declared(),
            [
                read("preventor", **PASSPORT, issuing_country="PE"),
                read(**(PASSPORT | {"document_number": "B1"}), issuing_country="ESP"),
            ],
            [],
        ),
        (
            declared(),
            [
                read("preventor", **PASSPORT, issuing_country="PE"),
                read(**(PASSPORT | {"document_number": "B1"}), issuing_country="PER"),
            ],
            ["Document number: Checkout.com differs from Preventor. There may be two documents."],
        ),
        (declared(), [read("preventor", sex="M"), read(sex="FEMALE")], ["Sex: Checkout.com differs from Preventor."]),
        (declared(), [read("preventor", sex="F"), read(sex="FEMALE")], []),
        (declared(), [read("preventor", sex="X"), read(sex="FEMALE")], []),
        (
            declared(),
            [read("preventor", nationality="NG"), read(nationality="643")],
            ["Nationality: Checkout.com differs from Preventor. A person may have several."],
        ),
        (declared(), [read("preventor", nationality="NG, GB"), read(nationality="GBR")], []),
        (
            declared(),
            [read("preventor", nationality="NG"), read(nationality="Utopia")],
            ["Compare the nationality by eye: The readings of Checkout.com and Preventor."],
        ),
        (
            declared("محمد علي"),
            [read(full_name="Mahmoud Ali")],
            ["Compare the name by eye: Checkout.com’s reading and the declared name."],
        ),
    ],
)  # fmt: skip
def test_differing_numbers_sexes_and_nationalities_are_conflicts(
    subject: Case, checks: list[Check], expected: list[str]
) -> None:
    assert found(subject, *checks) == expected
    known = placement.Known(policy=POLICY, findings=findings(subject, checks))
    assert bool(known.findings) is (expected != [])


def test_only_certain_contradictions_are_marked_as_certain() -> None:
    subject = case(applicant=Applicant(full_name="محمد", birth_date=BORN, document_number="B1"))
    pair = [
        read("preventor", full_name="Mahmoud", birth_date=OTHER, sex="M", nationality="NG", **PASSPORT),
        read(full_name="Mahmoud", birth_date=OTHER, sex="F", nationality="SE", document_expiry="01/02/2026"),
    ]
    actual = findings(subject, pair)
    assert {one.about: one.weighs for one in actual if one.kind != FindingKind.EXPIRED} == {
        "full_name": False,
        "birth_date": True,
        "document_number": False,
        "nationality": False,
        "sex": True,
    }


# --- provider results -------------------------------------------------------------------------------------------------


def result(
    provider: str, kind: str, outcome: str, *codes: str, verdict: str = "", group: str = "", ref: str = ""
) -> Check:
    reasons = [reason(code, group=group) for code in codes]
    name = ref or f"{provider}-{kind}"
    return check(outcome, verdict, provider=provider, kind=kind, reference=name, reasons=reasons)


MISMATCH = result("checkout_com", "identity", "declined", "62304")
NOT_LIVE = result("checkout_com", "identity", "declined", "62305")
FORGED = result("checkout_com", "document", "declined", "62301", "62303")
FACE_FAILED = result("checkout_com", "face", "declined", "odd")
POOR = result("preventor", "identity", "manual_review", "PVT-PHT-MTC-MSMTCH", verdict="negative")
LOOKALIKE = result("advance_ai", "database", "declined", "SIMILARITY_FAILED")
FACE_PASS = result("advance_ai", "database", "approved", "PASS", group="face")
PASS_ALONE = result("advance_ai", "database", "approved", "PASS", group="passed")
FAILED_BUT_FACE = result("advance_ai", "database", "manual_review", "PASS", verdict="negative", group="face")
ONBOARDED = result("preventor", "identity", "approved")
NO_REMARK = result("preventor", "identity", "manual_review", "OK", verdict="none", group="document check")
LIVE = result("btc_direct", "liveness", "approved")
DISABLED = result("btc_direct", "liveness", "manual_review", "ER124", verdict="negative")


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([MISMATCH], []),
        ([MISMATCH, FACE_PASS], [(Topic.FACE, "Checkout.com: no match (62304). ADVANCE.AI: match.")]),
        ([MISMATCH, PASS_ALONE], []),
        ([MISMATCH, FAILED_BUT_FACE], [(Topic.FACE, "Checkout.com: no match (62304). ADVANCE.AI: match.")]),
        ([MISMATCH, ONBOARDED], [(Topic.FACE, "Checkout.com: no match (62304). Preventor: identity check passed.")]),
        ([LOOKALIKE, MISMATCH], []),
        ([LOOKALIKE, POOR], []),
        ([MISMATCH, LIVE], []),
        ([NOT_LIVE, LIVE], [(Topic.LIVENESS, "Checkout.com: not live (62305). BTC Direct: liveness check passed.")]),
        ([NOT_LIVE, FACE_PASS], [(Topic.LIVENESS, "Checkout.com: not live (62305). ADVANCE.AI: live.")]),
        ([DISABLED, FACE_PASS], []),
        ([FACE_FAILED, FACE_PASS], [(Topic.FACE, "Checkout.com: face check declined. ADVANCE.AI: match.")]),
        (
            [FORGED, ONBOARDED],
            [(Topic.DOCUMENT, "Checkout.com: not accepted (62301, 62303). Preventor: identity check passed.")],
        ),
        ([FORGED, NO_REMARK], [(Topic.DOCUMENT, "Checkout.com: not accepted (62301, 62303). Preventor: no remark.")]),
        (
            [
                result("preventor", "identity", "declined", "PVT-NVLD-STTS"),
                result("checkout_com", "document", "approved"),
            ],
            [(Topic.DOCUMENT, "Preventor: not accepted (PVT-NVLD-STTS). Checkout.com: document check passed.")],
        ),
        ([result("checkout_com", "identity", "approved", "62304"), FACE_PASS], []),
        ([result("checkout_com", "identity", "retry_required", "62201", verdict="none"), ONBOARDED], []),
        ([ONBOARDED, FACE_PASS, LIVE], []),
    ],
)  # fmt: skip
def test_providers_that_disagree_on_a_topic_are_named_with_their_codes(
    checks: list[Check], expected: list[tuple[str, str]]
) -> None:
    for order in (checks, checks[::-1]):
        assert disagreements(checks) == expected
        assert {one.about for one in conflicts.between_verdicts(order)} == {about for about, _ in expected}


def disagreements(checks: list[Check]) -> list[tuple[str, str]]:
    of = FindingTexts(case(), checks)
    return [(one.about, of.text_of(one).text) for one in conflicts.between_verdicts(checks)]


def test_one_provider_against_itself_is_named_by_its_checks() -> None:
    pair = [MISMATCH, result("checkout_com", "face", "approved")]
    (actual,) = conflicts.between_verdicts(pair)
    text = FindingTexts(case(), pair).text_of(actual)
    assert text.text == "Checkout.com identity: no match (62304). Checkout.com face: face check passed."
    assert text.head == "Providers disagree about the face:"
    assert in_one_clause(findings(case(), pair)) == "providers disagree about the face"


def test_a_check_that_was_never_read_has_no_conflict() -> None:
    silent = check("approved", provider="preventor", reference="t", seq=0)
    assert list(conflicts.between_verdicts([MISMATCH, silent])) == []


@pytest.mark.parametrize("provider", provider_names())
def test_every_negative_code_is_in_the_code_table(provider: str) -> None:
    rows = code_table(provider).rows
    for code in itertools.chain.from_iterable(provider_class(provider).topic_signals.against.values()):
        assert [row for row in rows if row.value == code and row.reachable], code


@pytest.mark.parametrize("provider", provider_names())
def test_every_positive_row_is_in_the_code_table_without_an_outcome(provider: str) -> None:
    for code, group in provider_class(provider).topic_signals.explains:
        rows = [row for row in code_table(provider).rows if (row.value, row.group) == (code, group)]
        assert rows and all(row.reachable and row.outcome is None for row in rows)


def test_every_topic_has_negative_codes_and_a_label() -> None:
    known = [provider_class(provider).topic_signals for provider in provider_names()]
    assert {topic for one in known for topic in one.against} == set(Topic) == set(TOPIC_LABELS)


PRODUCTS = {Kind.IDENTITY: "identity_verification", Kind.FACE: "face_authentication", Kind.DOCUMENT: "id_document"}
PASSES = [(provider, kind) for provider in provider_names() for kind in provider_class(provider).topic_signals.passes]


@pytest.mark.parametrize(("provider", "kind"), PASSES)
def test_a_pass_is_positive_only_on_topics_that_its_product_can_fail(provider: str, kind: Kind) -> None:
    signals = provider_class(provider).topic_signals
    assert kind in provider_class(provider).kinds
    for topic in signals.passes[kind]:
        if kind == Kind.LIVENESS and topic == Topic.LIVENESS:
            continue  # the check has no other topic
        rows = [row for row in code_table(provider).rows if row.value in signals.against[topic]]
        if provider == "checkout_com":
            rows = [row for row in rows if any(applies.startswith(PRODUCTS[kind]) for applies in row.applies_to)]
        assert rows, (provider, kind, topic)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(provider_names()),
            st.sampled_from(list(Kind)),
            st.sampled_from(list(Verdict)),
            st.lists(st.sampled_from(["62304", "62305", "62301", "LIVENESS_ATTACK", "PASS", "x"]), max_size=2),
        ),
        max_size=4,
    )
)
def test_a_disagreement_needs_a_negative_verdict_and_another_check(answers: list[Any]) -> None:
    checks = [
        check("manual_review", verdict, provider=provider, kind=kind, reference=str(number), reasons=[
            reason(code, group="face") for code in codes
        ])
        for number, (provider, kind, verdict, codes) in enumerate(answers)
    ]  # fmt: skip
    if list(conflicts.between_verdicts(checks)):
        assert len(checks) > 1
        assert any(one.provider_verdict == Verdict.NEGATIVE for one in checks)


OPEN = "The document may have expired: Checkout.com reports “{}”, which is ambiguous."

# --- expiry -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ("2026-02-28", ["The document expired on 28 Feb 2026 at Checkout.com."]),
        ("28.02.2026", ["The document expired on 28 Feb 2026 at Checkout.com."]),
        ("02/2026", ["The document expired on 02/2026 at Checkout.com."]),
        ("2026-03-01", []),
        ("2026-03-02", []),
        ("01/03/2026", [OPEN.format("01/03/2026")]),
        ("2569-03-02", [OPEN.format("2569-03-02")]),
        ("20**-01-01", [OPEN.format("20**-01-01")]),
        ("", []),
        ("permanent", []),
    ],
)
def test_an_expired_document_is_a_conflict_with_its_date(expiry: str, expected: list[str]) -> None:
    assert found(declared(), read(document_expiry=expiry)) == expected


def test_one_date_of_several_providers_is_one_conflict() -> None:
    three = [
        read(document_expiry="2020-01-31"),
        read("preventor", document_expiry="31.01.2020"),
        read("btc_direct", document_expiry="2019-05-05"),
    ]
    assert found(declared(), *three) == [
        "The document expired on 31 Jan 2020 at Checkout.com and Preventor.",
        "The document expired on 5 May 2019 at BTC Direct.",
    ]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 1, 1)))
def test_a_document_is_valid_through_its_last_day_and_not_after(last: date) -> None:
    holder = sources_of(declared(), [read(document_expiry=last.isoformat())])
    assert not list(single_values.expired(holder, today=last))
    assert list(single_values.expired(holder, today=last + timedelta(days=1)))


# --- sources inside an answer -----------------------------------------------------------------------------------------


def also(name: str, *, is_echo: bool = False, is_other_document: bool = False, **facts: str) -> dict[str, Any]:
    return {"name": name, "facts": facts, "is_echo": is_echo, "is_other_document": is_other_document}


SECOND = "second document"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"also": [also(SECOND, full_name="Ada Example", birth_date=BORN)]}, []),
        (
            {"also": [also(SECOND, full_name="Eve Other", is_other_document=True)]},
            ["Name: Checkout.com second document differs from the declared name and Checkout.com."],
        ),
        (
            {"also": [also(SECOND, birth_date=OTHER, is_other_document=True)]},
            ["Birth date: Checkout.com second document differs from the declared birth date and Checkout.com."],
        ),
        ({"document_number": "B111111", "also": [also(SECOND, document_number="C222222", is_other_document=True)]}, []),
        (
            {"document_number": "B1111111", "also": [also("machine-readable lines", document_number="C2222222")]},
            [
                "Document number: Checkout.com machine-readable lines differs from Checkout.com. "
                "There may be two documents."
            ],
        ),
        (
            {"also": [also("permit", document_expiry="2024-05-01", is_other_document=True)]},
            ["The document expired on 1 May 2024 at Checkout.com permit."],
        ),
        ({"also": [also("declared data", full_name="Ada E. Example", is_echo=True)]}, []),
        (
            {"also": [also("declared data", full_name="Eve Other", is_echo=True)]},
            ["Name: Checkout.com declared data differs from the declared name and Checkout.com."],
        ),
        (
            {"document_issue": "2031-01-01", "document_expiry": "2030-01-01"},
            [
                "Issue date: Checkout.com’s issue date is in the future.",
                "Issue date: Checkout.com’s issue date is not before the expiry date.",
            ],
        ),
    ],
)  # fmt: skip
def test_every_source_inside_an_answer_is_compared(facts: dict[str, Any], expected: list[str]) -> None:
    read_facts = {"full_name": "Ada Example", "birth_date": BORN} | facts
    assert found(declared("Ada Example", BORN), read(**read_facts)) == expected


def test_an_echo_alone_confirms_nobody() -> None:
    subject = declared("Ada Example", BORN)
    echo = read("advance_ai", also=[also("input", full_name="Ada Example", is_echo=True)])
    assert conflicts.lacks_agreement(subject, [echo]) == "full_name"
    assert conflicts.lacks_agreement(subject, [read(full_name="Ada Example")]) == ""


def test_a_negative_word_in_an_accepted_answer_is_a_finding() -> None:
    accepted = read("preventor", full_name="Ada Example", negatives=[["document authenticity", "failed"]])
    assert found(declared("Ada Example"), accepted) == [
        "Preventor accepted, but its answer contains: document authenticity “failed”."
    ]
