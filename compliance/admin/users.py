"""Persons and users. Superusers change them, admins see them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from compliance.actions import users
from compliance.admin.action_admin import ActionAdmin, signed_in
from compliance.models import Person, User
from compliance.queries.people import is_email_taken, sharing_an_email

# The groups are defined in ``compliance.roles`` and restored after every migration.
admin.site.unregister(Group)


class SuperuserAdmin(ActionAdmin):
    """Base of both pages: superusers may add and change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)


@admin.register(Person)
class PersonAdmin(SuperuserAdmin):
    """Persons. A person cannot approve their own proposal, even with another user."""

    list_display = ("name", "user_names", "created_at")
    search_fields = ("name",)
    fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Persons with their users, in one more statement."""
        return super().get_queryset(request).prefetch_related("users")

    @admin.display(description="Users")
    def user_names(self, person: Person) -> str:
        return ", ".join(sorted(user.username for user in person.users.all()))

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        users.save_person(obj, by=signed_in(request))


class EmailRules(forms.ModelForm):
    """Validation of the e-mail address: required for new users, and of one person only. An old blank may stay."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        address, owner = cleaned.get("email", ""), cleaned.get("person")
        had_address = self.instance.pk is None or User.objects.exclude(email="").filter(pk=self.instance.pk).exists()
        if not address and had_address:
            self.add_error("email", "Enter an e-mail address.")
        changed = {"email", "person"} & set(self.changed_data)
        if address and owner and changed and is_email_taken(address, person_id=owner.pk):
            self.add_error("email", users.EMAIL_TAKEN)
        return cleaned


class ChangeUserForm(EmailRules, UserChangeForm):
    """A user that exists."""


class AddUserForm(EmailRules, AdminUserCreationForm):
    """A new user."""


class EmailFilter(admin.SimpleListFilter):
    """Users whose address is missing, or shared with another person."""

    title = "e-mail"
    parameter_name = "email"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("missing", "Missing"), ("shared", "Shared by several persons")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "missing":
            return queryset.filter(email="")
        return queryset.filter(pk__in=sharing_an_email().values("pk")) if self.value() == "shared" else queryset


@admin.register(User)
class DeskUserAdmin(SuperuserAdmin, UserAdmin):
    """Users: a person, a role and a write-only password."""

    form = ChangeUserForm
    add_form = AddUserForm
    list_display = ("username", "label", "person", "email_state", "roles", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups", EmailFilter)
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
        """Without the password field for users who may not change it."""
        sets = super().get_fieldsets(request, obj)
        if _is_superuser(request):
            return sets
        return [(None, {"fields": ("username",)}), *sets[1:]]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Users with their groups, in one more statement."""
        shared = Exists(sharing_an_email().filter(pk=OuterRef("pk")))
        return super().get_queryset(request).annotate(shares_email=shared).prefetch_related("groups")

    @admin.display(description="E-mail")
    def email_state(self, user: Any) -> str:
        """The address, marked where it is missing or shared."""
        if not user.email:
            return "Missing"
        return f"{user.email} (shared by several persons)" if user.shares_email else str(user.email)

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Create or change the user; a new user has a password."""
        fields = form.changed_data if change else form.cleaned_data
        users.save_user(obj, by=signed_in(request), fields=fields, password_set=not change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if "groups" in form.cleaned_data:
            users.set_groups(form.instance, form.cleaned_data["groups"], by=signed_in(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django's page; records an event when the password was changed."""
        with transaction.atomic():
            before = User.objects.values_list("password", flat=True).filter(pk=id).first()
            response = super().user_change_password(request, id, form_url)
            after = User.objects.filter(pk=id).first()
            if after and before != after.password:
                users.save_user(after, by=signed_in(request), fields=(), password_set=True)
            return response


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
