"""Any value at any place of a documented answer raises nothing but a ``ProviderError``.

A value in the place of an image fails that image alone, and the fault is reported.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers import (
    Connection,
    Download,
    Evidence,
    EvidenceKind,
    Provider,
    ProviderError,
    Report,
    Session,
    Subject,
    connect,
    provider_class,
    provider_names,
    source_of,
)
from providers.transport.downloads import LONGEST_SOURCE, unpacked
from tests.providers.expectations import GOOD_LINK, all_expectations, expectations_of
from tests.providers.memory_tokens import MemoryTokens
from tests.sampling import examples

FOLDER = Path(__file__).parent
HOST = "files.example.net"
BAD_LINKS = (
    "https://[x", "http://[::1", "https://a]b/x.jpg", "https://\uff0fevil\u2100.com/x.jpg", "https://", "http://?",
    "https://user@[/x", "https://\u2488.example/x", "https://x:99999999/a", "http://x:port/a", "https://a b/c",
    f"https://{HOST}:443:443/x", "https://\x00/x", "HTTPS://[v1.a]/x", "https://\ud7ff/", "ftp://x/y", "//x/y",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "null", "data:", "data:image/png;base64", "data:image/png,%89PNG", "/9j/", "iVBORw0KGgo@", "_9j_" * 30,
    "9" * 400, "-1", "1e999", "NaN", "Infinity", "²", "٣", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2024-02-30", "24:00", "T", "A" * 41, "=" * 50, "\x00", "\u202e", "🙂" * 300, "[::]", "{}", "a.b[0]\"c\\",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**19, -(10**19), 946_684_800_000, 4_102_444_799_999, 1e308, -1e308, 5e-324, 0.1, [], {},
    [[]], [None], {"": ""}, {"a.b": {"c": "https://[x"}}, [{"href": "https://[x"}], [255, 216, 255],
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = (
    st.sampled_from(BAD_LINKS)
    | st.sampled_from(ODD_TEXTS)
    | st.sampled_from(ODD_VALUES)
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.builds("https://{}".format, st.text("[]:@/?#%.a1\uff0f\u2100", max_size=12))
)


def files_of(provider: str) -> list[tuple[str, Any]]:
    paths = sorted((FOLDER / provider / "payloads").glob("*.json"))
    found = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    return [(name, body) for name, body in found if not name.startswith(expectations_of(provider).no_answers)]


def places(body: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values of a document, containers included."""
    for key, child in body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ():
        yield (*way, key)
        yield from places(child, (*way, key))


def with_value(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    at = changed
    for key in way[:-1]:
        at = at[key]
    at[way[-1]] = value
    return changed


def reader_of(provider: str) -> Provider:
    """A client whose every call to a foreign host ends before a socket is opened."""
    return connect(
        provider,
        Connection(
            base_url="https://desk.invalid",
            environment="live",
            credentials={"token": "t", "secret_key": "k"},
            settings={},
            tokens=MemoryTokens(),
            session=Session(allowed_hosts=frozenset()),
            evidence_hosts=frozenset(),
        ),
    )


def read_whole(provider: str, body: Any, subject: Subject) -> Report | None:
    """Every step with an answer: parsed, assessed, compared, stored, its evidence listed."""
    reader = reader_of(provider)
    try:
        report = expectations_of(provider).parse(body, subject)
        reader.normalise(report, reader.rules())
    except ProviderError:
        return None
    reader.digest(report)
    json.dumps(reader.stored_payload(report.payload))
    for item in reader.list_evidence(report):
        source_of(item.url)
    return report


PLACES = {
    provider: [(name, body, way) for name, body in files_of(provider) for way in places(body)]
    for provider in provider_names()
}


@pytest.mark.promise("G31")
@pytest.mark.parametrize("provider", provider_names())
def test_an_odd_value_anywhere_in_a_documented_answer_is_read_or_called_unreadable(provider: str) -> None:
    @settings(max_examples=examples(250), deadline=None)
    @given(place=st.sampled_from(PLACES[provider]), value=VALUES)
    def holds(place: tuple[str, Any, tuple[Any, ...]], value: Any) -> None:
        name, body, way = place
        read_whole(provider, with_value(body, way, value), expectations_of(provider).subject_of(name, body))

    holds()


def fetched(provider: str, item: Evidence) -> list[Download]:
    subject = Subject(kind=provider_class(provider).kinds[0], reference="x-1")
    return list(reader_of(provider).fetch_evidence(item, subject))


@pytest.mark.parametrize("provider", [name for name, expected in all_expectations() if expected.answer_with_image])
@pytest.mark.parametrize("link", BAD_LINKS)
def test_an_invalid_link_is_reported_and_opens_no_socket(provider: str, link: str) -> None:
    (found,) = fetched(provider, Evidence(kind=EvidenceKind.SELFIE, label="one", url=link))
    assert (found.content, found.fault) == (b"", None)
    assert found.problem.startswith("Not fetched: ")
    assert found.problem.endswith(("(evidence_hosts).", "not a valid link."))


@given(link=VALUES.map(str))
@example(link="https://[x")
def test_a_displayed_link_is_short_and_has_no_query(link: str) -> None:
    shown = source_of(f"{link}?sig=canary")
    assert len(shown) <= LONGEST_SOURCE
    assert "canary" not in shown
    assert len(source_of("https://h/" + "a" * 1000)) == LONGEST_SOURCE


@given(text=VALUES.map(str) | st.text("ABab01+/-_= \n@", max_size=90))
def test_unpacking_gives_bytes_or_a_sentence(text: str) -> None:
    content, problem = unpacked(text, EvidenceKind.SELFIE)
    assert bool(content) != bool(problem)


# --- a bad link among good ones ---------------------------------------------------------------------------------------

WITH_IMAGES = [expected.answer_with_image for _, expected in all_expectations() if expected.answer_with_image]
FIXED = [expected.answer_with_image for _, expected in all_expectations() if expected.has_fixed_image_fields]


@pytest.mark.parametrize("link", [link for link in BAD_LINKS if link.lower().startswith("http")])
@pytest.mark.parametrize("answer", WITH_IMAGES)
def test_a_bad_link_costs_its_picture_alone(answer: Callable[[Any], Report], link: str) -> None:
    report = answer(link)
    urls = [item.url for item in report.evidence]
    assert link in urls
    assert GOOD_LINK in urls
    bad = next(item for item in report.evidence if item.url == link)
    (lost,) = fetched(report.provider, bad)
    assert lost.problem and not lost.content


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "value", [5, True, {"href": GOOD_LINK}, ["not a picture"], "files/1.jpg", "NOT_AVAILABLE", "x" * 39]
)
@pytest.mark.parametrize("answer", FIXED)
def test_any_value_in_the_place_of_an_image_is_copied_or_reported(answer: Callable[[Any], Report], value: Any) -> None:
    report = answer(value)
    plain = answer(None)
    new = [item for item in report.evidence if item.label not in {other.label for other in plain.evidence}]
    assert len(new) == 1
    (download,) = fetched(report.provider, new[0])
    assert download.problem
