"""The admin site of the review desk."""

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class ReviewAdminSite(AdminSite):
    site_header = "Review desk settings"
    site_title = "Review desk"
    index_title = "Provider accounts, users and policies"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the user is staff. Raises ``PermissionDenied`` for other users, whom signing in would not help."""
        if request.user.is_authenticated and not super().has_permission(request):
            raise PermissionDenied("This page is for admins: your role does not include the settings.")
        return request.user.is_authenticated
