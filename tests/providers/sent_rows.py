"""The reachable rows of the code tables, each with the scenes in which the simulators send it."""

from dataclasses import dataclass, field

from providers import CodeRow, code_table, provider_names
from tests.providers.expectations import Scene, expectations_of

NO_REASON = frozenset({"attempt_status", "image_type", "envelope_code", "http_status", "number_type"})
"""Kinds whose rows are shown elsewhere than among the reasons, or only say that the answer is readable."""
NOT_BESIDE_A_CODE = {("bank131", "status", "error")}
"""Rows that the code beside them says better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A scene of a provider's simulator."""

    provider: str
    scene: Scene
    alone: bool = False
    """The account itself gets into trouble, so that no other check may share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A row with one story in which it is sent."""

    row: CodeRow
    story: Story
    name: str = field(default="", compare=False)


ALL = [
    Sent(
        row=row,
        story=Story(provider=provider, scene=scene, alone=row.fault == "account"),
        name=f"{provider}-{row.kind}-{row.value}-{scene.scenario}",
    )
    for provider in provider_names()
    for row in code_table(provider).rows
    if row.reachable
    for scene in expectations_of(provider).scenes_of(row)
]


def is_reason(row: CodeRow) -> bool:
    """Whether the row is shown among the reasons of a check."""
    return row.kind not in NO_REASON and (row.provider, row.kind, row.value) not in NOT_BESIDE_A_CODE
