"""Hostile text in every stored field: pages show it as the text that it is."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance import audit
from compliance.actions import claims, copy_faults, overrides, reports
from compliance.enums import DecisionVerdict, DeskEventType
from compliance.models import AccountState, Case, Check, CheckSync, Document, ReasonCode, User
from providers import Attempt, Evidence, EvidenceKind, Facts, Kind, NotFoundAtProvider, Outcome, Reason, Report, Verdict
from providers.contract.report import Assessment
from providers.models import ProviderAccount
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, Node, forget_caches, page_of, signed_in

pytestmark = pytest.mark.django_db

MARK = "zq7kwvx"
"""In every hostile text, so that whatever became of it can be found again; too long to stand in a token by chance."""
HOSTILE = (
    f"<script>{MARK}(1)</script>",
    f"<img src=x onerror={MARK}(1)>",
    f'"><svg onload={MARK}(1)>',
    f"'><b id={MARK}>x</b>",
    f'" onmouseover="{MARK}(1)" x="',
    f"' onfocus='{MARK}(1)' autofocus '",
    f"javascript:{MARK}(1)",
    f"</pre></span></td></table><h1>{MARK}</h1>",
    f"</textarea></select><form action=//{MARK}.example>",
    f"</title></script><!--{MARK}",
    f"{{{{ view.case.applicant.document_number }}}}{MARK}",
    f"{{% include '{MARK}' %}}",
    f"{{% debug %}}{{# {MARK} #}}",
    f"%s %(name)s %n %x {MARK}",
    f"{{0.__class__}} {{case}} {{}} {MARK}",
    f"${{{MARK}}} #{{{MARK}}} `{MARK}`",
    f"&lt;b&gt;{MARK}&amp;&#60;i&#62;",
    f"\u202e\u2066{MARK}\u200f\ufeff",
    f'x" hx-get="//{MARK}.example" hx-trigger="load',
    f"a\r\nSet-Cookie: {MARK}=1\\\\ '' ; -- DROP",
)
PLACES_OF_TEXT = ("title", "value", "placeholder", "aria-label", "alt", "data-state", "data-country", "data-copy")


@pytest.fixture
def people(analyst: User, manager: User) -> dict[str, User]:
    """By role, under names that are no better than the applicants'."""
    return {"analyst": analyst, "manager": manager}


def report_text(check: Check, text: str) -> None:
    """The provider puts this text wherever it can put one."""
    CheckSync.objects.filter(pk=check.pk).update(fence=models.F("fence") + 1)
    facts = {name: text for name in Facts.__dataclass_fields__ if name not in ("scores", "other")}
    report = Report(
        provider=check.provider,
        kind=Kind(check.kind),
        reference=check.reference,
        followed_reference=text,
        status=text,
        codes=(text,),
        facts=Facts(**facts, scores=((text, text),), other=((text, text),)),
        attempts=(Attempt(id=text, status=text, codes=(text,), summary=text),),
        risk_labels=(text,),
        evidence=(),
        request_id=text,
    )
    reasons = [
        Reason(code=text, summary=text, group=text[:60], action=text, recognised=known, words=text)
        for known in (True, False, False, False)
    ]
    read = reports.Read(
        check_id=check.pk,
        fence=CheckSync.objects.values_list("fence", flat=True).get(pk=check.pk),
        report=report,
        assessment=Assessment(outcome=Outcome.DECLINED, verdict=Verdict.NEGATIVE, reasons=tuple(reasons)),
        digest=f"{hash(text):x}",
        payload={text: [text, {text: text}]},
        evidence=(Evidence(kind=EvidenceKind.SELFIE, label=text, url=f"https://x.example/{MARK}"),),
    )
    reports.record_reports([read])


def hostile_case(text: str, people: dict[str, User], serial: int) -> tuple[Case, Check]:
    """A case in which people, provider and desk wrote this text wherever text is kept."""
    flat = " ".join(text.split())
    account = assertions.make_account(name=f"{flat}"[:56] + f" {serial}")
    case = factories.make_case(flat, full_name=flat, email=flat, country="NG", document_number=flat, birth_date=flat)
    kinds = ("identity", "document")
    first, second = (factories.add_check(case, account, assertions.reference(kind), kind=kind) for kind in kinds)
    report_text(first, text)
    document = Document.objects.get(case=case)
    copy_faults.postpone(document.pk, detail=text, final=True)
    assertions.fail(second, NotFoundAtProvider("checkout_com", text))
    Check.objects.filter(pk=second.pk).update(reference=flat)
    AccountState.objects.filter(account=account).update(
        health="blocked", fault="CredentialsRefused", fault_detail=text, fault_since=timezone.now()
    )
    case.refresh_from_db()
    claims.claim(case.pk, by=people["analyst"])
    overrides.propose(
        case.pk,
        by=people["analyst"],
        request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04", note=text),
    )
    return case, first


def urls(case: Case, check: Check) -> list[str]:
    """Every page that shows the case; forms that edit it are rendered with their errors."""
    flat = case.reference
    return [
        reverse("case", args=[case.pk]),
        reverse("check-payload", args=[check.pk]),
        reverse("queue"),
        reverse("queue", args=["approvals"]),
        f"{reverse('search')}?{urlencode({'q': flat + MARK})}",
        f"{reverse('queue')}?{urlencode({'code': flat, 'country': flat, 'group': flat, 'account': flat})}",
    ]


def harmless(page: Node, where: str) -> int:
    """How often hostile text stands on the page; each time it must be text, or an attribute that is only shown."""
    found = 0
    for node in page.walk():
        for name, value in node.attributes.items():
            assert not name.startswith("on") and MARK not in name, f"{where}: {name}={value!r}"
            if MARK in value:
                found += 1
                assert name in PLACES_OF_TEXT or (
                    name in ("href", "hx-get") and value.startswith(("/", "?")) and not value.startswith("//")
                ), f"{where}: {name}={value!r}"
        if any(isinstance(child, str) and MARK in child for child in node.children):
            found += 1
            assert node.tag not in ("script", "style", "h1", "svg"), f"{where}: {node!r}"
    return found


@pytest.mark.promise("G24")
@pytest.mark.parametrize("serial", range(len(HOSTILE)))
def test_hostile_text_stays_text_on_every_page(serial: int, people: dict[str, User]) -> None:
    forget_caches()
    text = HOSTILE[serial]
    ReasonCode.objects.filter(pk="OK-04").update(label=text)
    User.objects.filter(pk=people["analyst"].pk).update(first_name=text, last_name="")
    people["analyst"].refresh_from_db()
    case, check = hostile_case(text, people, serial)
    browser = signed_in(people["manager"])
    counts = {}
    for url in urls(case, check):
        # A list is the same file within its page; cards, panel and payload are swapped in on their own.
        for headers in ({}, FRAGMENT) if "/case/" in url or "/payload/" in url else ({},):
            answer = browser.get(url, headers=headers)
            assert answer.status_code in (200, 404)
            assert not any(MARK in value for value in answer.headers.values())
            counts[url] = harmless(page_of(answer, answer.status_code), url)
    assert counts[urls(case, check)[0]] > 20, counts
    forget_caches()


@pytest.mark.parametrize("text", HOSTILE)
def test_the_case_shows_the_text_letter_by_letter(text: str, people: dict[str, User]) -> None:
    flat = " ".join(text.split())
    case, check = hostile_case(text, people, 0)
    shown = page_of(signed_in(people["manager"]).get(reverse("case", args=[case.pk])))
    assert flat in shown.by_id("comparison").text
    for place in (f"check-{check.pk}", "override", "warnings"):
        assert flat in shown.by_id(place).text, place
    raw = page_of(signed_in(people["manager"]).get(reverse("check-payload", args=[check.pk]))).one("div", "raw").raw
    assert MARK in raw


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_comes_back_as_text(text: str, people: dict[str, User], desk: Client) -> None:
    case, check = hostile_case(text, people, 0)
    applicant = ("applicant_external_id", "full_name", "birth_date", "email", "country", "case_reference", "account")
    check_fields = ("kind", "reference", "user_identifier", "submitted_at", "settings", "reason", "note", "verdict")
    typed = dict.fromkeys(applicant + check_fields, text)
    for name, args in (
        ("case-new", []),
        ("case-add-check", [case.pk]),
        ("check-correct", [check.pk]),
        ("check-replace", [check.pk]),
        ("case-void", [case.pk]),
        ("case-add-document", [case.pk]),
        ("case-decide", [case.pk]),
    ):
        answer = desk.post(reverse(name, args=args), typed)
        assert answer.status_code in (409, 422, 403), name
        assert harmless(page_of(answer, answer.status_code), name) > 0
    answer = desk.post(reverse("sign-in"), {"username": text, "password": text})
    assert answer.status_code == 302
    answer = Client().post(reverse("sign-in"), {"username": text, "password": text, "next": text})
    harmless(page_of(answer), "sign-in")


@pytest.mark.parametrize("text", HOSTILE)
def test_django_admin_shows_names_and_events_as_text(text: str, admin: User) -> None:
    flat = " ".join(text.split())
    assertions.make_account(name=flat[:60])
    audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider=text, word=text)
    ReasonCode.objects.filter(pk="OK-04").update(label=text)
    browser = signed_in(admin)
    account = ProviderAccount.objects.get()
    AccountState.objects.filter(account=account).update(
        health="failing", fault="ProviderUnavailable", fault_detail=text, fault_since=timezone.now() - timedelta(1)
    )
    for name, args in (
        ("providers_provideraccount_changelist", []),
        ("providers_provideraccount_change", [account.pk]),
        ("compliance_deskevent_changelist", []),
        ("compliance_reasoncode_changelist", []),
    ):
        answer: Any = browser.get(reverse(f"admin:{name}", args=args))
        body = answer.content.decode()
        assert MARK in body
        for raw in (f"<script>{MARK}", f"<img src=x onerror={MARK}", f"<svg onload={MARK}", f'" onmouseover="{MARK}'):
            assert raw not in body
