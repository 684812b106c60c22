"""Upload handlers: uploads stay in memory, never unencrypted on disk. Only the upload form accepts files."""

import io
import threading
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from providers import MAX_FILE_BYTES

MEBIBYTE = 1024 * 1024
MAX_FILES = 10
MAX_REQUEST_BYTES = 96 * MEBIBYTE
"""Of all files of one request."""
MAX_BUFFERED = 192 * MEBIBYTE
"""Of all requests of one web process together."""
MAX_READ_BYTES = 256 * MEBIBYTE
"""After so many bytes the request is cut off."""
FIELD = "file"


class DiscardingUploadHandler(FileUploadHandler):
    """Discards all files, so that sending files to other pages fills neither memory nor disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip the file; the fields of the form are read."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> None:
        """No file."""


class UploadBudget:
    """The bytes that uploads may hold in one process, reserved and released under a lock: requests are threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.reserved = 0
        self._lock = threading.Lock()

    def reserve(self, size: int) -> bool:
        """Reserve bytes; False, and nothing is reserved, when there are not enough."""
        with self._lock:
            if self.reserved + size > self.limit:
                return False
            self.reserved += size
            return True

    def release(self, size: int) -> None:
        with self._lock:
            self.reserved -= size


BUDGET = UploadBudget(MAX_BUFFERED)
"""Of this process; forked processes have their own."""


class BufferedFile(io.BytesIO):
    """The bytes of one file. They are reserved in the budget before they are stored, and released when the file is
    closed, also by the garbage collector.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reserved = 0

    def append(self, content: bytes) -> bool:
        """Append bytes; False when the budget is used up."""
        if not BUDGET.reserve(len(content)):
            return False
        self._reserved += len(content)
        self.write(content)
        return True

    def close(self) -> None:
        """Drop the bytes and release the budget, once."""
        super().close()
        reserved, self._reserved = self._reserved, 0
        BUDGET.release(reserved)


class BufferedUploadHandler(FileUploadHandler):
    """Holds the files of the field ``file`` in memory, within limits, until ``close``."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[tuple[str, str]] = []
        """Refused files: the name, which only the sender may see, and a sentence."""
        self._seen = 0
        self._read = 0
        self._buffered = 0
        self._bytes: BufferedFile | None = None
        self._all: list[BufferedFile] = []
        self._closed = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD or self._closed:
            raise SkipFile
        self._seen += 1
        if self._seen > MAX_FILES:
            self._bytes = None
            self._refuse(f"At most {MAX_FILES} files per upload.")
        else:
            self._bytes = BufferedFile()
            self._all.append(self._bytes)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Append the bytes, unless the file is refused; cut off a request that is too large."""
        self._read += len(raw_data)
        if self._read > MAX_READ_BYTES:
            self._drop("The upload is too large: this file and the following ones were not read.")
            raise StopUpload(connection_reset=True)
        if self._bytes is None:
            return None
        if start + len(raw_data) > MAX_FILE_BYTES:
            self._drop(f"It is larger than {MAX_FILE_BYTES // MEBIBYTE} MB.")
        elif self._buffered + start + len(raw_data) > MAX_REQUEST_BYTES:
            self._drop(
                f"Together the files are larger than {MAX_REQUEST_BYTES // MEBIBYTE} MB. Add it in a second upload."
            )
        elif not self._bytes.append(raw_data):
            self._drop("Too many uploads at the moment. Add it again in a minute.")
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        """The file, unless it was refused."""
        if self._bytes is None:
            return None
        self._buffered += file_size
        # Trims the buffer, so that reading the whole file later returns these bytes without a copy.
        self._bytes.getvalue()
        self._bytes.seek(0)
        return InMemoryUploadedFile(self._bytes, self.field_name, str(self.file_name), "", file_size, None)

    def upload_interrupted(self) -> None:
        """Drop the file of a connection that was closed."""
        if self._bytes is not None:
            self._drop("The upload was interrupted.")

    def close(self) -> None:
        """Drop all files and accept no more: the request is over."""
        self._closed, self._bytes = True, None
        for buffered in self._all:
            buffered.close()

    def _drop(self, sentence: str) -> None:
        if self._bytes is not None:
            self._bytes.close()
        self._bytes = None
        self._refuse(sentence)

    def _refuse(self, sentence: str) -> None:
        self.refused.append((str(self.file_name), sentence))
