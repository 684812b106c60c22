"""Pictures and files, one request each: permission first, then the record of the view, then the bytes."""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from compliance.actions import documents
from compliance.enums import DocumentState
from compliance.htmx import go_to
from compliance.messages import say
from compliance.models import Blob, Document
from compliance.picture_child import SIZES
from compliance.pictures import PICTURE_TYPES
from compliance.views.frame import may, person, saw

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/zip": "zip",
}


def _copied(document_id: UUID) -> Document:
    return get_object_or_404(
        Document.objects.select_related("blob__data_key"), pk=document_id, state=DocumentState.COPIED
    )


def _stream(blob: Blob, size: str) -> Iterator[bytes]:
    with documents.opened(blob, size=size) as frames:
        yield from frames


def _served(blob: Blob, *, size: str, media_type: str, name: str, inline: bool) -> StreamingHttpResponse:
    frames = _stream(blob, size)
    try:
        first = next(frames, b"")  # a damaged or missing file is refused before anything is sent
    except FileNotFoundError as error:
        raise Http404 from error

    def body() -> Iterator[bytes]:
        yield first
        yield from frames

    response = StreamingHttpResponse(body(), content_type=media_type, headers=SAFE_HEADERS)
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    return response


@require_GET
@may("compliance.review_case")
def picture(request: HttpRequest, document_id: UUID, size: str) -> HttpResponse | StreamingHttpResponse:
    """A picture as it may be shown: re-encoded, upright, without metadata; the view is recorded first."""
    document = _copied(document_id)
    if size not in SIZES or document.blob is None or document.blob.media_type not in PICTURE_TYPES:
        raise Http404
    saw(
        request,
        what="thumb" if size == "thumb" else "picture",
        case_id=document.case_id,
        document_id=document.pk,
    )
    name = f"{document.kind}-{size}.jpg"
    return _served(document.blob, size=size, media_type="image/jpeg", name=name, inline=True)


@require_GET
@may("compliance.review_case")
def original(request: HttpRequest, document_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """The untouched original, as a download only; the view is recorded first."""
    document = _copied(document_id)
    if document.blob is None:
        raise Http404
    saw(request, what="original", case_id=document.case_id, document_id=document.pk)
    extension = EXTENSIONS.get(document.blob.media_type, "bin")
    name = f"KYC-{document.case_id}-{document.kind}-{str(document.pk)[-6:]}.{extension}"
    return _served(document.blob, size="", media_type="application/octet-stream", name=name, inline=False)


@require_POST
@may("compliance.review_case")
def fetch_again(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Ask for a picture once more that was not copied."""
    document = get_object_or_404(Document, pk=document_id)
    documents.fetch_again(document.pk, by=person(request))
    say(request, "The picture is asked for again.", "info")
    return go_to(request, "case", document.case_id)
