"""Images and files, one request each: permission first, then the record of the view, then the bytes.

A URL alone opens nothing: each request needs a session, and permissions are checked again.
"""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST, require_safe

from compliance.actions import documents, undecipherable
from compliance.enums import AccessKind, DocumentState
from compliance.errors import ComplianceError
from compliance.evidence import encrypted_storage
from compliance.evidence.decoding import CLEANED_VIDEO, PDF, VIDEO_TYPES, has_view
from compliance.evidence.fault_labels import refusal_label
from compliance.models import Blob, Document
from compliance.queries.case import has_played
from compliance.views.case import images_response
from compliance.views.messages import announce
from compliance.views.page_context import permission_required, person, record_view, session_mark
from providers.vault import Erased, VaultError

log = logging.getLogger(__name__)
Sent = TypeVar("Sent", HttpResponse, StreamingHttpResponse)
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_EXTENSIONS = {"jpeg": "jpg", "x-matroska": "mkv", "x-msvideo": "avi", "octet-stream": "bin"}
"""Extensions that are not the end of their media type, which comes from a fixed list: it is found in the bytes."""
SAME_PLAYBACK = timedelta(minutes=30)
"""Time after the recorded start of a video in which further ranges are not recorded."""
_SIZE_KINDS = {"view": AccessKind.IMAGE, "thumb": AccessKind.THUMBNAIL}
_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)


@require_GET
@permission_required("compliance.review_case")
def image(request: HttpRequest, document_id: UUID, size: str) -> HttpResponse:
    """An image, or a page of a PDF: re-encoded, upright, without metadata.

    Each size and page is recorded first. Ranges and HEAD are refused, so nothing is served without a record.
    """
    document, blob = _copied(document_id)
    if size not in _sizes(blob):
        raise Http404
    page = int(size.removeprefix("page-")) if size.startswith("page-") else None
    kind = _SIZE_KINDS.get(size, AccessKind.PAGE)
    record_view(request, kind, case_id=document.case_id, document_id=document.pk, document_page=page)
    try:
        content = encrypted_storage.rendition(blob, size)  # whole before the first byte is sent
    except (FileNotFoundError, VaultError) as error:
        raise _gone(blob, error) from error
    response = HttpResponse(content, content_type="image/jpeg", headers=SAFE_HEADERS)
    return _named(response, f"{document.kind}-{size}.jpg", inline=True)


@require_GET
@permission_required("compliance.review_case")
def original(request: HttpRequest, document_id: UUID) -> StreamingHttpResponse:
    """The untouched original, as a download only; the view is recorded first."""
    document, blob = _copied(document_id)
    record_view(request, AccessKind.ORIGINAL, case_id=document.case_id, document_id=document.pk)
    try:
        with encrypted_storage.opened(blob) as frames:
            for _ in frames:
                pass  # verified to its end before the first byte is sent
    except (FileNotFoundError, VaultError) as error:
        raise _gone(blob, error) from error
    return _streamed(document, blob, 0, blob.size, media_type="application/octet-stream", inline=False)


@require_safe
@permission_required("compliance.review_case")
def video(request: HttpRequest, document_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """A video to play in place, whole or one range of it.

    A playback is recorded once, by the request that starts it; a later range is recorded unless this session has
    started the video within ``SAME_PLAYBACK``. HEAD shows nothing and is not recorded. Several ranges and ``If-Range``
    (there is no validator) are answered with the whole file.
    """
    document, blob = _copied(document_id)
    if blob.media_type not in VIDEO_TYPES or blob.refused:
        raise Http404
    if request.method == "HEAD":
        head = HttpResponse(content_type=blob.media_type, headers=SAFE_HEADERS)
        head["Content-Length"], head["Accept-Ranges"] = blob.size, "bytes"
        return _named(head, _name(document, blob), inline=True)
    span = None if "If-Range" in request.headers else _span(request.headers.get("Range", ""), blob.size)
    start, stop = span or (0, blob.size)
    if start >= stop:
        refusal = HttpResponse(status=416, headers=SAFE_HEADERS)
        refusal["Content-Range"] = f"bytes */{blob.size}"
        return refusal
    if start == 0 or not _is_playing(request, document):
        record_view(request, AccessKind.VIDEO, case_id=document.case_id, document_id=document.pk)
    response = _streamed(document, blob, start, stop, media_type=blob.media_type, inline=True)
    response["Accept-Ranges"] = "bytes"
    if span:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    return response


@require_POST
@permission_required("compliance.review_case")
def retry(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Request an image again that was not copied, or decode one again that was."""
    document = get_object_or_404(Document.objects.select_related("blob"), pk=document_id)
    try:
        if document.blob and document.blob.refused:
            _show_again(request, document, document.blob)
        else:
            documents.retry_copy(document_id, by=person(request))
            announce(request, "Image requested again.", "info")
    except ComplianceError as refusal:
        announce(request, str(refusal), "warning")
    return images_response(request, document.case_id)


def _show_again(request: HttpRequest, document: Document, blob: Blob) -> None:
    try:
        refused = documents.decode_again(document.pk, by=person(request))
    except (FileNotFoundError, VaultError) as error:
        raise _gone(blob, error) from error
    if refused:
        announce(request, f"It still cannot be shown: {refusal_label(refused)}.", "warning")
    else:
        announce(request, "The image can be shown now.")


def _copied(document_id: UUID) -> tuple[Document, Blob]:
    copied = Document.objects.select_related("blob").filter(state=DocumentState.COPIED)
    document = get_object_or_404(copied, pk=document_id)
    if document.blob is None or document.blob.case_id != document.case_id:
        raise Http404  # a row older than the constraint against it
    return document, document.blob


def _sizes(blob: Blob) -> tuple[str, ...]:
    """Sizes and pages that may be shown."""
    if has_view(blob.media_type, blob.refused, blob.width):
        return ("thumb", "view")
    if blob.media_type == PDF and blob.pages:
        return ("thumb", *(f"page-{number}" for number in range(1, blob.pages + 1)))
    return ()


def _is_playing(request: HttpRequest, document: Document) -> bool:
    return has_played(document, user_id=person(request).pk, session=session_mark(request), within=SAME_PLAYBACK)


def _span(header: str, size: int) -> tuple[int, int] | None:
    """The bytes that a ``Range`` header requests, by RFC 9110, section 14.2.

    None means the whole file: no, several or malformed ranges. A range outside of the file is empty.
    """
    found = _ONE_RANGE.fullmatch(header)
    if found is None:
        return None
    first, last, tail = found.groups()
    if tail is not None:
        return (max(size - int(tail), 0) if int(tail) else size), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _pieces(blob: Blob, start: int, stop: int, *, size: str = "") -> Iterator[bytes]:
    with encrypted_storage.opened_range(blob, start, stop, size=size) as pieces:
        yield from pieces


def _streamed(
    document: Document, blob: Blob, start: int, stop: int, *, media_type: str, inline: bool
) -> StreamingHttpResponse:
    pieces = _pieces(blob, start, stop, size=CLEANED_VIDEO if inline and blob.has_cleaned_video else "")
    try:
        first = next(pieces, b"")  # a damaged or missing file is refused before anything is sent
    except (FileNotFoundError, VaultError) as error:
        raise _gone(blob, error) from error

    def body() -> Iterator[bytes]:
        yield first
        yield from pieces

    response = StreamingHttpResponse(body(), content_type=media_type, headers=SAFE_HEADERS)
    response["Content-Length"] = stop - start
    return _named(response, _name(document, blob), inline=inline)


def _name(document: Document, blob: Blob) -> str:
    """A file name of our own: names from providers and people never reach a header."""
    end = blob.media_type.rpartition("/")[2]
    return f"KYC-{document.case_id}-{document.kind}-{str(document.pk)[-6:]}.{_EXTENSIONS.get(end, end)}"


def _named(response: Sent, name: str, *, inline: bool) -> Sent:
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    return response


def _gone(blob: Blob, error: Exception) -> Http404:
    """404 for a stored file that is missing or damaged; logged, unless it was erased on purpose."""
    if not isinstance(error, Erased):
        log.error("the stored file of blob %s cannot be read: %s", blob.pk, type(error).__name__)
        if isinstance(error, VaultError):
            undecipherable.report(Blob._meta.db_table, "path", blob.pk)
    return Http404()
