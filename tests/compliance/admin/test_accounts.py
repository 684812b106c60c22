"""Django admin: write-only credentials, connection tests, and no access to applicants' data."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import providers
from compliance.admin import accounts as desk_admin
from compliance.enums import DeskEventType
from compliance.labels import date_label
from compliance.models import AccountState, DeskEvent, User
from compliance.sync import provider_clients
from providers import provider_class, provider_names
from providers.accounts.forms import CREDENTIAL, account_form
from providers.accounts.validation import credential_names
from providers.models import ProviderAccount
from providers.simulator.server import Simulator
from providers.vault import fingerprint
from tests import factories
from tests.compliance.views.pages import page_of, signed_in
from tests.providers.expectations import all_expectations

CANARIES = {name: dict(expected.credentials) for name, expected in all_expectations()}
LIST = "admin:providers_provideraccount_changelist"
ADD = "admin:providers_provideraccount_add"
CHANGE = "admin:providers_provideraccount_change"
USERS = "admin:compliance_user_changelist"
PEOPLE = "admin:compliance_person_changelist"
EVENTS = "admin:compliance_deskevent_changelist"


def typed(provider: str, **given: Any) -> dict[str, Any]:
    """The input of the form of a new account."""
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
    """The form of a stored account as it is rendered, without credentials."""
    data = typed(account.provider, name=account.name, base_url=account.base_url, environment=account.environment)
    return {name: "" if name.startswith(CREDENTIAL) else value for name, value in data.items()} | given


def change(desk: Client, account: ProviderAccount, **given: Any) -> Any:
    return desk.post(reverse(CHANGE, args=[account.pk]), blank(account, **given), follow=True)


# Credentials


@pytest.mark.promise("G20")
@pytest.mark.parametrize("provider", provider_names())
def test_credentials_are_write_only(desk: Client, provider: str) -> None:
    account = made(desk, provider)
    assert account.credentials == CANARIES[provider]
    bodies = [
        desk.get(reverse(CHANGE, args=[account.pk])).content,
        desk.get(reverse(LIST)).content,
        desk.get(reverse("admin:providers_provideraccount_history", args=[account.pk])).content,
        desk.get(reverse("admin:index")).content,
        # A form with an error repeats no secret either.
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


def test_blank_credentials_stay_and_the_page_shows_fingerprint_user_and_time(desk: Client, admin: User) -> None:
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


def test_a_stored_credential_that_is_not_needed_can_be_removed(desk: Client) -> None:
    blanks = {f"{CREDENTIAL}{name}": "" for name in CANARIES["preventor"]}
    account = made(desk, "preventor", **blanks | {"credential_token": "token-1"})
    page = reverse(CHANGE, args=[account.pk])
    assert "Remove the stored" not in desk.get(page).content.decode()
    change(desk, account, credential_api_key="key-1")
    assert "Remove the stored API key" in desk.get(page).content.decode()
    change(desk, account)
    assert ProviderAccount.objects.get().credentials == {"token": "token-1", "api_key": "key-1"}
    change(desk, account, remove_api_key="on")
    account = ProviderAccount.objects.get()
    assert (account.credentials, list(account.credential_fingerprints)) == ({"token": "token-1"}, ["token"])
    assert DeskEvent.objects.last().data["changed"] == {"credentials": {"api_key": "removed"}}  # type: ignore[union-attr]


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


def test_no_query_distinguishes_a_right_guess_from_a_wrong_one(desk: Client) -> None:
    made(desk, "bank131")
    for query in ORACLES:
        answers = []
        for guess in (query, query.replace("canary", "wrong").replace("=a", "=z").replace("=A", "=Z")):
            answer = desk.get(f"{reverse(LIST)}?{guess}")
            assert answer.status_code in (200, 302, 400), query
            rows = re.findall(r'class="field-name"', answer.content.decode())
            answers.append((answer.status_code, len(rows)))
        assert answers[0] == answers[1], query


def test_lists_reject_lookups_without_a_filter(desk: Client, admin: User) -> None:
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


def test_the_filters_of_a_list_work(desk: Client, admin: User) -> None:
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


def test_wrong_input_is_an_error_of_its_field_and_stores_nothing(desk: Client) -> None:
    wrong = {
        "base_url": ("https://evil.example", "not one of the hosts"),
        "name": ("", "required"),
        "rate_per_second": ("0", "greater than or equal"),
        "setting_read_method": ("DELETE", "valid choice"),
        "setting_path_prefix": ("//x y", "not allowed"),
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


@pytest.mark.parametrize(
    ("environment", "url"), [("live", "api.btcdirect.eu"), ("sandbox", "api-sandbox.btcdirect.eu")]
)
def test_an_empty_base_url_is_that_of_the_environment(desk: Client, environment: str, url: str) -> None:
    field = desk.get(f"{reverse(ADD)}?provider=btc_direct").context["adminform"].form["base_url"]
    assert field.value() is None
    assert json.loads(field.field.widget.attrs["data-base-urls"])[environment] == f"https://{url}"
    assert made(desk, "btc_direct", environment=environment, base_url=" ").base_url == f"https://{url}"


def test_a_refused_host_is_an_error_of_its_field_and_stays_typed(desk: Client) -> None:
    wrong = {
        "evidence_hosts": ("media.example\n10.0.0.1", "10.0.0.1 is not a public address"),
        "setting_token_url": ("https://169.254.169.254/token", "not one of the hosts"),
        "base_url": ("https://evil.example", "not one of the hosts"),
    }
    given = {name: value for name, (value, _) in wrong.items()}
    answer = desk.post(f"{reverse(ADD)}?provider=checkout_com", typed("checkout_com", **given))
    page = page_of(answer)
    for name, (value, sentence) in wrong.items():
        row = page.one("div", f"field-{name}")
        assert sentence in row.one("ul", "errorlist").text
        shown = row.by_id(f"id_{name}")
        assert value in (shown.get("value"), shown.raw.strip())
    assert not ProviderAccount.objects.exists()


def test_an_account_without_an_official_host_needs_a_base_url(desk: Client) -> None:
    answer = desk.post(f"{reverse(ADD)}?provider=advance_ai", typed("advance_ai", environment="sandbox", base_url=""))
    errors = answer.context["adminform"].form.errors
    assert errors == {"base_url": ["Enter a base URL: ADVANCE.AI has no official host for sandbox."]}


def test_another_token_url_requires_the_credentials_again(desk: Client) -> None:
    account = made(desk, "checkout_com")
    url = "https://access.checkout.com/connect/token"
    answer = change(desk, account, setting_token_url=url)
    assert "enter them again" in answer.content.decode()
    assert page_of(answer).by_id("id_setting_token_url")["value"] == url
    assert ProviderAccount.objects.get().settings == {}
    change(desk, account, setting_token_url=url, **{f"{CREDENTIAL}secret_key": "another-canary"})
    assert ProviderAccount.objects.get().settings == {"token_url": url}


def test_the_environment_of_an_account_with_checks_is_shown_as_fixed(
    desk: Client, account: Callable[..., ProviderAccount]
) -> None:
    used = account("bank131")
    page = reverse(CHANGE, args=[used.pk])
    assert "disabled" not in page_of(desk.get(page)).by_id("id_environment").attributes
    factories.add_check(factories.make_case(), used, "1")
    row = page_of(desk.get(page)).one("div", "field-environment")
    assert "disabled" in row.by_id("id_environment").attributes
    assert "has checks, so its environment cannot change" in row.text


def test_another_host_requires_the_credentials_again(desk: Client, settings: LazySettings) -> None:
    account = made(desk, "bank131")
    settings.PROVIDER_EXTRA_HOSTS = frozenset({"collector.internal"})
    answer = change(desk, account, base_url="http://collector.internal")
    assert "enter them again" in answer.content.decode()
    assert ProviderAccount.objects.get().base_url == account.base_url


def test_the_form_ignores_the_query_string(desk: Client) -> None:
    answer = desk.get(f"{reverse(ADD)}?provider=bank131&credential_project=from-the-address&name=from-the-address")
    assert "from-the-address" not in answer.content.decode().split("<form", 2)[-1]


def test_the_provider_is_chosen_before_its_form(desk: Client) -> None:
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
    """A host that answers every request with a web page, as registrars do for expired names."""

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
def test_a_successful_connection_test_is_shown_and_recorded(
    desk: Client, account: Callable[..., ProviderAccount], simulator: Simulator, provider: str
) -> None:
    tried = account(provider)
    ((level, sentence),) = press(desk, tried, "test")
    assert level == "success", sentence
    event = DeskEvent.objects.get(type=DeskEventType.ACCOUNT_TESTED)
    assert (event.data["result"], event.data["detail"]) == ("ok", sentence)


@pytest.mark.parametrize("provider", provider_names())
def test_refused_credentials_dead_hosts_and_other_formats_have_their_own_area(
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
    assert areas == ["Authentication", "Network", "Response format"]


def test_a_live_test_at_bank131_needs_a_reference_and_uses_it(
    desk: Client, account: Callable[..., ProviderAccount], simulator: Simulator
) -> None:
    tried = account("bank131", environment="live")
    ((level, sentence),) = press(desk, tried, "test")
    assert (level, sentence.split(":")[0]) == ("error", "Reference")
    reference = simulator.providers["bank131"].reference(next(iter(simulator.providers["bank131"].scenarios)), 3)
    ((level, sentence),) = press(desk, tried, "test", reference=reference)
    assert level == "success", sentence


def test_retry_after_blocks_connection_tests(desk: Client, account: Callable[..., ProviderAccount]) -> None:
    tried = account("bank131")
    AccountState.objects.filter(account=tried).update(throttled_until=timezone.now() + timedelta(minutes=3))
    ((level, sentence),) = press(desk, tried, "test")
    assert (level, sentence[:30]) == ("warning", "The provider asked for a pause")
    assert not DeskEvent.objects.exists()


def test_no_transaction_is_open_during_a_connection_test(
    transactional_db: None, desk: Client, account: Callable[..., ProviderAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def answer(*_: Any) -> str:
        seen.append(connection.in_atomic_block)
        return "Fine."

    monkeypatch.setattr(provider_clients, "test_connection", answer)
    press(desk, account("bank131"), "test")
    assert seen == [False]


def test_pause_and_resume_accept_post_only(desk: Client, account: Callable[..., ProviderAccount]) -> None:
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


def test_the_list_shows_the_connection_of_each_account_in_few_statements(
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
    assert text.count('class="field-connection"') == len(provider_names())


def test_an_account_that_was_never_read_shows_its_last_connection_test(
    desk: Client, account: Callable[..., ProviderAccount], settings: LazySettings
) -> None:
    tried = account("bank131", base_url="http://127.0.0.1:9")
    settings.PROVIDER_EXTRA_HOSTS |= {"127.0.0.1:9"}
    page = reverse(CHANGE, args=[tried.pk])
    assert "Not read yet" in desk.get(page).content.decode()
    press(desk, tried, "test")
    at = DeskEvent.objects.get(type=DeskEventType.ACCOUNT_TESTED).at
    for url in (page, reverse(LIST)):
        assert f"Connection test failed at {at:%H:%M} UTC" in desk.get(url).content.decode()
    AccountState.objects.filter(account=tried).update(last_good_read_at=timezone.now())
    assert '<div class="readonly">OK</div>' in desk.get(page).content.decode()


MOMENTS = {"": None, "long ago": timedelta(days=3), "before": timedelta(minutes=2), "last": timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("read", "credentials", "failed_test", "connection", "last_read"),
    [
        ("", "", "", "Not read yet", "Never"),
        ("", "before", "", "Not read yet", "Never"),
        ("before", "", "", "OK", "at"),
        ("last", "before", "", "OK", "at"),
        ("last", "", "before", "OK", "at"),
        ("before", "", "last", "Connection test failed", "at"),
        ("before", "last", "", "Not read yet", "at, with earlier credentials"),
        ("long ago", "last", "before", "Not read yet", "at, with earlier credentials"),
        ("long ago", "before", "last", "Connection test failed", "at, with earlier credentials"),
    ],
)
def test_an_account_is_ok_only_if_its_credentials_have_read_since(
    read: str, credentials: str, failed_test: str, connection: str, last_read: str,
    desk: Client, account: Callable[..., ProviderAccount],
) -> None:  # fmt: skip
    now, tried = timezone.now(), account("bank131")
    at = {name: now - age if age else None for name, age in MOMENTS.items()}
    AccountState.objects.filter(account=tried).update(last_good_read_at=at[read])
    by = "Priya" if credentials else ""
    ProviderAccount.objects.filter(pk=tried.pk).update(
        credentials_changed_at=at[credentials], credentials_changed_by=by
    )
    if tested_at := at[failed_test]:
        data = {"account_id": str(tried.pk), "result": "network"}
        DeskEvent.objects.create(type=DeskEventType.ACCOUNT_TESTED, at=tested_at, data=data)
    page = page_of(desk.get(reverse(CHANGE, args=[tried.pk])))
    assert page.one("div", "field-connection").one("div", "readonly").text.startswith(connection)
    shown = page.one("div", "field-last_successful_read").one("div", "readonly").text
    read_at = at[read]
    assert shown == (last_read.replace("at", date_label(read_at), 1) if read_at else last_read)


# Permissions


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
        area = desk_admin.test_connection(tried, "").area
        areas[kind.__name__] = area.label if area else ""
    assert areas == {
        "ProviderError": "Network",
        "ProviderUnavailable": "Network",
        "ProviderThrottled": "Rate limit",
        "StoreThrottled": "Rate limit",
        "CredentialsRefused": "Authentication",
        "QuotaExhausted": "Quota",
        "NotFoundAtProvider": "Reference",
        "ReferenceMismatch": "Reference",
        "UnreadableAnswer": "Response format",
        "BudgetExceeded": "Response format",
    }
