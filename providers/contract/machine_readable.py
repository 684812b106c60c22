"""Reads the machine-readable lines of a travel document: ICAO 9303 parts 4 to 6 (three lines of 30, two of 36 or 44).

A value is read only if its check digit is right, a name only if it is not cut off, because the lines of an answer are
recognised from an image.
"""

import re

from providers.contract.report import Facts

_WIDTHS = {88: 44, 72: 36, 90: 30}
_WEIGHTS = (7, 3, 1)
_FRENCH_CARD = "IDFRA"
"""The lines of French identity cards until 2021 have a layout of their own."""


def is_machine_readable(text: str) -> bool:
    """Whether a text has the form of the lines of a travel document."""
    return "<<" in text and bool(_lines_of(text))


def read_lines(text: str, *, born: str = "") -> Facts:
    """Name, number, birth date, expiry and sex of the lines; empty facts for any other text.

    ``born``: the printed birth date, whose century is taken if the last two digits of its year are the same.
    """
    lines = _lines_of(text)
    if not lines or (lines[0].startswith(_FRENCH_CARD) and len(lines[0]) == 36):
        return Facts()
    if len(lines) == 3:
        number, digit, name = lines[0][5:14], lines[0][14], lines[2]
        birth, sex, expiry = lines[1][:7], lines[1][7], lines[1][8:15]
        if digit == "<":
            rest = lines[0][15:].partition("<")[0]
            number, digit = number + rest[:-1], rest[-1:]
    else:
        number, digit, name = lines[1][:9], lines[1][9], lines[0][5:]
        birth, sex, expiry = lines[1][13:20], lines[1][20], lines[1][21:28]
    ends = _day(expiry, born="", latest="2099-12-31")
    return Facts(
        full_name=_full_name(name),
        birth_date=_day(birth, born=born, latest=ends),
        sex=sex if sex in "MF" else "",
        document_number=number.rstrip("<") if _is_right(number, digit) else "",
        document_expiry=ends,
    )


def _lines_of(text: str) -> list[str]:
    """The lines, each with its full width; none for any other text."""
    lines = [line for line in re.split(r"\s+", text.upper().strip()) if line]
    run = "".join(lines)
    if not re.fullmatch(r"[A-Z0-9<]{60,92}", run):
        return []
    if len(lines) == 1:
        width = _WIDTHS.get(len(run), 0)
        return [run[at : at + width] for at in range(0, len(run), width)] if width else []
    width = {2: 44 if len(run) > 76 else 36, 3: 30}.get(len(lines), 0)
    return [line.ljust(width, "<")[:width] for line in lines] if width else []


def _full_name(field: str) -> str:
    """Given and family names; empty for a field without an end, which may be cut off."""
    family, _, given = field.partition("<<")
    return " ".join(f"{given} {family}".replace("<", " ").split()) if field.endswith("<") else ""


def _day(text: str, *, born: str, latest: str) -> str:
    """The date of six digits and a check digit, as ``YYYY-MM-DD``, not after ``latest``; empty if it is not one."""
    if not re.fullmatch(r"[0-9]{7}", text) or not _is_right(text[:6], text[6]):
        return ""
    year, month, day = text[:2], text[2:4], text[4:6]
    printed = next((found for found in re.findall(r"[0-9]{4}", born) if found.endswith(year)), "")
    recent = f"20{year}-{month}-{day}"
    if printed:
        return f"{printed}-{month}-{day}"
    return recent if recent <= (latest or recent) else f"19{year}-{month}-{day}"


def _is_right(field: str, digit: str) -> bool:
    total = sum(_value(sign) * _WEIGHTS[at % 3] for at, sign in enumerate(field))
    return digit == str(total % 10)


def _value(sign: str) -> int:
    if sign.isdigit():
        return int(sign)
    return 0 if sign == "<" else ord(sign) - ord("A") + 10
