"""Refusals: pages of another user, wrong methods, cases that others hold, paused accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.actions import accounts, claims
from compliance.enums import AccountHealth
from compliance.models import AccountState, Case, Claim, Decision, User
from compliance.views.page_owner import OWNER_HEADER, REFUSED
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, Node, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

PAGE = {"Accept": "text/html"}


@pytest.fixture
def case() -> Case:
    """A case that a provider declined."""
    return assertions.case_with("declined", "negative", "62301")


def way_on(page: Node) -> str:
    return page.one("main").one("a", "btn")["href"]


def said_on(page: Node) -> str:
    return next(node.text for node in page.walk() if "data-error-sentence" in node.attributes)


def test_a_page_of_another_user_does_nothing_and_shows_nothing(
    case: Case, desk: Client, analyst: User, colleague: User
) -> None:
    others = {**FRAGMENT, OWNER_HEADER: str(colleague.person_id)}
    for answer in (
        desk.post(reverse("case-claim", args=[case.pk]), headers=others),
        desk.get(reverse("case-live", args=[case.pk]), headers=others),
        desk.post(reverse("case-decide", args=[case.pk]), {"shown_to": str(colleague.person_id), "verdict": "reject"}),
    ):
        assert (answer.status_code, answer[REFUSED]) == (403, "person")
        page = page_of(answer, status=403)
        assert "Dana Whitfield is now signed in" in said_on(page)
        assert way_on(page) == reverse("case", args=[case.pk])
    assert not Claim.objects.exists() and not Decision.objects.exists()
    own = {**FRAGMENT, OWNER_HEADER: str(analyst.person_id)}
    assert desk.post(reverse("case-claim", args=[case.pk]), headers=own).status_code == 200


def test_a_form_with_an_old_token_returns_the_note_to_its_author_only(
    case: Case, analyst: User, colleague: User
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(analyst)
    for shown_to, notes in ((analyst, 1), (colleague, 0)):
        form = {"shown_to": str(shown_to.person_id), "note": "Half a sentence", "verdict": "reject"}
        answer = strict.post(reverse("case-decide", args=[case.pk]), form)
        assert answer.content.decode().count("Half a sentence") == notes
        assert answer[REFUSED] == ("token" if notes else "person")
        assert way_on(page_of(answer, status=403)) == reverse("case", args=[case.pk])


@pytest.mark.parametrize("name", ["case-decide", "case-claim", "case-add-document"])
def test_a_post_only_url_links_back_to_its_case(name: str, case: Case, desk: Client) -> None:
    page = page_of(desk.get(reverse(name, args=[case.pk]), headers=PAGE), status=405)
    assert "nothing was changed" in said_on(page)
    assert way_on(page) == reverse("case", args=[case.pk])


def test_a_post_only_url_without_a_case_links_to_the_queue(case: Case, desk: Client) -> None:
    assert way_on(page_of(desk.get(reverse("claim-next"), headers=PAGE), status=405)) == "/"
    answer = desk.get(reverse("claim-next"))
    assert (answer.status_code, answer.content, answer["Allow"]) == (405, b"", "POST")


def test_a_case_claimed_by_another_user_is_shown_on_its_page_without_the_script(
    case: Case, desk: Client, colleague: User
) -> None:
    claims.claim(case.pk, by=colleague)
    answer = desk.post(reverse("case-claim", args=[case.pk]))
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]))
    assert "Kwabena Osei" in page_of(desk.get(answer["Location"])).by_id("messages").text


def test_an_admin_is_redirected_to_the_admin_without_a_loop(admin: User, analyst: User) -> None:
    office = Client()
    office.force_login(admin)
    assert office.get("/")["Location"] == reverse("admin:index")
    assert way_on(page_of(office.get(reverse("queue", args=["open"])), status=403)) == reverse("admin:index")
    assert "View site" not in office.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("rests", ["paused", "blocked"])
def test_no_refresh_of_a_paused_account_and_the_button_has_the_reason(
    rests: str, account: Callable[..., Any], desk: Client, admin: User
) -> None:
    provider = account("preventor")
    check = factories.add_check(factories.make_case(), provider, "ticket-of-a-resting-account")
    if rests == "paused":
        accounts.pause(provider.pk, by=admin)
    else:
        AccountState.objects.filter(account=provider).update(
            health=AccountHealth.BLOCKED,
            fault="AuthFault",
            fault_detail="The key is wrong.",
            fault_since=timezone.now(),
        )
    why = f"{admin.label} paused the account" if rests == "paused" else "is blocked. An admin has to fix it first."
    page = page_of(desk.get(reverse("case", args=[check.case_id])))
    button = page.by_id(f"check-{check.pk}").one("footer").one("button")
    assert "disabled" in button.attributes and why in button["title"]
    for name in ("check-refresh", "check-request-images"):
        answer = desk.post(reverse(name, args=[check.pk]), headers=FRAGMENT)
        assert why in answer.content.decode()
    check.sync.refresh_from_db()
    assert check.sync.refresh_requested_at is None
    assert not check.case.documents.exists()
