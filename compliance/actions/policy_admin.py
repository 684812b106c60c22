"""Policies that admins edit: reason codes, stricter rulings, queue deadlines, policy. Each change is recorded."""

from collections.abc import Iterable

from django.db import models, transaction

from compliance import audit
from compliance.enums import DeskEventType, Ruling
from compliance.errors import InvalidInput, NotAllowed
from compliance.models import DeskPolicy, PolicyRule, QueueTerm, ReasonCode, User
from compliance.routing import rulings

PolicyRow = PolicyRule | DeskPolicy | QueueTerm | ReasonCode


@transaction.atomic
def save_policy(row: PolicyRow, *, by: User, fields: Iterable[str]) -> PolicyRow:
    """Store these fields of a new or changed row. Raises ``NotAllowed`` and, for a laxer ruling, ``InvalidInput``."""
    adding = row._state.adding
    _allow(by, row, "add" if adding else "change")
    if isinstance(row, PolicyRule) and (sentence := laxer(row)):
        raise InvalidInput(sentence, field="ruling")
    model: type[models.Model] = type(row)
    before = None if adding else model._default_manager.select_for_update().get(pk=row.pk)
    if changed := audit.changes(before, row, fields):
        row.save()
        event = DeskEventType.REASON_CODE_CHANGED if isinstance(row, ReasonCode) else DeskEventType.POLICY_CHANGED
        audit.record_desk(event, by=by, row=f"{row._meta.verbose_name} {row}", changed=changed)
    return row


@transaction.atomic
def delete_ruling(row: PolicyRule, *, by: User) -> None:
    """Remove a stricter ruling: the default applies again."""
    _allow(by, row, "delete")
    name = f"{row._meta.verbose_name} {row}"
    row.delete()
    audit.record_desk(DeskEventType.POLICY_CHANGED, by=by, row=name, changed={"removed": True})


def laxer(row: PolicyRule) -> str | None:
    """Why this ruling may not be stored, as a sentence, or None: it has to be stricter than the default."""
    default = rulings.default_ruling(row.outcome, row.provider_verdict, row.verdict)
    try:
        stricter = rulings.STRICTNESS[Ruling(row.ruling)] > rulings.STRICTNESS[default]
    except ValueError:
        return "Unknown ruling."
    if stricter:
        return None
    return f"The default is “{default.label}”; a policy rule may only be stricter."


def _allow(by: User, row: PolicyRow, permission: str) -> None:
    if not by.is_active or not by.has_perm(f"compliance.{permission}_{row._meta.model_name}"):
        raise NotAllowed("Your role does not include editing policies.")
