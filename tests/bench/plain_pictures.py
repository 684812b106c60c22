"""The application's URLs and one more: a view of an image that reads the same bytes from an unencrypted file.

To measure what encryption costs; the bytes are in the document storage as ``plain/<blob>-<size>``.
"""

from uuid import UUID

from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from compliance import urls
from compliance.enums import AccessKind
from compliance.models import Blob
from compliance.views import documents
from compliance.views.page_context import permission_required, record_view


def plain_name(blob: Blob, size: str) -> str:
    """The storage name of the unencrypted bytes."""
    return f"plain/{blob.pk}-{size}"


@require_GET
@permission_required("compliance.review_case")
def plain(request: HttpRequest, document_id: UUID, size: str) -> HttpResponse:
    """As ``documents.picture``, line by line, but for the vault."""
    document, blob = documents._copied(document_id)
    if size not in documents._sizes(blob):
        raise Http404
    record_view(request, AccessKind.IMAGE, case_id=document.case_id, document_id=document.pk)
    with storages["documents"].open(plain_name(blob, size), "rb") as file:
        content = file.read()
    response = HttpResponse(content, content_type="image/jpeg", headers=documents.SAFE_HEADERS)
    return documents._named(response, f"{document.kind}-{size}.jpg", inline=True)


urlpatterns = [*urls.urlpatterns, path("plain/<uuid:document_id>/<slug:size>/", plain, name="plain")]
