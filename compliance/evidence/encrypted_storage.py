"""Encrypted files of the document storage: written before a row names them, removed when none does, read by frames."""

import hashlib
import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import errorcode
from typing import Any
from uuid import UUID, uuid5

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import Error as DatabaseProblem
from django.db import transaction

from compliance.errors import StorageError
from compliance.evidence.decoding import CLEANED_VIDEO, DecodedFile
from compliance.evidence.perceptual_hash import hash_bands
from compliance.models import Blob
from providers.vault import blind_index, decrypt_bytes, decrypt_file, decrypt_range, encrypt_file, new_id

log = logging.getLogger(__name__)

NOT_STORED = "The file could not be stored: the document storage is full or unavailable. Tell your administrator."
SHOWN_FIELDS = ("width", "height", "pages", "pages_in_file", "has_cleaned_video", "hash_bands", "refused")


class EncryptedFiles:
    """Encrypted files in the document storage that no row names yet, see ``encrypting``."""

    def __init__(self) -> None:
        self._made: dict[UUID, list[str]] = {}

    def blob(self, case_id: int, data_key_id: UUID, content: bytes, image: DecodedFile) -> Blob:
        """The blob of these bytes in this case: the stored one, or a new one, encrypted but not yet saved by ``save``.

        ``picture`` is the result of decoding the bytes.
        """
        digest = hashlib.sha256(content).hexdigest()
        index = blind_index("blob", digest)
        if found := _same_bytes(case_id, index):
            return found
        blob = Blob(
            id=new_id(),
            case_id=case_id,
            data_key_id=data_key_id,
            size=len(content),
            sha256=digest,
            digest_index=index,
            media_type=image.media_type,
        )
        blob.path = self._encrypt(f"{blob.pk.hex[-2:]}/{blob.pk.hex}/original", content, blob, blob.pk)
        self.renditions(blob, image)
        return blob

    def renditions(self, blob: Blob, image: DecodedFile) -> None:
        """Write the renditions of a blob next to the original, and set ``SHOWN_FIELDS`` of its row in memory."""
        blob.width, blob.height = image.width, image.height
        blob.pages, blob.pages_in_file = image.pages, image.pages_in_file
        blob.has_cleaned_video = CLEANED_VIDEO in image.renditions
        blob.hash_bands = hash_bands(image.perceptual_hash)
        blob.refused = image.refused[:120]
        folder = blob.path.rpartition("/")[0]
        for size, rendition in image.renditions.items():
            self._encrypt(f"{folder}/{size}", rendition, blob, rendition_id(blob, size))

    def _encrypt(self, name: str, content: bytes, blob: Blob, identity: UUID) -> str:
        made = self._made.setdefault(blob.pk, [])
        made.append(name)  # before the write: a partial file has to be removed too
        frames = encrypt_file([content], key=blob.data_key_id, document=identity)
        storage = storages["documents"]
        try:
            # A partial file of a killed try would give the new one another name, which no row has.
            storage.delete(name)
            stored = storage.save(name, File(io.BufferedReader(_Frames(frames))))
        except OSError as error:
            log.error("a file of case %s was not stored: %s", blob.case_id, errorcode.get(error.errno or 0, "OSError"))
            raise StorageError(NOT_STORED) from error
        if stored != name:
            made.append(stored)
            log.error("a file of case %s was not stored: its name is taken", blob.case_id)
            raise StorageError(NOT_STORED)
        return stored

    def remove_unreferenced(self) -> None:
        """Remove the files that no row names: all of a blob without a row, and the renditions of a refused one."""
        if not self._made:
            return
        try:
            with transaction.atomic():
                # A concurrent upload of the same bytes waits for this lock, and writes afterwards.
                rows = Blob.objects.select_for_update(no_key=True).filter(pk__in=self._made)
                standing = {blob.pk: blob for blob in rows}
                for key, made in self._made.items():
                    _remove(made, standing.get(key))
        except DatabaseProblem:
            return  # unknown what was committed: an unused encrypted file does no harm, a missing one would


def _remove(made: list[str], blob: Blob | None) -> None:
    """Remove those of these files of a blob that its row, if there is one, does not name."""
    folder = made[0].rpartition("/")[0]
    strays = (*made, folder)
    if blob:
        strays = tuple(name for name in made if name != blob.path) if blob.refused else ()
    for name in strays:
        with suppress(OSError):
            storages["documents"].delete(name)


@contextmanager
def encrypting() -> Iterator[EncryptedFiles]:
    """Encrypt outside the transaction that then names the files, so that no case is locked while bytes are written.

    Files that no row names at the end, because the transaction failed or lost a race, are removed. No sweep removes
    the files of killed workers: on an older copy of the database it would delete files that the newer one names. Such
    a file is encrypted with the applicant's key, shown by no page, and unreadable once that key is destroyed.
    """
    files = EncryptedFiles()
    try:
        yield files
    finally:
        files.remove_unreferenced()


def save(blob: Blob) -> Blob:
    """Save a blob, or return the one of the same bytes that was saved meanwhile. The case is locked."""
    if not blob._state.adding:
        return blob
    if found := _same_bytes(blob.case_id, blob.digest_index):
        return found
    blob.save(force_insert=True)
    return blob


def _same_bytes(case_id: int, digest_index: bytes | memoryview) -> Blob | None:
    return Blob.objects.filter(case_id=case_id, digest_index=digest_index).first()


class _Frames(io.RawIOBase):
    """Frames as a file that is read once from start to end, without a copy of the whole."""

    def __init__(self, frames: Iterable[bytes]) -> None:
        super().__init__()
        self._frames, self._left = iter(frames), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            frame = next(self._frames, None)
            if frame is None:
                return 0
            self._left = memoryview(frame)
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


# --- reading ----------------------------------------------------------------------------------------------------------


def rendition_id(blob: Blob, size: str) -> UUID:
    """The identity that the frames of a rendition are bound to: blob and size."""
    return uuid5(blob.pk, size)


@contextmanager
def opened(blob: Blob, *, size: str = "") -> Iterator[Iterator[bytes]]:
    """The original bytes of a blob, or its rendition of that size, frame by frame, each authenticated before use.

    Raises: ``FileNotFoundError`` where there is no such rendition; ``VaultError``.
    """
    path, identity = _file_of(blob, size)
    with storages["documents"].open(path, "rb") as file:
        yield decrypt_file(file.chunks(64 * 1024), key=blob.data_key_id, document=identity)


def rendition(blob: Blob, size: str) -> bytes:
    """A whole rendition in one read: each of many small reads may wait for other threads of the web process.

    Raises: as ``opened``.
    """
    path, identity = _file_of(blob, size)
    with storages["documents"].open(path, "rb") as file:
        return decrypt_bytes(file.read(), key=blob.data_key_id, document=identity)


@contextmanager
def opened_range(blob: Blob, start: int, stop: int, *, size: str = "") -> Iterator[Iterator[bytes]]:
    """The bytes ``start <= place < stop`` of a blob, or of a rendition of the same length. Only the frames of the span
    and the last one are read.

    Raises: as ``opened``.
    """
    path, identity = _file_of(blob, size)
    with storages["documents"].open(path, "rb") as file:
        yield decrypt_range(file, start, stop, size=blob.size, key=blob.data_key_id, document=identity)


def _file_of(blob: Blob, size: str) -> tuple[str, UUID]:
    """Name in the storage, and the identity of its frames."""
    if not size:
        return blob.path, blob.pk
    return f"{blob.path.rpartition('/')[0]}/{size}", rendition_id(blob, size)
