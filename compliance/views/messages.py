"""Short announcements that appear once, on the page that is shown next."""

from typing import Literal

from django.contrib import messages
from django.http import HttpRequest

_LEVELS = {"info": messages.INFO, "success": messages.SUCCESS, "warning": messages.WARNING}


def say(request: HttpRequest, sentence: str, tone: Literal["info", "success", "warning"] = "success") -> None:
    """Announce what happened. Never anything personal: announcements travel in the session."""
    messages.add_message(request, _LEVELS[tone], sentence)
