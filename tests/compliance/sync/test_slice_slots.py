"""Slots of slices: one slice a slot, until its lease ends."""

from datetime import timedelta

import pytest
from django.db.models import F

from compliance.models import SyncSlot
from compliance.sync.slice_slots import SLOT_LEASE, acquire_slot, release_slot, renew_slot

pytestmark = pytest.mark.django_db


def test_a_slot_has_one_owner_until_it_is_released() -> None:
    first = acquire_slot(1)
    assert first
    assert acquire_slot(1) is None
    assert acquire_slot(2)
    assert renew_slot(1, first)
    release_slot(1, "somebody else")
    assert acquire_slot(1) is None
    release_slot(1, first)
    assert acquire_slot(1) not in (None, first)
    assert SyncSlot.objects.get(slot=1).runs == 2


def test_a_slot_whose_lease_ended_goes_to_the_next_slice() -> None:
    first = acquire_slot(1)
    SyncSlot.objects.update(until=F("until") - SLOT_LEASE - timedelta(seconds=1))
    assert acquire_slot(1)
    assert first and not renew_slot(1, first)
