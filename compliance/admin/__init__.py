"""Django admin: provider accounts, users, policies, activity log. Never applicants, cases, checks or documents."""

from compliance.admin import accounts, policies, trail, users

__all__ = ("accounts", "policies", "trail", "users")
