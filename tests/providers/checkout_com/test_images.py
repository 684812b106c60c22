"""Images and files that a check of Checkout.com names."""

import pytest

from providers import (
    EvidenceKind,
)
from providers.checkout_com.images import assets, report_link
from tests.providers.checkout_com.samples import (
    answer,
    documented,
    read,
)


def test_pictures_are_listed_by_kind_with_labels_that_stay() -> None:
    report, _ = read(documented("identity_approved_full"))
    assert [(item.kind, item.label) for item in report.evidence] == [
        (EvidenceKind.SELFIE, "face"),
        (EvidenceKind.DOCUMENT_FRONT, "documents[0].front"),
        (EvidenceKind.DOCUMENT_BACK, "documents[0].back"),
        (EvidenceKind.DOCUMENT_SIGNATURE, "documents[0].signature"),
        (EvidenceKind.DOCUMENT_FRONT, "documents[1].front"),
        (EvidenceKind.REPORT_PDF, "pdf-report"),
        (EvidenceKind.OTHER, "attempts/iatp_01k9r000000000000000000001/assets"),
    ]


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("identity_created", []),
        ("identity_checks_in_progress", []),
        ("identity_refused", []),
        ("identity_retry_required", ["attempts/iatp_01k9r000000000000000000001/assets"]),
        ("face_declined", ["face", "attempts/fatp_01k9r000000000000000000001/assets"]),
        ("aml_declined", []),
    ],
)
def test_pictures_are_copied_once_decided_and_assets_once_an_attempt_has_ended(name: str, labels: list[str]) -> None:
    report, _ = read(documented(name))
    assert [item.label for item in report.evidence] == labels


def test_every_type_of_an_asset_has_its_kind_and_unknown_types_are_kept() -> None:
    found = assets(answer("assets")["data"], "iatp_x")
    assert [item.label.removeprefix("attempts/iatp_x/") for item in found][-1] == "retina_scan"
    half = ["document_front", "document_back", "video", "video", "document_signature"]
    assert [str(item.kind) for item in found] == ["selfie", "video", *half, *half, "other"]
    assert all(item.url.startswith("https://storage.example/kyc/") for item in found)


def test_a_report_link_is_read_under_both_names() -> None:
    assert report_link(answer("report_pdf_report")) == report_link(answer("report_signed_url")) != ""
    assert report_link({"pdf_report": None, "signed_url": "ftp://storage.example/x"}) == ""
