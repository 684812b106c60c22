"""Many cases are opened at once; what is not new is left to the action for one case."""

import pytest
from django.db import IntegrityError

from compliance.actions import openings
from compliance.actions.openings import Opening, open_new
from compliance.models import Applicant, Case, User
from providers.models import ProviderAccount
from tests.compliance import assertions
from tests.compliance.tables import everything

pytestmark = pytest.mark.django_db


def opening(account: ProviderAccount, external_id: str, **given: str) -> Opening:
    applicant = Applicant(external_id=external_id, full_name=given.pop("name", "Ada Example"))
    values = {"case_reference": "", "kind": "identity", "reference": assertions.reference()} | given
    return Opening(applicant=applicant, account=account, settings={}, submitted_at=None, **values)


def test_only_what_is_new_in_every_respect_is_opened() -> None:
    account = assertions.make_account()
    assert open_new([opening(account, "a", reference="idv_1aaaaaaaaaaaaaaaaaaaaaaaaa")], by=None) == [True]
    rest = {
        "new": opening(account, "b"),
        "known applicant": opening(account, "a", case_reference="other"),
        "known case": opening(account, "c", case_reference="a"),
        "known in this batch": opening(account, "b"),
        "hidden characters": opening(account, "d", name="A*** E***"),
        "unreadable reference": opening(account, "e", reference="with a blank"),
        "other letter case": opening(account, "f", reference="IDV_1AAAAAAAAAAAAAAAAAAAAAAAAA"),
    }
    opened = open_new(list(rest.values()), by=None)
    assert [name for name, is_open in zip(rest, opened, strict=True) if is_open] == ["new"]
    assert set(Case.objects.values_list("reference", flat=True)) == {"a", "b"}


def test_a_person_without_the_permission_opens_nothing(admin: User) -> None:
    assert open_new([opening(assertions.make_account(), "a")], by=admin) == [False]


def test_a_race_rolls_the_batch_back(monkeypatch: pytest.MonkeyPatch) -> None:
    account = assertions.make_account()
    batch = [opening(account, "a"), opening(account, "b")]
    before = everything()

    def refuse(*args: object, **kwargs: object) -> None:
        raise IntegrityError("somebody else was first")

    monkeypatch.setattr(openings, "route_cases", refuse)
    assert open_new(batch, by=None) == [False, False]
    assert everything() == before
