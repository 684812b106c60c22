"""Plain data of a check."""

from providers import Assessment, Evidence, EvidenceKind, Facts, Kind, Outcome, Reason, Report, Verdict


def test_reasons_without_a_row_are_unrecognised() -> None:
    known, unknown = Reason(code="1", summary="Known."), Reason(code="2", summary="Odd.", recognised=False)
    found = Assessment(outcome=Outcome.DECLINED, verdict=Verdict.NEGATIVE, reasons=(known, unknown))
    assert found.unrecognised == (unknown,)
    assert not found.terminal and not found.changeable


def test_no_repr_shows_personal_data_links_or_payloads() -> None:
    evidence = Evidence(kind=EvidenceKind.SELFIE, label="face", url="https://a.example/?key=CANARY", inline="CANARY")
    facts = Facts(full_name="CANARY", document_number="CANARY", address="CANARY", other=(("Name", "CANARY"),))
    report = Report(
        provider="bank131",
        kind=Kind.DATABASE,
        reference="7",
        status="ok",
        facts=facts,
        evidence=(evidence,),
        payload={"name": "CANARY"},
    )
    assert "CANARY" not in repr(report)
