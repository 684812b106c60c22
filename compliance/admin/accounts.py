"""Provider accounts: write-only credentials, connection test, pause."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from compliance.actions import accounts
from compliance.admin.action_admin import ActionAdmin, signed_in
from compliance.enums import AccountHealth, FaultArea
from compliance.labels import date_label, moment_label, provider_label
from compliance.models import AccountState
from compliance.queries.accounts import last_failed_test, last_read_with_credentials, with_last_test
from compliance.sync import provider_clients
from providers import (
    CredentialsRefused,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    QuotaExhausted,
    ReferenceMismatch,
    UnreadableAnswer,
    provider_names,
)
from providers.accounts.forms import AccountForm, account_form, credential_fields, setting_fields
from providers.models import ProviderAccount

CREDENTIALS_HELP = "Encrypted and write-only. Re-enter credentials when you change host or environment."
AREAS: tuple[tuple[type[ProviderError], FaultArea], ...] = (
    (CredentialsRefused, FaultArea.AUTHENTICATION),
    (UnreadableAnswer, FaultArea.RESPONSE_FORMAT),
    (ProviderThrottled, FaultArea.RATE_LIMIT),
    (QuotaExhausted, FaultArea.QUOTA),
    (NotFoundAtProvider, FaultArea.REFERENCE),
    (ReferenceMismatch, FaultArea.REFERENCE),
    (ProviderError, FaultArea.NETWORK),
)
"""The area of each error of a connection test; the first class that fits."""
STATE_FIELDS = ("provider_label", "connection", "last_successful_read")
IDENTITY_FIELDS = ("name", "environment", "base_url")
RATE_LIMITS = ("Rate limits", {"fields": ("rate_per_second", "concurrency", "poll_interval_seconds")})


class ProviderFilter(admin.SimpleListFilter):
    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, provider_label(name)) for name in provider_names()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ActionAdmin):
    """Provider accounts. The form has the credentials and settings of the account's provider."""

    list_display = ("name", "provider_label", "environment", "connection", "last_successful_read", "rate_per_second")
    list_filter = (ProviderFilter, "environment")
    list_select_related = ("state",)
    search_fields = ("name",)
    change_form_template = "admin/provider_account/change_form.html"

    class Media:
        js = ("js/account-form.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Accounts with their last connection test."""
        return with_last_test(super().get_queryset(request))

    @admin.display(description="Provider", ordering="provider")
    def provider_label(self, account: ProviderAccount) -> str:
        return provider_label(account.provider)

    @admin.display(description="Connection")
    def connection(self, account: ProviderAccount) -> str:
        """Health with the fault in full; else the last connection test if it failed after the last read."""
        if account.paused_at:
            return f"Paused by {account.paused_by} since {date_label(account.paused_at)}"
        state: AccountState | None = getattr(account, "state", None)
        if state and state.fault:
            return f"{state.get_health_display()}: {state.fault_detail} {state.fault_admin_action}".strip()
        read_at = last_read_with_credentials(account)
        failed_at = last_failed_test(account)
        if failed_at and (read_at is None or failed_at > read_at):
            return f"Connection test failed {moment_label(failed_at)}"
        return AccountHealth.OK.label if read_at else "Not read yet"

    @admin.display(description="Last successful read")
    def last_successful_read(self, account: ProviderAccount) -> str:
        """Date of the last read without a fault, or "Never"."""
        state: AccountState | None = getattr(account, "state", None)
        if not state or not state.last_good_read_at:
            return "Never"
        earlier = "" if last_read_with_credentials(account) else ", with earlier credentials"
        return f"{date_label(state.last_good_read_at)}{earlier}"

    # The form, which differs by provider

    def get_form(
        self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        why_not = accounts.why_not_move(obj) if obj else None
        provider = obj.provider if obj else request.GET.get("provider", "")
        kwargs["form"] = account_form(provider, why_not_move=why_not or "")
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Account, credentials, rate limits, settings. Without the right to change, only columns of the table."""
        identity = (None, {"fields": (*STATE_FIELDS, *IDENTITY_FIELDS) if obj else IDENTITY_FIELDS})
        if obj and not self.has_change_permission(request, obj):
            return [identity, RATE_LIMITS]
        provider = obj.provider if obj else request.GET.get("provider", "")
        return [
            identity,
            ("Credentials", {"fields": credential_fields(provider, obj), "description": CREDENTIALS_HELP}),
            RATE_LIMITS,
            ("Settings", {"fields": (*setting_fields(provider), "evidence_hosts")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> tuple[str, ...]:
        """State of a stored account."""
        return STATE_FIELDS if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose a provider, then fill in its form."""
        if request.GET.get("provider") in provider_names():
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Add provider account",
            "opts": self.opts,
            "providers": [(provider_label(name), "?" + urlencode({"provider": name})) for name in provider_names()],
        }
        return TemplateResponse(request, "admin/provider_account/choose.html", context)

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: AccountForm, change: bool) -> None:
        """Create or change the account; writes only the fields that were edited."""
        by = signed_in(request)
        fields = {name: form.cleaned_data[name] for name in AccountForm.Meta.fields if name in form.cleaned_data}
        fields["settings"] = form.given_settings()
        if change:
            changed = {name: fields[name] for name in form.changed_data if name in fields}
            if any(name in setting_fields(obj.provider) for name in form.changed_data):
                changed["settings"] = fields["settings"]
            accounts.change(obj.pk, by=by, credentials=form.given_credentials(), **changed)
            return
        created = accounts.create(by=by, provider=obj.provider, credentials=form.given_credentials(), **fields)
        obj.pk, obj._state.adding = created.pk, False

    # Connection test and pause

    def get_urls(self) -> list[URLPattern]:
        """URLs of the three buttons, before Django's."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:account_id>/test/", wrap(self.test_view), name="provider_account_test"),
            path("<uuid:account_id>/pause/", wrap(self.pause_view), name="provider_account_pause"),
            path("<uuid:account_id>/resume/", wrap(self.resume_view), name="provider_account_resume"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        """Test the connection and show the result. No transaction is open during the call."""
        account = self._account(request, account_id)
        if sentence := accounts.why_not_test(account):
            self.message_user(request, sentence, messages.WARNING)
            return _back_to(account)
        result = test_connection(account, request.POST.get("reference", "").strip()[:200])
        accounts.record_test(account.pk, by=signed_in(request), result=result)
        level = messages.ERROR if result.area else messages.SUCCESS
        self.message_user(request, f"{result.area.label}: {result.sentence}" if result.area else result.sentence, level)
        return _back_to(account)

    @method_decorator(require_POST)
    def pause_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        return self._switched(request, account_id, accounts.pause, "paused")

    @method_decorator(require_POST)
    def resume_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        return self._switched(request, account_id, accounts.resume, "resumed")

    def _switched(self, request: HttpRequest, account_id: Any, verb: Any, done: str) -> HttpResponse:
        account = verb(self._account(request, account_id).pk, by=signed_in(request))
        self.message_user(request, f"{account.name} is {done}.")
        return _back_to(account)

    def _account(self, request: HttpRequest, account_id: Any) -> ProviderAccount:
        account = get_object_or_404(ProviderAccount, pk=account_id)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account


def test_connection(account: ProviderAccount, reference: str) -> accounts.TestResult:
    """Result of a connection test, with the area of the fault if it failed. Raises no ``ProviderError``."""
    try:
        return accounts.TestResult(sentence=provider_clients.test_connection(account, reference))
    except ProviderError as error:
        area = next(area for kind, area in AREAS if isinstance(error, kind))
        support_id = f"Support ID: {error.request_id}." if error.request_id else ""
        sentence = " ".join(filter(None, (error.detail, error.admin_action, support_id)))
        return accounts.TestResult(area=area, sentence=sentence)


def _back_to(account: ProviderAccount) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:providers_provideraccount_change", args=[account.pk]))
