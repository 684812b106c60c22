"""The three groups and their permissions, created after every migration."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions

APPROVE_OVERRIDE = "compliance.approve_override"
MANAGE_CHECKS = "compliance.mend_case"
WHY_NOT: Mapping[str, str] = {
    "compliance.review_case": "Your role does not include reviewing cases.",
    "compliance.open_case": "Your role does not include opening cases.",
    MANAGE_CHECKS: "Your role does not include managing checks.",
    "compliance.add_document": "Your role does not include adding images and files.",
    APPROVE_OVERRIDE: "Your role does not include approving overrides.",
}
"""Permission -> the refusal of an action or a page without it."""
_ANALYST = ("compliance.review_case", "compliance.open_case", MANAGE_CHECKS, "compliance.add_document")
GROUP_PERMISSIONS: dict[str, tuple[str, ...]] = {
    "analyst": _ANALYST,
    "manager": (*_ANALYST, APPROVE_OVERRIDE),
    "admin": (
        "providers.view_provideraccount",
        "providers.add_provideraccount",
        "providers.change_provideraccount",
        "compliance.view_person",
        "compliance.view_user",
        "compliance.view_reasoncode",
        "compliance.add_reasoncode",
        "compliance.change_reasoncode",
        "compliance.view_policyrule",
        "compliance.add_policyrule",
        "compliance.change_policyrule",
        "compliance.delete_policyrule",
        "compliance.view_deskpolicy",
        "compliance.change_deskpolicy",
        "compliance.view_queueterm",
        "compliance.change_queueterm",
    ),
}


def make_groups(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Create the groups and set their permissions; running it again changes nothing."""
    for label in ("compliance", "providers"):
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, permissions in GROUP_PERMISSIONS.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        names = [permission.split(".", 1) for permission in permissions]
        group.permissions.set(
            permission_model.objects.using(using).filter(
                content_type__app_label__in={app for app, _ in names}, codename__in=[codename for _, codename in names]
            )
        )
