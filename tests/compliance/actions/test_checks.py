"""Adding, replacing and correcting checks, and refreshing them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import checks, decisions, overrides
from compliance.enums import DecisionVerdict
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import Check, CheckReport, Event, User
from providers import NotFoundAtProvider
from providers.models import ProviderAccount
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import events, fresh, sync_of
from tests.factories import decision_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(db: None) -> ProviderAccount:
    return assertions.make_account()


# --- adding -----------------------------------------------------------------------------------------------------------


def test_an_added_check_is_due_at_once_and_recorded(analyst: User, provider: ProviderAccount) -> None:
    case, name = factories.make_case(), assertions.reference()
    before = timezone.now()
    check, made = checks.add_check(case.pk, by=analyst, account=provider, kind="identity", reference=name)
    sync = sync_of(check)
    assert (made, check.outcome, check.provider_verdict, sync.state) == (True, "pending", "none", "scheduled")
    assert sync.next_read_at is not None
    assert before <= sync.next_read_at <= timezone.now()
    event = Event.objects.get(case=case, type="check_added")
    assert event.actor == analyst
    assert event.data == {"check": str(check.pk), "provider": "checkout_com", "kind": "identity", "reference": name}
    assert (fresh(case).outcome, fresh(case).checks_summary) == ("pending", [["identity", "pending", "checkout_com"]])


def test_a_submission_time_delays_the_first_read() -> None:
    bank = assertions.make_account(provider="bank131", credentials={"project": "p"})
    case, submitted = factories.make_case(), timezone.now()
    check, _ = checks.add_check(
        case.pk, by=None, account=bank, kind="database", reference="731000001", submitted_at=submitted
    )
    assert sync_of(check).next_read_at == submitted + timedelta(minutes=10)


def test_adding_the_same_check_twice_changes_nothing(analyst: User, provider: ProviderAccount) -> None:
    case, name = factories.make_case(), assertions.reference()
    first, _ = checks.add_check(case.pk, by=analyst, account=provider, kind="identity", reference=name)
    written = events(case)
    again, made = checks.add_check(case.pk, by=analyst, account=provider, kind="identity", reference=name)
    assert (again.pk, made, events(case)) == (first.pk, False, written)


def test_a_check_belongs_to_one_case(provider: ProviderAccount) -> None:
    mine, other, name = factories.make_case(), factories.make_case(), assertions.reference()
    checks.add_check(other.pk, by=None, account=provider, kind="identity", reference=name)
    with pytest.raises(InvalidInput, match=f"^This reference belongs to case KYC-{other.pk}\\.$"):
        checks.add_check(mine.pk, by=None, account=provider, kind="identity", reference=name)


@pytest.mark.parametrize(
    ("stored", "entered"), [("idv_01abc", "01abc"), ("01abc", "idv_01abc"), ("idv_01abc", "  idv_01abc\u00a0")]
)
def test_a_reference_with_another_prefix_or_blanks_is_the_same_check(
    provider: ProviderAccount, stored: str, entered: str
) -> None:
    case, other = factories.make_case(), factories.make_case()
    first, _ = checks.add_check(case.pk, by=None, account=provider, kind="identity", reference=stored)
    assert checks.add_check(case.pk, by=None, account=provider, kind="identity", reference=entered) == (first, False)
    with pytest.raises(InvalidInput, match=f"^This reference belongs to case KYC-{case.pk}"):
        checks.add_check(other.pk, by=None, account=provider, kind="identity", reference=entered)


def test_a_reference_that_differs_by_letter_case_alone_is_refused_by_name(provider: ProviderAccount) -> None:
    case = factories.make_case()
    checks.add_check(case.pk, by=None, account=provider, kind="identity", reference="idv_01aBc")
    sentence = f"^Case KYC-{case.pk} has a check with the reference “idv_01aBc”, which differs by letter case alone"
    for entered in ("idv_01abc", "IDV_01ABC", "01ABC"):
        with pytest.raises(InvalidInput, match=sentence):
            checks.add_check(factories.make_case().pk, by=None, account=provider, kind="identity", reference=entered)


@pytest.mark.parametrize(
    ("kind", "reference", "sentence"),
    [
        ("liveness", "idv_x", "Checkout.com has no checks of kind “liveness”."),
        ("identity", "x" * 201, "A reference is at most 200 printable characters."),
        (
            "identity",
            "idv_\x00",
            "The reference contains an invisible or control character at place 5. Type it by hand.",
        ),
        ("identity", "idv_ 1", "The reference contains a blank at place 5. Remove it."),
        ("identity", "idv\u00a01", "The reference contains a blank at place 4. Remove it."),
        (
            "identity",
            "idv\u200b1",
            "The reference contains an invisible or control character at place 4. Type it by hand.",
        ),
        (
            "identity",
            "idv\u31641",
            "The reference contains an invisible or control character at place 4. Type it by hand.",
        ),
    ],
)
def test_an_unreadable_reference_is_refused(
    provider: ProviderAccount, kind: str, reference: str, sentence: str
) -> None:
    case = factories.make_case()
    with pytest.raises(InvalidInput) as refused:
        checks.add_check(case.pk, by=None, account=provider, kind=kind, reference=reference)
    assert str(refused.value) == sentence
    assert not Check.objects.exists()


def test_environments_are_never_mixed(provider: ProviderAccount) -> None:
    case = factories.make_case(environment="live")
    with pytest.raises(InvalidInput, match=r"^The account belongs to simulator, the case to live\.$"):
        checks.add_check(case.pk, by=None, account=provider, kind="identity", reference=assertions.reference())


def test_managing_checks_needs_the_permission(admin: User, analyst: User, provider: ProviderAccount) -> None:
    case = assertions.case_with("in_progress")
    unread = assertions.add_check(case, "face")
    verbs: list[Callable[[User], object]] = [
        lambda by: checks.add_check(
            case.pk, by=by, account=provider, kind="identity", reference=assertions.reference()
        ),
        lambda by: checks.replace_check(
            unread.pk, by=by, reason="x", account=provider, reference=assertions.reference("face")
        ),
        lambda by: checks.correct_check(unread.pk, by=by, reason="x", reference=assertions.reference("face")),
    ]
    written = events(case)
    for verb in verbs:
        with pytest.raises(NotAllowed, match=r"^Your role does not include managing checks\.$"):
            verb(admin)
    with pytest.raises(NotAllowed, match=r"^Your role does not include refreshing checks\.$"):
        checks.request_read(unread.pk, by=admin)
    assertions.say(case.checks.get(kind="identity"), "declined")
    overrides.propose(case.pk, by=analyst, request=decision_request(fresh(case), DecisionVerdict.APPROVE, "OK-04"))
    for verb in verbs:
        with pytest.raises(
            NotAllowed, match=r"^An override proposal is pending: it has to be approved, denied or withdrawn first"
        ):
            verb(analyst)
    assert events(case) == [*written, "reported", "queued", "override_proposed"]


# --- replacing, correcting, reading again -----------------------------------------------------------------------------


def test_a_replaced_check_stays_and_no_longer_counts(analyst: User, provider: ProviderAccount) -> None:
    case = assertions.case_with("declined")
    old, name = case.checks.get(), assertions.reference()
    new = checks.replace_check(old.pk, by=analyst, reason="Wrong applicant.", account=provider, reference=name)
    old.refresh_from_db()
    case = fresh(case)
    assert (old.superseded_by, old.outcome, old.sync.state, old.sync.next_read_at) == (new, "declined", "settled", None)
    assert (case.status, case.queue, case.outcome) == ("waiting", "", "pending")
    replaced, corrected = Event.objects.filter(case=case).order_by("-seq")[:2][::-1]
    assert (replaced.type, replaced.data["replaced_by"], corrected.type) == (
        "check_replaced",
        str(new.pk),
        "check_corrected",
    )
    assert corrected.data == {"check": str(old.pk), "what": "replaced", "reason": "Wrong applicant."}
    assertions.say(old, "approved")
    assert (CheckReport.objects.filter(check_row=old).count(), fresh(case).outcome) == (1, "pending")
    with pytest.raises(InvalidInput, match=r"^This check has been replaced already\.$"):
        checks.replace_check(old.pk, by=analyst, reason="x", account=provider, reference=assertions.reference())
    with pytest.raises(InvalidInput, match=r"^This check was replaced\. Refresh the new check\.$"):
        checks.request_read(old.pk, by=analyst)


def test_a_check_is_not_replaced_by_another_one_of_its_case(analyst: User, provider: ProviderAccount) -> None:
    case = assertions.case_with("declined")
    other = assertions.add_check(case)
    with pytest.raises(InvalidInput, match=r"^That reference is a check of this case already\.$"):
        checks.replace_check(
            case.checks.earliest("created_at").pk,
            by=analyst,
            reason="x",
            account=other.account,
            reference=other.reference,
        )


def test_a_check_after_a_requested_retry_replaces_its_kind(analyst: User, provider: ProviderAccount) -> None:
    case = factories.make_case()
    old, face = assertions.add_check(case), assertions.add_check(case, "face")
    assertions.say(old, "retry_required")
    assertions.say(face, "approved")
    decisions.decide(
        case.pk, by=analyst, request=decision_request(fresh(case), DecisionVerdict.REQUEST_RETRY, "RTY-01")
    )
    new, _ = checks.add_check(case.pk, by=analyst, account=provider, kind="identity", reference=assertions.reference())
    old.refresh_from_db()
    face.refresh_from_db()
    assert (old.superseded_by, face.superseded_by, fresh(case).status) == (new, None, "waiting")
    assert events(case)[-2:] == ["check_added", "check_replaced"]
    assertions.say(new, "approved")
    # A person added the check: a person approves.
    assert (fresh(case).status, fresh(case).queue, fresh(case).retry_until) == ("in_review", "ready", None)


def test_without_a_requested_retry_a_new_check_replaces_nothing() -> None:
    case = assertions.case_with("declined")
    assertions.add_check(case)
    assert case.checks.filter(superseded_by__isnull=True).count() == 2
    assert fresh(case).queue == "declined"


def test_a_check_that_was_never_read_is_corrected_and_due_at_once(analyst: User) -> None:
    case = factories.make_case()
    check, name = assertions.add_check(case), assertions.reference()
    assertions.fail(check, NotFoundAtProvider("checkout_com", "Nobody knows it there."))
    assert (fresh(case).queue, sync_of(check).state, sync_of(check).next_read_at) == ("unreadable", "blocked", None)
    before = check.reference
    checks.correct_check(check.pk, by=analyst, reason="Typing error.", reference=name)
    sync = sync_of(check)
    assert (sync.state, sync.fault, sync.failures, fresh(case).status) == ("scheduled", "", 0, "waiting")
    assert sync.next_read_at is not None
    assert sync.next_read_at <= timezone.now()
    event = Event.objects.filter(case=case).order_by("-seq")[0]
    assert (event.type, event.actor) == ("check_corrected", analyst)
    assert event.data == {
        "check": str(check.pk),
        "what": "reference",
        "before": before,
        "after": name,
        "reason": "Typing error.",
    }


def test_a_check_with_a_report_cannot_be_corrected(analyst: User) -> None:
    check = assertions.case_with("declined").checks.get()
    with pytest.raises(InvalidInput, match=r"^This check has a report. Add a new check or replace it"):
        checks.correct_check(check.pk, by=analyst, reason="x", reference=assertions.reference())


def test_a_correction_rejects_a_reference_of_another_check(analyst: User) -> None:
    case = factories.make_case()
    one, two = assertions.add_check(case), assertions.add_check(case)
    with pytest.raises(InvalidInput, match=r"^Another check has this reference already\.$"):
        checks.correct_check(one.pk, by=analyst, reason="x", reference=two.reference)


def test_refreshing_makes_a_check_due_ahead_of_its_poll_interval(analyst: User) -> None:
    case = assertions.case_with("in_progress")
    check = case.checks.get()
    later = sync_of(check).next_read_at
    assert later is not None
    assert later > timezone.now()
    checks.request_read(check.pk, by=analyst)
    sync = sync_of(check)
    assert sync.next_read_at is not None
    assert sync.next_read_at <= timezone.now()
    assert sync.refresh_requested_at == sync.next_read_at
    assert events(case)[-1] == "read_requested"
