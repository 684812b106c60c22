"""Sign-ins of people, and what they may change about their own."""

from django.contrib.auth.models import Group
from django.db import transaction

from compliance import audit
from compliance.enums import DeskEventType
from compliance.models import Person, User


def prefer(user: User, *, theme: str | None = None, single_keys: bool | None = None) -> None:
    """How the desk looks and listens to this person. No event: it concerns nobody else."""
    if theme is not None:
        user.theme = theme
    if single_keys is not None:
        user.single_keys = single_keys
    user.save(update_fields=("theme", "single_keys"))


@transaction.atomic
def introduce(name: str, *, by: User | None, username: str, password: str, group: str) -> User:
    """A new person with a sign-in and a role: ``analyst``, ``manager`` or ``admin`` (who may enter Django admin)."""
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
