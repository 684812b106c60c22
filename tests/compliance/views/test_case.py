"""The case page: its content in rare states, and its small buttons."""

import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from compliance.actions import accounts, cases, checks, claims, decisions, documents, overrides
from compliance.enums import DecisionVerdict, EventType, SyncState
from compliance.models import Case, Check, CheckSync, Event, ReasonCode, User, ViewRecord
from compliance.routing.evidence_digest import evidence_digest
from compliance.sync import reads
from providers import Evidence, EvidenceKind, Kind, Subject
from providers.bank131.parse import parse as parse_bank131
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from providers.simulator.server import Simulator
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.many_cases import PASSPORT, PENDING, RETRY, UNKNOWN, cases_with_answers
from tests.compliance.views.pages import (
    FRAGMENT,
    Node,
    card_of,
    case_page,
    forget_caches,
    outcome_on,
    page_of,
    pairs,
    reasons_on,
    signed_in,
)
from tests.compliance.views.provider_answers import ask, tell
from tests.providers.preventor.samples import payload as ticket_payload

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
PARTS = ["comparison", "pictures", "checks", "timeline", "panel", "manage-checks"]
_tickets = itertools.count(1)


def bank_says(check: Check, answer: Any) -> None:
    """Store one more answer of Bank131 for this check."""
    tell(check, partial(parse_bank131, answer, Subject(kind=Kind.DATABASE, reference=check.reference)))


def ticket_case(account: ProviderAccount, answer: Mapping[str, Any], **declared: Any) -> tuple[Case, Check]:
    """A case with one Preventor ticket that has this result."""
    case = factories.make_case(**declared)
    check = factories.add_check(case, account, f"ticket-{next(_tickets)}")
    rest = {key: value for key, value in answer.items() if key != "ticket"}
    tell(check, partial(parse_preventor, rest, Subject(kind=Kind.IDENTITY, reference=check.reference)))
    case.refresh_from_db()
    return case, check


# --- head, warnings, facts --------------------------------------------------------------------------------------------


def test_the_head_shows_applicant_state_and_times(account: MakeAccount, desk: Client, analyst: User) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT], full_name="Ada Example", country="NG")
    claim = claims.claim(case.pk, by=analyst)
    head = case_page(desk, case).by_id("case-head")
    assert head.one("h1").text == "Ada Example"
    assert head.texts("span", "outcome") == ["In review"]
    facts = head.one("div", "facts").text
    for words in (
        case.label,
        case.applicant.external_id,
        "NG",
        "Simulator",
        "Checks: retry required",
        "in the queue for 0 min",
    ):
        assert words in facts
    assert "Due in 2 d" in head.text
    assert f"You until {timezone.localtime(claim.until):%H:%M}" in head.text
    back = head.one("a", aria_label="Back to the queue")["href"]
    assert back == f"{reverse('queue', args=['open'])}#open-{case.pk}"


def test_the_title_of_the_page_contains_no_name(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT], full_name="Ada Example")
    assert case_page(desk, case).one("title").text == f"{case.label}: In review - Review desk"


def test_a_case_without_checks_has_all_parts(desk: Client) -> None:
    page = case_page(desk, factories.make_case())
    for part in PARTS:
        assert page.has(id=part), part
    assert "This case has no checks." in page.by_id("checks").text
    assert "No provider has returned any data yet." in page.by_id("comparison").text
    assert "No images or files from providers." in page.by_id("pictures").text
    assert page.by_id("warnings").classes >= {"d-none"}
    assert page.by_id("ticket").classes >= {"d-none"}
    assert page.one("title").text.endswith(": In progress - Review desk")


def test_a_check_that_was_never_read_is_shown_without_results(account: MakeAccount, desk: Client) -> None:
    case = factories.make_case()
    check = factories.add_check(case, account("bank131"), "4711")
    card = card_of(case_page(desk, case), check)
    assert outcome_on(card) == "Pending"
    assert card.one("footer").one("span").text == "Never fetched · next check now"
    found = pairs(card)
    assert (found["Provider status"].text, found["Provider result"].text, found["Reference"].text) == (
        "none yet",
        "none",
        "4711",
    )
    assert not card.has("details")


def test_the_card_shows_reason_scores_attempts_labels_and_support_id(
    account: MakeAccount, simulator: Simulator, desk: Client
) -> None:
    played = simulator.providers["checkout_com"]
    case = factories.make_case()
    keys = account("checkout_com")
    cards = {}
    for scenario in ("identity-declined-mixed", "identity-risk-multiple-faces-detected", "identity-twelve-attempts"):
        cards[scenario] = factories.add_check(case, keys, played.reference(scenario, 4), kind="identity")
        ask(cards[scenario])
    advance = account("advance_ai")
    scored = factories.add_check(case, advance, simulator.providers["advance_ai"].reference("passed", 4))
    ask(scored)
    page = case_page(desk, case)
    mixed = card_of(page, cards["identity-declined-mixed"])
    assert [reason["code"] for reason in reasons_on(mixed)] == ["62102", "61310", "declined"]
    assert all(reason["summary"] and reason["action"] and reason["below"] for reason in reasons_on(mixed))
    assert pairs(mixed)["Support ID"].text
    labelled = pairs(card_of(page, cards["identity-risk-multiple-faces-detected"]))
    assert labelled["Risk labels"].texts("span", "code") == ["multiple_faces_detected"]
    attempts = pairs(card_of(page, cards["identity-twelve-attempts"]))["Attempts"]
    assert len(attempts.all("span", "attempt")) == 12 and attempts.text.startswith("12")
    value, _, scale = pairs(card_of(page, scored))["Similarity"].text.partition(" ")
    assert float(value) > 0 and scale.startswith("of 100; below 70 may be another person")


def test_an_unknown_word_has_no_colour(account: MakeAccount, desk: Client) -> None:
    known, unknown = cases_with_answers(account("bank131"), [PASSPORT, UNKNOWN])
    (reason,) = case_page(desk, known).all("div", "reason")
    assert "is-retry_required" in reason.classes
    (reason,) = case_page(desk, unknown).all("div", "reason")
    assert reason.classes == {"reason"}


def test_warnings_are_first_and_name_the_problem(account: MakeAccount, desk: Client, analyst: User) -> None:
    bank = account("bank131")
    (case,) = cases_with_answers(bank, [UNKNOWN])
    (lost,) = cases_with_answers(bank, [{"status": "error", "error": {"code": "request_not_found"}}])
    warnings = case_page(desk, case).by_id("warnings")
    assert warnings.all("li")[0].text.startswith("Bank131 Database: unknown status “rejected”.")
    decisions.decide(
        case.pk,
        by=analyst,
        request=factories.decision_request(case, DecisionVerdict.ESCALATE, "ESC-01", "Who is this?"),
    )
    page = case_page(desk, case)
    assert page.by_id("warnings").all("li")[0].text == "Dana Whitfield asks: Who is this?"
    assert "Escalated" in page.by_id("case-head").texts("span", "outcome")
    unreadable = case_page(desk, lost)
    first = unreadable.by_id("warnings").all("li")[0]
    assert first.text.startswith("Bank131 Database: sync error.") and first.one("a")["href"] == "#manage-checks"
    card = card_of(unreadable, lost.checks.get())
    assert (outcome_on(card), "automatic retries stopped" in card.one("footer").text) == ("Sync error", True)
    ids = [
        node["id"]
        for node in unreadable.by_id("content").walk()
        if node.get("id") in ("warnings", "comparison", "checks")
    ]
    assert ids == ["warnings", "comparison", "checks"]


def test_facts_that_contradict_each_other_are_a_warning_and_marked(account: MakeAccount, desk: Client) -> None:
    answer = ticket_payload("ticket-flat-rejected-needs-review")
    case, _ = ticket_case(account("preventor"), answer, full_name="Ada Example", birth_date="1990-01-31")
    page = case_page(desk, case)
    rows = {row.one("th").text: row.all("td") for row in page.by_id("comparison").one("tbody").all("tr")}
    declared, read = rows["Full name"]
    assert declared.text == "Ada Example"
    assert "differs" in read.classes and "NADIA QUISPE ROMERO" in read.text and "Differs" in read.text
    assert "differs" not in rows["Birth date"][1].classes
    (first, *_) = page.by_id("warnings").all("li")
    assert first.one("div").text == "Name: Preventor differs from the declared name."
    assert first.all("a")[0]["href"] == "#fact-full_name" and page.has("tr", id="fact-full_name")


def test_a_paused_or_failing_account_is_shown_on_card_and_in_warnings(
    account: MakeAccount, desk: Client, admin: User
) -> None:
    bank = account("bank131")
    (case,) = cases_with_answers(bank, [PENDING])
    assert not case_page(desk, case).by_id("warnings").all("li")
    accounts.pause(bank.pk, by=admin)
    page = case_page(desk, case)
    (problem,) = card_of(page, case.checks.get()).texts("p", "hint")
    assert problem.startswith("Account problem: Paused")
    assert any(bank.name in line for line in page.by_id("warnings").texts("li"))


def test_an_overdue_check_is_marked_and_not_decided(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    case.checks.update(created_at=timezone.now() - timedelta(days=4))
    page = case_page(desk, case)
    card = card_of(page, case.checks.get())
    assert "provider response overdue" in card.one("footer").text and outcome_on(card) == "In progress"
    assert "Bank131 Database: provider response overdue." in page.by_id("warnings").text


def test_environments_other_than_live_are_marked(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    page = case_page(desk, case)
    assert page.by_id("case-head").one("span", "env-simulator").text == "Simulator"
    assert card_of(page, case.checks.get()).one("span", "env-simulator").text == "Simulator"


@pytest.mark.parametrize(
    "name",
    ["محمد بن عبد الله آل سعود", "‮gnirts desrever", "Q" * 300, "Wolfeschlegelsteinhausenbergerdorff " * 8, "李", "​"],
)
def test_a_name_is_shown_in_its_own_direction(name: str, account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT], full_name=name)
    heading = case_page(desk, case).by_id("case-head").one("h1")
    assert heading.one("bdi").raw == name
    row = page_of(desk.get(reverse("queue"))).by_id(f"case-{case.pk}")
    assert row.by_id(f"open-{case.pk}").one("bdi").raw == name


def test_a_page_costs_the_same_with_one_check_and_with_twenty(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    small, large = cases_with_answers(bank, [PENDING, PENDING])
    for number in range(19):
        check = factories.add_check(large, bank, f"99{number}")
        bank_says(check, PENDING)
    counts = []
    for case in (small, large):
        case_page(desk, case)
        forget_caches()
        with CaptureQueriesContext(connection) as seen:
            page = case_page(desk, case)
        counts.append(len(seen))
        assert len(page.by_id("checks").all("article")) == (1 if case == small else 20)
    assert counts[0] == counts[1] <= 35


# --- reading again ----------------------------------------------------------------------------------------------------


def test_refresh_makes_the_check_due_and_answers_with_the_cards(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PASSPORT])
    check = case.checks.get()
    assert CheckSync.objects.get(pk=check.pk).state == SyncState.FINAL
    before = CheckSync.objects.get(pk=check.pk).next_read_at
    fragment = page_of(desk.post(reverse("check-refresh", args=[check.pk]), headers=FRAGMENT))
    roots = [child["id"] for child in fragment.children if isinstance(child, Node)]
    assert roots[0] == "checks" and set(roots) >= {"case-head", "warnings", "timeline"}
    held = CheckSync.objects.get(pk=check.pk)
    assert held.state == SyncState.SCHEDULED and held.next_read_at != before
    assert held.next_read_at is not None and held.next_read_at <= timezone.now()
    assert card_of(fragment, check).one("footer").one("span").text.endswith("next check now")
    assert Event.objects.filter(case=case, type=EventType.READ_REQUESTED, actor__username="dana").count() == 1
    assert "requested a refresh" in fragment.by_id("timeline").text


def test_refresh_without_the_script_leads_back_to_the_case(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    answer = desk.post(reverse("check-refresh", args=[case.checks.get().pk]))
    assert (answer.status_code, answer["Location"]) == (303, reverse("case", args=[case.pk]))


def test_a_replaced_check_is_not_read_again(account: MakeAccount, desk: Client, analyst: User) -> None:
    bank = account("bank131")
    (case,) = cases_with_answers(bank, [PASSPORT])
    old = case.checks.get()
    checks.replace_check(old.pk, by=analyst, reason="Typed wrongly", account=bank, reference="987650")
    page = case_page(desk, case)
    assert "replaced by a newer check" in card_of(page, old).text
    assert not card_of(page, old).has("form")
    fragment = page_of(desk.post(reverse("check-refresh", args=[old.pk]), headers=FRAGMENT), status=409)
    assert "This check was replaced" in fragment.by_id("messages").text


def test_the_live_fragment_polls_only_while_something_is_expected(account: MakeAccount, desk: Client) -> None:
    waiting, final = cases_with_answers(account("bank131"), [PENDING, PASSPORT])
    for case, polls in ((waiting, True), (final, False)):
        live = reverse("case-live", args=[case.pk])
        fragment = page_of(desk.get(live, headers=FRAGMENT))
        assert ("hx-trigger" in fragment.by_id("checks").attributes) is polls
        assert case_page(desk, case).by_id("checks").get("hx-get") == (live if polls else "")
        assert desk.get(live).status_code == 303


def test_polls_of_an_open_page_are_no_views_and_a_fragment_without_a_page_is_one(
    account: MakeAccount, desk: Client, colleague: User
) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    live = reverse("case-live", args=[case.pk])
    case_page(desk, case)
    for _ in range(3):
        page_of(desk.get(live, headers=FRAGMENT))
    assert ViewRecord.objects.filter(kind="case").count() == 1
    page_of(signed_in(colleague).get(live, headers=FRAGMENT))
    assert ViewRecord.objects.filter(kind="case", user=colleague, page="case-live").count() == 1


def test_the_fragments_are_parts_of_the_page(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    page = case_page(desk, case)
    fragment = page_of(desk.get(reverse("case-live", args=[case.pk]), headers=FRAGMENT))
    for part in ("case-head", "warnings", "checks", "pictures"):
        assert fragment.by_id(part).text == page.by_id(part).text, part


# --- the raw payload --------------------------------------------------------------------------------------------------


def test_the_payload_shows_its_changes_and_the_view_is_recorded(account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    check = case.checks.get()
    bank_says(check, PASSPORT)
    url = reverse("check-payload", args=[check.pk])
    page = page_of(desk.get(url))
    assert page.one("title").text == f"Payload, {case.label} - Review desk"
    body = page.by_id(f"payload-{check.pk}")
    assert body.one("p", "sub").text.startswith("Report 2 of 2, fetched")
    assert "changes since report 1 are marked" in body.text
    raw = body.one("div", "raw")
    assert '- "status": "pending"' in raw.texts("span", "del")
    assert '+ "status": "error"' in raw.texts("span", "ins")
    record = ViewRecord.objects.get(kind="payload")
    assert (record.check_row_id, record.report_number, record.old_text) == (check.pk, 2, "")
    assert (record.case_id, record.user.username, record.page) == (case.pk, "dana", "check-payload")
    older = page_of(desk.get(body.one("p", "sub").one("a")["href"], headers=FRAGMENT))
    assert older.by_id(f"payload-{check.pk}").one("p", "sub").text.startswith("Report 1 of 2, fetched")
    assert not older.has("span", "ins")
    assert ViewRecord.objects.filter(kind="payload", check_row=check, report_number=1).count() == 1


@pytest.mark.parametrize("number", ["0", "3", "-1", "999999999999", "x", "\x00", "١"])
def test_a_missing_report_is_not_shown(number: str, account: MakeAccount, desk: Client) -> None:
    (case,) = cases_with_answers(account("bank131"), [PENDING])
    answer = desk.get(reverse("check-payload", args=[case.checks.get().pk]), {"report": number})
    assert answer.status_code in (
        (200,) if not number.isdecimal() or len(number) > 9 or not number.isascii() else (404,)
    )


def test_pending_images_are_not_loaded_for_the_page_or_a_decision(account: MakeAccount, desk: Client) -> None:
    check = factories.add_check(factories.make_case(), account("preventor"), "4713")
    documents.request(check, [Evidence(kind=EvidenceKind.SELFIE, label="selfie", inline="QUJD" * 1000)])
    with CaptureQueriesContext(connection) as asked:
        page = page_of(desk.get(reverse("case", args=[check.case_id])))
        cases.evidence_of(check.case)
    assert "being saved" in page.by_id("pictures").text
    about = [entry["sql"] for entry in asked if 'FROM "compliance_document"' in entry["sql"]]
    assert about
    assert not [sql for sql in about if '"inline"' in sql]


def test_a_check_without_a_report_has_no_payload(account: MakeAccount, desk: Client) -> None:
    check = factories.add_check(factories.make_case(), account("bank131"), "4712")
    assert desk.get(reverse("check-payload", args=[check.pk])).status_code == 404
    assert not ViewRecord.objects.filter(kind="payload").exists()


# --- timeline --------------------------------------------------------------------------------------------------------


def test_the_timeline_distinguishes_system_and_people_newest_first(
    account: MakeAccount, desk: Client, analyst: User, colleague: User
) -> None:
    (case,) = cases_with_answers(account("bank131"), [RETRY])
    claims.claim(case.pk, by=analyst)
    claims.release(case.pk, by=analyst)
    claims.claim(case.pk, by=colleague)
    trail = case_page(desk, case).by_id("trail")
    entries = trail.all("li", data_tones="provider") + trail.all("li", data_tones="person")
    actors = {(actor.tag, actor.text) for entry in entries for actor in entry.walk() if "actor" in actor.classes}
    assert actors >= {("span", "Bank131"), ("b", "You"), ("b", "Kwabena Osei")}
    times = [time["datetime"] for time in trail.all("time")]
    assert times == sorted(times, reverse=True)
    assert all(time["title"].endswith(" UTC") for time in trail.all("time"))
    reported = next(entry for entry in entries if "“error”" in entry.text)
    assert reported.has("span", "is-machine") and "Retry required" in reported.texts("span", "outcome")
    details = dict(zip(reported.one("dl").texts("dt"), reported.one("dl").texts("dd"), strict=True))
    assert details["Type"] == "reported" and details["Outcome"] == "retry required"
    assert details["Provider status"] == "error" and "inn_validation_failure" in details["Codes"]
    assert "claimed the case" in next(entry for entry in entries if "Kwabena" in entry.text).text


def test_notes_and_reasons_of_decisions_are_in_the_timeline_in_words(
    desk: Client, analyst: User, manager: User
) -> None:
    case = assertions.case_with("declined")
    request = factories.decision_request(case, DecisionVerdict.APPROVE, "OK-02", note="Asked twice.\nSee the mail.")
    proposal = overrides.propose(case.pk, by=analyst, request=request)
    overrides.deny(proposal.pk, by=manager, note="Ask once more.")
    ReasonCode.objects.filter(pk="OK-02").update(active=False)
    case_page(desk, case)
    with CaptureQueriesContext(connection) as asked:
        trail = case_page(desk, case).by_id("trail")
    denied, proposed = (entry for entry in trail.all("li") if entry.has("p", "quote"))
    assert denied.one("p", "quote").text == "Ask once more." and "denied the override" in denied.text
    assert proposed.one("p", "quote").raw == "Asked twice.\nSee the mail."
    assert f"proposed approval: {ReasonCode.objects.get(pk='OK-02').label} (OK-02)" in proposed.text
    about = [entry["sql"] for entry in asked if 'FROM "compliance_overrideproposal"' in entry["sql"]]
    assert len([sql for sql in about if '"id" IN' in sql]) == 1


def test_masked_values_are_hidden_in_notes_wherever_they_are_shown(desk: Client, analyst: User, manager: User) -> None:
    case = assertions.case_with("declined", document_number="AB1234567")
    note = "Number AB1234567 is that of the scan."
    request = factories.decision_request(case, DecisionVerdict.APPROVE, "OK-02", note=note)
    proposal = overrides.propose(case.pk, by=analyst, request=request)
    page = case_page(desk, case)
    assert "Number" in page.by_id("panel").one("p", dir="auto").text and "AB1234567" not in page.text
    seen = evidence_digest(cases.evidence_of(proposal.case))
    overrides.approve(proposal.pk, by=manager, seen=seen, note="I agree: AB1234567.")
    page = case_page(desk, case)
    assert "is that of the scan." in page.by_id("decided").text and "AB1234567" not in page.text


def test_opening_a_case_is_recorded_before_it_is_shown(account: MakeAccount, desk: Client, analyst: User) -> None:
    (case,) = cases_with_answers(account("bank131"), [RETRY])
    case_page(desk, case)
    record = ViewRecord.objects.get()
    assert (record.kind, record.case_id, record.user_id, record.person_id) == (
        "case",
        case.pk,
        analyst.pk,
        analyst.person_id,
    )
    assert len(record.session) > 8
    assert record.session[:6] not in str(desk.session.session_key)


# --- neighbours -------------------------------------------------------------------------------------------------------


def test_previous_and_next_are_those_of_the_list_that_the_person_came_from(account: MakeAccount, desk: Client) -> None:
    bank = account("bank131")
    first, second, third = cases_with_answers(bank, [PASSPORT] * 3, country="NG")
    cases_with_answers(bank, [PASSPORT], country="DE")
    page_of(desk.get(reverse("queue", args=["retry-required"]), {"country": "NG"}))
    head = case_page(desk, second).by_id("case-head")
    assert head.one("a", aria_label="Previous case")["href"] == reverse("case", args=[first.pk])
    assert head.one("a", aria_label="Next case")["href"] == reverse("case", args=[third.pk])
    assert "2 in Retry required" in head.text
    assert (
        head.one("a", aria_label="Back to the queue")["href"]
        == f"{reverse('queue', args=['retry-required'])}?country=NG#open-{second.pk}"
    )
    last = case_page(desk, third).by_id("case-head")
    assert not last.has("a", aria_label="Next case") and last.has("a", aria_label="Previous case")


def test_a_case_outside_the_list_has_no_neighbours_and_a_forged_list_does_no_harm(
    account: MakeAccount, desk: Client
) -> None:
    (case, _) = cases_with_answers(account("bank131"), [PENDING, PASSPORT])
    head = case_page(desk, case).by_id("case-head")
    assert not head.has("a", aria_label="Next case")
    session = desk.session
    for forged in ("nowhere?_connector=OR", "open?after=%%%", "?", "open?country=N%00G", 7):
        session["list"] = forged
        session.save()
        assert (
            case_page(desk, case)
            .by_id("case-head")
            .one("a", aria_label="Back to the queue")["href"]
            .startswith("/queue/")
        )


def test_a_missing_case_is_not_shown(desk: Client) -> None:
    for number in ("1", "0", "99999999999999999999999999"):
        for name in ("case", "case-live"):
            assert desk.get(reverse(name, args=[int(number)])).status_code == 404
    assert desk.get(reverse("check-payload", args=[uuid4()])).status_code == 404
    assert desk.post(reverse("check-refresh", args=[uuid4()])).status_code == 404


def test_ids_of_a_case_lead_to_the_page_after_the_sync_has_stored_a_batch(account: MakeAccount, desk: Client) -> None:
    case = assertions.case_with("approved")
    page = case_page(desk, case)
    panel = page.by_id("decided")
    assert "The system" in panel.text and "Approved" in panel.text
    assert reads.Counts().read == 0 and not page.has(id="decision")


def test_a_case_whose_confirmation_needs_two_people_offers_to_propose_it(desk: Client) -> None:
    case = assertions.case_with("approved")
    assertions.say(case.checks.get(), "declined")
    confirm = case_page(desk, case).one("input", type="radio", value="confirm")
    assert confirm["data-button"] == "Propose confirmation"
