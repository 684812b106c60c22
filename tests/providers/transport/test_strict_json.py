"""Inputs that the JSON parser accepts and refuses."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.transport import strict_json

NOT_JSON = "The body is not JSON, or it was cut off."
TOO_DEEP = "The body is nested more than 64 levels deep."
NO_NUMBER = "The body contains NaN or an infinity."
TOO_LARGE = "The body contains a number that is too large."
LONG_INTEGER = "The body contains an integer of more than 20 digits."
LONG_NUMBER = "The body contains a number of more than 64 characters."
DOUBLED_KEY = "The body contains the same key twice in one object."
NUL = "The body contains a NUL byte."
ESCAPED_NUL = "The body contains an escaped NUL."
SURROGATE = "The body contains half of a surrogate pair."
BYTE_ORDER_MARK = "The body starts with a byte order mark."


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", NOT_JSON),
        (b"   ", NOT_JSON),
        (b"<html></html>", NOT_JSON),
        (b'{"a": 1', NOT_JSON),
        (b'{"a": "never ends', NOT_JSON),
        (b'{"a": 1} trailing', NOT_JSON),
        (b"{'a': 1}", NOT_JSON),
        (b'{"a": 1,}', NOT_JSON),
        (b'{"a": "line\nbreak"}', NOT_JSON),
        (b"]" * 2000, NOT_JSON),
        (_nested(65), TOO_DEEP),
        (_nested(1000), TOO_DEEP),
        (b"[" * 200_000, TOO_DEEP),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, TOO_DEEP),
        (b'{"a": NaN}', NO_NUMBER),
        (b'{"a": Infinity}', NO_NUMBER),
        (b'{"a": -Infinity}', NO_NUMBER),
        (b'{"a": 1e999}', TOO_LARGE),
        (b'{"a": -1e999}', TOO_LARGE),
        (b'{"a": ' + b"7" * 21 + b"}", LONG_INTEGER),
        (b'{"a": ' + b"7" * 5000 + b"}", LONG_INTEGER),
        (b'{"a": 0.' + b"7" * 5000 + b"}", LONG_NUMBER),
        (b'{"a": 1, "a": 2}', DOUBLED_KEY),
        (b'{"x": [{"a": 1, "\\u0061": 2}]}', DOUBLED_KEY),
        (b'{"a": "x\x00y"}', NUL),
        (b'{"a": "x\\u0000y"}', ESCAPED_NUL),
        (b'{"a\\u0000": 1}', ESCAPED_NUL),
        (b'{"a": "\\ud800"}', SURROGATE),
        (b'{"a": ["\\udfff x"]}', SURROGATE),
        (b'{"a": "\\udc00\\ud800"}', SURROGATE),
        (b'\xef\xbb\xbf{"a": 1}', BYTE_ORDER_MARK),
        ('{"a": 1}'.encode("utf-16"), BYTE_ORDER_MARK),
        ('{"a": "Zoë"}'.encode("latin-1"), "The body is not UTF-8 (at byte 9)."),
        (b'{"a": "\xed\xa0\x80"}', "The body is not UTF-8 (at byte 7)."),
    ],
)
def test_a_body_outside_the_limits_is_refused_with_its_own_reason(body: bytes, reason: str) -> None:
    with pytest.raises(strict_json.BadJson) as caught:
        strict_json.loads(body)
    assert str(caught.value) == reason
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, -2.5, true, null, "x"]}', {"a": [1, -2.5, True, None, "x"]}),
        (b" 7 ", 7),
        (b'"text"', "text"),
        (b'{"a": 99999999999999999999}', {"a": 99999999999999999999}),
        (b'{"a": -99999999999999999999}', {"a": -99999999999999999999}),
        (b'{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
        (b'{"brackets": "[[[[{{{{\\"[[["}', {"brackets": '[[[[{{{{"[[['}),
        (b'{"pair": "\\ud83d\\ude00"}', {"pair": "😀"}),
        (b'{"escaped": "\\\\u0000 \\\\ud800"}', {"escaped": "\\u0000 \\ud800"}),
        ('{"name": "Małgorzata يوسف"}'.encode(), {"name": "Małgorzata يوسف"}),
    ],
)
def test_ordinary_json_is_read_as_it_stands(body: bytes, value: object) -> None:
    assert strict_json.loads(body) == value


def test_the_depth_limit_is_met_exactly() -> None:
    assert strict_json.loads(_nested(64)) is not None
    with pytest.raises(strict_json.BadJson, match=TOO_DEEP):
        strict_json.loads(_nested(65))


def test_brackets_inside_a_long_string_do_not_count() -> None:
    body = json.dumps({"picture": "[{" * 1_000_000}).encode()
    assert len(strict_json.loads(body)["picture"]) == 2_000_000


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 2_500_000,
        b'"' * 5_000_000,
        b"[" * 5_000_000,
        b'"' + b"\\" * 5_000_000,
        b"[" + b'"\\\\",' * 900_000 + b"1]",
        b"{}," * 1_700_000,
    ],
    ids=["escaped-quotes", "quotes", "brackets", "backslashes", "strings", "objects"],
)
def test_five_mebibytes_of_anything_are_judged_at_once(body: bytes) -> None:
    started = time.thread_time()
    with suppress(strict_json.BadJson):
        strict_json.loads(body)
    assert time.thread_time() - started < 5.0


def test_escapes_do_not_hide_brackets_nor_make_any() -> None:
    deep = b'{"a\\\\":' * 65 + b"1" + b"}" * 65
    with pytest.raises(strict_json.BadJson, match=TOO_DEEP):
        strict_json.loads(deep)
    assert strict_json.loads(b'{"a": "\\\\\\"' + b"[" * 100 + b'"}') == {"a": '\\"' + "[" * 100}


def test_no_reason_quotes_what_stood_in_the_body() -> None:
    for body in (b'{"name": "Canary Person", }', b'{"a": "Canary \xff"}', b'{"Canary": 1, "Canary": 2}'):
        with pytest.raises(strict_json.BadJson) as caught:
            strict_json.loads(body)
        assert "Canary" not in str(caught.value)
        assert "Canary" not in repr(caught.value)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON, st.booleans())
def test_whatever_json_writes_is_read_back_or_refused_for_its_text(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return
    if any(mark in text for mark in ("\\u0000", "\x00")):
        with pytest.raises(strict_json.BadJson, match="NUL"):
            strict_json.loads(body)
    else:
        assert strict_json.loads(body) == value


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_bad_json(body: bytes) -> None:
    try:
        strict_json.loads(body)
    except strict_json.BadJson as error:
        assert str(error)
