"""Rows of the code tables: sent by the simulator, read by sync, shown on the case page.

One row of each kind and meaning, and every row in the full counts. ``tests/providers/test_code_rows.py`` reads all.
All checks of all providers are read in one slice, ten to a case; each row is then looked up on its card.
"""

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from compliance.models import Check
from compliance.sync import provider_clients, reads
from providers import CodeRow, Outcome, code_table, provider_names
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from tests import emptying, factories
from tests.compliance.views.pages import Node, card_of, case_page, outcome_on, page_of, pairs, reasons_on, signed_in
from tests.providers.expectations import expectations_of
from tests.providers.sent_rows import ALL, Sent, Story, is_reason
from tests.sampling import covering

CHECKS_A_CASE = 10
WORDS = {
    "pending": "Pending",
    "in_progress": "In progress",
    "approved": "Passed",
    "declined": "Declined",
    "manual_review": "Manual review",
    "retry_required": "Retry required",
    "incomplete": "Incomplete",
}
RESULTS = {"positive": "passed", "negative": "failed", "none": "none", "unknown": "unknown"}


class Reader:
    """Opens accounts and cases for the stories, reads them all in one slice, and keeps the cards."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.accounts: dict[Any, ProviderAccount] = {}
        self.checks: dict[Story, Check] = {}
        self.cards: dict[Story, Node] = {}
        self.pages: dict[Story, Node] = {}
        self.account_pages: dict[Story, Node] = {}

    def account(self, story: Story) -> ProviderAccount:
        """A separate account for faults of accounts, else one for each set of credentials."""
        credentials = dict(story.scene.credentials)
        key = story if story.alone else (story.provider, story.scene.credentials)
        if key not in self.accounts:
            given = {"credentials": credentials} if credentials else {}
            self.accounts[key] = factories.make_account(self.simulator, story.provider, **given)
        return self.accounts[key]

    def read(self, stories: list[Story]) -> dict[Story, Node]:
        """Story -> the card of its check."""
        serials: Counter[tuple[str, str]] = Counter()
        for position, story in enumerate(stories):
            if position % CHECKS_A_CASE == 0:
                case = factories.make_case()
            played = self.simulator.providers[story.provider]
            # A reference belongs to one case, also through another account.
            serial = serials[story.provider, story.scene.scenario]
            serials[story.provider, story.scene.scenario] += 1
            self.checks[story] = factories.add_check(
                case,
                self.account(story),
                played.reference(story.scene.scenario, serial),
                kind=played.scenarios[story.scene.scenario].kind,
                settings=played.check_settings(serial),
            )
        # Two slices: a slice polls its accounts in turn, and failing accounts have one check each.
        for alone in (False, True):
            ids = [account.pk for key, account in self.accounts.items() if isinstance(key, Story) == alone]
            reads.run_slice(ids, seconds=120, ignore_schedule=True, until_idle=True)
        browser = signed_in(factories.make_user("reader", "Rita Reader", "analyst"))
        pages: dict[int, Node] = {}
        for check in self.checks.values():
            if check.case_id not in pages:
                pages[check.case_id] = case_page(browser, check.case)
        self.pages = {story: pages[check.case_id] for story, check in self.checks.items()}
        office = signed_in(factories.make_user("office", "Ola Office", "admin", is_staff=True))
        faulty = {story: account for story, account in self.accounts.items() if isinstance(story, Story)}
        for story, account in faulty.items():
            url = reverse("admin:providers_provideraccount_change", args=[account.pk])
            self.account_pages[story] = page_of(office.get(url))
        return {story: card_of(pages[check.case_id], check) for story, check in self.checks.items()}


@pytest.fixture(scope="module")
def read(simulator: Simulator, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Reader:
    """All stories, read and rendered once. The database is empty afterwards."""
    reader = Reader(simulator)
    hosts = frozenset({urlsplit(simulator.url).netloc})
    with django_db_blocker.unblock():
        try:
            with override_settings(PROVIDER_EXTRA_HOSTS=hosts), provider_clients.fresh_sessions():
                reader.cards = reader.read(list(dict.fromkeys(sent.story for sent in SHOWN)))
        finally:
            emptying.empty()
    return reader


@pytest.fixture(scope="module")
def cards(read: Reader) -> Mapping[Story, Node]:
    """Story -> the card of its check."""
    return read.cards


def for_analysts(row: CodeRow) -> str:
    """What an analyst reads of an action; that of an admin is for admins."""
    return f"{row.action} An admin has to fix this.".strip() if row.admin_action else row.action


def params(sents: list[Sent]) -> list[Any]:
    return [pytest.param(sent, id=sent.name) for sent in sents]


def meaning(sent: Sent) -> list[Hashable]:
    """What the page makes of a row; the words of some kinds have a place of their own on it."""
    row = sent.row
    word = row.value if row.kind in ("attempt_status", "image_type", "number_type") else row.value == "*"
    advice = bool(row.action), bool(row.admin_action)
    return [(row.provider, row.kind, row.outcome, row.verdict, row.fault, word, advice)]


SHOWN = covering(ALL, meaning)
READABLE = [sent for sent in SHOWN if not sent.row.fault]
FAULTS = [sent for sent in SHOWN if sent.row.fault]


@pytest.mark.promise("P2")
@pytest.mark.parametrize("sent", params([sent for sent in READABLE if sent.row.outcome]))
def test_outcome_and_result_of_a_row_are_on_the_card(sent: Sent, cards: Mapping[Story, Node]) -> None:
    row, card = sent.row, cards[sent.story]
    first_results = expectations_of(row.provider).first_results
    expected = first_results.get((row.kind, row.value), (str(row.outcome), str(row.verdict)))
    assert (outcome_on(card), pairs(card)["Provider result"].text) == (WORDS[expected[0]], RESULTS[expected[1]])


@pytest.mark.promise("P2")
@pytest.mark.parametrize("sent", params([sent for sent in READABLE if is_reason(sent.row)]))
def test_sentence_group_and_action_of_a_row_are_on_the_card(sent: Sent, cards: Mapping[Story, Node]) -> None:
    row = sent.row
    shown = reasons_on(cards[sent.story])
    found = [one for one in shown if one["summary"] == row.summary and row.value in (one["code"], "*")]
    assert len(found) == 1, f"{row.summary} is not among {shown}"
    (reason,) = found
    assert reason["action"] == for_analysts(row)
    if row.value == "*":
        assert reason["below"].startswith("Unknown code")
        assert reason["code"] != "*"
    else:
        assert reason["below"].partition(" · ")[0] == row.group[:1].upper() + row.group[1:]


@pytest.mark.parametrize("sent", params([sent for sent in READABLE if sent.row.kind == "attempt_status"]))
def test_an_attempt_is_on_the_card_with_its_sentence(sent: Sent, cards: Mapping[Story, Node]) -> None:
    attempt = pairs(cards[sent.story])["Attempts"].all("span", "attempt")[0]
    assert attempt.all("span", "code")[0].text == sent.row.value
    assert attempt.one("span", "text-secondary").text == sent.row.summary


@pytest.mark.parametrize("sent", params([sent for sent in READABLE if sent.row.kind == "number_type"]))
def test_a_number_type_is_on_the_card_as_the_register(sent: Sent, cards: Mapping[Story, Node]) -> None:
    assert pairs(cards[sent.story])["Register"].text == sent.row.summary


@pytest.mark.parametrize("sent", params([sent for sent in READABLE if sent.row.kind == "image_type"]))
def test_a_picture_of_every_type_is_asked_for(sent: Sent, read: Reader) -> None:
    images = read.pages[sent.story].by_id("pictures")
    kind = {
        "SELF_PORTRAITS": "Selfie",
        "DOCUMENT": "Document",
        "DOCUMENT_PORTRAIT": "Document portrait",
        "DOCUMENT_SIGNATURE": "Signature",
        "DOCUMENT_GHOST_PORTRAIT": "Ghost portrait",
    }[sent.row.value]
    # With many checks on one case the end of a check's reference tells its pictures from those of others.
    pending = re.compile(rf"{kind}( \([0-9a-f]+\))?: being saved")
    assert any(pending.fullmatch(item.text) for item in images.all("div", "lost"))


@pytest.mark.parametrize(
    "sent", params([sent for sent in READABLE if sent.row.kind in ("envelope_code", "http_status")])
)
def test_a_row_that_says_only_that_an_answer_came_is_read(sent: Sent, cards: Mapping[Story, Node]) -> None:
    assert cards[sent.story].one("footer").one("span").text.startswith("Fetched ")
    assert "Raw payload, 1 report" in cards[sent.story].text


@pytest.mark.promise("P2")
@pytest.mark.parametrize("sent", params(FAULTS))
def test_a_fault_row_is_shown_as_a_problem_and_gives_no_outcome(sent: Sent, read: Reader) -> None:
    row, card = sent.row, read.cards[sent.story]
    (problem,) = card.texts("p", "hint")
    full = problem
    if row.fault == "account":
        assert problem.startswith(("Account problem: Blocked", "Account problem: Failing"))
        assert row.summary not in problem
        assert outcome_on(card) == "Pending"
        full = read.account_pages[sent.story].one("div", "field-connection").text
    else:
        assert problem.startswith("Sync error: ")
        assert outcome_on(card) == "Sync error"
    if row.kind not in expectations_of(row.provider).unquoted_faults:
        assert row.summary in full
        assert row.action in full
        is_said = bool(row.admin_action) or problem.startswith("Account problem: Blocked")
        assert problem.count("An admin has to fix this.") == is_said
    assert reasons_on(card) == []
    assert pairs(card)["Provider result"].text == "none"
    assert pairs(card)["Provider status"].text == "none yet"
    assert card.one("footer").one("span").text.startswith("Never fetched")


@pytest.mark.promise("P2")
def test_every_reachable_row_is_sent() -> None:
    rows = {
        (row.provider, row.kind, row.value)
        for name in provider_names()
        for row in code_table(name).rows
        if row.reachable
    }
    assert {(sent.row.provider, sent.row.kind, sent.row.value) for sent in ALL} == rows
    assert min(Counter(provider for provider, _, _ in rows).values()) >= 20


def test_a_warning_names_every_unrecognised_word(read: Reader) -> None:
    for sent in READABLE:
        if sent.row.value == "*" and sent.row.outcome == Outcome.MANUAL_REVIEW and sent.row.verdict == "unknown":
            warnings = read.pages[sent.story].by_id("warnings").text
            code = next(one["code"] for one in reasons_on(read.cards[sent.story]) if one["summary"] == sent.row.summary)
            assert f"unknown status “{code}”." in warnings
