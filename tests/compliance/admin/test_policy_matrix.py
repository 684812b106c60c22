"""The page of all policies, and the health of accounts on the index."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.models import AccountState, PolicyRule, QueueTerm, User
from providers import code_table, provider_names
from providers.models import ProviderAccount
from tests.compliance.views.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


def test_every_code_with_an_outcome_is_shown_and_changes_stand_beside_defaults(admin: User) -> None:
    QueueTerm.objects.filter(queue="declined").update(hours=6)
    rule = PolicyRule.objects.create(
        outcome="declined", provider_verdict="negative", verdict="reject", ruling="needs_approval"
    )
    page = page_of(signed_in(admin).get(reverse("admin:policy_matrix")))
    text = page.by_id("content-main").text
    missing = [
        (name, row.value)
        for name in provider_names()
        for row in code_table(name).rows
        if row.outcome and row.value not in text
    ]
    assert missing == []
    changed = {(link["href"], link.text) for link in page.all("a", "changed")}
    assert changed == {
        (reverse("admin:compliance_queueterm_change", args=["declined"]), "6 h"),
        (reverse("admin:compliance_policyrule_change", args=[rule.pk]), "Needs a second approver"),
    }
    assert {node.text for node in page.all("span", "default")} == {"default: 24 h", "default: Free"}


def test_the_index_shows_the_state_of_each_account(admin: User, account: Callable[..., ProviderAccount]) -> None:
    now = timezone.now()
    fresh, fine, broken = account("bank131"), account("btc_direct"), account("preventor")
    AccountState.objects.filter(account=fine).update(last_good_read_at=now)
    AccountState.objects.filter(account=broken).update(
        health="blocked", fault="CredentialsRefused", fault_detail="The key was refused.", fault_since=now
    )
    browser = signed_in(admin)
    page = page_of(browser.get(reverse("admin:index")))
    table = page.one("section", aria_labelledby="account-health")
    rows = {row.one("th").one("a").text: row.texts("td") for row in table.all("tr")[1:]}
    date = f"{now:%-d %b %Y, %H:%M} UTC"
    assert rows[fresh.name][1:] == ["Not read yet", "Never", ""]
    assert rows[fine.name][1:] == ["OK", date, ""]
    assert rows[broken.name][1:] == ["Blocked The key was refused.", "Never", date]
    assert browser.get("/")["Location"] == reverse("admin:index")
