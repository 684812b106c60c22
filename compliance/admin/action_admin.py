"""The base of all admin pages: saving calls the actions, which check the permission and record the event."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from compliance.errors import ComplianceError
from compliance.models import User


class ActionAdmin(admin.ModelAdmin):
    """Saves by actions; the error of an action is shown on the same page."""

    actions = None
    list_per_page = 50

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django's page; an error of an action becomes a message instead of an error page."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ComplianceError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ignores the query string."""
        return {}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters of the list. Any other lookup would let a user guess the content of hidden columns.

        Django itself rejects lookups across relations, but allows lookups in all columns of the model.
        """
        offered = {getattr(item, "parameter_name", item) for item in self.list_filter}
        name = lookup.split(LOOKUP_SEP, 1)[0]
        return name in offered and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted: rows are deactivated instead."""
        return False


def signed_in(request: HttpRequest) -> User:
    """The signed-in user. Raises ``PermissionDenied`` without one."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
