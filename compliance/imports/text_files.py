"""Reading a CSV file of unknown origin: encoding, delimiter, and records with the lines where they begin.

The encoding is decided by byte-order marks and strict decoding, which is certain where a statistical guess (such as
charset-normalizer) is not; the fields are read by ``csv`` of the standard library.
"""

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

Opener = Callable[[], BinaryIO]
"""Opens the file at its beginning; called once for each pass over it."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SHEETS = ((b"PK\x03\x04", "an .xlsx file"), (b"\xd0\xcf\x11\xe0", "an .xls file"), (b"%PDF", "a PDF"))
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
DELIMITERS = (",", ";", "\t")
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
        start = file.read(4)
    if not start:
        raise InvalidInput("The file is empty.")
    if kind := next((kind for mark, kind in _SHEETS if start.startswith(mark)), ""):
        raise InvalidInput(f"This is {kind}. Save the table as “CSV UTF-8”.")
    name = next((name for mark, name in _MARKS if start.startswith(mark)), "") or _unmarked_utf16(start)
    if name.startswith("utf-16"):
        _decode_all(open_file, name)
        return Encoding(name)
    return _eight_bits(open_file, has_mark=bool(name))


def _unmarked_utf16(start: bytes) -> str:
    zeros = "".join("0" if byte == 0 else "x" for byte in start)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros, "")


def _decode_all(open_file: Opener, name: str) -> None:
    line = 1
    try:
        with io.TextIOWrapper(open_file(), encoding=name) as lines:
            for _ in lines:
                line += 1
    except UnicodeError as error:
        raise InvalidInput(f"line {line}: This is not {name.upper()}, though the file begins so.") from error


def _eight_bits(open_file: Opener, *, has_mark: bool) -> Encoding:
    """UTF-8, or Windows-1252 where no line is UTF-8 beyond ASCII."""
    is_utf8, bad = has_mark, 0
    with open_file() as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                is_utf8 = True
            except UnicodeDecodeError:
                bad = bad or number
    if not bad:
        return Encoding("utf-8-sig")
    if is_utf8:
        raise InvalidInput(f"line {bad}: This is not UTF-8, though the rest of the file is. Export the file again.")
    try:
        _decode_all(open_file, "cp1252")
    except InvalidInput as error:
        raise InvalidInput(f"line {bad}: This is neither UTF-8 nor Windows-1252. Export the file as UTF-8.") from error
    return Encoding("cp1252", f"Not UTF-8. It is read as Windows-1252: check the letters, first in line {bad}.")


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
            fields = _parsed([text for _, text in list(numbered)[:count]], delimiter)
            if fields is not None:
                break
        if fields is None:
            numbered.popleft()
            yield Record(line=line, problem="A quotation mark opens here and is not closed, or text follows it.")
            continue
        for _ in range(count):
            numbered.popleft()
        yield Record(line=line, fields=fields)


def _parsed(texts: Iterable[str], delimiter: str) -> tuple[str, ...] | None:
    """The fields of one record of these lines; None if a quotation mark stays open or is misplaced."""
    try:
        found = list(csv.reader(texts, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return tuple(found[0]) if found else ()
