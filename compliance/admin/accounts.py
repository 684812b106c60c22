"""Django admin: provider accounts, people, reason codes and policies. Never applicants, cases, checks or documents.

What has a verb is saved through the verb, so that a change and its event share a transaction.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from compliance.actions import accounts, policy_admin, users
from compliance.enums import DecisionVerdict
from compliance.errors import ComplianceError
from compliance.models import AccountState, DeskEvent, DeskPolicy, Person, PolicyRule, QueueTerm, ReasonCode, User
from compliance.routing.placement import provider_label
from compliance.sync import provider_clients
from providers import (
    CredentialsRefused,
    Kind,
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

SEALED = "Sealed when stored, and never shown again. Another host or environment needs them anew."
AREAS: tuple[tuple[type[ProviderError], str], ...] = (
    (CredentialsRefused, "Authentication"),
    (UnreadableAnswer, "Shape of the answer"),
    (ProviderThrottled, "Too many calls"),
    (QuotaExhausted, "Quota"),
    (NotFoundAtProvider, "Reference"),
    (ReferenceMismatch, "Reference"),
    (ProviderError, "Network"),
)
"""What an admin looks at, by the error that a test ended with; the first that fits."""


def may_enter(request: HttpRequest) -> bool:
    """Staff may; somebody signed in who may not is told so, since signing in once more would lead nowhere."""
    if request.user.is_authenticated and not (request.user.is_active and request.user.is_staff):
        raise PermissionDenied
    return request.user.is_authenticated


admin.site.has_permission = may_enter  # type: ignore[method-assign]
admin.site.site_header = "Review desk: set-up"
admin.site.site_title = "Review desk"
admin.site.index_title = "Accounts, people, rules"
# Groups are what the code says they are, made anew after every migration.
admin.site.unregister(Group)


class VerbAdmin(admin.ModelAdmin):
    """Saves through verbs; a refusal is a sentence on the same page."""

    actions = None
    list_per_page = 50

    @method_decorator(sensitive_post_parameters())
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Django's, with the verb's refusal shown in place of an error page."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ComplianceError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing comes out of the address."""
        return {}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list's own filters ask for; by any other lookup, rows would come or stay away as one guesses.

        Django itself refuses lookups across relations and lets pass all those into the model's own columns.
        """
        offered = {getattr(item, "parameter_name", item) for item in self.list_filter}
        asked = lookup.split(LOOKUP_SEP, 1)[0]
        return asked in offered and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was used stays; it is switched off instead."""
        return False


class ProviderFilter(admin.SimpleListFilter):
    """By provider, in its people's words."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every provider of the registry."""
        return [(name, provider_label(name)) for name in provider_names()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The accounts of one provider."""
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(ProviderAccount)
class ProviderAccountAdmin(VerbAdmin):
    """Accounts at providers: write-only credentials, a test of the connection, pause."""

    list_display = ("name", "provider_shown", "environment", "health", "last_good_read", "rate_per_second")
    list_filter = (ProviderFilter, "environment")
    list_select_related = ("state",)
    search_fields = ("name",)
    change_form_template = "admin/provider_account/change_form.html"

    @admin.display(description="Provider", ordering="provider")
    def provider_shown(self, account: ProviderAccount) -> str:
        """The provider's name as people write it."""
        return provider_label(account.provider)

    @admin.display(description="Can it be read?")
    def health(self, account: ProviderAccount) -> str:
        """OK, failing, blocked or paused, with the reason."""
        if account.paused_at:
            return f"Paused by {account.paused_by} since {account.paused_at:%d %b %H:%M} UTC"
        state: AccountState | None = getattr(account, "state", None)
        if state is None:
            return "Not read yet"
        label = state.get_health_display()
        return f"{label}: {state.fault_detail}" if state.fault else label

    @admin.display(description="Last good read")
    def last_good_read(self, account: ProviderAccount) -> str:
        """When a check was last read without a fault."""
        state: AccountState | None = getattr(account, "state", None)
        at = state.last_good_read_at if state else None
        return f"{at:%d %b %Y %H:%M:%S} UTC" if at else "Never"

    # The form, which differs by provider

    def get_form(
        self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """The provider's own form."""
        kwargs["form"] = account_form(obj.provider if obj else request.GET.get("provider", ""))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        """Account, credentials, pace, settings."""
        provider = obj.provider if obj else request.GET.get("provider", "")
        shown: tuple[str, ...] = ("name", "environment", "base_url")
        sets = [
            (None, {"fields": ("provider_shown", "health", "last_good_read", *shown) if obj else shown}),
            (
                "Credentials",
                {"fields": credential_fields(provider), "description": SEALED},
            ),
            ("Pace", {"fields": ("rate_per_second", "concurrency", "rhythm_seconds")}),
            ("Settings", {"fields": (*setting_fields(provider), "evidence_hosts")}),
        ]
        if not self.has_change_permission(request, obj) and obj:
            # Somebody who may only look sees columns, and no fields of the form.
            return [
                (None, {"fields": ("provider_shown", "health", "last_good_read", *shown)}),
                ("Pace", {"fields": ("rate_per_second", "concurrency", "rhythm_seconds")}),
            ]
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderAccount | None = None) -> tuple[str, ...]:
        """What is told about a stored account."""
        return ("provider_shown", "health", "last_good_read") if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the provider, then its form."""
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
        """Through the verbs; only what was changed on the page is written."""
        by = _signed_in(request)
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

    # Test and pause

    def get_urls(self) -> list[URLPattern]:
        """Django's, and the three buttons."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:account_id>/test/", wrap(self.test_view), name="provider_account_test"),
            path("<uuid:account_id>/pause/", wrap(self.pause_view), name="provider_account_pause"),
            path("<uuid:account_id>/resume/", wrap(self.resume_view), name="provider_account_resume"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        """Ask the provider, with no transaction open meanwhile; say what worked or what to look at."""
        account = self._account(request, account_id)
        if sentence := accounts.test_refusal(account):
            self.message_user(request, sentence, messages.WARNING)
            return _back(account)
        result = tested(account, request.POST.get("reference", "").strip()[:200])
        accounts.record_test(account.pk, by=_signed_in(request), result=result)
        level = messages.ERROR if result.area else messages.SUCCESS
        self.message_user(request, f"{result.area}: {result.sentence}" if result.area else result.sentence, level)
        return _back(account)

    @method_decorator(require_POST)
    def pause_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        """Stop reading."""
        account = accounts.pause(self._account(request, account_id).pk, by=_signed_in(request))
        self.message_user(request, f"{account.name} is paused.")
        return _back(account)

    @method_decorator(require_POST)
    def resume_view(self, request: HttpRequest, account_id: Any) -> HttpResponse:
        """Read again."""
        account = accounts.resume(self._account(request, account_id).pk, by=_signed_in(request))
        self.message_user(request, f"{account.name} is read again.")
        return _back(account)

    def _account(self, request: HttpRequest, account_id: Any) -> ProviderAccount:
        account = get_object_or_404(ProviderAccount, pk=account_id)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account


def tested(account: ProviderAccount, reference: str) -> accounts.TestResult:
    """Try the account. No fault of the provider leaves this function as an error."""
    try:
        return accounts.TestResult(sentence=provider_clients.test_connection(account, reference))
    except ProviderError as error:
        area = next(area for kind, area in AREAS if isinstance(error, kind))
        quote = f" Their request id: {error.request_id}." if error.request_id else ""
        return accounts.TestResult(area=area, sentence=f"{error.detail}{quote}")


def _back(account: ProviderAccount) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:providers_provideraccount_change", args=[account.pk]))


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


# --- rules ---------------------------------------------------------------------------------------------------------


class RuleAdmin(VerbAdmin):
    """Reason codes and policies."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the verb."""
        policy_admin.save_rule(obj, by=_signed_in(request), fields=form.changed_data if change else form.fields)


class ReasonCodeForm(forms.ModelForm):
    """Verdicts as boxes to tick."""

    verdicts = forms.MultipleChoiceField(choices=DecisionVerdict.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ReasonCode
        fields = ("code", "label", "verdicts", "asks_note", "active")


@admin.register(ReasonCode)
class ReasonCodeAdmin(RuleAdmin):
    """Why people rule as they do. A code that was used is switched off, never deleted or renamed."""

    form = ReasonCodeForm
    list_display = ("code", "label", "verdicts", "asks_note", "active")
    list_filter = ("active",)
    search_fields = ("code", "label")

    def get_readonly_fields(self, request: HttpRequest, obj: ReasonCode | None = None) -> tuple[str, ...]:
        """Decisions name the code."""
        return ("code",) if obj else ()


class PolicyRuleForm(forms.ModelForm):
    """A ruling stricter than the default."""

    class Meta:
        model = PolicyRule
        fields = ("outcome", "provider_verdict", "verdict", "ruling")

    def clean(self) -> dict[str, Any]:
        """Laxer rulings are refused with the default named."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (sentence := policy_admin.laxer(PolicyRule(**cleaned))):
            self.add_error("ruling", sentence)
        return cleaned


@admin.register(PolicyRule)
class PolicyRuleAdmin(RuleAdmin):
    """Rulings stricter than the defaults; removing one brings the default back."""

    form = PolicyRuleForm
    list_display = ("outcome", "provider_verdict", "verdict", "ruling")
    list_filter = ("outcome", "verdict")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the role says."""
        return _has(request, "compliance.delete_policyrule")

    def delete_model(self, request: HttpRequest, obj: PolicyRule) -> None:
        """Through the verb."""
        policy_admin.remove_ruling(obj, by=_signed_in(request))


@admin.register(QueueTerm)
class QueueTermAdmin(RuleAdmin):
    """How long a case may stand in each queue."""

    list_display = ("queue", "hours")
    fields = ("queue", "hours")
    readonly_fields = ("queue",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One row for every queue is there already."""
        return False


class DeskPolicyForm(forms.ModelForm):
    """Kinds as boxes to tick."""

    required_kinds = forms.MultipleChoiceField(
        choices=[(kind.value, kind.value) for kind in Kind],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Must all be there before the system closes a case. None: one of identity, document, database.",
    )

    class Meta:
        model = DeskPolicy
        fields = ("auto_close", "required_kinds", "retry_days", "proposal_days", "claim_minutes")
        help_texts = {
            "auto_close": "The system closes a case as approved when every check is positive and nothing is missing.",
        }


@admin.register(DeskPolicy)
class DeskPolicyAdmin(RuleAdmin):
    """The one row of desk-wide rules."""

    form = DeskPolicyForm
    list_display = ("__str__", "auto_close", "required_kinds", "retry_days", "proposal_days", "claim_minutes")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return False


# --- people --------------------------------------------------------------------------------------------------------


class PeopleAdmin(VerbAdmin):
    """Only superusers change people and sign-ins; admins see them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return _is_superuser(request)


@admin.register(DeskEvent)
class DeskEventAdmin(VerbAdmin):
    """The desk's own log: what admins are told. Read only; nothing about applicants is in it."""

    list_display = ("at", "type", "said", "actor_name")
    list_filter = ("type",)
    list_display_links = None
    ordering = ("-at", "-pk")
    show_full_result_count = False

    @admin.display(description="What")
    def said(self, event: DeskEvent) -> str:
        """The event's words: accounts, provider words, changed fields."""
        return ", ".join(f"{name}: {value}" for name, value in event.data.items() if value not in ("", None, [], {}))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever keeps accounts."""
        return _has(request, "providers.view_provideraccount")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody writes here by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Person)
class PersonAdmin(PeopleAdmin):
    """Human beings: four eyes compares these."""

    list_display = ("name", "sign_ins", "created_at")
    search_fields = ("name",)
    fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With their sign-ins, by one more statement."""
        return super().get_queryset(request).prefetch_related("users")

    @admin.display(description="Sign-ins")
    def sign_ins(self, person: Person) -> str:
        """User names."""
        return ", ".join(sorted(user.username for user in person.users.all()))

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        """Through the verb."""
        users.save_person(obj, by=_signed_in(request))


@admin.register(User)
class DeskUserAdmin(PeopleAdmin, UserAdmin):
    """Sign-ins: a person, a role, a password that nobody sees."""

    list_display = ("username", "label", "person", "roles", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("username", "first_name", "last_name")
    list_select_related = ("person",)
    filter_horizontal = ()
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("person", "first_name", "last_name", "email")}),
        ("Role", {"fields": ("groups", "is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"fields": ("person", "first_name", "last_name", "email")}),
        ("Role", {"fields": ("groups", "is_staff")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Without the line about the password for those who only look."""
        sets = super().get_fieldsets(request, obj)
        if _is_superuser(request):
            return sets
        return [(None, {"fields": ("username",)}), *sets[1:]]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With their groups, by one more statement."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        """Names of the groups."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Through the verb; a new sign-in comes with its password."""
        fields = form.changed_data if change else form.cleaned_data
        users.save_user(obj, by=_signed_in(request), fields=fields, password_set=not change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups through the verb, too."""
        if "groups" in form.cleaned_data:
            users.set_groups(form.instance, form.cleaned_data["groups"], by=_signed_in(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django's page; a password that was set is recorded as such."""
        with transaction.atomic():
            before = User.objects.values_list("password", flat=True).filter(pk=id).first()
            response = super().user_change_password(request, id, form_url)
            after = User.objects.filter(pk=id).first()
            if after and before != after.password:
                users.save_user(after, by=_signed_in(request), fields=(), password_set=True)
            return response


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _has(request: HttpRequest, permission: str) -> bool:
    return isinstance(request.user, User) and request.user.has_perm(permission)
