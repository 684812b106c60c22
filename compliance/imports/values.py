"""Values of one line or form, each checked by itself. Pure.

Every function returns the value as it is stored, or raises ``InvalidColumn`` with a sentence without the value.
"""

import json
import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pycountry
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dateparse import parse_date, parse_datetime

from compliance.errors import InvalidInput
from compliance.facts.characters import is_invisible, states_nothing

_LONGEST = {
    "full_name": 300,
    "applicant_external_id": 120,
    "case_reference": 120,
    "reference": 200,
    "account": 120,
    "kind": 20,
    "email": 254,
}
_SHORTENED = re.compile(r"[+-]?\d([.,]\d+E\+?|E\+)\d+", re.IGNORECASE)
"""A number of more than eleven digits, as spreadsheets and Java write it."""
_SHEET_FAULT = re.compile(r"#([^\W\d_][\w/]*[!?]|N/A|NV|N/D|GETTING_DATA|#*)", re.IGNORECASE)
"""An error value of a spreadsheet, in any language."""
_LOST_LETTER = re.compile(r"\ufffd|[^\W\d_]\?[^\W\d_]")
_OTHER_CODES = {
    "UK": "GB",
    "EL": "GR",
    "AN": "CW, SX or BQ",
    "YU": "RS or ME",
    "SU": "RU",
    "CS": "RS or ME",
    "TP": "TL",
}
"""Codes of other lists, and former ones, with those of ISO 3166-1."""
_EXTRA_CODES = frozenset({"XK"})
"""Assigned by users of ISO 3166-1: Kosovo."""


class InvalidColumn(InvalidInput):
    """The value of the column ``field`` is not valid."""


def name_of(text: str) -> str:
    """A full name: at least one letter, and all of its letters. Raises ``InvalidColumn``."""
    _refuse_no_value(text, "full_name")
    if not any(character.isalpha() for character in text):
        raise InvalidColumn("Expected a name with letters.", field="full_name")
    if text[0] in "=+-@":
        raise InvalidColumn("This is a formula of a spreadsheet.", field="full_name")
    if _LOST_LETTER.search(text):
        raise InvalidColumn("A letter was lost in an export: “?” or “�” replaces it.", field="full_name")
    if _is_encoded_twice(text):
        raise InvalidColumn("Its letters were encoded as UTF-8 twice. Export the file again.", field="full_name")
    return text


def _is_encoded_twice(text: str) -> bool:
    """Whether the letters, read as bytes, are UTF-8: “Ã¼” instead of “ü”."""
    try:
        return text.encode("cp1252").decode() != text
    except UnicodeError:
        return False


def id_of(text: str, column: str) -> str:
    """An id of the importing system or of a provider, with its leading zeros. Raises ``InvalidColumn``."""
    if text:
        _refuse_no_value(text, column)
    if _SHORTENED.fullmatch(text):
        sentence = "A spreadsheet has shortened this number. Format the column as text and export it again."
        raise InvalidColumn(sentence, field=column)
    if text.startswith("="):
        raise InvalidColumn("This is a formula of a spreadsheet. Export its value.", field=column)
    if not text.isascii() and any(is_invisible(character) for character in text):
        raise InvalidColumn("Contains an invisible character.", field=column)
    return text


def _refuse_no_value(text: str, column: str) -> None:
    word_of(text, column)
    if _SHEET_FAULT.fullmatch(text):
        raise InvalidColumn("This is an error value of a spreadsheet.", field=column)
    if states_nothing(text) and text != "0":
        raise InvalidColumn("This word or sign stands for an empty value.", field=column)


def word_of(text: str, column: str) -> str:
    """Text that can be stored in this column and printed. Raises ``InvalidColumn``."""
    if len(text) > _LONGEST[column]:
        raise InvalidColumn(f"Longer than {_LONGEST[column]} characters.", field=column)
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise InvalidColumn("Contains a line break or another control character.", field=column)
    return text


def birth_date_of(text: str) -> str:
    """ISO 8601 date, or empty. Raises ``InvalidColumn``."""
    if not text:
        return ""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        by_number = " A spreadsheet wrote the date as a number." if text.isdigit() else ""
        raise InvalidColumn(f"Expected YYYY-MM-DD.{by_number}", field="birth_date")
    if not date(1880, 1, 1) <= found <= datetime.now(UTC).date():
        raise InvalidColumn("This date is not plausible.", field="birth_date")
    return found.isoformat()


def email_of(text: str) -> str:
    """A valid e-mail address, or empty. Raises ``InvalidColumn``."""
    if not text:
        return ""
    try:
        validate_email(word_of(text, "email"))
    except ValidationError as error:
        raise InvalidColumn("Not an e-mail address.", field="email") from error
    return text


def country_of(text: str) -> str:
    """An ISO 3166-1 alpha-2 code, upper case, or empty. Raises ``InvalidColumn``."""
    code = text.upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise InvalidColumn("Expected two letters (ISO 3166-1 alpha-2).", field="country")
    if instead := _OTHER_CODES.get(code):
        raise InvalidColumn(f"{code} is no code of ISO 3166-1. Write {instead}.", field="country")
    if code and code not in _EXTRA_CODES and pycountry.countries.get(alpha_2=code) is None:
        raise InvalidColumn(f"{code} is no code of ISO 3166-1.", field="country")
    return code


def submitted_of(text: str) -> datetime | None:
    """An aware time, UTC if it has no offset; None if empty. Raises ``InvalidColumn``."""
    if not text:
        return None
    try:
        time = parse_datetime(text)
    except ValueError:
        time = None
    if time is None:
        raise InvalidColumn("Expected a time such as 2026-01-31T08:15:00Z.", field="submitted_at")
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    if not 2000 <= time.year <= datetime.now(UTC).year + 1:
        raise InvalidColumn("This time is not plausible.", field="submitted_at")
    return time


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise InvalidColumn("Expected a JSON object without repeated names.", field="settings")
    return found


def settings_of(text: str) -> dict[str, Any]:
    """Settings of the check: a JSON object, or empty. Raises ``InvalidColumn``."""
    if not text:
        return {}
    try:
        found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
        # Python accepts lone surrogates and NaN, which PostgreSQL cannot store as JSON.
        written = json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidColumn("Expected a JSON object.", field="settings") from error
    if b"\\u0000" in written:
        raise InvalidColumn("Contains a character that cannot be stored.", field="settings")
    if not isinstance(found, dict):
        raise InvalidColumn("Expected a JSON object.", field="settings")
    return found
