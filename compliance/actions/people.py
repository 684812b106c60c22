"""What people may change about their own sign-in."""

from compliance.models import User


def prefer(user: User, *, theme: str | None = None, single_keys: bool | None = None) -> None:
    """How the desk looks and listens to this person. No event: it concerns nobody else."""
    if theme is not None:
        user.theme = theme
    if single_keys is not None:
        user.single_keys = single_keys
    user.save(update_fields=("theme", "single_keys"))
