"""Reading a CSV file of unknown origin: encoding, delimiter, and records with the lines where they begin.

The encoding is decided by byte-order marks and strict decoding, which is certain where a statistical guess (such as
charset-normalizer) is not; the fields are read by ``csv`` of the standard library.
"""

import codecs
import csv
import io
import itertools
import re
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from compliance.errors import InvalidInput
from providers import media_type

Opener = Callable[[], BinaryIO]
"""Opens the file at its beginning; called once for each pass over it."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHERS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"PK", "an .xlsx file"),
    (b"\xd0\xcf\x11\xe0", "an .xls file"),
    (b"{\\rtf", "an .rtf file"),
    (b"<", "an HTML or XML file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
)
"""First bytes of what is no CSV file."""
_IN_SHEETS = (b"[Content", b"_rels", b"docProps", b"xl/", b"customXml")
"""How the first name inside an .xlsx file begins."""
_NAME_IN_ZIP = 30
_NOT_WESTERN = re.compile(
    "[\x80-\xff]{4}"  # Cyrillic, Greek, Arabic, Chinese: hardly any Western word has four such letters in a row
    "|[A-Za-z][\x82\x84\x8a\x8c\x8e\x93\x94\x9f][a-z]"  # ä, ö, ü, é of Mac OS and DOS
    "|[A-Za-z][\x83\x86-\x89\x8b\x98\xa1-\xa7\xac\xaf\xb1\xb6\xb8\xb9\xbc-\xbf\xd7\xf7]"  # a sign that ends no word
    "|[a-z]{2}\xb3|[\xa3\xa5\xa6\xaf\xbc\xbe][a-z]"  # ł, Ł and others of Windows-1250
)
"""In a file that was read as Latin-1: bytes that are no text in Windows-1252."""
_BAD_BYTE = "\udcff"
_BAD_BYTES = "compliance.imports.bad_bytes"
codecs.register_error(_BAD_BYTES, lambda error: (_BAD_BYTE, getattr(error, "end", 0)))
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
DELIMITERS = (",", ";", "\t", "|")
MOST_LINES = 200
"""Physical lines of one record. A quotation mark that is not closed by then is unclosed."""


@dataclass(frozen=True, slots=True)
class Encoding:
    name: str
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The fields of one record, or its problem as a sentence."""

    line: int
    """Number of the physical line where it begins, from 1."""
    fields: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.problem and not any(field.strip() for field in self.fields)


def encoding_of(open_file: Opener) -> Encoding:
    """The encoding, after every byte of the file was decoded.

    Raises ``InvalidInput`` with the line of the first byte that cannot be read.
    """
    with open_file() as file:
        start = file.read(128)
    if not start:
        raise InvalidInput("The file is empty.")
    if kind := _other_kind(start):
        raise InvalidInput(f"This is {kind}. Save the table as “CSV UTF-8”.")
    name = next((name for mark, name in _MARKS if start.startswith(mark)), "") or _unmarked_utf16(start[:4])
    if not name.startswith("utf-16"):
        return _eight_bits(open_file, has_mark=bool(name))
    if line := _first_bad_line(open_file, name):
        raise InvalidInput(f"line {line}: This is not UTF-16, though the file begins so.")
    return Encoding(name)


def _other_kind(start: bytes) -> str:
    if start.startswith(b"PK\x03\x04") and len(start) > _NAME_IN_ZIP:
        if start[_NAME_IN_ZIP:].startswith(b"mimetypeapplication/vnd.oasis"):
            return "an .ods file"
        if not start[_NAME_IN_ZIP:].startswith(_IN_SHEETS):
            return "a ZIP file"
    if kind := next((kind for mark, kind in _OTHERS if start.startswith(mark)), ""):
        return kind
    general, _, special = media_type(start).partition("/")
    return "a PDF" if special == "pdf" else f"an image or video ({special})" if general != "application" else ""


def _unmarked_utf16(start: bytes) -> str:
    zeros = "".join("0" if byte == 0 else "x" for byte in start)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros, "")


def _first_bad_line(open_file: Opener, name: str) -> int:
    """Number of the first line that this encoding cannot have; 0 if there is none."""
    with io.TextIOWrapper(open_file(), encoding=name, errors=_BAD_BYTES) as lines:
        return next((number for number, line in enumerate(lines, start=1) if _BAD_BYTE in line), 0)


def _eight_bits(open_file: Opener, *, has_mark: bool) -> Encoding:
    """UTF-8, or Windows-1252 where no line is UTF-8 beyond ASCII."""
    is_utf8, bad = has_mark, 0
    with io.TextIOWrapper(open_file(), encoding="utf-8", errors=_BAD_BYTES) as lines:
        for number, line in enumerate(lines, start=1):
            if _BAD_BYTE in line:
                bad = bad or number
            else:
                is_utf8 = is_utf8 or not line.isascii()
    if not bad:
        return Encoding("utf-8-sig")
    if is_utf8:
        raise InvalidInput(f"line {bad}: This is not UTF-8, though the rest of the file is. Export the file again.")
    if number := _first_bad_line(open_file, "cp1252") or _first_line_of_others(open_file):
        raise InvalidInput(f"line {number}: This is neither UTF-8 nor Windows-1252. Export the file as UTF-8.")
    return Encoding("cp1252", f"Not UTF-8. It is read as Windows-1252: check the letters, first in line {bad}.")


def _first_line_of_others(open_file: Opener) -> int:
    """Number of the first line with bytes that mean nothing in Windows-1252; 0 if there is none."""
    with io.TextIOWrapper(open_file(), encoding="latin-1") as lines:
        return next((number for number, line in enumerate(lines, start=1) if _NOT_WESTERN.search(line)), 0)


def records(open_file: Opener, encoding: str, columns: Collection[str]) -> Iterator[Record]:
    """All records that are not blank, the header first.

    The delimiter is the one that ``sep=`` names, else the one that yields most of ``columns``.
    """
    csv.field_size_limit(sys.maxsize)
    with io.TextIOWrapper(open_file(), encoding=encoding, newline=None) as lines:
        numbered = deque[tuple[int, str]]()
        rest = enumerate(lines, start=1)
        first = next(((number, text) for number, text in rest if text.strip("\ufeff ,;\t\r\n")), None)
        if first is None:
            raise InvalidInput("The file has no header.")
        if found := _SEP.fullmatch(first[1].strip("\ufeff\r\n")):
            delimiter = found[1]
        else:
            delimiter = max(DELIMITERS, key=lambda sign: len(set(_names(first[1], sign)) & set(columns)))
            numbered.append(first)
        yield from (one for one in _records(numbered, rest, delimiter) if not one.is_blank)


def _names(header: str, delimiter: str) -> list[str]:
    return [name.strip(' "\ufeff\r\n').lower() for name in header.split(delimiter)]


def _records(numbered: deque[tuple[int, str]], rest: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Record]:
    while True:
        numbered.extend(itertools.islice(rest, 0 if numbered else 1))
        if not numbered:
            return
        line, count = numbered[0][0], 0
        fields: tuple[str, ...] | None = None
        for count in range(1, MOST_LINES + 1):
            numbered.extend(itertools.islice(rest, count - len(numbered) if count > len(numbered) else 0))
            if len(numbered) < count:
                break
            fields, is_open = _parsed([text for _, text in itertools.islice(numbered, count)], delimiter)
            if not is_open:
                break
        if fields is None:
            numbered.popleft()
            yield Record(line=line, problem="A quotation mark opens here and is not closed, or text follows it.")
            continue
        for _ in range(count):
            numbered.popleft()
        yield Record(line=line, fields=fields)


def _parsed(texts: Iterable[str], delimiter: str) -> tuple[tuple[str, ...] | None, bool]:
    """The fields of one record, None for a misplaced quotation mark; and whether a mark is still open."""
    try:
        found = list(csv.reader(texts, delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error as error:
        return None, str(error) == "unexpected end of data"
    return tuple(found[0]) if found else (), False
