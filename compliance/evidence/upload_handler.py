"""Files that a browser sends: in memory or not at all. What an applicant's picture shows never lies on a disk in clear,
not even for a moment, and only the one form that takes files makes the desk keep a byte of one.
"""

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
"""Of all files of one request together: what a web process holds at most for it."""
MAX_BUFFERED = 192 * MEBIBYTE
"""Of all requests together that a web process answers at the moment."""
MAX_READ_BYTES = 256 * MEBIBYTE
"""After so many bytes of files nothing more is read."""
FIELD = "file"


class DiscardingUploadHandler(FileUploadHandler):
    """Lets every file run through unread: most pages take none, and sending one shall fill no memory and no disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse the file; fields of the same form are read."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep nothing."""
        return None

    def file_complete(self, file_size: int) -> None:
        """There is none."""


class UploadBudget:
    """Place for the bytes of files in one process. A web process answers several requests at once, each in a thread,
    so what is asked for is given under a lock, and given back by whoever has it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._reserved = 0

    @property
    def reserved(self) -> int:
        """Bytes that somebody has at the moment."""
        return self._reserved

    def reserve(self, size: int) -> bool:
        """Take place for so many bytes; False when there is not enough, and then nothing is taken."""
        with self._lock:
            if self._reserved + size > self.limit:
                return False
            self._reserved += size
            return True

    def release(self, size: int) -> None:
        """Others may have it."""
        with self._lock:
            self._reserved -= size


BUDGET = UploadBudget(MAX_BUFFERED)
"""Of this process; what is forked from it has its own."""


class BufferedFile(io.BytesIO):
    """The bytes of one file. Each has its place in the room before it is kept, until the file is closed or forgotten:
    a file that nobody refers to any more is closed by the interpreter.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reserved = 0

    def append(self, content: bytes) -> bool:
        """Add bytes at the end; False when there is no room."""
        if not BUDGET.reserve(len(content)):
            return False
        self._reserved += len(content)
        self.write(content)
        return True

    def close(self) -> None:
        """Let go of the bytes and of their place; a second time does nothing."""
        super().close()
        reserved, self._reserved = self._reserved, 0
        BUDGET.release(reserved)


class BufferedUploadHandler(FileUploadHandler):
    """Keeps the files of the field ``file`` in memory, within limits, until ``close``."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[tuple[str, str]] = []
        """Which files were not kept: the name as the sender knows it, for nobody else's eyes, and a sentence."""
        self._seen = 0
        self._read = 0
        self._buffered = 0
        self._bytes: BufferedFile | None = None
        self._all: list[BufferedFile] = []
        self._closed = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD or self._closed:
            raise SkipFile
        self._seen += 1
        if self._seen > MAX_FILES:
            self._bytes = None
            self._refuse(f"At most {MAX_FILES} files are taken at once.")
        else:
            self._bytes = BufferedFile()
            self._all.append(self._bytes)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the bytes, unless the file is refused already; stop reading where there is no end."""
        self._read += len(raw_data)
        if self._read > MAX_READ_BYTES:
            self._drop("Too much was sent at once: from here on nothing was read.")
            raise StopUpload(connection_reset=True)
        if self._bytes is None:
            return None
        if start + len(raw_data) > MAX_FILE_BYTES:
            self._drop(f"It is larger than {MAX_FILE_BYTES // MEBIBYTE} MB.")
        elif self._buffered + start + len(raw_data) > MAX_REQUEST_BYTES:
            self._drop(f"Together the files are larger than {MAX_REQUEST_BYTES // MEBIBYTE} MB; add it in a second go.")
        elif not self._bytes.append(raw_data):
            self._drop("The desk is taking in many files at this moment; add it again in a minute.")
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        """The file, if it was kept."""
        if self._bytes is None:
            return None
        self._buffered += file_size
        # What was set aside for more of it is let go, and whoever reads it whole gets these bytes, no copy of them.
        self._bytes.getvalue()
        self._bytes.seek(0)
        return InMemoryUploadedFile(self._bytes, self.field_name, str(self.file_name), "", file_size, None)

    def upload_interrupted(self) -> None:
        """The sender went away in the middle of a file: half of it is nothing."""
        if self._bytes is not None:
            self._drop("It was cut off on its way.")

    def close(self) -> None:
        """Let go of all files, and take no more: whatever became of the request, its bytes are nobody's now."""
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
