"""The activity log, read only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from compliance.admin.action_admin import ActionAdmin
from compliance.models import DeskEvent


@admin.register(DeskEvent)
class DeskEventAdmin(ActionAdmin):
    """The activity log: accounts, users, policies, sign-ins. It has no data of applicants."""

    list_display = ("at", "type", "details", "actor_name")
    list_filter = ("type",)
    list_display_links = None
    ordering = ("-at", "-pk")
    show_full_result_count = False

    @admin.display(description="Details")
    def details(self, event: DeskEvent) -> str:
        return ", ".join(f"{name}: {value}" for name, value in event.data.items() if value not in ("", None, [], {}))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("providers.view_provideraccount")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
