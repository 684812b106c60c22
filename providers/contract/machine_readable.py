"""Reads the machine-readable zone of a travel document: ICAO 9303 parts 4 to 7 (three lines of 30, two of 36 or 44),
and the French identity card until 2021.

A value is read only if its check digit is right, a name only if it is not cut off, because the lines of an answer are
recognised from an image.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pycountry

from providers.contract.report import Facts

_WIDTHS = {88: 44, 72: 36, 90: 30}
_WEIGHTS = (7, 3, 1)
_FRENCH_CARD = "IDFRA"
_ZONE = "machine-readable zone"
_WRONG = "wrong"
_NEVER = "(?!)"
_SPECIAL = frozenset(
    {"UTO", "UNO", "UNA", "UNK", "XXA", "XXB", "XXC", "XXX", "XCC", "XCE", "XCO", "XEC", "XOM", "XPO", "EUE"}
)
"""Codes of organisations, of people without nationality and of specimens: they name no country."""
_STATELESS, _GERMANY = "XXA", "D"
_PERSONAL_NUMBERS: Mapping[str, str] = {
    "BGR": r"\d{10}", "CZE": r"\d{9,10}", "EST": r"\d{11}", "KAZ": r"\d{12}", "LTU": r"\d{11}", "MYS": r"\d{12}",
    "PAK": r"\d{13}", "POL": r"\d{11}", "SVK": r"\d{9,10}", "SVN": r"\d{13}", "THA": r"\d{13}", "TUR": r"\d{11}",
    "ZAF": r"\d{13}",
}  # fmt: skip
"""State -> form of the personal number that its passports or cards have as optional data (PRADO, the register of the
Council of the European Union)."""
_OTHER_DOCUMENTS: Mapping[str, str] = {
    "P": r"visa|permit|driv|licen[cs]e|(?<![a-z])id(?![a-z])|identity",
    "V": r"passport|driv|licen[cs]e|(?<![a-z])id(?![a-z])|identity",
    "CARD": r"passport(?!.?card)|visa",
    "CREW": r"passport|visa|permit|driv|licen[cs]e|(?<![a-z])id(?![a-z])|identity",
}
"""Kind of a document code -> document types that never have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    code: str
    issuer: str
    nationality: str
    name: str
    number: str
    number_digit: str
    birth: str
    """Six digits and the check digit, as is ``expiry``."""
    expiry: str
    sex: str
    optional: tuple[str, ...] = ()
    """The fields that a state fills as it likes."""
    optional_digit: str = ""
    """The check digit of optional data, where they have one."""
    composite: str = ""
    """All that the last check digit covers, and the digit; empty for a visa, which has none."""


def is_machine_readable(text: str) -> bool:
    """Whether a text has the form of a machine-readable zone, complete or not."""
    lines = _split(text)
    return "<<" in text and (bool(_lines_of(text)) or (len(lines) < 3 and any(map(_is_first_line, lines))))


def read_lines(text: str, *, printed: Facts) -> Facts:
    """The facts of the lines, and in ``negatives`` what is wrong with them; no facts for an empty text, or one with
    hidden characters.

    ``printed``: the facts of the same document in print. The century of its birth date is taken if the last two digits
    of the year are the same, and its type is compared with the document code.
    """
    lines = _lines_of(text)
    if not lines:
        is_hidden = not text.strip() or "*" in text
        return Facts(negatives=() if is_hidden else ((f"lines of the {_ZONE}", "not complete"),))
    fields = _fields_of(lines)
    ends = _day(fields.expiry, born="", latest="2099-12-31")
    facts = Facts(
        full_name=_full_name(fields.name),
        birth_date=_day(fields.birth, born=printed.birth_date, latest=ends),
        sex=fields.sex if fields.sex in "MF" else "",
        nationality=_state(fields.nationality, printed.nationality),
        issuing_country=_state(fields.issuer, printed.issuing_country),
        document_number=_compact(fields.number) if _is_right(fields.number, fields.number_digit) else "",
        document_expiry=ends,
        personal_number=_personal_number(fields),
    )
    kind = printed.document_type if facts != Facts() else ""
    return replace(facts, document_type=kind, negatives=tuple(_faults(fields, printed.document_type)))


# --- lines ------------------------------------------------------------------------------------------------------------


def _split(text: str) -> list[str]:
    """The lines in capitals and without blanks; the parts between blanks if there is one line."""
    lines = re.split(r"[\r\n]+", text.upper().strip())
    found = lines if len(lines) > 1 else re.split(r"\s+", lines[0])
    return [line for line in (re.sub(r"\s", "", line) for line in found) if line]


def _lines_of(text: str) -> list[str]:
    """The lines, each with its full width; none for any other text."""
    lines = _split(text)
    run = "".join(lines)
    if "<<" not in run or not re.fullmatch(r"[A-Z0-9<]{60,92}", run):
        return []
    if len(lines) == 1:
        width = _WIDTHS.get(len(run), 0)
        return [run[at : at + width] for at in range(0, len(run), width)] if width else []
    width = {2: 44 if len(run) > 76 else 36, 3: 30}.get(len(lines), 0)
    return [line.ljust(width, "<")[:width] for line in lines] if width else []


def _is_first_line(line: str) -> bool:
    return (
        re.fullmatch(r"(?:[PV][A-Z<]|[AIC][A-Z<])[A-Z]{1,3}<{0,2}[A-Z0-9<]{20,42}", line) is not None and "<<" in line
    )


def _fields_of(lines: list[str]) -> _Fields:
    first, second = lines[0], lines[1]
    if first.startswith(_FRENCH_CARD) and len(first) == 36:
        return _of_french_card(first, second)
    if len(lines) == 3:
        number, digit = first[5:14], first[14]
        if digit == "<":
            rest = first[15:].partition("<")[0]
            number, digit = (number + rest[:-1], rest[-1:]) if rest else (number, digit)
        return _Fields(
            code=first[:2], issuer=first[2:5], nationality=second[15:18], name=lines[2], number=number,
            number_digit=digit, birth=second[:7], expiry=second[8:15], sex=second[7],
            optional=(first[15:30], second[18:29]), composite=first[5:30] + second[:7] + second[8:15] + second[18:30],
        )  # fmt: skip
    is_visa, is_wide = first[0] == "V", len(first) == 44
    has_digit = is_wide and not is_visa
    return _Fields(
        code=first[:2], issuer=first[2:5], nationality=second[10:13], name=first[5:], number=second[:9],
        number_digit=second[9], birth=second[13:20], expiry=second[21:28], sex=second[20],
        optional=(second[28:42] if is_wide else second[28:35],), optional_digit=second[42] if has_digit else "",
        composite="" if is_visa else second[:10] + second[13:20] + second[21:],
    )  # fmt: skip


def _of_french_card(first: str, second: str) -> _Fields:
    """Decree no. 55-1397: surname in the first line; number, given names, birth date and sex in the second."""
    family = first[5:30].rstrip("<")
    return _Fields(
        code="ID", issuer="FRA", nationality="FRA", name=f"{family}<<{second[13:27]}" if first[29] == "<" else "",
        number=second[:12], number_digit=second[12], birth=second[27:34], expiry="", sex=second[34],
        composite=first + second,
    )  # fmt: skip


# --- faults -----------------------------------------------------------------------------------------------------------


def _faults(fields: _Fields, document_type: str) -> Iterator[tuple[str, str]]:
    dates = (("birth date", fields.birth), ("expiry date", fields.expiry))
    singles = [("number", fields.number, fields.number_digit), *((name, text[:-1], text[-1:]) for name, text in dates)]
    if fields.optional_digit:
        singles.append(("optional data", fields.optional[0], fields.optional_digit))
    wrong = [name for name, field, digit in singles if not _may_be_right(field, digit)]
    if not wrong and fields.composite and not _is_right(fields.composite[:-1], fields.composite[-1]):
        wrong.append("whole zone")
    yield from ((f"check digit of the {name} in the {_ZONE}", _WRONG) for name in wrong)
    yield from ((f"{name} in the {_ZONE}", "not readable") for name in _unreadable(fields))
    kind = _kind_of(fields.code)
    if re.search(_OTHER_DOCUMENTS.get(kind, _NEVER), document_type, re.IGNORECASE):
        yield f"document code of the {_ZONE}", fields.code.rstrip("<")


def _unreadable(fields: _Fields) -> Iterator[str]:
    if not re.fullmatch("[A-Z]{1,3}<*", fields.issuer):
        yield "issuing state"
    if not re.fullmatch("[A-Z]{1,3}<*|<<<", fields.nationality):
        yield "nationality"
    if fields.sex not in "MFX<":
        yield "sex"


def _kind_of(code: str) -> str:
    """``P``, ``V``, ``CREW``, or ``CARD`` for the letters that a state chooses for its cards; empty for others."""
    if code == "AC":
        return "CREW"
    return "CARD" if code[0] in "AIC" and code != "IP" else code[0]


def _may_be_right(field: str, digit: str) -> bool:
    """Whether the check digit is right; that of an empty field may be left out."""
    return _is_right(field, digit) or (digit == "<" and not field.strip("<")) or not field


# --- values -----------------------------------------------------------------------------------------------------------


def _full_name(field: str) -> str:
    """Given and family names; empty for a field without an end, which may be cut off, or with letters that are written
    as digits, as in Russian passports for use at home."""
    family, _, given = field.partition("<<")
    is_whole = field.endswith("<") and not re.search(r"\d", field)
    return " ".join(f"{given} {family}".replace("<", " ").split()) if is_whole else ""


def _state(code: str, printed: str) -> str:
    """The code of a country or of people without nationality, as it is printed if it means the same; empty for others
    and for what is no code."""
    plain = code.rstrip("<")
    is_country = plain == _GERMANY or re.fullmatch("[A-Z]{3}", plain)
    if plain != _STATELESS and (not is_country or plain in _SPECIAL):
        return ""
    country = pycountry.countries.get(alpha_3="DEU" if plain == _GERMANY else plain)
    names = {country.alpha_2, country.alpha_3, country.name} if country else set()
    return printed if printed.strip().casefold() in {name.casefold() for name in names} else plain


def _personal_number(fields: _Fields) -> str:
    """The number of the person in optional data, in the states that write it there in full."""
    form = _PERSONAL_NUMBERS.get(fields.issuer.rstrip("<"), _NEVER)
    found = (re.fullmatch(form, field.rstrip("<").replace("<", "")) for field in fields.optional)
    return next((match.group() for match in found if match), "")


def _compact(number: str) -> str:
    return number.replace("<", "")


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
