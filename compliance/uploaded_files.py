"""Files that a browser sends: in memory or not at all. What an applicant's picture shows never lies on a disk in clear,
not even for a moment, and only the one form that takes files makes the desk keep a byte of one.
"""

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from providers import MAX_FILE_BYTES

MEBIBYTE = 1024 * 1024
MOST_FILES = 10
MOST_KEPT = 96 * MEBIBYTE
"""Of all files of one request together: what a web process holds at most for it."""
MOST_READ = 256 * MEBIBYTE
"""After so many bytes of files nothing more is read."""
FIELD = "file"


class NoFiles(FileUploadHandler):
    """Lets every file run through unread: most pages take none, and sending one shall fill no memory and no disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse the file; fields of the same form are read."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep nothing."""
        return None

    def file_complete(self, file_size: int) -> None:
        """There is none."""


class InMemory(FileUploadHandler):
    """Keeps the files of the field ``file`` in memory, within limits."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[tuple[str, str]] = []
        """Which files were not kept: the name as the sender knows it, for nobody else's eyes, and a sentence."""
        self._seen = 0
        self._read = 0
        self._kept = 0
        self._bytes: io.BytesIO | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD:
            raise SkipFile
        self._seen += 1
        self._bytes = io.BytesIO()
        if self._seen > MOST_FILES:
            self._refuse(f"At most {MOST_FILES} files are taken at once.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the bytes, unless the file is refused already; stop reading where there is no end."""
        self._read += len(raw_data)
        if self._read > MOST_READ:
            self._bytes = None
            self.refused.append((str(self.file_name), "Too much was sent at once: from here on nothing was read."))
            raise StopUpload(connection_reset=True)
        if self._bytes is None:
            return None
        if start + len(raw_data) > MAX_FILE_BYTES:
            self._refuse(f"It is larger than {MAX_FILE_BYTES // MEBIBYTE} MB.")
        elif self._kept + start + len(raw_data) > MOST_KEPT:
            self._refuse(f"Together the files are larger than {MOST_KEPT // MEBIBYTE} MB; add it in a second go.")
        else:
            self._bytes.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        """The file, if it was kept."""
        if self._bytes is None:
            return None
        self._kept += file_size
        self._bytes.seek(0)
        return InMemoryUploadedFile(self._bytes, self.field_name, str(self.file_name), "", file_size, None)

    def _refuse(self, sentence: str) -> None:
        if self._bytes is not None:
            self.refused.append((str(self.file_name), sentence))
        self._bytes = None
