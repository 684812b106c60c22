"""Django's entry to the desk."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from compliance import default_policies, roles


class ComplianceConfig(AppConfig):
    """The desk: applicants, cases, decisions and their trail."""

    name = "compliance"
    verbose_name = "Review desk"

    def ready(self) -> None:
        """Register the start checks, and the groups that every migrated database has."""
        # The checks look at models, which cannot be imported before now.
        autodiscover_modules("project.system_checks")
        # Permissions do not exist while migrations run on an empty database.
        post_migrate.connect(roles.make_groups, sender=self, dispatch_uid="compliance.roles")
        post_migrate.connect(
            default_policies.make_starting_rules, sender=self, dispatch_uid="compliance.default_policies"
        )
