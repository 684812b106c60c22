"""Template tags of the admin pages."""

from dataclasses import dataclass
from datetime import datetime

from django import template

from compliance.enums import AccountHealth
from compliance.labels import provider_label
from compliance.models import AccountState
from compliance.queries.accounts import NOT_READ
from compliance.queries.accounts import account_health as health_of
from providers.models import ProviderAccount

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """State of one account."""

    account: ProviderAccount
    provider: str
    health: str
    label: str
    fault: str
    last_good_read_at: datetime | None
    failing_since: datetime | None


@register.simple_tag
def account_health() -> list[HealthRow]:
    """The state of every account, in the order of their names."""
    return [_row(account) for account in ProviderAccount.objects.select_related("state").order_by("name")]


def _row(account: ProviderAccount) -> HealthRow:
    state: AccountState | None = getattr(account, "state", None)
    health = health_of(account)
    return HealthRow(
        account=account,
        provider=provider_label(account.provider),
        health=health,
        label="Not read yet" if health == NOT_READ else AccountHealth(health).label,
        fault=f"{state.fault_detail} {state.fault_admin_action}".strip() if state and state.fault else "",
        last_good_read_at=state.last_good_read_at if state else None,
        failing_since=state.fault_since if state else None,
    )
