"""What stops the automatic approval besides findings: values that nobody understands, and two persons at a provider."""

from typing import Any

import pytest

from compliance.enums import Environment
from compliance.routing import automatic, placement
from tests.compliance.unsaved import NOW, POLICY, case, check

CLEAN = {"full_name": "Ada Example", "birth_date": "1990-02-03"}
PATH = "check.documents[0].permit_type_remarks"


def blocked(*facts: dict[str, Any], environment: str = "simulator") -> list[str]:
    checks = [check("approved", facts=one) for one in facts]
    return automatic.blocked_by(case(environment=environment), checks, [], POLICY, is_edited=False)


def test_an_unread_value_stops_the_automatic_approval_and_leaves_the_case_clean() -> None:
    facts = CLEAN | {"unread": [PATH, "check.other"]}
    assert blocked(facts) == [f"unread:{PATH}", "unread:check.other"]
    known = placement.Known(policy=POLICY)
    found = placement.place_case(case(), [check("approved", facts=facts)], known, now=NOW)
    assert (found.queue, found.priority, found.close) == ("ready", -1, False)
    assert found.why == ("All checks passed", "an answer contains a value that is not read; look at it and confirm")
    assert PATH not in str(found.why)


def test_an_answer_that_was_never_examined_is_not_approved_automatically() -> None:
    stored = check("approved", facts=CLEAN)
    stored.facts = CLEAN
    assert automatic.blocked_by(case(), [stored], [], POLICY, is_edited=False) == ["unread:answer"]


def test_only_accepted_answers_have_unread_values() -> None:
    declined = check("declined", facts=CLEAN | {"unread": [PATH]})
    assert automatic.unread_paths(declined) == ()


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["aplt_1", "aplt_1"], []),
        (["aplt_1", ""], []),
        (["", ""], []),
        (["aplt_1", "aplt_2"], ["applicants:checkout_com"]),
    ],
)
def test_two_applicants_at_one_provider_stop_the_automatic_approval(ids: list[str], expected: list[str]) -> None:
    assert blocked(*(CLEAN | {"applicant_id": one} for one in ids)) == expected


def test_applicants_of_two_accounts_or_providers_have_ids_of_their_own() -> None:
    one, two = (check("approved", facts=CLEAN | {"applicant_id": name}) for name in ("aplt_1", "APP-7"))
    two.provider = "preventor"
    assert list(automatic.two_applicants([one, two])) == []


def test_two_applicants_are_reviewed_and_named() -> None:
    checks = [check("approved", facts=CLEAN | {"applicant_id": one}) for one in ("aplt_1", "aplt_2")]
    found = placement.place_case(case(), checks, placement.Known(policy=POLICY), now=NOW)
    assert (found.queue, found.close) == ("manual_review", False)
    assert found.why == (
        "All checks passed, but a review is needed",
        "the checks of Checkout.com are about two of its applicants",
    )


def test_what_leaves_a_case_clean_is_named_by_the_kind_of_a_code() -> None:
    assert automatic.leaves_clean(["environment", "edited", f"unread:{PATH}"])
    assert automatic.leaves_clean([])
    for code in ("identity:full_name", "finding:differs:full_name", "applicants:checkout_com", "escalated", "checks"):
        assert not automatic.leaves_clean(["edited", code])


def test_environment_and_unread_values_are_both_named() -> None:
    found = blocked(CLEAN | {"unread": [PATH]}, environment=Environment.SANDBOX)
    assert set(found) == {"environment", f"unread:{PATH}"}
