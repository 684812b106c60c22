"""What the generic tests expect of Checkout.com."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from providers import CodeRow, Kind, NotFoundAtProvider, Report, Subject
from providers.checkout_com.parse import parse
from providers.simulator.checkout_com.scenarios import KINDS
from tests.providers.checkout_com.calls import PLAYED
from tests.providers.expectations import GOOD_LINK, Expectations, Scene

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


HTTP_SCENARIOS = {
    "400": "identity-http-400",
    "401": "fault-http-401",
    "403": "fault-http-403",
    "404": "fault-http-404",
    "422": "identity-http-422",
    "429": "fault-http-429-seconds",
    "500": "fault-http-500",
    "502": "fault-http-502-html",
    "503": "fault-http-503",
    "*": "identity-http-418",
}


def scenes_of(row: CodeRow) -> Iterator[Scene]:
    """One scene, or one for each product that the row applies to."""
    word = row.value.replace("_", "-")
    if row.kind == "http_status":
        yield Scene(HTTP_SCENARIOS[row.value] if row.fault else "identity-approved")
    elif row.kind == "token_error":
        name = f"sign-in-{'odd_word' if row.value == '*' else row.value}"
        yield Scene("identity-approved", tuple(PLAYED.other_credentials[name].items()))
    elif row.kind == "shape":
        yield Scene({"status_missing": "identity-no-status", "not_readable": "fault-html-200"}[row.value])
    else:
        for kind in (KINDS[product] for product in row.applies_to if product in KINDS):
            if row.kind == "check_status":
                yield Scene(f"{kind}-{'unknown-status' if row.value == '*' else word}")
            elif row.kind == "attempt_status":
                yield Scene(f"{kind}-attempt-{word}")
            elif row.kind == "risk_label":
                yield Scene(f"{kind}-risk-{'voice-recorded-twice' if row.value == '*' else word}")
            else:
                code = "62777" if row.value == "*" else row.value
                status = {"10": "approved", "61": "retry-required", "62": "declined", "63": "refused"}
                yield Scene(f"{kind}-{status.get(code[:2], 'inconclusive')}-{code}")


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
    scenes_of=scenes_of,
    readable_scenario="identity-approved",
    reference=lambda number: f"idv_{number:026d}",
)
