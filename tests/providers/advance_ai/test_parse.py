"""Reading an answer of ADVANCE.AI: shapes, pairing, facts, files."""

from collections.abc import Mapping
from typing import Any

import pytest

from providers import (
    EvidenceKind,
    Outcome,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.advance_ai.parse import parse
from tests.providers.advance_ai.expectations import answer_with_image
from tests.providers.advance_ai.samples import ID, SUBJECT, answered, judged, payload_of, with_links


def test_a_report_has_the_register_entry_in_the_providers_own_spelling() -> None:
    report = parse(payload_of("pass-nigeria-bvn"), SUBJECT)
    facts = report.facts
    assert (report.status, report.codes, report.request_id) == ("PASS", ("SUCCESS",), "7c21e05d9b3f0001")
    assert (facts.full_name, facts.birth_date, facts.sex) == ("A*****A O****E E***E", "1988/11/02", "FEMALE")
    assert (facts.document_type, facts.document_number, facts.issuing_country) == ("NG_BVN", "31********6", "NGA")
    assert facts.phone == "080******17"
    assert facts.scores == (("liveness", "99"), ("similarity", "82"))


def test_an_address_becomes_one_line_and_the_tax_number_is_shown() -> None:
    facts = parse(payload_of("pass-brazil"), SUBJECT).facts
    assert facts.address == "RUA DAS FIGUEIRAS SN, CENTRO, EXEMPLO, CE, 60000000"
    assert dict(facts.other)["CPF status"] == "Regular"


def test_an_unknown_number_type_is_shown_by_its_own_field_names() -> None:
    facts = parse(payload_of("pass-number-type-of-another-market"), SUBJECT).facts
    assert dict(facts.other)["Pan detail, aadhaar linked"] == "yes"
    assert facts.document_type == "IN_AADHAAR_PAN"


def test_a_number_type_without_register_entry_is_taken_from_the_inputs() -> None:
    assert parse(payload_of("open-submitted"), SUBJECT).facts.document_type == "NG_BVN"


def test_face_steps_are_attempts_that_only_explain() -> None:
    report = parse(payload_of("pass-with-links"), SUBJECT)
    assert [(one.id, one.status) for one in report.attempts] == [("FACE_CAPTURE", "FAIL"), ("FACE_CAPTURE", "PASS")]
    assert report.attempts[0].started_at is not None
    assert report.attempts[0].started_at.isoformat() == "2025-09-16T05:20:00+00:00"


@pytest.mark.parametrize(
    "data",
    [
        {"overallResult": ["PASS"], "errorCode": "SUCCESS"},
        {"overallResult": "PASS", "errorCode": ["SUCCESS"]},
        {"overallResult": "PASS", "errorCode": {"code": "SUCCESS"}},
        {"overallResult": "PASS", "errorCode": "SUCCESS", "docDatabaseDetail": []},
        {"overallResult": "PASS", "errorCode": "SUCCESS", "faceDetail": "PASS"},
        {"overallResult": "PASS", "errorCodes": "SUCCESS"},
        {"overallResult": "PASS", "errorCode": "SUCCESS", "signatureId": ["4be1"]},
    ],
)
def test_a_shape_that_is_not_documented_is_unreadable(data: Mapping[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        parse({"code": "SUCCESS", "data": {"signatureId": ID, **data}}, SUBJECT)


@pytest.mark.parametrize("data", [None, [], "PASS", 1, {}, {"overall": "PASS"}])
def test_a_success_without_data_is_unreadable_and_no_result(data: Any) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        parse({"code": "SUCCESS", "data": data}, SUBJECT)
    assert caught.value.detail.startswith("The call worked, but the answer holds no result.")


@pytest.mark.parametrize(
    "answer_id", ["4be1920c77d3a651", "4BE1920C77D3A650", "4be2**********50", "4be1*****50", "*" * 16, "", None]
)
def test_an_answer_about_another_or_no_verification_is_a_mismatch(answer_id: str | None) -> None:
    with pytest.raises(ReferenceMismatch):
        parse(answered(overallResult="PASS", errorCode="SUCCESS", signatureId=answer_id), SUBJECT)


@pytest.mark.parametrize("answer_id", [ID, "4be1**********50"])
def test_an_id_that_is_equal_or_masked_is_taken(answer_id: str) -> None:
    data = {"signatureId": answer_id, "overallResult": "PASS", "errorCode": "SUCCESS"}
    assert judged({"code": "SUCCESS", "data": data}).outcome == Outcome.APPROVED


def test_pictures_archive_and_video_are_listed_with_their_kinds() -> None:
    listed = {item.label.rpartition(".")[2]: (item.kind, item.url.partition("?")[0]) for item in with_links().evidence}
    base = "https://files.example.net/a/"
    assert listed == {
        "faceImage": (EvidenceKind.SELFIE, base + "face.jpg"),
        "faceImageFar": (EvidenceKind.SELFIE, base + "far.jpg"),
        "auditImageUrl": (EvidenceKind.ARCHIVE, base + "audit.zip"),
        "faceVideoUrl": (EvidenceKind.VIDEO, base + "video.mp4"),
    }


@pytest.mark.parametrize("value", ["PENDING", "ERROR", "", " ", None, [], {}])
def test_a_video_that_is_not_there_is_not_listed(value: Any) -> None:
    report = parse(answered(overallResult="PASS", errorCode="SUCCESS", faceDetail={"faceVideoUrl": value}), SUBJECT)
    assert report.evidence == ()


@pytest.mark.parametrize(
    ("value", "label", "url"),
    [
        (["https://files.example.net/a"], "[0]", "https://files.example.net/a"),
        ({"a.b": " https://files.example.net/a\n"}, '."a.b"', "https://files.example.net/a"),
        ("ftp://files/a", "", ""),
        (5, "", ""),
    ],
)
def test_any_value_in_the_place_of_a_file_is_listed(value: Any, label: str, url: str) -> None:
    report = parse(answered(overallResult="PASS", errorCode="SUCCESS", faceDetail={"faceVideoUrl": value}), SUBJECT)
    assert [(item.label, item.url) for item in report.evidence] == [(f"data.faceDetail.faceVideoUrl{label}", url)]


@pytest.mark.parametrize("value", [None, "", "  ", "PENDING", "ERROR"])
def test_words_for_no_file_name_no_file(value: Any) -> None:
    labels = [item.label for item in answer_with_image(value).evidence]
    assert "data.faceDetail.faceImage" not in labels
    assert "data.faceDetail.faceImageFar" in labels
