"""Messages that appear once, on the next page."""

from typing import Literal

from django.contrib import messages
from django.http import HttpRequest


def announce(request: HttpRequest, sentence: str, tone: Literal["info", "success", "warning"] = "success") -> None:
    """Show the sentence on the next page. It must not contain personal data: messages are stored in the session."""
    messages.add_message(request, getattr(messages, tone.upper()), sentence)
