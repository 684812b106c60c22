"""Django admin: provider accounts, users, reason codes and policies; never applicants, cases, checks or documents."""

from compliance.admin import accounts as accounts
