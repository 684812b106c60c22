"""Policies that admins edit."""

import pytest

from compliance.actions import policy_admin
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import DeskEvent, PolicyRule, User

RULE = {"outcome": "declined", "provider_verdict": "negative", "verdict": "approve"}


@pytest.mark.parametrize(
    ("ruling", "sentence"),
    [
        ("free", "The default is “{}”; a policy rule may only be stricter."),
        ("forbidden", None),
        ("nonsense", "Unknown ruling."),
    ],
)
def test_a_rule_may_only_be_stricter_than_the_default(ruling: str, sentence: str | None) -> None:
    found = policy_admin.laxer(PolicyRule(**RULE, ruling=ruling))
    assert (found is None) == (sentence is None)
    assert found is None or found.partition("“")[0] == str(sentence).partition("“")[0]


@pytest.mark.django_db
def test_saving_and_removing_a_rule_is_recorded(admin: User) -> None:
    rule = policy_admin.save_policy(PolicyRule(**RULE, ruling="forbidden"), by=admin, fields=("ruling",))
    assert isinstance(rule, PolicyRule)
    policy_admin.delete_ruling(rule, by=admin)
    assert list(DeskEvent.objects.order_by("pk").values_list("type", flat=True)) == ["policy_changed"] * 2
    assert not PolicyRule.objects.exists()


@pytest.mark.django_db
def test_a_laxer_rule_and_a_person_without_the_role_are_refused(admin: User, analyst: User) -> None:
    with pytest.raises(InvalidInput):
        policy_admin.save_policy(PolicyRule(**RULE, ruling="free"), by=admin, fields=("ruling",))
    with pytest.raises(NotAllowed):
        policy_admin.save_policy(PolicyRule(**RULE, ruling="forbidden"), by=analyst, fields=("ruling",))
    assert not DeskEvent.objects.exists()
