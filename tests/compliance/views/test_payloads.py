"""A large payload on its page: windows of lines, search in the whole, comparison within a limit."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.case_page import payload
from compliance.case_page.payload import WINDOW
from compliance.case_page.payload_lines import MOST_FOUND, PayloadText
from compliance.models import Check, CheckReport, ViewRecord
from providers import Kind, Subject
from providers.models import ProviderAccount
from providers.preventor.parse import parse as parse_preventor
from providers.vault import new_id
from tests import factories, timing
from tests.compliance.views.pages import FRAGMENT, Node, page_of
from tests.compliance.views.provider_answers import tell

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., ProviderAccount]
ROWS = [{"name": f"row {number}", "seen": 0} for number in range(1500)]


def check_with_answers(account: ProviderAccount, *answers: Any) -> Check:
    check = factories.add_check(factories.make_case(), account, f"t-{next(factories._numbers)}")
    for answer in answers:
        tell(check, partial(parse_preventor, answer, Subject(kind=Kind.IDENTITY, reference=check.reference)))
    check.refresh_from_db()
    return check


def shown(answer: Any, check: Check) -> Node:
    return page_of(answer).by_id(f"payload-{check.pk}")


def opened(desk: Client, check: Check, **query: Any) -> Node:
    return shown(desk.get(reverse("check-payload", args=[check.pk]), query), check)


def search(desk: Client, check: Check, words: str, begin: str = "", **given: Any) -> Node:
    url = reverse("check-payload", args=[check.pk])
    return shown(desk.post(url, {"find": words, "from": begin}, **given), check)


def lines_of(body: Node) -> list[str]:
    spans = [span for span in body.one("div", "raw").all("span") if "place" not in span.classes]
    return [span.raw[2:] for span in spans]


def link(body: Node, rel: str) -> str:
    return body.one("nav", "payload-pager").one("a", rel=rel)["href"]


def test_consecutive_windows_contain_the_whole_payload(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "rows": ROWS})
    body, found = opened(desk, check), list[str]()
    while True:
        found += lines_of(body)
        assert len(lines_of(body)) <= WINDOW
        if not body.one("nav", "payload-pager").has("a", rel="next"):
            break
        body = shown(desk.get(link(body, "next"), headers=FRAGMENT), check)
    assert found == PayloadText(CheckReport.objects.get(check_row=check).payload).lines()
    assert body.one("nav", "payload-pager").one("span", "sub").text == f"Lines 6,001 to 6,005 of {len(found):,}"
    assert lines_of(shown(desk.get(link(body, "prev")), check)) == found[4000:6000]
    assert ViewRecord.objects.filter(kind="payload", check_row=check, report_number=1).count() == 5


@pytest.mark.parametrize(("at", "first"), [("2001", 2000), ("99999999", 6000), ("-1", 0), ("x", 0), ("9" * 40, 0)])
def test_a_line_opens_the_window_that_contains_it(at: str, first: int, account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "rows": ROWS})
    said = opened(desk, check, at=at).one("nav", "payload-pager").one("span", "sub").text
    assert said.startswith(f"Lines {first + 1:,} to ")


def test_a_small_payload_has_no_pager(account: MakeAccount, desk: Client) -> None:
    assert not opened(desk, check_with_answers(account("preventor"), {"flow_status": "REJECTED"})).has(
        "nav", "payload-pager"
    )


# --- masked values ----------------------------------------------------------------------------------------------------

NUMBER, PHONE = "X99182734", 491701234567


@pytest.fixture
def private(account: MakeAccount) -> Check:
    """A check whose payload has the document number of the applicant as a value, inside a text and as a key, and the
    phone as a number."""
    found = {"number": NUMBER, "text": f"Number {NUMBER.lower()} is fine", NUMBER: True, "phone": PHONE, "name": "Zoe"}
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "found": found, "rows": ROWS})
    check.facts = {"document_number": NUMBER, "phone": f"+{PHONE}"}
    check.save(update_fields=("facts",))
    return check


def holds(text: str) -> list[bool]:
    return [word in text for word in (NUMBER, NUMBER.lower(), str(PHONE))]


def revealed() -> list[str]:
    return list(ViewRecord.objects.filter(kind="payload").order_by("id").values_list("fact", flat=True))


def test_private_values_are_masked_in_every_view_until_they_are_revealed(private: Check, desk: Client) -> None:
    url = reverse("check-payload", args=[private.pk])
    for answer in (
        desk.get(url),
        desk.get(url, {"at": "2001", "show": "1"}),
        desk.get(url, headers=FRAGMENT),
        desk.post(url, {"find": "name"}),
        desk.get(reverse("check-payload-download", args=[private.pk]), {"show": "1"}),
        desk.post(reverse("check-payload-download", args=[private.pk])),
    ):
        assert holds(answer.content.decode()) == [False] * 3
    assert revealed() == [""] * 6
    assert shown(desk.post(url, {"find": NUMBER}), private).one("span", role="status").text == "No matching line"


def test_each_reveal_of_a_payload_is_recorded_and_kept_while_leafing(private: Check, desk: Client) -> None:
    url = reverse("check-payload", args=[private.pk])
    button = opened(desk, private).by_id(f"show-payload-{private.pk}")
    assert (button["name"], button["form"]) == ("show", f"find-payload-{private.pk}")
    answer = desk.post(url, {"show": "1", "find": "", "at": "0"})
    assert holds(answer.content.decode()) == [True] * 3
    body = shown(answer, private)
    assert body.by_id(f"find-payload-{private.pk}").one("input", name="show")["value"] == "1"
    assert not body.has(id=button["id"])
    following = body.one("nav", "payload-pager").one("button", name="to")
    later = shown(desk.post(url, {"show": "1", "find": "name", "at": "0", "to": following["value"]}), private)
    assert later.one("nav", "payload-pager").one("span", "sub").text.startswith("Lines 2,001 to")
    assert revealed() == ["", "payload", "payload"]
    log = page_of(desk.get(reverse("case-views", args=[private.case_id]))).text
    assert "revealed the masked values in the payload of report 1 of Preventor identity" in log


@pytest.mark.parametrize("shows", [False, True])
def test_a_payload_is_downloaded_as_a_recorded_file(shows: bool, private: Check, desk: Client) -> None:
    url = reverse("check-payload-download", args=[private.pk])
    answer = desk.post(url, {"show": "1"}) if shows else desk.get(url)
    assert answer["Content-Disposition"] == (
        f'attachment; filename="KYC-{private.case_id}-preventor-identity-report-1.json"'
    )
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(answer.content)["found"]["name"] == "Zoe"
    assert holds(answer.content.decode()) == [shows] * 3
    record = ViewRecord.objects.get()
    assert (record.kind, record.page, record.report_number, record.fact) == (
        "payload", "check-payload-download", 1, "payload" if shows else "",
    )  # fmt: skip


def test_values_with_private_names_of_an_older_report_are_masked(account: MakeAccount, desk: Client) -> None:
    answers = (
        {"flow_status": "REJECTED", "further": {"passport_number": number}} for number in ("OLD77123", "NEW99456")
    )
    check = check_with_answers(account("preventor"), *answers)
    url = reverse("check-payload", args=[check.pk])
    for query in ({}, {"report": "1"}):
        content = desk.get(url, query).content.decode()
        assert "passport_number" in content and "OLD77123" not in content and "NEW99456" not in content
    assert (
        "OLD77123" not in desk.get(reverse("check-payload-download", args=[check.pk]), {"report": "1"}).content.decode()
    )


def test_a_payload_without_private_values_has_nothing_to_reveal(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED"})
    assert not opened(desk, check).has(id=f"show-payload-{check.pk}")


# --- searching --------------------------------------------------------------------------------------------------------


def test_a_search_visits_the_matches_of_all_windows_and_starts_again(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "rows": ROWS, "zz": "Row 7 <again>"})
    body = search(desk, check, "ROW 7")
    hits = [number for number in range(1500) if str(number).startswith("7")]
    assert body.one("span", role="status").text == f"Match 1 of {len(hits) + 1}"
    here = body.by_id(f"hit-{check.pk}")
    assert here.text == '"name": "row 7",' and {"hit", "is-here"} <= here.classes
    back = body.by_id(f"find-previous-{check.pk}")["value"]
    last = search(desk, check, "ROW 7", back, headers=FRAGMENT)
    assert last.by_id(f"hit-{check.pk}").text == '"zz": "Row 7 <again>"'
    assert last.one("nav", "payload-pager").one("span", "sub").text.startswith("Lines 6,001 to")
    again = search(desk, check, "ROW 7", last.by_id(f"find-next-{check.pk}")["value"])
    assert again.by_id(f"hit-{check.pk}").text == '"name": "row 7",'
    field = again.by_id(f"find-words-{check.pk}")
    assert field["value"] == "ROW 7"


def test_searched_words_are_in_no_url(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "rows": ROWS})
    answer = desk.post(reverse("check-payload", args=[check.pk]), {"find": "row 1499"})
    links = [node.get(name) for node in page_of(answer).walk() for name in ("href", "action", "hx-get", "hx-post")]
    assert any(links) and not any("1499" in found for found in links)
    assert ViewRecord.objects.latest("id").kind == "payload"


def test_a_search_reports_missing_words_and_its_limit(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED", "rows": ROWS})
    body = search(desk, check, "nowhere")
    assert body.one("span", role="status").text == "No matching line"
    assert not body.has(id=f"hit-{check.pk}") and lines_of(body)[0] == "{"
    assert search(desk, check, "REJECTED").one("span", role="status").text == "1 match"
    many = search(desk, check, "seen").one("span", role="status").text
    assert many == f"Match 1 of the first {MOST_FOUND:,}"


# --- the difference ---------------------------------------------------------------------------------------------------


def test_lines_between_changes_are_folded_and_links_lead_to_other_windows(account: MakeAccount, desk: Client) -> None:
    later = [row | ({"seen": 1} if number in (10, 1400) else {}) for number, row in enumerate(ROWS)]
    answers = ({"flow_status": "REJECTED", "rows": rows} for rows in (ROWS, later))
    check = check_with_answers(account("preventor"), *answers)
    body = opened(desk, check)
    assert body.one("p", "places").text.startswith("2 lines changed in 2 places since report 1.")
    folds = body.one("div", "raw").all("details")
    assert [fold.one("summary").text for fold in folds] == ["42 lines unchanged", "1950 lines unchanged"]
    assert not any("open" in fold.attributes for fold in folds)
    near = [line for line in body.one("div", "raw").children if isinstance(line, Node) and line.tag == "span"]
    assert [line.raw[:2] for line in near[:3] + near[4:]] == ["  ", "  ", "  ", "- ", "+ ", "  ", "  ", "  "]
    assert near[3].text.startswith("Change 1")
    way = body.by_id(f"change-{check.pk}-1").one("a")
    assert (way.text, way["href"].partition("#")[2]) == ("next change", f"change-{check.pk}-2")
    other = shown(desk.get(way["hx-get"], headers=FRAGMENT), check)
    assert other.by_id(f"change-{check.pk}-2").one("a")["href"].endswith(f"at=0#change-{check.pk}-1")
    found = search(desk, check, "row 700")
    assert "hit" in next(line for line in found.one("div", "raw").all("span") if "row 700" in line.text).classes


@pytest.mark.parametrize(("first", "second"), [(3, 9), (9, 3)])
def test_payloads_too_long_to_compare_are_shown_with_the_reason(
    first: int, second: int, account: MakeAccount, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "MOST_LINES", 15)
    answers = ({"flow_status": "REJECTED", "rows": list(range(count))} for count in (first, second))
    check = check_with_answers(account("preventor"), *answers)
    text = PayloadText(CheckReport.objects.get(check_row=check, number=2 if second > first else 1).payload)
    monkeypatch.setattr(payload, "MOST_LINES", text.total - 1)
    body = opened(desk, check)
    whose = "It" if second > first else "The report before it"
    assert body.one("p", "places").text.startswith(
        f"Not compared. {whose} has {text.total} lines, and up to {text.total - 1} are compared with another report"
    )
    assert not body.has("span", "ins") and '"rows": [' in "\n".join(lines_of(body))


def test_a_window_of_many_mebibytes_is_answered_within_a_second(account: MakeAccount, desk: Client) -> None:
    check = check_with_answers(account("preventor"), {"flow_status": "REJECTED"})
    report = CheckReport.objects.select_related("data_key").get(check_row=check)
    report.pk, report.number, report.seq, report.fence = new_id(), 2, report.seq + 1, report.fence + 1
    report.payload = {"rows": [{"name": f"row {at} of many", "seen": at, "text": "x" * 60} for at in range(60_000)]}
    report.save(force_insert=True)
    url = reverse("check-payload", args=[check.pk])
    answer: Any = timing.within(15, lambda: desk.get(url, {"report": "2", "at": "99999999"}))
    assert len(answer.content) < 600_000
    assert lines_of(shown(answer, check))[-1] == "}"
