"""Persons and users: visible to admins, changed by superusers, each change recorded."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from compliance.enums import DeskEventType
from compliance.models import DeskEvent, Person, User
from tests import factories
from tests.compliance.views.pages import signed_in


def test_an_admin_sees_users_and_cannot_change_them(desk: Client, analyst: User) -> None:
    assert "dana" in desk.get(reverse("admin:compliance_user_changelist")).content.decode()
    text = desk.get(reverse("admin:compliance_user_change", args=[analyst.pk])).content.decode()
    assert "pbkdf2" not in text
    assert "md5" not in text
    assert 'name="groups"' not in text
    for name, args in (
        ("admin:compliance_user_add", []),
        ("admin:compliance_user_change", [analyst.pk]),
        ("admin:compliance_person_add", []),
        ("admin:compliance_person_change", [analyst.person_id]),
        ("admin:auth_user_password_change", [analyst.pk]),
    ):
        answer = desk.post(reverse(name, args=args), {"name": "X", "is_superuser": "on", "username": "dana"})
        assert answer.status_code == 403, name
    analyst.refresh_from_db()
    assert (analyst.is_superuser, analyst.person.name) == (False, "Dana Whitfield")


def person_data(user: User, **given: Any) -> dict[str, Any]:
    groups = list(user.groups.values_list("pk", flat=True))
    data = {"username": user.username, "person": user.person_id, "first_name": user.first_name, "groups": groups}
    return data | {"last_name": user.last_name, "email": user.email, "is_active": "on"} | given


def test_a_superuser_changes_users_and_each_change_is_recorded(root: User, analyst: User) -> None:
    desk = signed_in(root)
    url = reverse("admin:compliance_user_change", args=[analyst.pk])
    manager = Group.objects.get(name="manager")
    assert desk.post(url, person_data(analyst, email="d@example.org", groups=[manager.pk])).status_code == 302
    analyst.refresh_from_db()
    assert (analyst.email, [group.name for group in analyst.groups.all()]) == ("d@example.org", ["manager"])
    assert desk.post(url, person_data(analyst)).status_code == 302
    changed = [event.data["changed"] for event in DeskEvent.objects.filter(type=DeskEventType.PERSON_CHANGED)]
    assert {"email": ["", "d@example.org"]} in changed
    assert {"groups": [["analyst"], ["manager"]]} in changed
    assert len(changed) == 2


def test_a_new_user_has_a_person_and_a_password_that_is_never_shown(root: User) -> None:
    desk = signed_in(root)
    assert desk.post(reverse("admin:compliance_person_add"), {"name": "New Colleague"}).status_code == 302
    person = Person.objects.get(name="New Colleague")
    secret = "canary battery staple 9"
    data = {
        "username": "newbie",
        "password1": secret,
        "password2": secret,
        "person": person.pk,
        "email": "newbie@example.org",
        "usable_password": "true",
    }
    answer = desk.post(reverse("admin:compliance_user_add"), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    user = User.objects.get(username="newbie")
    assert user.check_password(secret)
    assert user.person == person
    again = "canary battery staple 10"
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    answer = desk.post(url, {"password1": again, "password2": again, "usable_password": "true"})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password(again)
    data_of_events = json.dumps([event.data for event in DeskEvent.objects.all()])
    assert "canary" not in data_of_events
    assert user.password not in data_of_events
    assert data_of_events.count('"password": "set"') == 2


def taken(answer: Any) -> list[str]:
    assert answer.status_code == 200
    errors: list[str] = answer.context["adminform"].form.errors["email"]
    return errors


def test_users_of_different_persons_cannot_have_the_same_email(root: User, analyst: User, colleague: User) -> None:
    User.objects.filter(pk=colleague.pk).update(email="Kwabena@Example.org")
    desk, url = signed_in(root), reverse("admin:compliance_user_change", args=[analyst.pk])
    for same in ("kwabena@example.org", "KWABENA+desk@EXAMPLE.ORG", "Kwabena+a+b@example.org"):
        answer = desk.post(url, person_data(analyst, email=same))
        assert taken(answer) == ["A user of another person has this e-mail address."], same
        with pytest.raises(IntegrityError, match="an e-mail address is of one person"), transaction.atomic():
            User.objects.filter(pk=analyst.pk).update(email=same)
    assert desk.post(url, person_data(analyst, email="kwabena2@example.org")).status_code == 302
    twin = User.objects.create_user("kwabena-2", email="kwabena@example.org", person=colleague.person)
    assert twin.person_id == colleague.person_id, "users of one person may share"
    with pytest.raises(IntegrityError, match="an e-mail address is of one person"), transaction.atomic():
        User.objects.filter(pk=twin.pk).update(person=analyst.person)


def test_a_new_user_needs_an_email_and_an_old_blank_may_stay(root: User, analyst: User) -> None:
    desk, url = signed_in(root), reverse("admin:compliance_user_change", args=[analyst.pk])
    assert desk.post(url, person_data(analyst, last_name="Renamed")).status_code == 302
    assert desk.post(url, person_data(analyst, email="dana@example.org")).status_code == 302
    assert taken(desk.post(url, person_data(analyst, email=""))) == ["Enter an e-mail address."]
    secret = "canary battery staple 9"
    data = {"username": "x", "password1": secret, "password2": secret, "usable_password": "true"}
    answer = desk.post(reverse("admin:compliance_user_add"), data | {"person": analyst.person_id})
    assert taken(answer) == ["Enter an e-mail address."]


def test_the_list_marks_missing_and_shared_emails(root: User, analyst: User, colleague: User, manager: User) -> None:
    User.objects.filter(pk=analyst.pk).update(email="dana@example.org")
    User.objects.filter(pk=manager.pk).update(email="ines@example.org")
    factories.share_email(manager, "Dana+1@example.org")
    desk, url = signed_in(root), reverse("admin:compliance_user_changelist")
    found = {
        choice: {user.username for user in desk.get(url, {"email": choice}).context["cl"].result_list}
        for choice in ("missing", "shared")
    }
    assert found == {"missing": {"root", "kwabena"}, "shared": {"dana", "ines"}}
    text = desk.get(url).content.decode()
    assert "Dana+1@example.org (shared by several persons)" in text and "Missing" in text
