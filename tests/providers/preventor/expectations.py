"""What the generic tests expect of Preventor."""

from typing import Any
from uuid import UUID

from providers import CodeRow, Kind, NotFoundAtProvider, Report, Subject
from providers.preventor.parse import parse
from tests.providers.expectations import GOOD_LINK, Expectations, Scene, first_kind


def subject_of(name: str, body: Any) -> Subject:
    """The ticket that an answer names."""
    found = next((body[key] for key in ("ticket", "ticket_id") if isinstance(body.get(key), str)), None)
    return first_kind("preventor", str(found or "x-1"))


def answer_with_image(value: Any) -> Report:
    """A ticket with this value as its selfie."""
    body = {"flow_status": "ACCEPTED", "disposition": "PASSED", "selfie": value, "document": {"front": GOOD_LINK}}
    return parse(body, first_kind("preventor"))


def scenario_of(row: CodeRow) -> str:
    """The scenario in which the simulator sends this row's value."""
    slug = "unknown" if row.value == "*" else row.value.lower().replace("_", "-")
    return {
        "flow_status": f"{slug}-nothing",
        "transaction_status": f"transaction-{slug}",
        "disposition": f"open-{slug}",
        "error_code": f"code-{slug}",
        "id_proofing_state": f"proofing-{slug}",
        "process": f"process-{slug}",
        "flow_type": f"kind-{slug}",
        "http_status": "http-418" if row.value == "*" else f"http-{slug}",
        "api_error_code": f"envelope-{slug}",
        "shape": "fault-empty-200",
    }[row.kind]


def scene_of(row: CodeRow) -> Scene:
    """Every readable ticket has all types of images."""
    return Scene("accepted-passed" if row.kind == "image_type" or row.value == "200" else scenario_of(row))


EXPECTATIONS = Expectations(
    kinds=(Kind.IDENTITY,),
    credential_sets=frozenset({("token",), ("token", "api_key"), ("api_key", "secret", "tenant", "env", "banknu")}),
    credentials={"token": "canary-token-4"},
    bare_404=NotFoundAtProvider,
    renews_token=True,
    ignores_letter_case=True,
    parse=parse,
    subject_of=subject_of,
    no_answers=("images",),
    answer_with_image=answer_with_image,
    scenes_of=lambda row: [scene_of(row)],
    readable_scenario="rejected-nothing",
    reference=lambda number: str(UUID(int=number)),
    first_results={("disposition", "RETRY"): ("pending", "none"), ("disposition", "FAILED"): ("pending", "negative")},
    unquoted_faults=frozenset({"shape"}),
)
