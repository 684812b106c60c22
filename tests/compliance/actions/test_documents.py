"""Requests of images that reports name."""

import pytest

from compliance.actions import documents
from compliance.enums import DocumentState
from compliance.models import Check, Document
from providers import Detail, Evidence, EvidenceKind, FaultCode
from tests.compliance import assertions

pytestmark = pytest.mark.django_db


@pytest.fixture
def check() -> Check:
    return assertions.case_with("declined").checks.get()


def named(url: str, label: str = "face") -> list[Evidence]:
    return [Evidence(kind=EvidenceKind.SELFIE, label=label, url=url)]


def test_each_named_file_is_requested_once_and_gets_its_newest_link(check: Check) -> None:
    assert documents.request(check, named("https://a.example/1?key=old")) == 1
    assert documents.request(check, named("https://a.example/1?key=new")) == 0
    row = Document.objects.get()
    assert (row.state, row.link, row.source) == (
        DocumentState.REQUESTED,
        "https://a.example/1?key=new",
        "a.example/1",
    )


@pytest.mark.parametrize(
    ("url", "is_news", "state"),
    [
        ("https://a.example/1", False, DocumentState.FAILED),
        ("https://a.example/1", True, DocumentState.REQUESTED),
        ("https://a.example/2", False, DocumentState.REQUESTED),
    ],
)
def test_a_failed_file_is_retried_for_another_link_or_answer(
    url: str, is_news: bool, state: DocumentState, check: Check
) -> None:
    documents.request(check, named("https://a.example/1"))
    Document.objects.update(state=DocumentState.FAILED, next_try_at=None)
    documents.request(check, named(url), is_news=is_news)
    assert Document.objects.get().state == state


@pytest.mark.parametrize("detail", ["", "HTTP 500.", Detail("Gone.", FaultCode.LINK_EXPIRED, status="403")])
def test_a_noted_fault_is_read_back_with_code_and_parameters(detail: str, check: Check) -> None:
    row = Document()
    documents.note_fault(row, detail)
    noted = documents.noted_fault(row)
    assert (noted, getattr(noted, "code", None), dict(getattr(noted, "params", {}))) == (
        detail,
        getattr(detail, "code", None),
        dict(getattr(detail, "params", {})),
    )
