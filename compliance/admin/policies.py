"""Reason codes, rulings, queue deadlines and the policy."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from compliance.actions import policy_admin
from compliance.admin import policy_matrix
from compliance.admin.action_admin import ActionAdmin, signed_in
from compliance.enums import DecisionVerdict
from compliance.models import DeskPolicy, PolicyRule, QueueTerm, ReasonCode
from providers import Kind, code_table, provider_names


class PolicyAdmin(ActionAdmin):
    """Base of the four pages."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        policy_admin.save_policy(obj, by=signed_in(request), fields=form.changed_data if change else form.fields)


class ReasonCodeForm(forms.ModelForm):
    verdicts = forms.MultipleChoiceField(choices=DecisionVerdict.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ReasonCode
        fields = ("code", "label", "verdicts", "asks_note", "for_overrides", "suggested_by", "active")
        help_texts = {
            "for_overrides": "Can be chosen for a verdict against a provider's result.",
            "suggested_by": "Provider codes that suggest this reason in place of the built-in suggestions, with "
            "commas between: checkout_com:62301, preventor:PVT_PM_E001.",
        }

    def clean_suggested_by(self) -> list[str]:
        """Refuse codes that no code table has, because they would never suggest anything."""
        given: list[str] = self.cleaned_data["suggested_by"]
        unknown = [code for code in given if not _is_known(code)]
        if unknown:
            raise forms.ValidationError(f"No code table has {', '.join(unknown)}. Write provider:code.")
        return given


def _is_known(text: str) -> bool:
    provider, _, code = text.partition(":")
    return provider in provider_names() and any(row.value == code for row in code_table(provider).rows)


@admin.register(ReasonCode)
class ReasonCodeAdmin(PolicyAdmin):
    """Reason codes of decisions. They are deactivated, never deleted or renamed."""

    form = ReasonCodeForm
    list_display = ("code", "label", "verdicts", "asks_note", "for_overrides", "active")
    list_filter = ("active",)
    search_fields = ("code", "label")

    def get_readonly_fields(self, request: HttpRequest, obj: ReasonCode | None = None) -> tuple[str, ...]:
        """The code, because decisions refer to it."""
        return ("code",) if obj else ()


class PolicyRuleForm(forms.ModelForm):
    class Meta:
        model = PolicyRule
        fields = ("outcome", "provider_verdict", "verdict", "ruling")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (sentence := policy_admin.laxer(PolicyRule(**cleaned))):
            self.add_error("ruling", sentence)
        return cleaned


@admin.register(PolicyRule)
class PolicyRuleAdmin(PolicyAdmin):
    """Rulings stricter than the defaults; deleting one restores the default."""

    form = PolicyRuleForm
    list_display = ("outcome", "provider_verdict", "verdict", "ruling")
    list_filter = ("outcome", "verdict")

    def get_urls(self) -> list[URLPattern]:
        """The page of all policies, before Django's."""
        view = self.admin_site.admin_view(self.matrix_view)
        return [path("matrix/", view, name="policy_matrix"), *super().get_urls()]

    @method_decorator(require_GET)
    def matrix_view(self, request: HttpRequest) -> HttpResponse:
        """All policies with their defaults, read only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "title": "All policies", "opts": self.opts}
        return TemplateResponse(request, "admin/policy_matrix/page.html", context | policy_matrix.context())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("compliance.delete_policyrule")

    def delete_model(self, request: HttpRequest, obj: PolicyRule) -> None:
        policy_admin.delete_ruling(obj, by=signed_in(request))


@admin.register(QueueTerm)
class QueueTermAdmin(PolicyAdmin):
    """Deadline of a case in each queue, in hours."""

    list_display = ("queue", "hours")
    fields = ("queue", "hours")
    readonly_fields = ("queue",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Every queue has its row already."""
        return False


class DeskPolicyForm(forms.ModelForm):
    required_kinds = forms.MultipleChoiceField(
        choices=[(kind.value, kind.value) for kind in Kind],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="All must have passed before a case is approved automatically. None chosen: one of identity, "
        "document or database.",
    )

    class Meta:
        model = DeskPolicy
        fields = ("auto_close", "required_kinds", "retry_days", "proposal_days", "claim_minutes")
        help_texts = {
            "auto_close": "Approve a case automatically when every check passed and none is missing.",
        }


@admin.register(DeskPolicy)
class DeskPolicyAdmin(PolicyAdmin):
    """The policy: one row."""

    form = DeskPolicyForm
    list_display = ("__str__", "auto_close", "required_kinds", "retry_days", "proposal_days", "claim_minutes")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The row exists already."""
        return False
