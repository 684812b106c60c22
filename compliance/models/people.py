"""People and their users. Four eyes compares people: several users may belong to one person."""

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from compliance.enums import Environment, Role
from compliance.labels import initials


class Person(models.Model):
    """A human being, who may have several users."""

    name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "people"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


def normalised_email(address: Combinable) -> Func:
    """SQL of an e-mail address for comparison: lower case, without a plus-tag."""
    return Lower(Func(address, Value(r"\+[^@]*@"), Value("@"), function="regexp_replace"))


class DeskUserManager(UserManager["User"]):
    """Creates a person for every user that is created without one."""

    def _create_user_object(self, username: str, email: str | None, password: str | None, **extra: Any) -> "User":
        if "person" not in extra and "person_id" not in extra:
            extra["person"] = Person.objects.using(self._db).create(name=username)
        return super()._create_user_object(username, email, password, **extra)  # type: ignore[misc]


class Theme(models.TextChoices):
    """Colour theme of the pages."""

    SYSTEM = "system", "Follows the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class User(AbstractUser):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="users")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    single_keys = models.BooleanField(default=True)
    """Single-letter shortcuts can be switched off (WCAG 2.1.4)."""
    environment = models.CharField(max_length=10, choices=Environment, blank=True, default="", db_default="")
    """The environment whose lists the person chose last; empty before the first choice."""
    claims_next = models.BooleanField(default=True, db_default=True)
    """After a decision the next case of the list is claimed when it opens."""

    email_key = models.GeneratedField(
        expression=normalised_email(F("email")), output_field=models.CharField(max_length=254), db_persist=True
    )
    """Users of different persons cannot have the same, except those from before this rule; empty without an e-mail."""

    objects = DeskUserManager()  # type: ignore[misc]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="user_theme_known"),
            models.CheckConstraint(
                condition=Q(environment__in=("", *Environment.values)), name="user_environment_known"
            ),
        )
        indexes = (models.Index(fields=("email_key",), name="user_email_key"),)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Superusers have every permission but one: only the manager role includes approving overrides."""
        if perm == "compliance.approve_override" and self.is_superuser:
            return self.is_active and self._is_manager
        return super().has_perm(perm, obj)

    @cached_property
    def _is_manager(self) -> bool:
        return self.groups.filter(name=Role.MANAGER).exists()

    @property
    def label(self) -> str:
        """Full name, or the name of the person."""
        return self.get_full_name() or self.person.name

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return initials(self.label)
