"""Images and files behind links of file stores, or as base64 inside an answer: one set of rules for all providers.

A link is followed only to the account's evidence hosts, without any credentials and without redirects. A file that no
retry can fetch is a ``Download`` with a ``problem``, so that the others of the same answer are copied.
"""

import base64
import re
from dataclasses import replace
from urllib.parse import urlsplit

from providers.contract.base import Connection
from providers.contract.errors import (
    Detail,
    FaultCode,
    NotFoundAtProvider,
    ProviderError,
    ProviderThrottled,
    ProviderUnavailable,
    StoreThrottled,
    UnreadableAnswer,
    code_of,
    params_of,
)
from providers.contract.report import Download, Evidence, EvidenceKind
from providers.transport import file_types
from providers.transport.http import MIB, raise_for_common_faults, request, url_problem

MAX_IMAGE_BYTES = 12 * MIB
"""Maximum size of one image, decoded."""
MAX_FILE_BYTES = 32 * MIB
"""Maximum size of one video, PDF or archive, and of one answer with images."""
_FILE_KINDS = frozenset({EvidenceKind.VIDEO, EvidenceKind.REPORT_PDF, EvidenceKind.ARCHIVE})
LONGEST_SOURCE = 300
"""Maximum length of a displayed link."""
_HEAD_CHARACTERS = 1024
"""Characters of base64 text that identify its type, line breaks and the beginning of a data URI included."""
_PLAIN_ALPHABET = str.maketrans("-_", "+/")
_GONE = frozenset({400, 401, 403, 404, 410})
"""Statuses of file stores for an expired signed link."""


def unavailable(item: Evidence, problem: str, *, source: str = "") -> Download:
    """A file that is not available, with the reason as a sentence."""
    return Download(
        label=item.label, kind=item.kind, content=b"", source=source or source_of(item.url), problem=problem
    )


def unavailable_for_now(item: Evidence, fault: ProviderError) -> Download:
    """A file that is not available this time; the others of its answer are."""
    return replace(unavailable(item, fault.detail), fault=fault)


def already_copied(item: Evidence) -> Download:
    """A placeholder for a file that an earlier try copied."""
    return Download(label=item.label, kind=item.kind, content=b"", source=source_of(item.url), is_here=True)


def copied(item: Evidence, content: bytes, *, media_type: str = "", source: str = "") -> Download:
    """A file with its bytes; without them and with a problem if it exceeds the limit of its type."""
    if problem := size_problem(content, item.kind):
        return unavailable(item, problem, source=source)
    return Download(label=item.label, kind=item.kind, content=content, media_type=media_type, source=source)


def size_problem(content: bytes, kind: EvidenceKind) -> str:
    """The problem of a file that is too large, else empty: 12 MiB for an image, 32 MiB for any other file."""
    return _too_big(len(content), content[: file_types.HEAD_BYTES], kind)


def _too_big(size: int, head: bytes, kind: EvidenceKind) -> str:
    is_file = kind in _FILE_KINDS or file_types.is_larger_kind(head)
    thing, limit = ("file", MAX_FILE_BYTES) if is_file else ("image", MAX_IMAGE_BYTES)
    return f"The {thing} is larger than {limit // MIB} MiB." if size > limit else ""


def behind_link(item: Evidence, connection: Connection, *, provider: str) -> Download:
    """The file behind a link, requested without credentials.

    Raises ``NotFoundAtProvider`` for an expired link, ``ProviderUnavailable`` as any call, ``ProviderThrottled`` from
    the account's own host and ``StoreThrottled`` from any other, and ``UnreadableAnswer`` for an answer that is not
    from a file store. A fault that no retry can solve (host, size, redirect) is the ``problem`` of the download.
    """
    source = source_of(item.url)
    if problem := host_problem(item.url, connection):
        return unavailable(item, problem)
    limits = replace(connection.session.limits, max_bytes=MAX_FILE_BYTES)
    try:
        response = request(
            "GET",
            item.url,
            provider=provider,
            session=connection.session,
            headers={"Accept": "image/*, video/*, application/pdf, */*;q=0.5"},
            limits=limits,
        )
    except UnreadableAnswer as error:
        return unavailable(item, error.detail)
    except ProviderUnavailable as error:
        if code_of(error.detail) != FaultCode.REDIRECTED:
            raise
        return unavailable(item, error.detail)
    if response.status in _GONE:
        detail = f"HTTP {response.status}: the link has expired; the next read returns a fresh one."
        raise NotFoundAtProvider(provider, Detail(detail, FaultCode.LINK_EXPIRED, status=str(response.status)))
    try:
        raise_for_common_faults(response, provider=provider)
    except ProviderThrottled as error:
        if _place_of(item.url) == _place_of(connection.base_url):
            raise
        raise StoreThrottled(provider, error.detail, retry_after=error.retry_after) from None
    if response.status != 200 or not response.body:
        what = "nothing" if response.status == 200 else f"HTTP {response.status}"
        detail = f"The link answered with {what} in place of a file."
        raise UnreadableAnswer(provider, Detail(detail, FaultCode.NO_FILE_BEHIND_LINK))
    return copied(item, response.body, media_type=response.media_type, source=source)


def _place_of(url: str) -> tuple[str | None, int]:
    """Host and port of an address that has been called."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def behind_fresh_link(item: Evidence, connection: Connection, *, provider: str) -> Download:
    """As ``behind_link``, for a link from an answer that was just read.

    A refusal is then not caused by the link's age: raises ``UnreadableAnswer``, so that the answer is read again a few
    times before the file is marked as failed.
    """
    try:
        return behind_link(item, connection, provider=provider)
    except NotFoundAtProvider as error:
        detail = f"A fresh link was refused by the file store (HTTP {params_of(error.detail)['status']})."
        raise UnreadableAnswer(provider, Detail(detail, FaultCode.FRESH_LINK_REFUSED)) from None


def host_problem(url: str, connection: Connection) -> str:
    """Why a link may not be followed, as a sentence without its path and query, or empty. Opens no socket."""
    if not url_problem(url, allowed_hosts=frozenset(), plain_hosts=connection.evidence_hosts):
        found = connection.session.guard.url_problem(url)
        return Detail(f"Not fetched: {found}", FaultCode.LINK_NOT_ALLOWED) if found else ""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    if not re.fullmatch(r"[a-z0-9.:-]{1,253}", host):
        return Detail("Not fetched: the value is not a valid link.", FaultCode.LINK_NOT_ALLOWED)
    detail = f"Not fetched: {host} is not one of the account's evidence hosts (evidence_hosts)."
    return Detail(detail, FaultCode.HOST_NOT_ALLOWED, host=host)


def source_of(url: str) -> str:
    """Host and path of a link for display, without login and query, 300 characters at most.

    Empty for a value that is no link.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"[:LONGEST_SOURCE] if parts.netloc else ""


def unpacked(text: str, kind: EvidenceKind) -> tuple[bytes, str]:
    """The bytes of a data URI or of bare base64, and an empty sentence; or no bytes and the problem.

    White space and the URL alphabet are accepted. A file that exceeds the limit of its type is refused before it is
    decoded.
    """
    packed = _packed(text)
    if problem := _too_big(len(packed) * 3 // 4, _unpacked_head(packed), kind):
        return b"", problem
    try:
        content = _decoded(packed)
    except ValueError:
        return b"", Detail("The image is not base64.", FaultCode.NOT_BASE64)
    return (content, "") if content else (b"", "The image is empty.")


def head_of(text: str) -> bytes:
    """The first bytes of a text as ``unpacked`` reads it, which identify its type; empty for other text."""
    return _unpacked_head(_packed(text[:_HEAD_CHARACTERS]))


def _packed(text: str) -> str:
    """Base64 in its plain alphabet, without white space and padding."""
    text = text.lstrip()
    body = text.partition(",")[2] if text[:5].lower() == "data:" else text
    return re.sub(r"\s", "", body).rstrip("=").translate(_PLAIN_ALPHABET)


def _unpacked_head(packed: str) -> bytes:
    head = packed[: file_types.HEAD_BYTES // 3 * 4]
    try:
        return _decoded(head)
    except ValueError:
        return b""


def _decoded(packed: str) -> bytes:
    """Raises ``ValueError`` (``binascii.Error`` is one)."""
    return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
