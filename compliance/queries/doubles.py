"""References with several checks, which an earlier release allowed through several accounts."""

from django.db.models import Exists, OuterRef, QuerySet

from compliance.models import Check


def doubles() -> QuerySet[Check]:
    """All checks of such references, those of one reference in a row, the oldest first."""
    same = {name: OuterRef(name) for name in ("provider", "environment", "kind", "reference")}
    shared = Exists(Check.objects.filter(is_double=True, **same))
    order = ("provider", "environment", "kind", "reference", "created_at", "pk")
    return Check.objects.filter(shared).select_related("account").order_by(*order)
