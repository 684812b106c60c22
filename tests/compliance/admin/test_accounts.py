"""Django admin: write-only credentials, a test that names what to look at, and no way to applicants' data."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import providers
from compliance import audit
from compliance.admin import accounts as desk_admin
from compliance.enums import DeskEventType
from compliance.models import AccountState, DeskEvent, DeskPolicy, Person, PolicyRule, QueueTerm, ReasonCode, User
from compliance.sync import provider_clients
from providers import provider_class, provider_names
from providers.accounts.forms import CREDENTIAL, account_form
from providers.accounts.validation import credential_names
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from providers.vault import fingerprint
from tests import factories

CANARIES = {
    "btc_direct": {"username": "canary-user-1", "password": "canary-password-2"},
    "bank131": {"project": "canary-project-3"},
    "preventor": {"token": "canary-token-4"},
    "advance_ai": {"access_key": "canary-access-5", "secret_key": "canary-secret-6"},
    "checkout_com": {"client_id": "canary-client-7", "client_secret": "canary-secret-8"},
}
LIST = "admin:providers_provideraccount_changelist"
ADD = "admin:providers_provideraccount_add"
CHANGE = "admin:providers_provideraccount_change"
USERS = "admin:compliance_user_changelist"
PEOPLE = "admin:compliance_person_changelist"
EVENTS = "admin:compliance_deskevent_changelist"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def desk(admin: User) -> Client:
    """The browser of an admin who is staff and no superuser."""
    return signed_in(admin)


@pytest.fixture
def root(db: None) -> User:
    user = factories.make_user("root", "Ruth Root", "", is_staff=True)
    user.is_superuser = True
    user.save()
    return user


def typed(provider: str, **given: Any) -> dict[str, Any]:
    """What a person types into the form of a new account."""
    host = provider_class(provider).official_hosts["live"][0]
    form = account_form(provider)()
    data = {name: field.initial for name, field in form.fields.items() if field.initial not in (None, False)}
    data = {name: ", ".join(value) if isinstance(value, list) else value for name, value in data.items()}
    data |= {"name": f"{provider} live", "environment": "live", "base_url": f"https://{host}"}
    return data | {CREDENTIAL + name: value for name, value in CANARIES[provider].items()} | given


def made(desk: Client, provider: str, **given: Any) -> ProviderAccount:
    answer = desk.post(f"{reverse(ADD)}?provider={provider}", typed(provider, **given))
    assert answer.status_code == 302, str(answer.context["adminform"].form.errors)
    return ProviderAccount.objects.get(name=given.get("name", f"{provider} live"))


def blank(account: ProviderAccount, **given: Any) -> dict[str, Any]:
    """The form of a stored account as the desk shows it: no credential in it."""
    data = typed(account.provider, name=account.name, base_url=account.base_url, environment=account.environment)
    return {name: "" if name.startswith(CREDENTIAL) else value for name, value in data.items()} | given


def change(desk: Client, account: ProviderAccount, **given: Any) -> Any:
    return desk.post(reverse(CHANGE, args=[account.pk]), blank(account, **given), follow=True)


# Credentials


@pytest.mark.promise("G20")
@pytest.mark.parametrize("provider", provider_names())
def test_secrets_go_in_and_never_come_out(desk: Client, provider: str) -> None:
    account = made(desk, provider)
    assert account.credentials == CANARIES[provider]
    bodies = [
        desk.get(reverse(CHANGE, args=[account.pk])).content,
        desk.get(reverse(LIST)).content,
        desk.get(reverse("admin:providers_provideraccount_history", args=[account.pk])).content,
        desk.get(reverse("admin:index")).content,
        # A form that comes back with an error repeats no secret either.
        desk.post(f"{reverse(ADD)}?provider={provider}", typed(provider, name="")).content,
        desk.post(reverse(CHANGE, args=[account.pk]), typed(provider, rate_per_second="many")).content,
    ]
    shown = b"".join(bodies).decode()
    assert "canary" not in shown
    for value in CANARIES[provider].values():
        assert fingerprint(value) in shown
    stored = json.dumps(
        [list(LogEntry.objects.values("change_message", "object_repr")), list(DeskEvent.objects.values("data"))]
    )
    assert "canary" not in stored


def test_blank_keeps_and_the_page_says_which_who_and_when(desk: Client, admin: User) -> None:
    account = made(desk, "btc_direct")
    change(desk, account, rate_per_second=2.5)
    change(desk, account, rate_per_second=2.5, **{f"{CREDENTIAL}password": "another-canary"})
    account = ProviderAccount.objects.get(pk=account.pk)
    assert account.credentials == {"username": "canary-user-1", "password": "another-canary"}
    assert account.rate_per_second == 2.5
    text = desk.get(reverse(CHANGE, args=[account.pk])).content.decode()
    assert f"Stored: fingerprint {fingerprint('another-canary')}, {admin.label}, " in text
    kinds = list(DeskEvent.objects.order_by("pk").values_list("type", flat=True))
    assert kinds == ["account_created", "account_changed", "account_changed"]


def test_saving_an_unchanged_form_changes_and_records_nothing(desk: Client) -> None:
    for provider in provider_names():
        account = made(desk, provider)
        before: dict[str, Any] = {**ProviderAccount.objects.values().get(pk=account.pk)}
        before.pop("credentials")
        change(desk, account)
        after: dict[str, Any] = {**ProviderAccount.objects.values().get(pk=account.pk)}
        after.pop("credentials")
        assert after == before
    assert not DeskEvent.objects.filter(type=DeskEventType.ACCOUNT_CHANGED).exists()


ORACLES = [
    *(f"credentials__{lookup}=canary" for lookup in (
        "startswith", "istartswith", "contains", "icontains", "exact", "iexact", "endswith", "regex", "iregex", "gt",
        "lt", "gte", "lte", "in", "range", "has_key", "project", "project__startswith", "project__regex",
        "length", "isnull",
    )),
    "credentials=canary",
    "checks__case__applicant__full_name__startswith=A",
    "checks__case__applicant__email__contains=a",
    "token__value__startswith=a",
    "state__fault__startswith=a",
    "q=canary",
    "o=credentials",
    "o=99",
    "_to_field=credentials",
    "e=1&credentials__startswith=c",
]  # fmt: skip


@pytest.mark.parametrize("query", ORACLES)
def test_no_query_tells_a_right_guess_from_a_wrong_one(desk: Client, query: str) -> None:
    made(desk, "bank131")
    answers = []
    for guess in (query, query.replace("canary", "wrong").replace("=a", "=z").replace("=A", "=Z")):
        answer = desk.get(f"{reverse(LIST)}?{guess}")
        assert answer.status_code in (200, 302, 400)
        rows = re.findall(r'class="field-name"', answer.content.decode())
        answers.append((answer.status_code, len(rows)))
    assert answers[0] == answers[1]


def test_no_list_can_be_asked_by_a_column_that_it_offers_no_filter_for(desk: Client, admin: User) -> None:
    account = made(desk, "bank131")
    first = account.credential_fingerprints["project"][0]
    asked = {
        LIST: (f"credential_fingerprints__project__startswith={first}", f"base_url={account.base_url}"),
        USERS: (f"password__startswith={admin.password[:3]}", "person__name__contains=a"),
        PEOPLE: ("name__startswith=A", "users__password__startswith=a"),
        EVENTS: ("payload__contains=1", "actor__isnull=False"),
    }
    for name, queries in asked.items():
        for query in queries:
            assert desk.get(f"{reverse(name)}?{query}").status_code == 400, query


def test_what_a_list_offers_as_a_filter_filters(desk: Client, admin: User) -> None:
    made(desk, "bank131")
    for query, rows in {"environment__exact=live": 1, "environment__exact=sandbox": 0, "provider=bank131": 1}.items():
        answer = desk.get(f"{reverse(LIST)}?{query}")
        assert (answer.status_code, len(re.findall(r'class="field-name"', answer.content.decode()))) == (200, rows), (
            query
        )
    group = admin.groups.get()
    for query in ("is_active__exact=1", f"groups__id__exact={group.pk}"):
        answer = desk.get(f"{reverse(USERS)}?{query}")
        assert (answer.status_code, admin.username in answer.content.decode()) == (200, True), query


def test_wrong_input_is_told_beside_its_field_and_stores_nothing(desk: Client) -> None:
    wrong = {
        "base_url": ("https://evil.example", "not one of the hosts"),
        "name": ("", "required"),
        "rate_per_second": ("0", "greater than or equal"),
        "setting_read_method": ("DELETE", "valid choice"),
        "setting_path_prefix": ("//x y", "no place there"),
        "evidence_hosts": ("https://x/y", "without a scheme"),
        "credential_project": ("", "needs Project"),
    }
    for field, (value, sentence) in wrong.items():
        answer = desk.post(f"{reverse(ADD)}?provider=bank131", typed("bank131", **{field: value}))
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert list(errors) == [field]
        assert sentence in str(errors[field])
    assert not ProviderAccount.objects.exists()


def test_another_host_needs_the_credentials_anew(desk: Client, settings: LazySettings) -> None:
    account = made(desk, "bank131")
    settings.PROVIDER_EXTRA_HOSTS = frozenset({"collector.internal"})
    answer = change(desk, account, base_url="http://collector.internal")
    assert "enter them again" in answer.content.decode()
    assert ProviderAccount.objects.get().base_url == account.base_url


def test_the_form_ignores_what_the_address_says(desk: Client) -> None:
    answer = desk.get(f"{reverse(ADD)}?provider=bank131&credential_project=from-the-address&name=from-the-address")
    assert "from-the-address" not in answer.content.decode().split("<form", 2)[-1]


def test_first_the_provider_is_chosen(desk: Client) -> None:
    for query in ("", "?provider=acme"):
        text = desk.get(reverse(ADD) + query).content.decode()
        for name in provider_names():
            assert f'href="?provider={name}"' in text
    text = desk.get(f"{reverse(ADD)}?provider=preventor").content.decode()
    for name in credential_names("preventor"):
        assert f'name="{CREDENTIAL}{name}"' in text
    assert "similarity" not in text


# Test connection


class _ParkedPage(BaseHTTPRequestHandler):
    """A host that answers everything with a web desk, as hosters do for names that expired."""

    def do_GET(self) -> None:
        body = b"<!doctype html><p>This name is parked."
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def parked() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _ParkedPage) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def press(desk: Client, account: ProviderAccount, button: str, **data: Any) -> list[tuple[str, str]]:
    answer = desk.post(reverse(f"admin:provider_account_{button}", args=[account.pk]), data, follow=True)
    assert answer.redirect_chain == [(reverse(CHANGE, args=[account.pk]), 302)]
    return [(message.level_tag, str(message)) for message in answer.context["messages"]]


@pytest.mark.parametrize("provider", provider_names())
def test_a_good_connection_is_told_and_recorded(
    desk: Client, account: Callable[..., ProviderAccount], simulator: Simulator, provider: str
) -> None:
    tried = account(provider)
    ((level, sentence),) = press(desk, tried, "test")
    assert level == "success", sentence
    event = DeskEvent.objects.get(type=DeskEventType.ACCOUNT_TESTED)
    assert (event.data["result"], event.data["detail"]) == ("ok", sentence)


@pytest.mark.parametrize("provider", provider_names())
def test_refused_credentials_dead_hosts_and_other_shapes_are_told_apart(
    desk: Client, account: Callable[..., ProviderAccount], parked: str, settings: LazySettings, provider: str
) -> None:
    refused = account(provider, credentials=dict.fromkeys(provider_class(provider).credential_keys[0], "canary-wrong"))
    dead = account(provider, base_url="http://127.0.0.1:9")
    odd = account(provider, base_url=parked)
    settings.PROVIDER_EXTRA_HOSTS |= {"127.0.0.1:9", parked.split("//")[1]}
    areas = []
    for tried in (refused, dead, odd):
        ((level, sentence),) = press(desk, tried, "test")
        assert level == "error"
        assert "canary" not in sentence
        areas.append(sentence.split(":")[0])
    assert areas == ["Authentication", "Network", "Shape of the answer"]


def test_a_live_test_at_bank131_asks_for_a_reference_and_uses_the_one_that_is_given(
    desk: Client, account: Callable[..., ProviderAccount], simulator: Simulator
) -> None:
    tried = account("bank131", environment="live")
    ((level, sentence),) = press(desk, tried, "test")
    assert (level, sentence.split(":")[0]) == ("error", "Reference")
    reference = simulator.providers["bank131"].reference(next(iter(simulator.providers["bank131"].scenarios)), 3)
    ((level, sentence),) = press(desk, tried, "test", reference=reference)
    assert level == "success", sentence


def test_a_wait_that_was_told_holds_for_tests_too(desk: Client, account: Callable[..., ProviderAccount]) -> None:
    tried = account("bank131")
    AccountState.objects.filter(account=tried).update(told_until=timezone.now() + timedelta(minutes=3))
    ((level, sentence),) = press(desk, tried, "test")
    assert (level, sentence[:30]) == ("warning", "The provider asked for a pause")
    assert not DeskEvent.objects.exists()


def test_no_transaction_is_open_while_the_provider_is_asked(
    transactional_db: None, desk: Client, account: Callable[..., ProviderAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def answer(*_: Any) -> str:
        seen.append(connection.in_atomic_block)
        return "Fine."

    monkeypatch.setattr(provider_clients, "test_connection", answer)
    press(desk, account("bank131"), "test")
    assert seen == [False]


def test_pause_and_resume_are_buttons_that_only_answer_to_post(
    desk: Client, account: Callable[..., ProviderAccount]
) -> None:
    tried = account("bank131")
    press(desk, tried, "pause")
    assert ProviderAccount.objects.get().paused_at is not None
    assert "Resume reading" in desk.get(reverse(CHANGE, args=[tried.pk])).content.decode()
    press(desk, tried, "resume")
    assert ProviderAccount.objects.get().paused_at is None
    for button in ("test", "pause", "resume"):
        assert desk.get(reverse(f"admin:provider_account_{button}", args=[tried.pk])).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="priya"), backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(reverse("admin:provider_account_pause", args=[tried.pk])).status_code == 403
    assert desk.post(reverse("admin:provider_account_test", args=[UUID(int=7)])).status_code == 404


def test_the_list_says_whether_each_account_can_be_read_in_few_statements(
    desk: Client, account: Callable[..., ProviderAccount], django_assert_max_num_queries: Any
) -> None:
    for provider in provider_names():
        account(provider)
    AccountState.objects.filter(account__provider="bank131").update(
        health="blocked", fault="CredentialsRefused", fault_detail="The project is unknown.", fault_since=timezone.now()
    )
    desk.get(reverse(LIST))  # the session's first page writes its limits
    with django_assert_max_num_queries(9):
        text = desk.get(reverse(LIST)).content.decode()
    assert "Blocked: The project is unknown." in text
    assert text.count('class="field-health"') == len(provider_names())


# Who may do what


def test_only_set_up_is_registered() -> None:
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


def test_analysts_managers_and_strangers_do_not_get_in(analyst: User, stranger: User, db: None) -> None:
    pages = ["admin:index", LIST, ADD, "admin:compliance_user_changelist"]
    for user in (analyst, stranger):
        for name in pages:
            answer = signed_in(user).get(reverse(name), follow=True)
            assert answer.status_code == 403
    for name in pages:
        answer = Client().get(reverse(name), follow=True)
        assert answer.redirect_chain[-1][0].startswith(reverse("sign-in"))


def test_staff_without_a_role_sees_no_accounts(account: Callable[..., ProviderAccount], stranger: User) -> None:
    tried = account("bank131")
    stranger.is_staff = True
    stranger.save()
    desk = signed_in(stranger)
    for url in (reverse(LIST), f"{reverse(ADD)}?provider=bank131", reverse(ADD), reverse(CHANGE, args=[tried.pk])):
        assert desk.get(url).status_code == 403
    for button in ("test", "pause", "resume"):
        assert desk.post(reverse(f"admin:provider_account_{button}", args=[tried.pk])).status_code == 403
    assert ProviderAccount.objects.get().paused_at is None


def test_an_admin_sees_people_and_changes_none(desk: Client, analyst: User) -> None:
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


def test_a_superuser_keeps_sign_ins_and_each_change_is_recorded(root: User, analyst: User) -> None:
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


def test_a_new_sign_in_gets_its_person_and_a_password_that_is_nowhere_shown(root: User) -> None:
    desk = signed_in(root)
    assert desk.post(reverse("admin:compliance_person_add"), {"name": "New Colleague"}).status_code == 302
    person = Person.objects.get(name="New Colleague")
    secret = "canary battery staple 9"
    data = {
        "username": "newbie",
        "password1": secret,
        "password2": secret,
        "person": person.pk,
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


def test_reason_codes_are_added_and_switched_off_never_deleted(desk: Client) -> None:
    data = {"code": "X1", "label": "Cut", "verdicts": ["reject", "escalate"], "asks_note": "on", "active": "on"}
    assert desk.post(reverse("admin:compliance_reasoncode_add"), data).status_code == 302
    url = reverse("admin:compliance_reasoncode_change", args=["X1"])
    assert desk.post(url, {**data, "active": ""}).status_code == 302
    code = ReasonCode.objects.get(pk="X1")
    assert (code.verdicts, code.asks_note, code.active) == (["reject", "escalate"], True, False)
    events = DeskEvent.objects.filter(type=DeskEventType.REASON_CODE_CHANGED).order_by("pk")
    assert events[1].data["changed"] == {"active": [True, False]}
    assert desk.post(reverse("admin:compliance_reasoncode_delete", args=["X1"]), {"post": "yes"}).status_code == 403


def test_a_rule_may_only_be_stricter_than_the_default_and_can_be_removed(desk: Client) -> None:
    rule = {"outcome": "approved", "provider_verdict": "positive", "verdict": "approve", "ruling": "needs_approval"}
    lax = {"outcome": "declined", "provider_verdict": "negative", "verdict": "approve", "ruling": "free"}
    answer = desk.post(reverse("admin:compliance_policyrule_add"), lax)
    assert "may only be stricter" in answer.content.decode()
    assert desk.post(reverse("admin:compliance_policyrule_add"), rule).status_code == 302
    stored = PolicyRule.objects.get()
    url = reverse("admin:compliance_policyrule_delete", args=[stored.pk])
    assert desk.post(url, {"post": "yes"}).status_code == 302
    assert not PolicyRule.objects.exists()
    assert DeskEvent.objects.filter(type=DeskEventType.POLICY_CHANGED).count() == 2


def test_terms_and_the_desks_policy_are_changed_and_recorded(desk: Client) -> None:
    QueueTerm.objects.get_or_create(queue="declined", defaults={"hours": 24})
    policy, _ = DeskPolicy.objects.get_or_create()
    url = reverse("admin:compliance_queueterm_change", args=["declined"])
    assert desk.post(url, {"hours": "12"}).status_code == 302
    data = {
        "auto_close": "on",
        "required_kinds": ["document", "aml"],
        "retry_days": 5,
        "proposal_days": 2,
        "claim_minutes": 20,
    }
    assert desk.post(reverse("admin:compliance_deskpolicy_change", args=[policy.pk]), data).status_code == 302
    assert QueueTerm.objects.get(queue="declined").hours == 12
    assert DeskPolicy.objects.get().required_kinds == ["document", "aml"]
    assert DeskEvent.objects.filter(type=DeskEventType.POLICY_CHANGED).count() == 2
    for name in ("queueterm", "deskpolicy"):
        assert desk.get(reverse(f"admin:compliance_{name}_add")).status_code == 403


class _Full(Exception):
    """The trail cannot be written."""


def test_without_its_event_no_rule_changes(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise _Full

    monkeypatch.setattr(audit, "record_desk", refuse)
    data = {"code": "X2", "label": "Cut", "verdicts": ["reject"], "active": "on"}
    with pytest.raises(_Full):
        desk.post(reverse("admin:compliance_reasoncode_add"), data)
    assert not ReasonCode.objects.filter(pk="X2").exists()


def test_every_provider_error_has_an_area(
    account: Callable[..., ProviderAccount], monkeypatch: pytest.MonkeyPatch
) -> None:

    tried = account("bank131")
    errors = [
        item
        for item in vars(providers).values()
        if isinstance(item, type) and issubclass(item, providers.ProviderError)
    ]
    areas = {}
    for kind in errors:

        def fail(*_: Any, kind: Any = kind) -> str:
            raise kind("bank131", "A sentence.", request_id="r-1")

        monkeypatch.setattr(provider_clients, "test_connection", fail)
        areas[kind.__name__] = desk_admin.tested(tried, "").area
    assert areas == {
        "ProviderError": "Network",
        "ProviderUnavailable": "Network",
        "ProviderThrottled": "Too many calls",
        "StoreThrottled": "Too many calls",
        "CredentialsRefused": "Authentication",
        "QuotaExhausted": "Quota",
        "NotFoundThere": "Reference",
        "WrongPairing": "Reference",
        "UnreadableAnswer": "Shape of the answer",
    }


def test_admin_pages_exist_for_every_registered_model(desk: Client, root: User) -> None:
    made(desk, "bank131")
    super_page = signed_in(root)
    for model in django_admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert super_page.get(reverse(name)).status_code == 200
        row = model._default_manager.first()
        if row is not None:
            url = reverse(name.replace("changelist", "change"), args=[row.pk])
            assert super_page.get(url).status_code == 200
    assert apps.is_installed("django.contrib.admin")


def test_admins_read_the_desks_own_log_and_nobody_writes_in_it(desk: Client, admin: User) -> None:
    audit.record_desk(DeskEventType.WORD_UNRECOGNISED, by=None, provider="bank131", word="under_audit")
    event = DeskEvent.objects.latest("pk")
    page = desk.get(reverse("admin:compliance_deskevent_changelist"))
    assert "word: under_audit" in page.content.decode()
    assert desk.get(reverse("admin:compliance_deskevent_add")).status_code == 403
    change = reverse("admin:compliance_deskevent_change", args=[event.pk])
    assert desk.post(change, {"type": "signed_in"}).status_code == 403
    assert desk.post(reverse("admin:compliance_deskevent_delete", args=[event.pk])).status_code == 403
