"""What the generic tests expect of Checkout.com."""

import json
from pathlib import Path
from typing import Any

from providers import Kind, NotFoundAtProvider, Report, Subject
from providers.checkout_com.parse import parse
from tests.providers.expectations import GOOD_LINK, Expectations

FULL = Path(__file__).parent / "payloads" / "identity_approved_full.json"


def subject_of(name: str, body: Any) -> Subject:
    """The check of a payload file, whose name begins with its kind."""
    return Subject(kind=Kind(name.partition("_")[0]), reference=body["check"]["id"])


def read(body: Any, subject: Subject) -> Report:
    """A report, also of a body without a list of attempts."""
    attempts = body.get("attempts")
    return parse({**body, "attempts": attempts if isinstance(attempts, list) else []}, subject)


def answer_with_image(value: Any) -> Report:
    """An approved check with this value as the link of its face."""
    body = json.loads(FULL.read_text(encoding="utf-8"))
    body["check"]["face"] = {"image_signed_url": value}
    body["check"]["documents"] = [{"front_image_signed_url": GOOD_LINK}]
    return parse(body, subject_of("identity", body))


EXPECTATIONS = Expectations(
    kinds=(Kind.IDENTITY, Kind.FACE, Kind.DOCUMENT, Kind.AML),
    credential_sets=frozenset({("secret_key",), ("client_id", "client_secret")}),
    credentials={"client_id": "canary-client-7", "client_secret": "canary-secret-8"},
    bare_404=NotFoundAtProvider,
    renews_token=False,
    ignores_letter_case=False,
    parse=read,
    subject_of=subject_of,
    no_answers=("token",),
    answer_with_image=answer_with_image,
    has_fixed_image_fields=True,
)
