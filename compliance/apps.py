"""Django's configuration of the app and of its admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from compliance import default_policies, roles


class ComplianceConfig(AppConfig):
    """Applicants, cases, decisions and their audit trail."""

    name = "compliance"
    verbose_name = "Review desk"

    def ready(self) -> None:
        """Register the system checks and the report of undecipherable values; create groups and default policies after
        every migration."""
        # Both import models, which are not ready when this module is imported.
        autodiscover_modules("project.system_checks", "actions.undecipherable")
        # Permissions do not exist while migrations run on an empty database.
        post_migrate.connect(roles.make_groups, sender=self, dispatch_uid="compliance.roles")
        post_migrate.connect(
            default_policies.create_default_policies, sender=self, dispatch_uid="compliance.default_policies"
        )


class ReviewAdminConfig(AdminConfig):
    """Django admin with our own site."""

    default_site = "compliance.project.admin_site.ReviewAdminSite"
