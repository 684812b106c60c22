"""Limits of a session."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from compliance.models import User
from compliance.project.session_expiry import STARTED, TOUCHED


@pytest.mark.parametrize(("idle", "total", "stays"), [(14, 60, True), (16, 60, False), (1, 719, True), (1, 721, False)])
def test_a_session_ends_when_it_is_idle_and_after_twelve_hours(
    db: None, settings: object, analyst: User, idle: int, total: int, stays: bool
) -> None:
    settings.SESSION_IDLE_LIMIT = timedelta(minutes=15)  # type: ignore[attr-defined]
    client = Client()
    client.force_login(analyst)
    _age(client, idle=idle, total=total)
    client.get("/search/")
    assert (TOUCHED in client.session) is stays


def test_polling_does_not_extend_a_session(db: None, settings: object, analyst: User) -> None:
    settings.SESSION_IDLE_LIMIT = timedelta(minutes=15)  # type: ignore[attr-defined]
    client = Client()
    client.force_login(analyst)
    before = _age(client, idle=10, total=10)
    client.get("/search/", headers={"X-Desk-Poll": "1"})
    assert client.session[TOUCHED] == before
    client.get("/search/")
    assert client.session[TOUCHED] > before


def _age(client: Client, *, idle: int, total: int) -> str:
    session = SessionStore(client.session.session_key)
    session[STARTED] = (timezone.now() - timedelta(minutes=total)).isoformat()
    session[TOUCHED] = (timezone.now() - timedelta(minutes=idle)).isoformat()
    session.save()
    return str(session[TOUCHED])
