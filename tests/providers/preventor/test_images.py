"""Preventor's images by type, in every encoding."""

import base64
import io
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from providers import (
    Download,
    Evidence,
    EvidenceKind,
    Kind,
    NotFoundAtProvider,
    ProviderUnavailable,
    ReferenceMismatch,
    Subject,
)
from providers.preventor import Preventor
from providers.preventor.images import IMAGE_TYPES, decoded, images_in, says_there_is_none
from providers.simulator.images import ghost_portrait, portrait, selfie, signature
from providers.simulator.images.cards import document_back, document_front
from providers.simulator.people import person
from providers.simulator.server import Simulator
from providers.transport.http import MIB
from tests.providers.conftest import ClientFactory
from tests.providers.preventor.samples import TICKET, names, payload, read
from tests.sampling import examples

FOREIGN = "The bytes are of no known type of image or file."
NOT_FOUND = "Preventor answered, but the answer contains no recognisable image."
TYPES = ("SELF_PORTRAITS", "DOCUMENT", "DOCUMENT_PORTRAIT", "DOCUMENT_SIGNATURE", "DOCUMENT_GHOST_PORTRAIT")

# file -> the types asked for, and what comes out: kind and label of each picture
IMAGES: Mapping[str, tuple[tuple[str, ...], list[tuple[str, str]]]] = {
    "images-self-portraits": (
        ("SELF_PORTRAITS",),
        [("selfie", "SELF_PORTRAITS 1"), ("selfie", "SELF_PORTRAITS 2")],
    ),
    "images-document": (("DOCUMENT",), [("document_front", "DOCUMENT 1")]),
    "images-document-portrait": (("DOCUMENT_PORTRAIT",), [("document_portrait", "DOCUMENT_PORTRAIT")]),
    "images-document-signature": (("DOCUMENT_SIGNATURE",), [("document_signature", "DOCUMENT_SIGNATURE")]),
    "images-document-ghost-portrait": (
        ("DOCUMENT_GHOST_PORTRAIT",),
        [("document_ghost_portrait", "DOCUMENT_GHOST_PORTRAIT")],
    ),
    "images-all": (
        TYPES,
        [
            ("selfie", "SELF_PORTRAITS 1"),
            ("selfie", "SELF_PORTRAITS 2"),
            ("document_front", "DOCUMENT 1"),
            ("document_back", "DOCUMENT 2"),
            ("document_portrait", "DOCUMENT_PORTRAIT"),
            ("document_signature", "DOCUMENT_SIGNATURE"),
            ("document_ghost_portrait", "DOCUMENT_GHOST_PORTRAIT"),
        ],
    ),
    "images-joined": (
        ("SELF_PORTRAITS", "DOCUMENT_PORTRAIT"),
        [
            ("selfie", "SELF_PORTRAITS 1"),
            ("selfie", "SELF_PORTRAITS 2"),
            ("document_portrait", "DOCUMENT_PORTRAIT"),
        ],
    ),
    "images-older-names": (
        ("SELF_PORTRAITS",),
        [("selfie", "SELF_PORTRAITS 1"), ("selfie", "SELF_PORTRAITS 2")],
    ),
    "images-list": (("DOCUMENT",), [("document_front", "DOCUMENT 1"), ("document_back", "DOCUMENT 2")]),
    "images-links": (("DOCUMENT",), [("document_front", "DOCUMENT 1"), ("document_back", "DOCUMENT 2")]),
    "images-none": (("DOCUMENT_SIGNATURE",), []),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_images_file_gives_its_pictures(name: str) -> None:
    asked, expected = IMAGES[name]
    found = images_in(payload(name), asked)
    assert [(one.kind, one.label) for one in found] == expected
    for one in found:
        assert bool(one.link) is (name == "images-links")
        if one.content:
            assert Image.open(io.BytesIO(one.content)).size[0] == 24


def test_every_images_file_is_expected_by_name() -> None:
    assert set(names("images-")) == set(IMAGES)


def test_a_picture_of_a_type_that_was_not_asked_for_is_left_to_its_own_request() -> None:
    found = images_in(payload("images-all"), ("DOCUMENT_PORTRAIT",))
    assert [one.label for one in found] == ["DOCUMENT_PORTRAIT"]


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ({"document": {"portrait": "P"}}, "DOCUMENT_PORTRAIT: document.portrait"),
        ({"data": {"images": {"documentPortrait": "P"}}}, "DOCUMENT_PORTRAIT: data.images.documentPortrait"),
        ("P", "DOCUMENT_PORTRAIT"),
        ({"result": {"value": "P"}}, "DOCUMENT_PORTRAIT: result.value"),
    ],
)
def test_a_picture_is_found_wherever_it_stands(answer: Any, label: str) -> None:
    picture = payload("images-document-portrait")["document_portrait"]

    def filled(value: Any) -> Any:
        return {key: filled(child) for key, child in value.items()} if isinstance(value, dict) else picture

    found = images_in(filled(answer), ("DOCUMENT_PORTRAIT",))
    assert [one.label for one in found] == [label]


@pytest.mark.parametrize(
    "text", ["", "SELFIE", "iVBORw0KGgo@", "data:image/jpeg;base64,", "data:,hello", "data:image/png;base64,bm90IGE="]
)
def test_what_is_no_picture_is_not_taken_for_one(text: str) -> None:
    for one in images_in({"picture_1": text}, ("DOCUMENT",)):
        assert one.problem
        assert not one.content


def test_white_space_and_other_alphabets_do_not_spoil_base64() -> None:
    portrait = payload("images-document-portrait")["document_portrait"]
    plain = decoded(portrait)[0]
    assert plain
    for other in ("\n".join(portrait), portrait.rstrip("="), portrait.replace("+", "-").replace("/", "_")):
        assert decoded("data:image/png;base64," + other) == (plain, "")


def drawn(form: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 30), 80).convert("RGB").save(out, form)
    return out.getvalue()


SPELLINGS: Mapping[str, Callable[[bytes], str]] = {
    "base64": lambda content: base64.b64encode(content).decode(),
    "the URL alphabet": lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="),
    "lines": lambda content: base64.encodebytes(content).decode(),
    "blanks": lambda content: " \t".join(textwrap.wrap(base64.b64encode(content).decode(), 60)),
    "a data URI in lines": lambda content: "data:image/x;base64,\r\n" + base64.encodebytes(content).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "PDF"])
def test_a_picture_of_any_kind_is_seen_in_any_spelling_in_answer_and_ticket(
    form: str, spelling: str, client: ClientFactory
) -> None:
    content = drawn(form)
    text = SPELLINGS[spelling](content)
    (found,) = images_in({"x": {"value": text}}, ("SELF_PORTRAITS",))
    assert (found.content, found.problem, found.kind) == (content, "", EvidenceKind.SELFIE)
    (item,) = read({"ticket": TICKET, "flow_status": "ACCEPTED", "x": {"value": text}})[0].evidence
    (download,) = client("preventor").fetch_evidence(item, Subject(kind=Kind.IDENTITY, reference=TICKET))
    assert (download.content, download.problem) == (content, "")


@pytest.mark.parametrize(
    ("answer", "types", "is_none"),
    [
        ({"ticket": "T-1", "type": "DOCUMENT_SIGNATURE"}, TYPES[2:], True),
        ({"document_signature": "NOT_AVAILABLE"}, TYPES[2:], True),
        ({"document_signature": {"picture_1": "N/A", "present": False}, "count": 0}, TYPES[2:], True),
        ({"status": 404, "code": "NTFND", "message": "This document has no such image."}, TYPES[2:], True),
        ({"message": "The document type has no ghost portrait."}, TYPES[2:], True),
        ({"images": []}, TYPES[2:], True),
        ("Not found", TYPES[2:], True),
        ({"status": 500, "code": "RRR", "message": "Try again."}, TYPES[2:], False),
        ({"document_signature": "s3://bucket/key"}, TYPES[2:], False),
        ({"document_signature": "https://files.example/a.png"}, TYPES[2:], False),
        ({"type": "https://files.example/a.png"}, TYPES[2:], False),
        ({"id": "A" * 300}, TYPES[2:], False),
        ({"data": [255, 216, 255]}, TYPES[2:], False),
        ({"ticket": "T-1", "count": 0}, TYPES[:2], False),
    ],
)
def test_a_cut_out_that_the_document_type_does_not_have_is_no_problem(
    answer: Any, types: tuple[str, ...], is_none: bool
) -> None:
    assert [says_there_is_none(answer, (asked,), "T-1") for asked in types] == [is_none] * len(types)


@pytest.mark.parametrize("asked", TYPES)
@pytest.mark.parametrize(
    ("answer", "is_reported"),
    [
        ({"images": ["CAMERA"]}, True),
        ({"count": 0}, True),
        ({"data": [255, 216, 255]}, True),
        ({"result": "s3://bucket/key"}, True),
        ("nothing here", True),
        ({}, False),
        ([], False),
        ({"images": [None, "", "  "], "more": {}}, False),
        (None, False),
    ],
)
def test_an_answer_that_says_something_and_holds_no_picture_is_reported(
    answer: Any, is_reported: bool, asked: str
) -> None:
    found = images_in(answer, (asked,))
    assert [(one.image_type, one.content, bool(one.problem)) for one in found] == [(asked, b"", True)] * is_reported


def test_what_is_not_understood_beside_a_picture_is_reported_too() -> None:
    portrait = payload("images-document-portrait")["document_portrait"]
    answer = {
        "document": {"picture_1": portrait, "picture_2": "id-of-a-file", "picture_source": "CAMERA", "raw": "00" * 200}
    }
    found = images_in(answer, ("DOCUMENT",))
    assert [(one.label, bool(one.content), one.problem) for one in found] == [
        ("DOCUMENT 1", True, ""),
        ("DOCUMENT 2", False, "The value is neither a link nor an image."),
        ("DOCUMENT: document.raw", False, FOREIGN),
    ]
    assert images_in({"x": 1}, ("DOCUMENT",))[0].problem == NOT_FOUND


def test_an_unreadable_body_under_the_name_of_an_image_is_listed_and_reported(
    client: ClientFactory,
) -> None:
    odd = {"selfie": drawn("JPEG").hex(), "image_check": "PASSED", "image_note": "The picture is sharp. " * 20}
    (item,) = read({"ticket": TICKET, "flow_status": "ACCEPTED", "faces": odd})[0].evidence
    (download,) = client("preventor").fetch_evidence(item, Subject(kind=Kind.IDENTITY, reference=TICKET))
    assert (item.label, download.content, download.problem) == ("ticket: faces.selfie", b"", FOREIGN)


def test_pictures_under_keys_with_dots_keep_labels_of_their_own() -> None:
    one, two = (SPELLINGS["base64"](drawn(form)) for form in ("JPEG", "PNG"))
    report = read({"ticket": TICKET, "flow_status": "ACCEPTED", "a.b": {"selfie": one}, "a": {"b": {"selfie": two}}})[0]
    assert [(item.kind, item.label) for item in report.evidence] == [
        (EvidenceKind.SELFIE, 'ticket: "a.b".selfie'),
        (EvidenceKind.SELFIE, "ticket: a.b.selfie"),
    ]


def test_a_picture_above_twelve_mebibytes_is_refused_before_it_is_decoded() -> None:
    assert decoded("/9j/" + "A" * (16 * MIB + 8)) == (b"", "The image is larger than 12 MiB.")


@settings(max_examples=examples(200), deadline=None)
@given(
    answer=st.recursive(
        st.none()
        | st.integers()
        | st.text(max_size=30)
        | st.sampled_from(["http://[::1", "https://x/a", "data:,", "/9j/"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
        max_leaves=15,
    )
)
@example(answer={"²": "https://x/a", "9" * 5000: "https://x/b"})
def test_no_images_answer_breaks_the_walk(answer: Any) -> None:
    for one in images_in(answer, TYPES):
        assert [bool(one.content), bool(one.link), bool(one.problem)].count(True) == 1
    for asked in TYPES:
        assert all(found.image_type == asked for found in images_in(answer, (asked,)))


# --- over the wire ----------------------------------------------------------------------------------------------------

Fetched = Callable[..., dict[str, tuple[Download, ...]]]


def _subject(simulator: Simulator, scenario: str, serial: int = 6) -> Subject:
    return Subject(kind=Kind.IDENTITY, reference=simulator.providers["preventor"].reference(scenario, serial))


@pytest.fixture
def fetched(simulator: Simulator, client: ClientFactory) -> Fetched:
    """``fetched(scenario)``: everything that a read ticket's evidence gives, by type."""

    def run(scenario: str, serial: int = 6) -> dict[str, tuple[Download, ...]]:
        reader, subject = client("preventor"), _subject(simulator, scenario, serial)
        items = reader.list_evidence(reader.fetch(subject))
        return {item.label: tuple(reader.fetch_evidence(item, subject)) for item in items}

    return run


@pytest.mark.parametrize("way", ["data-uri", "base64", "links", "older-names"])
def test_each_way_of_sending_brings_the_same_bytes(way: str, fetched: Fetched) -> None:
    found = fetched(f"pictures-{way}")
    who = person(6)
    assert {image_type: [one.content for one in downloads] for image_type, downloads in found.items()} == {
        "SELF_PORTRAITS": [selfie(who), selfie(who, 2)],
        "DOCUMENT": [document_front(who), document_back(who)],
        "DOCUMENT_PORTRAIT": [portrait(who)],
        "DOCUMENT_SIGNATURE": [signature(who)],
        "DOCUMENT_GHOST_PORTRAIT": [ghost_portrait(who)],
    }
    kinds = [one.kind for downloads in found.values() for one in downloads]
    assert kinds == ["selfie"] * 2 + ["document_front", "document_back"] + [IMAGE_TYPES[name] for name in TYPES[2:]]
    assert {one.media_type for downloads in found.values() for one in downloads} == {"image/jpeg", "image/png"}
    assert not any("Signature=" in one.source for downloads in found.values() for one in downloads)


def test_missing_types_are_normal(fetched: Fetched) -> None:
    assert [len(downloads) for downloads in fetched("pictures-front-only").values()] == [2, 1, 0, 0, 0]
    assert not any(fetched("pictures-none").values())


def test_one_request_for_each_type_and_never_for_all(simulator: Simulator, fetched: Fetched) -> None:
    since = len(simulator.world.log())
    fetched("pictures-data-uri")
    calls = [line.path.rpartition("/")[2] for line in simulator.world.log(since) if "/transactions/" in line.path]
    assert calls[1:] == ["images"] * 5


@pytest.mark.parametrize(("setting", "label"), [("ALL", "ALL"), ("joined", ",".join(TYPES))])
def test_one_request_for_all_types_if_the_account_says_so(
    setting: str, label: str, simulator: Simulator, client: ClientFactory
) -> None:
    reader, subject = client("preventor", settings={"image_requests": setting}), _subject(simulator, "accepted-passed")
    (item,) = reader.list_evidence(reader.fetch(subject))
    assert (item.kind, item.label, reader.can_ask_for(item.label)) == (EvidenceKind.OTHER, label, True)
    assert [one.label for one in reader.fetch_evidence(item, subject)][2:] == ["DOCUMENT 1", "DOCUMENT 2", *TYPES[2:]]


@pytest.mark.parametrize("label", ["", "SELFIES", "DOCUMENT, ALL", "ticket: data.selfie"])
def test_other_labels_cannot_be_requested(label: str) -> None:
    assert not Preventor.can_ask_for(label)


def test_a_picture_that_is_too_big_is_named_and_the_other_is_kept(fetched: Fetched) -> None:
    front, back = fetched("pictures-too-big")["DOCUMENT"]
    assert (front.kind, front.content) == (EvidenceKind.DOCUMENT_FRONT, document_front(person(6)))
    assert "12 MiB" not in front.source + front.problem
    assert (back.kind, back.content) == (EvidenceKind.DOCUMENT_BACK, b"")
    assert back.problem == "The image is larger than 12 MiB."


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("pictures-spoiled", ["The image is not base64.", FOREIGN]),
        (
            "pictures-foreign-link",
            ["Not fetched: pictures.example.net is not one of the account's evidence hosts (evidence_hosts)."] * 2,
        ),
    ],
)
def test_pictures_that_cannot_be_had_are_reported_without_the_link(
    scenario: str, words: list[str], simulator: Simulator, client: ClientFactory
) -> None:
    item = Evidence(kind=EvidenceKind.SELFIE, label="SELF_PORTRAITS")
    found = list(client("preventor").fetch_evidence(item, _subject(simulator, scenario)))
    assert [(one.label, one.content, one.problem) for one in found] == [
        (f"SELF_PORTRAITS {number}", b"", problem) for number, problem in enumerate(words, start=1)
    ]
    assert "canary" not in f"{found!r} {[one.source for one in found]}"


def test_an_answer_above_the_limit_is_reported_and_not_taken_for_an_unreadable_one(
    simulator: Simulator, client: ClientFactory
) -> None:
    item = Evidence(kind=EvidenceKind.SELFIE, label="SELF_PORTRAITS")
    (found,) = client("preventor").fetch_evidence(item, _subject(simulator, "fault-too-big"))
    assert (found.kind, found.content, found.problem) == (
        EvidenceKind.SELFIE,
        b"",
        "The answer is larger than 32 MiB.",
    )


def test_types_in_one_request_are_joined_by_a_literal_comma(
    client: ClientFactory, raw_server: Callable[..., str]
) -> None:
    lines: list[bytes] = []

    def answer(connection: Any, head: bytes) -> None:
        lines.append(head.split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    reader = client("preventor", base_url=raw_server(answer), credentials={"token": "t"})
    item = Evidence(kind=EvidenceKind.OTHER, label="SELF_PORTRAITS,DOCUMENT")
    assert list(reader.fetch_evidence(item, Subject(kind=Kind.IDENTITY, reference="T-1"))) == []
    assert lines == [b"GET /id/v1/identity/transactions/T-1/images?type=SELF_PORTRAITS,DOCUMENT HTTP/1.1"]


@pytest.mark.parametrize("label", ["SELF_PORTRAITS,DOCUMENT", "ALL"])
def test_joined_types_bring_what_each_would_bring_alone(
    label: str, simulator: Simulator, client: ClientFactory
) -> None:
    item = Evidence(kind=EvidenceKind.OTHER, label=label)
    found = client("preventor").fetch_evidence(item, _subject(simulator, "accepted-passed"))
    labels = [one.label for one in found]
    both = ["SELF_PORTRAITS 1", "SELF_PORTRAITS 2", "DOCUMENT 1", "DOCUMENT 2"]
    assert labels == (both if label != "ALL" else [*both, *TYPES[2:]])


@pytest.mark.parametrize("wrong", ["SELFIES", "self_portraits", "DOCUMENT, ALL"])
def test_the_simulator_refuses_image_types_that_the_page_does_not_name(
    wrong: str, simulator: Simulator, client: ClientFactory
) -> None:
    reader = client("preventor")
    assert isinstance(reader, Preventor)
    with pytest.raises((ReferenceMismatch, ProviderUnavailable)):
        list(reader.fetch_images(_subject(simulator, "accepted-passed").reference, wrong))


def test_links_are_followed_without_credentials(simulator: Simulator, client: ClientFactory) -> None:
    # The simulator's store answers 400 to any call that carries a token or a key, so a picture proves their absence.
    item = Evidence(kind=EvidenceKind.DOCUMENT_PORTRAIT, label="DOCUMENT_PORTRAIT")
    (found,) = client("preventor").fetch_evidence(item, _subject(simulator, "pictures-links"))
    assert found.content == portrait(person(6))


@pytest.mark.parametrize(
    ("scenario", "asked"),
    [
        ("open-nothing", 0),
        ("in-progress-processing", 0),
        ("in-progress-retry", 0),
        ("in-progress-failed", 5),
        ("in-progress-needs-review", 5),
        ("accepted-passed", 5),
        ("rejected-failed", 5),
        ("open-abandoned", 5),
        ("code-pvt-e0006", 5),
    ],
)
def test_pictures_are_asked_for_once_the_ticket_has_come_to_something(
    scenario: str, asked: int, simulator: Simulator, client: ClientFactory
) -> None:
    reader = client("preventor")
    assert len(reader.list_evidence(reader.fetch(_subject(simulator, scenario)))) == asked


def test_an_expired_link_of_a_ticket_is_not_found_so_that_the_ticket_is_read_again(
    simulator: Simulator, client: ClientFactory
) -> None:
    reader, subject = client("preventor"), _subject(simulator, "ticket-links")
    front, back = [item for item in reader.fetch(subject).evidence if item.url]
    assert [item.label for item in (front, back)] == [
        "ticket: document_information.front_image",
        "ticket: document_information.back_image",
    ]
    assert [found.content for found in reader.fetch_evidence(front, subject)] == [document_front(person(6))]
    dead = replace(back, url=back.url.replace("Expires=", "Expires=1"))
    with pytest.raises(NotFoundAtProvider, match="HTTP 403: the link has expired"):
        list(reader.fetch_evidence(dead, subject))


def test_a_fresh_link_that_is_refused_is_worth_another_try(fetched: Fetched) -> None:
    for downloads in fetched("pictures-links-expired").values():
        for found in downloads:
            assert (found.content, found.problem) == (b"", "A fresh link was refused by the file store (HTTP 403).")
            assert found.fault is not None and found.fault.retryable


def test_a_picture_in_the_ticket_itself_is_evidence_too(client: ClientFactory) -> None:
    report = read(payload("ticket-with-picture"))[0]
    (item,) = report.evidence
    assert (item.kind, item.label) == (EvidenceKind.DOCUMENT_FRONT, "ticket: document.front")
    (found,) = client("preventor").fetch_evidence(item, Subject(kind=Kind.IDENTITY, reference=report.reference))
    assert found.content.startswith(b"\xff\xd8\xff")
