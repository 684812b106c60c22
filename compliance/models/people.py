"""People and their users. Four eyes compares people: several users may belong to one person."""

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

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

    objects = DeskUserManager()  # type: ignore[misc]

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(theme__in=Theme.values), name="user_theme_known"),)

    @property
    def label(self) -> str:
        """Full name, or the name of the person."""
        return self.get_full_name() or self.person.name

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return initials(self.label)
