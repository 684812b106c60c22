"""``manage.py createsuperuser``: make the first admin of an installation without decisions."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import transaction

from compliance.actions import users
from compliance.models import User


class Command(createsuperuser.Command):
    """Django's command, once: other users are added by a superuser, who is recorded."""

    help = "Create the first superuser, before any case is decided."

    def handle(self, *args: Any, **options: Any) -> None:
        if reason := users.why_no_first_admin():
            raise CommandError(reason)
        with transaction.atomic():
            super().handle(*args, **options)
            for user in User.objects.filter(is_superuser=True):
                users.record_first_admin(user)
