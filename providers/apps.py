"""The Django app of the providers."""

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """Accounts, their credentials and the vault."""

    name = "providers"
    verbose_name = "Providers"
