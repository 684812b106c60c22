"""Bases of the models."""

from django.db import models

from providers.vault import DataKey, new_id


class Row(models.Model):
    """A row without permissions of its own. Its text names no person, because it appears in logs and error pages."""

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class EncryptedRow(Row):
    """A row with encrypted fields. Its key is made in Python: ciphertexts are bound to it before it is inserted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")

    class Meta(Row.Meta):
        abstract = True
