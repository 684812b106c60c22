"""What the one JSON parser takes and refuses."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.transport import strict_json


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", strict_json.NotJson),
        (b"   ", strict_json.NotJson),
        (b"<html></html>", strict_json.NotJson),
        (b'{"a": 1', strict_json.NotJson),
        (b'{"a": "never ends', strict_json.NotJson),
        (b'{"a": 1} trailing', strict_json.NotJson),
        (b"{'a': 1}", strict_json.NotJson),
        (b'{"a": 1,}', strict_json.NotJson),
        (b'{"a": "line\nbreak"}', strict_json.NotJson),
        (b"]" * 2000, strict_json.NotJson),
        (_nested(65), strict_json.TooDeep),
        (_nested(1000), strict_json.TooDeep),
        (b"[" * 200_000, strict_json.TooDeep),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, strict_json.TooDeep),
        (b'{"a": NaN}', strict_json.BadNumber),
        (b'{"a": Infinity}', strict_json.BadNumber),
        (b'{"a": -Infinity}', strict_json.BadNumber),
        (b'{"a": 1e999}', strict_json.BadNumber),
        (b'{"a": -1e999}', strict_json.BadNumber),
        (b'{"a": ' + b"7" * 21 + b"}", strict_json.BadNumber),
        (b'{"a": ' + b"7" * 5000 + b"}", strict_json.BadNumber),
        (b'{"a": 0.' + b"7" * 5000 + b"}", strict_json.BadNumber),
        (b'{"a": 1, "a": 2}', strict_json.DuplicateKey),
        (b'{"x": [{"a": 1, "\\u0061": 2}]}', strict_json.DuplicateKey),
        (b'{"a": "x\x00y"}', strict_json.BadText),
        (b'{"a": "x\\u0000y"}', strict_json.BadText),
        (b'{"a\\u0000": 1}', strict_json.BadText),
        (b'{"a": "\\ud800"}', strict_json.BadText),
        (b'{"a": ["\\udfff x"]}', strict_json.BadText),
        (b'{"a": "\\udc00\\ud800"}', strict_json.BadText),
        (b'\xef\xbb\xbf{"a": 1}', strict_json.BadText),
        ('{"a": 1}'.encode("utf-16"), strict_json.BadText),
        ('{"a": "Zoë"}'.encode("latin-1"), strict_json.BadText),
        (b'{"a": "\xed\xa0\x80"}', strict_json.BadText),
    ],
)
def test_a_body_outside_the_limits_is_refused_with_its_own_reason(
    body: bytes, error: type[strict_json.BadJson]
) -> None:
    with pytest.raises(strict_json.BadJson) as caught:
        strict_json.loads(body)
    assert type(caught.value) is error
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
    with pytest.raises(strict_json.TooDeep):
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
    started = time.monotonic()
    with suppress(strict_json.BadJson):
        strict_json.loads(body)
    assert time.monotonic() - started < 5.0


def test_escapes_do_not_hide_brackets_nor_make_any() -> None:
    deep = b'{"a\\\\":' * 65 + b"1" + b"}" * 65
    with pytest.raises(strict_json.TooDeep):
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
        with pytest.raises(strict_json.BadText):
            strict_json.loads(body)
    else:
        assert strict_json.loads(body) == value


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_bad_json(body: bytes) -> None:
    try:
        strict_json.loads(body)
    except strict_json.BadJson as error:
        assert str(error)
