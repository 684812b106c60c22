"""What the generic tests expect of Preventor."""

from typing import Any

from providers import Kind, NotFoundAtProvider, Report, Subject
from providers.preventor.parse import parse
from tests.providers.expectations import GOOD_LINK, Expectations, first_kind


def subject_of(name: str, body: Any) -> Subject:
    """The ticket that an answer names."""
    found = next((body[key] for key in ("ticket", "ticket_id") if isinstance(body.get(key), str)), None)
    return first_kind("preventor", str(found or "x-1"))


def answer_with_image(value: Any) -> Report:
    """A ticket with this value as its selfie."""
    body = {"flow_status": "ACCEPTED", "disposition": "PASSED", "selfie": value, "document": {"front": GOOD_LINK}}
    return parse(body, first_kind("preventor"))


EXPECTATIONS = Expectations(
    kinds=(Kind.IDENTITY,),
    credential_sets=frozenset({("token",), ("api_key", "secret", "tenant", "env", "banknu")}),
    credentials={"token": "canary-token-4"},
    bare_404=NotFoundAtProvider,
    renews_token=True,
    ignores_letter_case=True,
    parse=parse,
    subject_of=subject_of,
    no_answers=("images",),
    answer_with_image=answer_with_image,
)
