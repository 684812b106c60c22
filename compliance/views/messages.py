"""Messages that appear once, on the next page."""

from typing import Literal

from django.contrib import messages
from django.http import HttpRequest

_LEVELS = {"info": messages.INFO, "success": messages.SUCCESS, "warning": messages.WARNING}


def announce(request: HttpRequest, sentence: str, tone: Literal["info", "success", "warning"] = "success") -> None:
    """Show the sentence on the next page. It must not contain personal data: messages are stored in the session."""
    messages.add_message(request, _LEVELS[tone], sentence)
