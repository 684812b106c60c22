"""Moving a user to another person, which four eyes depends on."""

from collections.abc import Callable

import pytest

from compliance.actions import overrides, users
from compliance.enums import DecisionVerdict
from compliance.errors import NotAllowed
from compliance.models import Person, User
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_a_user_keeps_its_person_while_a_proposal_is_open(
    simulator: Simulator, account: Callable[..., ProviderAccount], analyst: User, manager: User
) -> None:
    root = factories.make_user("root", "Root Superuser", "", is_staff=True, is_superuser=True)
    case = factories.case_from(simulator, account("bank131"), "passport-failure")
    request = factories.decision_request(case, DecisionVerdict.APPROVE, "OK-03")
    proposal = overrides.propose(case.pk, by=analyst, request=request)
    before, analyst.person = analyst.person_id, Person.objects.create(name="Somebody Else")
    with pytest.raises(NotAllowed, match="cannot change while an override"):
        users.save_user(analyst, by=root, fields=("person",))
    assert User.objects.get(pk=analyst.pk).person_id == before
    overrides.deny(proposal.pk, by=manager, note="No.")
    users.save_user(analyst, by=root, fields=("person",))
    assert User.objects.get(pk=analyst.pk).person_id != before
