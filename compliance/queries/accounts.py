"""Reads about provider accounts."""

from providers.models import ProviderAccount


def account_health(account: ProviderAccount) -> str:
    """``ok``, ``failing``, ``blocked`` or ``paused``."""
    return "paused" if account.paused_at else account.state.health
