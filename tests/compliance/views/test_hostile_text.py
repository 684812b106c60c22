"""Hostile text in every stored field: pages show it as text."""

import os
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
from providers import (
    Attempt,
    Evidence,
    EvidenceKind,
    Facts,
    Kind,
    NotFoundAtProvider,
    Outcome,
    Reason,
    Report,
    Source,
    Verdict,
)
from providers.contract.report import Assessment
from providers.models import ProviderAccount
from tests import factories
from tests.compliance import assertions
from tests.compliance.views.pages import FRAGMENT, Node, forget_caches, listed, page_of, signed_in

pytestmark = pytest.mark.django_db

SOAK = os.environ.get("SOAK") == "1"
MARK = "zq7kwvx"
"""Part of every hostile text, so that each form of it can be found; too long to be in a token by chance."""
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
PLACES_OF_TEXT = (
    *("title", "value", "placeholder", "aria-label", "alt"),
    *("data-state", "data-country", "data-copy", "data-label", "data-sub"),
)


def report_text(check: Check, text: str) -> None:
    """A report with this text in every text field."""
    CheckSync.objects.filter(pk=check.pk).update(fence=models.F("fence") + 1)
    listed = ("scores", "other", "further", "private", "negatives", "also", "unread")
    facts: dict[str, Any] = {name: text for name in Facts.__dataclass_fields__ if name not in listed}
    also = (Source(name=text, facts=Facts(**facts)),)
    report = Report(
        provider=check.provider,
        kind=Kind(check.kind),
        reference=check.reference,
        followed_reference=text,
        status=text,
        codes=(text,),
        facts=Facts(
            **facts,
            scores=((text, text),),
            other=((text, text),),
            further=((text, text),),
            negatives=((text, text),),
            unread=(text,),
            also=also,
        ),
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


def hostile_case(text: str, author: User, serial: int) -> tuple[Case, Check]:
    """A case with this text in every stored text of people, providers and the application."""
    flat = " ".join(text.split())
    account = assertions.make_account(name=f"{flat}"[:56] + f" {serial}")
    case = factories.make_case(flat, email=flat, country="NG")
    # Entering refuses hidden characters; rows of earlier releases may have them.
    applicant = case.applicant
    applicant.full_name = applicant.document_number = applicant.birth_date = flat
    applicant.save(update_fields=("full_name", "document_number", "birth_date"))
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
    claims.claim(case.pk, by=author)
    overrides.propose(
        case.pk,
        by=author,
        request=factories.decision_request(case, DecisionVerdict.APPROVE, "OK-04", note=text),
    )
    return case, first


def urls(case: Case, check: Check) -> list[str]:
    """Every page of this case alone; forms that edit it are rendered with their errors."""
    flat = case.reference
    return [
        reverse("case", args=[case.pk]),
        reverse("check-payload", args=[check.pk]),
        f"{reverse('search')}?{urlencode({'q': flat + MARK})}",
        f"{reverse('queue')}?{urlencode({'code': flat, 'country': flat, 'group': flat, 'account': flat})}",
    ]


LISTS = ("open", "approvals")


def harmless(page: Node, where: str) -> int:
    """Number of hostile texts on the page; each must be text, or an attribute that is only displayed."""
    found = 0
    for node in page.walk():
        for name, value in node.attributes.items():
            assert not name.startswith("on") and MARK not in name, f"{where}: {name}={value!r}"
            if MARK in value:
                found += 1
                assert name in PLACES_OF_TEXT or (
                    name in ("href", "hx-get", "action") and value.startswith(("/", "?")) and not value.startswith("//")
                ), f"{where}: {name}={value!r}"
        if any(isinstance(child, str) and MARK in child for child in node.children):
            found += 1
            assert node.tag not in ("script", "style", "h1", "svg"), f"{where}: {node!r}"
    return found


def hostile_author(text: str, serial: int) -> User:
    """An analyst with a hostile name."""
    user = factories.make_user(f"author-{serial}", "Author", "analyst")
    User.objects.filter(pk=user.pk).update(first_name=text, last_name="")
    user.refresh_from_db()
    return user


@pytest.mark.promise("G24")
def test_hostile_text_stays_text_on_every_page(manager: User, fresh_cache: None) -> None:
    browser, texts = signed_in(manager), HOSTILE if SOAK else HOSTILE[::4]
    for serial, text in enumerate(texts):
        ReasonCode.objects.filter(pk="OK-04").update(label=text)
        author = hostile_author(text, serial)
        case, check = hostile_case(text, author, serial)
        pages = {url: shown_harmlessly(browser, url) for url in urls(case, check)}
        assert_text_is_shown_letter_by_letter(text, check, *list(pages.values())[:2])
        assert_typed_text_comes_back_as_text(text, case, check, signed_in(author))
    forget_caches()
    for tab in LISTS:
        page = shown_harmlessly(browser, reverse("queue", args=[tab]))
        assert len(listed(page)) == len(texts)
        assert harmless(page, tab) > len(texts)


def shown_harmlessly(browser: Client, url: str) -> Node:
    """The page of the URL, after it and its fragment were checked."""
    # A list is the same file within its page; cards, panel and payload are swapped in on their own.
    requests: tuple[dict[str, str], ...] = (FRAGMENT, {}) if "/case/" in url or "/payload/" in url else ({},)
    for headers in requests:
        answer: Any = browser.get(url, headers=headers)
        assert answer.status_code in (200, 404)
        assert not any(MARK in value for value in answer.headers.values())
        page = page_of(answer, answer.status_code)
        places = harmless(page, url)
        assert places > 20 or "/case/" not in url, f"{places} in {url}"
    return page


def assert_text_is_shown_letter_by_letter(text: str, check: Check, shown: Node, payload: Node) -> None:
    flat = " ".join(text.split())
    assert flat in shown.by_id("comparison").text
    for place in (f"check-{check.pk}", "override", "warnings"):
        assert flat in shown.by_id(place).text, place
    assert MARK in payload.one("div", "raw").raw, text


def assert_typed_text_comes_back_as_text(text: str, case: Case, check: Check, desk: Client) -> None:
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
        answer: Any = desk.post(reverse(name, args=args), typed)
        assert answer.status_code in (409, 422, 403), (name, text)
        assert harmless(page_of(answer, answer.status_code), name) > 0, (name, text)
    answer = desk.post(reverse("sign-in"), {"username": text, "password": text})
    assert answer.status_code == 302, text
    answer = Client().post(reverse("sign-in"), {"username": text, "password": text, "next": text})
    harmless(page_of(answer), "sign-in")


def test_django_admin_shows_names_and_events_as_text(admin: User) -> None:
    for serial, text in enumerate(HOSTILE):
        account = assertions.make_account(name=" ".join(text.split())[:60])
        audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider=text, word=text)
        ReasonCode.objects.create(code=f"HT-{serial:02}", label=text, verdicts=[DecisionVerdict.REJECT])
        AccountState.objects.filter(account=account).update(
            health="failing", fault="ProviderUnavailable", fault_detail=text, fault_since=timezone.now() - timedelta(1)
        )
    browser = signed_in(admin)
    for account in ProviderAccount.objects.all():
        assert_admin_page_is_harmless(browser, 1, "providers_provideraccount_change", account.pk)
    for name in ("provideraccount", "deskevent", "reasoncode"):
        app = "providers" if name == "provideraccount" else "compliance"
        assert_admin_page_is_harmless(browser, len(HOSTILE), f"{app}_{name}_changelist")


def assert_admin_page_is_harmless(browser: Client, texts: int, name: str, *args: Any) -> None:
    """The page shows at least this number of texts, and none of them as markup."""
    answer: Any = browser.get(reverse(f"admin:{name}", args=args))
    body = answer.content.decode()
    assert body.count(MARK) >= texts, name
    for raw in (f"<script>{MARK}", f"<img src=x onerror={MARK}", f"<svg onload={MARK}", f'" onmouseover="{MARK}'):
        assert raw not in body
