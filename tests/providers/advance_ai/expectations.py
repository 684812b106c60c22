"""What the generic tests expect of ADVANCE.AI."""

import json
from pathlib import Path
from typing import Any

from providers import Kind, ProviderUnavailable, Report, Subject
from providers.advance_ai.parse import parse
from tests.providers.expectations import GOOD_LINK, Expectations, first_kind

WITH_LINKS = Path(__file__).parent / "payloads" / "pass-with-links.json"


def subject_of(name: str, body: Any) -> Subject:
    """The verification that an answer names."""
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get("signatureId") if isinstance(data, dict) else None
    return first_kind("advance_ai", str(found or "x-1"))


def answer_with_image(value: Any) -> Report:
    """A passed verification with this value as its selfie."""
    body = json.loads(WITH_LINKS.read_text(encoding="utf-8"))
    body["data"]["faceDetail"] |= {"faceImage": value, "faceImageFar": GOOD_LINK}
    return parse(body, subject_of("", body))


EXPECTATIONS = Expectations(
    kinds=(Kind.DATABASE,),
    credential_sets=frozenset({("access_key", "secret_key")}),
    credentials={"access_key": "canary-access-5", "secret_key": "canary-secret-6"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=True,
    ignores_letter_case=False,
    parse=parse,
    subject_of=subject_of,
    answer_with_image=answer_with_image,
    has_fixed_image_fields=True,
)
