"""Pictures and files as they come: behind links of file stores, or as base64 inside an answer.

One set of rules for all providers. A link is followed only to the account's evidence hosts, without any credentials and
without redirects. A piece that cannot be had however often it is asked for comes as a ``Download`` with its ``problem``
in words, so that the others of the same answer are kept.
"""

import base64
import binascii
import re
from dataclasses import replace
from urllib.parse import urlsplit

from providers.base import Connection
from providers.errors import NotFoundThere, ProviderError, ProviderUnavailable, UnreadableAnswer
from providers.http import MIB, REDIRECT, raise_for_common_faults, request, url_problem
from providers.report import Download, Evidence, EvidenceKind

MAX_PICTURE_BYTES = 12 * MIB
"""Of one picture, decoded."""
MAX_FILE_BYTES = 32 * MIB
"""Of one video, PDF or archive; and of one answer that holds pictures."""
_FILE_KINDS = frozenset({EvidenceKind.VIDEO, EvidenceKind.REPORT_PDF, EvidenceKind.ARCHIVE})
_FILE_MAGIC = ((b"%PDF-", 0), (b"ftyp", 4), (b"\x1aE\xdf\xa3", 0), (b"PK\x03\x04", 0), (b"AVI ", 8))
_GONE = frozenset({400, 401, 403, 404, 410})
"""How file stores answer a signed link that has run out."""


def lost(item: Evidence, problem: str, *, source: str = "") -> Download:
    """A piece that cannot be had, with the sentence why."""
    return Download(
        label=item.label, kind=item.kind, content=b"", source=source or source_of(item.url), problem=problem
    )


def lost_for_now(item: Evidence, fault: ProviderError) -> Download:
    """A piece that could not be had this time; the others of its answer can."""
    return replace(lost(item, fault.detail), fault=fault)


def kept(item: Evidence) -> Download:
    """A piece that an earlier try brought, in its place."""
    return Download(label=item.label, kind=item.kind, content=b"", source=source_of(item.url), is_here=True)


def held(item: Evidence, content: bytes, *, media_type: str = "", source: str = "") -> Download:
    """A piece with its bytes; without them, and with the sentence why, when it is larger than its kind may be."""
    if problem := size_problem(content, item.kind):
        return lost(item, problem, source=source)
    return Download(label=item.label, kind=item.kind, content=content, media_type=media_type, source=source)


def size_problem(content: bytes, kind: EvidenceKind) -> str:
    """Why these bytes are too many, as a sentence, or nothing: 12 MiB for a picture, 32 MiB for any other file."""
    is_file = kind in _FILE_KINDS or any(content[at : at + len(magic)] == magic for magic, at in _FILE_MAGIC)
    return too_big(len(content), MAX_FILE_BYTES, "file") if is_file else too_big(len(content), MAX_PICTURE_BYTES)


def too_big(size: int, limit: int, thing: str = "picture") -> str:
    """The sentence for bytes above a limit, or nothing."""
    return f"The {thing} is larger than {limit // MIB} MiB." if size > limit else ""


def behind_link(item: Evidence, connection: Connection, *, provider: str) -> Download:
    """The file behind a link, asked for without credentials.

    Raises ``NotFoundThere`` for a link that has died, ``ProviderThrottled`` and ``ProviderUnavailable`` as any call,
    and ``UnreadableAnswer`` for an answer that a file store does not give. What no repetition would mend (host, size,
    redirect) comes as the ``problem`` of the download.
    """
    source = source_of(item.url)
    if problem := host_problem(item.url, connection):
        return lost(item, problem)
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
        return lost(item, error.detail)
    except ProviderUnavailable as error:
        if not error.detail.endswith(REDIRECT):
            raise
        return lost(item, error.detail)
    if response.status in _GONE:
        raise NotFoundThere(provider, f"HTTP {response.status}: the link has run out; the next read brings fresh ones.")
    raise_for_common_faults(response, provider=provider)
    if response.status != 200 or not response.body:
        what = "nothing" if response.status == 200 else f"HTTP {response.status}"
        raise UnreadableAnswer(provider, f"The link answered with {what} in place of a file.")
    return held(item, response.body, media_type=response.media_type, source=source)


def behind_fresh_link(item: Evidence, connection: Connection, *, provider: str) -> Download:
    """The same for a link that came with an answer a moment ago.

    Refused all the same, it is no matter of its age: raises ``UnreadableAnswer`` then, so that the answer is asked for
    again a few times before the piece is given up.
    """
    try:
        return behind_link(item, connection, provider=provider)
    except NotFoundThere as error:
        status = error.detail.partition(":")[0]
        raise UnreadableAnswer(provider, f"A fresh link was refused by the file store ({status}).") from None


def host_problem(url: str, connection: Connection) -> str:
    """Why a link may not be followed, as a sentence without its path and query, or nothing. Opens no socket."""
    if not url_problem(url, allowed_hosts=frozenset(), plain_hosts=connection.evidence_hosts):
        found = connection.session.guard.url_problem(url)
        return f"Not fetched: {found}" if found else ""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    shown = host if re.fullmatch(r"[a-z0-9.:-]{1,253}", host) else "where the link leads"
    return f"Not fetched: {shown} is not one of the account's evidence hosts (evidence_hosts)."


def source_of(url: str) -> str:
    """Host and path of a link, without login and query: what may be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else ""


def unpacked(text: str, *, max_bytes: int = MAX_PICTURE_BYTES) -> tuple[bytes, str]:
    """The bytes of a data URI or of bare base64, and an empty sentence; or no bytes and what is wrong with them.

    White space and the URL alphabet are fine. What is too big is refused before it is decoded.
    """
    body = text.partition(",")[2] if text[:5].lower() == "data:" else text
    packed = re.sub(r"\s", "", body).rstrip("=").replace("-", "+").replace("_", "/")
    if problem := too_big(len(packed) * 3 // 4, max_bytes):
        return b"", problem
    try:
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b"", "The picture is not base64."
    return (content, "") if content else (b"", "The picture is empty.")
