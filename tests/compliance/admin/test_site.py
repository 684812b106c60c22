"""Models of the admin site and its permission."""

from collections.abc import Callable

from django.apps import apps
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse

from compliance.models import User
from providers.models import ProviderAccount
from tests.compliance.views.pages import signed_in

LIST = "admin:providers_provideraccount_changelist"
ADD = "admin:providers_provideraccount_add"


def test_no_model_with_data_of_applicants_is_registered() -> None:
    assert {model._meta.label for model in django_admin.site._registry} == {
        "compliance.DeskEvent",
        "compliance.DeskPolicy",
        "compliance.Person",
        "compliance.PolicyRule",
        "compliance.QueueTerm",
        "compliance.ReasonCode",
        "compliance.User",
        "providers.ProviderAccount",
    }


def test_analysts_and_strangers_have_no_access_to_the_admin(analyst: User, stranger: User, db: None) -> None:
    pages = ["admin:index", LIST, ADD, "admin:compliance_user_changelist"]
    for user in (analyst, stranger):
        for name in pages:
            answer = signed_in(user).get(reverse(name), follow=True)
            assert answer.status_code == 403
    for name in pages:
        answer = Client().get(reverse(name), follow=True)
        assert answer.redirect_chain[-1][0].startswith(reverse("sign-in"))


def test_admin_pages_exist_for_every_registered_model(root: User, account: Callable[..., ProviderAccount]) -> None:
    account("bank131")
    super_page = signed_in(root)
    for model in django_admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert super_page.get(reverse(name)).status_code == 200
        row = model._default_manager.first()
        if row is not None:
            url = reverse(name.replace("changelist", "change"), args=[row.pk])
            assert super_page.get(url).status_code == 200
    assert apps.is_installed("django.contrib.admin")
    index = super_page.get(reverse("admin:index")).content.decode()
    assert "Activity log" in index and "Queue deadlines (SLA)" in index and "Review desk settings" in index
