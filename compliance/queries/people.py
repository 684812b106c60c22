"""Whether two people are independent of each other, takeovers, and users whose e-mail address is missing or shared."""

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Value

from compliance.models import Case, User
from compliance.models.people import normalised_email


def depends_on(by: User, first_person_id: int | None) -> bool:
    """Whether the first person created or changed this one or one of its users, or shares an e-mail address with it.

    Changes by people whom the first one created or changed count, too. The rule is a function of PostgreSQL, which
    the guards call as well.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_person_depends(%s, %s)", [by.person_id, first_person_id])
        return bool(cursor.fetchone()[0])


def took_over(case: Case, person_id: int) -> bool:
    """Whether this person, as a manager, has taken the escalated case over since it was escalated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_took_over(%s, %s)", [case.pk, person_id])
        return bool(cursor.fetchone()[0])


def is_email_taken(address: str, *, person_id: int) -> bool:
    """Whether a user of another person has this address; case and plus-tags do not count."""
    others = User.objects.exclude(email_key="").exclude(person=person_id)
    return others.filter(email_key=normalised_email(Value(address))).exists()


def sharing_an_email() -> QuerySet[User]:
    """Users whose address a user of another person has as well."""
    others = User.objects.filter(email_key=OuterRef("email_key")).exclude(person=OuterRef("person"))
    return User.objects.exclude(email_key="").filter(Exists(others))
