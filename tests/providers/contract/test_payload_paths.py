"""Cutting, comparing and searching decoded answers."""

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import payload_paths

_PICTURE = bytes(range(256)) * 2
_BASE64 = base64.b64encode(_PICTURE).decode()
_LINE = f"[picture, 512 bytes, sha256 {hashlib.sha256(_PICTURE).hexdigest()}]"


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("data.token", {"data": {"token": "[removed]", "list": [{"token": "b"}]}, "token": "c"}),
        ("token", {"data": {"token": "a", "list": [{"token": "b"}]}, "token": "[removed]"}),
        ("data.list[].token", {"data": {"token": "a", "list": [{"token": "[removed]"}]}, "token": "c"}),
        ("data.list.[].token", {"data": {"token": "a", "list": [{"token": "[removed]"}]}, "token": "c"}),
        ("**.token", {"data": {"token": "[removed]", "list": [{"token": "[removed]"}]}, "token": "[removed]"}),
        ("data.**.token", {"data": {"token": "[removed]", "list": [{"token": "[removed]"}]}, "token": "c"}),
        ("*.token", {"data": {"token": "[removed]", "list": [{"token": "b"}]}, "token": "c"}),
        ("data", {"data": "[removed]", "token": "c"}),
        ("data.list[]", {"data": {"token": "a", "list": ["[removed]"]}, "token": "c"}),
        ("data.list.token", {"data": {"token": "a", "list": [{"token": "b"}]}, "token": "c"}),
        ("TOKEN", {"data": {"token": "a", "list": [{"token": "b"}]}, "token": "c"}),
    ],
)
def test_a_secret_is_cut_where_its_path_says_and_nowhere_else(pattern: str, left: dict[str, Any]) -> None:
    payload = {"data": {"token": "a", "list": [{"token": "b"}]}, "token": "c"}
    assert payload_paths.cut(payload, secrets=(pattern,)) == left
    assert payload == {"data": {"token": "a", "list": [{"token": "b"}]}, "token": "c"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://cdn.example/a.jpg?X-Signature=secret&b=1", "https://cdn.example/a.jpg"),
        ("HTTP://cdn.example/a.jpg?secret", "HTTP://cdn.example/a.jpg"),
        ("https://cdn.example/a#token=secret", "https://cdn.example/a"),
        ("https://cdn.example?secret", "https://cdn.example"),
        ("https://user:secret@cdn.example/a?secret", "https://cdn.example/a"),
        (
            "see https://a.example/x?secret, and (http://b.example/y?secret) end",
            "see https://a.example/x and (http://b.example/y end",
        ),
        ('<a href="https://a.example/x?secret">', '<a href="https://a.example/x">'),
        ("https://a.example/?u=https://b.example/?secret", "https://a.example/"),
        ("https://a.example/x@y?secret", "https://a.example/x@y"),
        ("https://a.example/?u=b@c", "https://a.example/"),
        ("a?b=c is not a link", "a?b=c is not a link"),
        ("https://a.example/plain", "https://a.example/plain"),
    ],
)
def test_every_link_loses_its_query_wherever_it_stands(text: str, left: str) -> None:
    assert payload_paths.cut({"a": [{"b": text}]}, secrets=()) == {"a": [{"b": left}]}


@pytest.mark.parametrize(
    "body",
    [
        _BASE64,
        f"data:image/jpeg;base64,{_BASE64}",
        f"data:;base64,{_BASE64}",
        base64.urlsafe_b64encode(_PICTURE).decode(),
        base64.encodebytes(_PICTURE).decode(),
        _BASE64.rstrip("="),
    ],
)
def test_a_picture_becomes_its_size_and_hash_in_every_spelling(body: str) -> None:
    assert payload_paths.cut({"image": body}, secrets=()) == {"image": _LINE}


@pytest.mark.parametrize("piece", ["http://", "https://a?", "data:", "a=", "A" * 76 + "\n", "<http://a"])
def test_long_hostile_texts_are_cut_in_time(piece: str) -> None:
    started = time.thread_time()
    payload_paths.cut({"a": piece * (5_000_000 // len(piece))}, secrets=())
    assert time.thread_time() - started < 5.0


def test_short_base64_and_long_prose_stay() -> None:
    prose = "The applicant has moved twice since then " * 20
    payload = {"hash": hashlib.sha512(b"x").hexdigest(), "prose": prose, "b64": _BASE64[:256]}
    assert payload_paths.cut(payload, secrets=()) == payload


def test_a_data_uri_that_is_not_base64_is_cut_as_well() -> None:
    cut = payload_paths.cut({"svg": "data:image/svg+xml," + "<svg/>" * 100}, secrets=())
    assert cut["svg"].startswith("[picture, 600 bytes, sha256 ")


def test_the_digest_form_drops_volatile_paths_and_keeps_the_rest() -> None:
    payload = {"id": 1, "seen": "10:15", "list": [{"url": "https://a.example/x?sig=1", "seen": 1}], "image": _BASE64}
    volatile = ("**.seen", "list[].url?query")
    assert payload_paths.without(payload, volatile=volatile) == {
        "id": 1,
        "list": [{"url": "https://a.example/x"}],
        "image": _LINE,
    }


def test_signatures_and_times_do_not_change_the_digest_and_other_images_do() -> None:
    def read(signature: str, picture: bytes) -> Any:
        payload = {
            "at": signature,
            "url": f"https://a.example/x?s={signature}",
            "p": base64.b64encode(picture).decode(),
        }
        return payload_paths.without(payload, volatile=("at", "url?query"))

    assert read("1", _PICTURE) == read("2", _PICTURE)
    assert read("1", _PICTURE) != read("1", _PICTURE[:-1] + b"x")


def test_a_query_that_no_pattern_names_counts_in_the_digest() -> None:
    assert payload_paths.without({"url": "https://a.example/x?s=1"}, volatile=()) == {"url": "https://a.example/x?s=1"}


def test_a_list_element_can_be_volatile() -> None:
    assert payload_paths.without({"a": [1, 2], "b": 3}, volatile=("a[]",)) == {"a": [], "b": 3}


def test_a_pattern_that_names_nothing_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="not a path"):
        payload_paths.cut({"a": 1}, secrets=("?query",))


def test_leaves_come_in_document_order_with_their_paths() -> None:
    payload = {"a": {"b": [1, {"c": None}]}, "d": "x", "e": {}, "f": []}
    assert list(payload_paths.leaves(payload)) == [("a.b[0]", 1), ("a.b[1].c", None), ("d", "x")]


def test_a_key_that_could_be_taken_for_a_way_is_quoted() -> None:
    payload = {"a.b": {"c": 1}, "a": {"b": {"c": 2}, "b[0]": 3, "": 4, '"x"': 5}, "": [6]}
    assert list(payload_paths.leaves(payload)) == [
        ('"a.b".c', 1),
        ("a.b.c", 2),
        ('a."b[0]"', 3),
        ('a.""', 4),
        ('a."\\"x\\""', 5),
        ('""[0]', 6),
    ]
    assert [path for path, _ in payload_paths.find({"a.b": {"score": 1}}, ("score",))] == ['"a.b".score']


def test_find_gives_the_shallowest_first_in_any_letter_case() -> None:
    payload = {"deep": {"deeper": [{"Score": 1}]}, "score": {"score": 2}, "a.score": 3}
    assert list(payload_paths.find(payload, ("SCORE",))) == [
        ("score", {"score": 2}),
        ("score.score", 2),
        ("deep.deeper[0].Score", 1),
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)


_KEYS = st.text('ab.[]"0\\\n', max_size=4)
_TREE = st.recursive(
    st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(_TREE)
def test_no_two_values_share_a_path_and_it_names_the_keys_on_the_way(payload: Any) -> None:
    def ways(value: Any, keys: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        if isinstance(value, dict):
            return [way for key, child in value.items() for way in ways(child, (*keys, key))]
        return [way for child in value for way in ways(child, keys)] if isinstance(value, list) else [keys]

    paths = [path for path, _ in payload_paths.leaves(payload)]
    assert len(set(paths)) == len(paths)
    assert [payload_paths.keys_of(path) for path in paths] == ways(payload)


@given(st.dictionaries(st.text(max_size=5), _JSON, max_size=5))
def test_cutting_twice_changes_nothing_more_and_the_result_is_json(payload: dict[str, Any]) -> None:
    once = payload_paths.cut(payload, secrets=("**.a", "b"))
    assert payload_paths.cut(once, secrets=("**.a", "b")) == once
    json.dumps(once)
    assert all(isinstance(path, str) for path, _ in payload_paths.leaves(once))
