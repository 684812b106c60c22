"""People, their users and preferences. Changes are recorded, passwords never."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from compliance import audit
from compliance.enums import DeskEventType, ProposalState, Role
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Decision, OverrideProposal, Person, User
from compliance.queries.people import is_email_taken

EMAIL_TAKEN = "A user of another person has this e-mail address."
USER_FIELDS = ("username", "first_name", "last_name", "email", "person", "is_active", "is_staff", "is_superuser")

PREFERENCES = frozenset(("theme", "single_keys", "claims_next", "environment"))


@transaction.atomic
def save_person(person: Person, *, by: User) -> Person:
    """Store a new or renamed person."""
    _allow(by)
    before = None if person._state.adding else Person.objects.select_for_update(no_key=True).get(pk=person.pk).name
    if before != person.name:
        person.save(update_fields=None if before is None else ("name",))
        _record(by, person=person.pk, changed={"name": [before, person.name]})
    return person


@transaction.atomic
def save_user(user: User, *, by: User, fields: Iterable[str], password_set: bool = False) -> User:
    """Store these of ``USER_FIELDS``, and with ``password_set`` the password that the caller has set on the row."""
    _allow(by)
    before = None if user._state.adding else User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changed = audit.changes(before, user, [name for name in fields if name in USER_FIELDS])
    if before and "person" in changed and _has_open_proposal(before):
        raise NotAllowed("This user's person cannot change while an override that they proposed is open.")
    if ("email" in changed or "person" in changed) and is_email_taken(user.email, person_id=user.person_id):
        raise InvalidInput(EMAIL_TAKEN, field="email")
    if password_set:
        changed["password"] = "set"  # noqa: S105 - a word for the log, no password
    if changed:
        user.save()
        _record(by, user=user.pk, username=user.username, changed=changed)
    return user


@transaction.atomic
def set_groups(user: User, groups: Iterable[Group], *, by: User) -> None:
    """Set the groups of a user, which hold the permissions."""
    _allow(by)
    before = sorted(user.groups.values_list("name", flat=True))
    new = list(groups)
    after = sorted(group.name for group in new)
    if before != after:
        user.groups.set(new)
        _record(by, user=user.pk, username=user.username, changed={"groups": [before, after]})


def _has_open_proposal(user: User) -> bool:
    """Whether the person has an open proposal: then its users keep it, because four eyes compares people."""
    return OverrideProposal.objects.filter(state=ProposalState.OPEN, proposed_person_id=user.person_id).exists()


def _record(by: User, **data: Any) -> None:
    audit.record_desk(DeskEventType.PERSON_CHANGED, by=by, **data)


def _allow(by: User) -> None:
    if not by.is_active or not by.is_superuser:
        raise NotAllowed("Only superusers may change people and users.")


def set_preferences(user: User, **given: str | bool) -> None:
    """Store these of ``PREFERENCES``. No event, because no other user is affected."""
    for name in PREFERENCES & given.keys():
        setattr(user, name, given[name])
    user.save(update_fields=given)


def why_no_first_admin() -> str | None:
    """Why no first admin can be made: a superuser adds all others, and nobody is added past a decision."""
    if User.objects.filter(is_superuser=True).exists():
        return "There is a superuser: superusers add other users under /admin/."
    if Decision.objects.exists():
        return "Cases have been decided: the first admin is made before that."
    return None


def record_first_admin(user: User) -> None:
    """Give the first superuser the admin role, and record it."""
    user.groups.add(Group.objects.get(name=Role.ADMIN))
    audit.record_desk(DeskEventType.PERSON_CHANGED, by=None, user=user.pk, what="introduced", group=Role.ADMIN.value)


@transaction.atomic
def create_user(name: str, *, by: User | None, username: str, password: str, group: str) -> User:
    """A new person with a user in one group: ``analyst``, ``manager`` or ``admin`` (who may enter Django admin)."""
    first, _, last = name.partition(" ")
    user = User.objects.create_user(
        username,
        password=password,
        first_name=first,
        last_name=last,
        person=Person.objects.create(name=name),
        is_staff=group == "admin",
    )
    user.groups.set([Group.objects.get(name=group)])
    audit.record_desk(DeskEventType.PERSON_CHANGED, by=by, user=user.pk, what="introduced", group=group)
    return user
