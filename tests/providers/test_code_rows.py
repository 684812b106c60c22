"""Every reachable row of the code tables, sent by the simulator over HTTP and read back."""

import pytest

from providers import Assessment, Kind, ProviderError, Report, Subject, provider_names
from providers.simulator.server import Simulator
from tests.providers.conftest import ClientFactory
from tests.providers.expectations import expectations_of
from tests.providers.sent_rows import ALL, Sent, Story, is_reason

Read = tuple[Report, Assessment] | ProviderError


def read(client: ClientFactory, simulator: Simulator, story: Story) -> Read:
    """Report and assessment of the scene, or its fault."""
    played, name = simulator.providers[story.provider], story.scene.scenario
    subject = Subject(
        kind=Kind(played.scenarios[name].kind), reference=played.reference(name, 3), settings=played.check_settings(3)
    )
    connected = client(story.provider, credentials=dict(story.scene.credentials) or None)
    try:
        report = connected.fetch(subject)
    except ProviderError as error:
        return error
    return report, connected.normalise(report, connected.rules())


def faults_of(sent: Sent, found: Read) -> list[str]:
    """In what the fault differs from its row."""
    row = sent.row
    if not isinstance(found, ProviderError):
        return ["no fault"]
    wrong = [] if found.scope == row.fault else [f"scope {found.scope}"]
    if row.kind not in expectations_of(row.provider).unquoted_faults:
        wrong += [f"without {text}" for text in (row.summary, row.action) if text not in found.detail]
    return wrong


def differences(sent: Sent, found: Read) -> list[str]:
    """In what the answer differs from its row."""
    row = sent.row
    if row.fault:
        return faults_of(sent, found)
    if isinstance(found, ProviderError):
        return [f"fault {found}"]
    report, assessment = found
    wrong = []
    if row.outcome:
        first_results = expectations_of(row.provider).first_results
        expected = first_results.get((row.kind, row.value), (str(row.outcome), str(row.verdict)))
        if (assessment.outcome, assessment.verdict) != expected:
            wrong.append(f"{assessment.outcome} and {assessment.verdict}")
    if is_reason(row):
        reasons = [one for one in assessment.reasons if one.summary == row.summary and row.value in (one.code, "*")]
        shown = [(one.group, one.action, one.admin_action, one.recognised) for one in reasons]
        if shown != [(row.group, row.action, row.admin_action, row.value != "*")]:
            wrong.append(f"reasons {shown}")
    if row.kind == "attempt_status" and (row.value, row.summary) not in [
        (attempt.status, attempt.summary) for attempt in report.attempts
    ]:
        wrong.append(f"attempts {report.attempts}")
    return wrong


@pytest.mark.promise("P2")
@pytest.mark.parametrize("name", provider_names())
def test_every_reachable_row_is_read_as_its_table_says(name: str, client: ClientFactory, simulator: Simulator) -> None:
    rows = [sent for sent in ALL if sent.row.provider == name]
    found = {story: read(client, simulator, story) for story in dict.fromkeys(sent.story for sent in rows)}
    wrong = {sent.name: differences(sent, found[sent.story]) for sent in rows}
    assert {row: why for row, why in wrong.items() if why} == {}
    assert len(rows) >= 20
