"""People and their sign-ins, as superusers keep them in Django admin. Each change is recorded; passwords never are."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from compliance import audit
from compliance.enums import DeskEventType, ProposalState
from compliance.errors import NotAllowed
from compliance.models import OverrideProposal, Person, User

USER_FIELDS = ("username", "first_name", "last_name", "email", "person", "is_active", "is_staff", "is_superuser")


@transaction.atomic
def save_person(person: Person, *, by: User) -> Person:
    """Store a new or renamed person."""
    _allow(by)
    before = None if person._state.adding else Person.objects.select_for_update(no_key=True).get(pk=person.pk).name
    if before != person.name:
        person.save()
        _record(by, person=person.pk, changed={"name": [before, person.name]})
    return person


@transaction.atomic
def save_user(user: User, *, by: User, fields: Iterable[str], password_set: bool = False) -> User:
    """Store these of ``USER_FIELDS``, and the password that the caller has set on the row, if it says so."""
    _allow(by)
    before = None if user._state.adding else User.objects.select_for_update(no_key=True).get(pk=user.pk)
    names = [name for name in fields if name in USER_FIELDS]
    changed: dict[str, Any] = {name: [_shown(before, name), _shown(user, name)] for name in names}
    changed = {name: pair for name, pair in changed.items() if before is None or pair[0] != pair[1]}
    if before and "person" in changed and _has_open_proposal(before):
        raise NotAllowed("This sign-in has proposed an override: it keeps its person until that is answered.")
    if password_set:
        changed["password"] = "set"  # noqa: S105 - a word for the log, no password
    if changed:
        user.save()
        _record(by, user=user.pk, username=user.username, changed=changed)
    return user


@transaction.atomic
def set_groups(user: User, groups: Iterable[Group], *, by: User) -> None:
    """The groups of a sign-in, which say what it may do."""
    _allow(by)
    before = sorted(user.groups.values_list("name", flat=True))
    wanted = list(groups)
    after = sorted(group.name for group in wanted)
    if before != after:
        user.groups.set(wanted)
        _record(by, user=user.pk, username=user.username, changed={"groups": [before, after]})


def _has_open_proposal(user: User) -> bool:
    """Four eyes compares people: while an override waits, its proposer's sign-ins stay with their person."""
    return OverrideProposal.objects.filter(state=ProposalState.OPEN, proposed_person_id=user.person_id).exists()


def _record(by: User, **data: Any) -> None:
    audit.record_desk(DeskEventType.PERSON_CHANGED, by=by, **data)


def _shown(user: User | None, name: str) -> Any:
    if user is None:
        return None
    return user.person_id if name == "person" else getattr(user, name)


def _allow(by: User) -> None:
    if not by.is_active or not by.is_superuser:
        raise NotAllowed("Only superusers keep people and their sign-ins.")
