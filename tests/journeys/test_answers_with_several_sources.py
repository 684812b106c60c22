"""Answers with several sources inside, from the import file over HTTP to the page: who is approved by the system.

The answers come from a local server. Each row names the rule that it is judged by; rows were written
from the contracts of the providers before the comparison existed.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client

from compliance.case_page.command_line import check_as_data
from compliance.imports import csv_cases
from compliance.models import Case
from providers.advance_ai import RESULT_PATH, TOKEN_PATH
from providers.models import ProviderAccount
from tests.compliance.views.pages import case_page
from tests.compliance.views.provider_answers import ask, routed

pytestmark = pytest.mark.django_db

BORN = "1990-04-13"
Answer = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An answer about one declared person."""

    title: str
    provider: str
    answer: Callable[[str], Answer]
    passes: bool = False
    """Whether the system may approve without a person."""
    named: str = ""
    """One of the codes that stop the approval begins like this."""
    declared: Mapping[str, str] = field(default_factory=dict)


def passport(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "document_type": "Passport",
        "document_issuing_country": "GB",
        "full_name": "Ada Lindholm",
        "birth_date": BORN,
        "document_number": f"X12{number:05d}",
        "document_expiry_date": "2033-05-01",
    } | changed


def second(number: int, **changed: Any) -> dict[str, Any]:
    return passport(number, document_type="Driving Licence", document_number=f"LND9{number:06d}") | changed


def checkout(title: str, *documents: Mapping[str, Any], **given: Any) -> Row:
    """A row of an identity verification; ``verified`` and ``check`` change its objects."""
    verified, check = given.pop("verified", {}), given.pop("check", {})
    number = len(ROWS)
    shown = [passport(number, **documents[0]) if documents else passport(number)]
    shown += [second(number, **changed) for changed in documents[1:]]

    def answer(reference: str) -> Answer:
        return {
            "id": reference,
            "created_on": "2026-11-20T08:15:01Z",
            "modified_on": "2026-11-20T08:21:47Z",
            "applicant_id": "aplt_1",
            "user_journey_id": "usj_1",
            "status": "approved",
            "response_codes": [{"code": 10000, "summary": "approved"}],
            "risk_labels": [],
            "declared_data": {"name": given.get("declared", {}).get("full_name", "Ada Lindholm")},
            "verified_identity": {"full_name": "Ada Lindholm", "birth_date": BORN} | verified,
            "documents": shown,
            "_links": {},
        } | check

    return Row(title=title, provider="checkout_com", answer=answer, **given)


def preventor(title: str, data: Mapping[str, Any] | None = None, **given: Any) -> Row:
    """A row of an accepted ticket; ``ticket`` changes it."""
    ticket, number = given.pop("ticket", {}), len(ROWS)

    def answer(reference: str) -> Answer:
        return {
            "ticket": reference,
            "flow_status": "ACCEPTED",
            "disposition": "PASSED",
            "confidence_score": 98,
            "data": {
                "fullname": "ADA LINDHOLM",
                "date_of_birth": BORN,
                "type": "ID_CARD",
                "document_number": f"Z99{number:05d}",
                "document_issuing_country": "PE",
                "document_expiration_date": "2033-01-31",
            }
            | dict(data or {}),
            "id_proofing_state": "OK",
            "id_proofing_results": {"general_status": "OK", "authenticity": "OK", "document_expiry": None},
        } | ticket

    return Row(title=title, provider="preventor", answer=answer, **given)


def advance(title: str, detail: Mapping[str, Any] | None = None, market: str = "NGA NG_BVN", **given: Any) -> Row:
    """A row of a passed result; ``face``, ``result`` and ``asked`` change its objects."""
    face, result, asked, number = given.pop("face", {}), given.pop("result", {}), given.pop("asked", {}), len(ROWS)
    region, number_type = market.split()

    def answer(reference: str) -> Answer:
        found = {"firstName": "ADA", "lastName": "LINDHOLM"} if region == "NGA" else {"fullName": "ADA LINDHOLM"}
        return {
            "code": "SUCCESS",
            "message": "OK",
            "transactionId": "t1",
            "data": {
                "signatureId": reference,
                "overallResult": "PASS",
                "submissionCompleted": True,
                "idvResult": "PASS",
                "errorCode": "SUCCESS",
                "docDatabaseDetail": {
                    "numberValue": f"222{number:08d}",
                    "numberTypeInfo": {"region": region, "numberType": number_type},
                    "birthday": BORN.replace("-", "/"),
                }
                | found
                | dict(detail or {}),
                "faceDetail": {"faceResult": "PASS", "faceLivenessScore": 97, "faceSimilarityScore": 93} | face,
                "inputParameters": {"region": region, "numberType": number_type[3:]} | asked,
                "countryCodeIso3": region,
            }
            | result,
        }

    return Row(title=title, provider="advance_ai", answer=answer, **given)


ROWS: list[Row] = []
SOFIE = {"full_name": "Ada Sofie Lindholm"}
MRZ = "P<GBR{names:<39}\n{number:<9}{check}GBR{birth}{birth_check}F3305017<<<<<<<<<<<<<<0{last}"
ROWS += [checkout("one passport that agrees", passes=True)]
ROWS += [checkout("second document of another person", {}, {"full_name": "Nora Fielding", "birth_date": "1988-01-02"},
                  named="finding:differs:")]  # fmt: skip
ROWS += [checkout("second document expired", {}, {"document_expiry_date": "2019-01-31"}, named="finding:expired:")]
ROWS += [checkout("second document with another birth date", {}, {"birth_date": "1990-04-18"},
                  named="finding:differs:birth_date")]  # fmt: skip
ROWS += [checkout("two documents spelled differently", {"full_name": "LINDHOLM ADA SOFIE"}, SOFIE, verified=SOFIE,
                  declared=SOFIE, passes=True)]  # fmt: skip
ROWS += [checkout("permit ended", {"document_type": "Residence Permit", "permit_expiry_date": "2024-02-28"},
                  named="finding:expired:")]  # fmt: skip
ROWS += [checkout("permit without its end", {"document_type": "Residence Permit",
                  "permit_obtaining_date": "2022-03-01"}, passes=True)]  # fmt: skip
ROWS += [checkout("visa ended beside a passport", {}, {"document_type": "Visa", "document_expiry_date": "2025-06-30"},
                  named="finding:expired:")]  # fmt: skip
ROWS += [checkout("verified identity against its document", {"full_name": "Ida Lindholm"}, named="finding:")]
ROWS += [checkout("verified birth date against its document", {"birth_date": "1909-04-13"},
                  named="finding:differs:birth_date")]  # fmt: skip
ROWS += [checkout("full name against its parts", {"first_names": "Ada", "last_name": "Berg"}, named="finding:")]
ROWS += [checkout("name at birth is another name", {"first_names": "Ada", "last_name": "Lindholm",
                  "last_name_at_birth": "Berg"}, passes=True)]  # fmt: skip
ROWS += [checkout("null and empty members", verified={"last_name_at_birth": None, "gender": "", "birth_place": None},
                  passes=True)]  # fmt: skip
ROWS += [checkout("sexes disagree", {"gender": "M"}, verified={"gender": "F"}, named="finding:differs:sex")]
ROWS += [checkout("declared to the provider as another", check={"declared_data": {"name": "Nora Fielding"}},
                  named="finding:differs:full_name")]  # fmt: skip
ROWS += [checkout("only the echo agrees", check={"verified_identity": None, "documents": []})]
ROWS += [checkout("code of a counterfeit under approved", check={"response_codes": [
                  {"code": 10000, "summary": "approved"}, {"code": 62301, "summary": "forged"}]})]  # fmt: skip
ROWS += [checkout("risk label under approved", check={"risk_labels": ["multiple_faces_detected"]})]
ROWS += [checkout("no end of a lifelong card", {"document_type": "ID", "document_expiry_date": "vitalicio"},
                  passes=True)]  # fmt: skip
ROWS += [checkout("no end stated", {"document_type": "ID", "document_expiry_date": None}, passes=True)]
ROWS += [checkout("all sources born in the future", {"birth_date": "2087-04-13"}, verified={"birth_date": "2087-04-13"},
                  named="finding:implausible:birth_date")]  # fmt: skip
ROWS += [checkout("issued after its end", {"document_issue_date": "2034-05-01"}, named="finding:implausible:")]
ROWS += [checkout("machine-readable zone of another", {"document_mrz": MRZ.format(names="FIELDING<<NORA",
                  number="X12000000", check=0, birth="900413", birth_check=5, last=0).replace(" ", "<")},
                  named="finding:")]  # fmt: skip
ROWS += [preventor("accepted ticket that agrees", passes=True)]
ROWS += [preventor(f"authenticity {word}", ticket={"id_proofing_results": {"general_status": "OK",
                   "authenticity": word}}) for word in ("FAILED", "NOT_AUTHENTIC", "ERROR", "XYZZY")]  # fmt: skip
ROWS += [preventor("word of an expired document", ticket={"id_proofing_results": {"document_expiry": "EXPIRED"}})]
ROWS += [preventor("expired document", {"document_expiration_date": "2024-01-31"}, named="finding:expired:")]
ROWS += [preventor("state is a warning", ticket={"id_proofing_state": "WARNING"})]
ROWS += [preventor("error inside an accepted ticket", ticket={"error": {"code": "PVT_PM_E001"}})]
ROWS += [preventor("accepted and to be reviewed", ticket={"disposition": "NEEDS_REVIEW"})]
ROWS += [preventor("accepted and failed", ticket={"disposition": "FAILED"})]
BERG = {"full_name": "Ada Lindholm Berg"}
ROWS += [preventor("parts make the full name", {"fullname": "LINDHOLM BERG ADA", "given_names": "ADA",
                   "surname": "LINDHOLM", "second_surname": "BERG"}, declared=BERG, passes=True)]  # fmt: skip
ROWS += [preventor("a surname alone", {"fullname": None, "surname": "LINDHOLM"})]
ROWS += [preventor("second surname of another", {"fullname": "ADA LINDHOLM BERG", "given_names": "ADA",
                   "surname": "LINDHOLM", "second_surname": "MUNOZ"}, declared=BERG, named="finding:")]  # fmt: skip
IVAN = {"full_name": "Ivan Sidorov"}
ROWS += [preventor("native name of the same", {"fullname": "IVAN SIDOROV", "native_fields": {
                   "fullname": "Иван Сидоров"}}, declared=IVAN, passes=True)]  # fmt: skip
ROWS += [preventor("native name of another", {"fullname": "IVAN SIDOROV", "native_fields": {
                   "fullname": "Пётр Орлов"}}, declared=IVAN, named="finding:differs:full_name")]  # fmt: skip
ROWS += [preventor("age of another", {"age": "19"}, named="finding:")]
ROWS += [preventor("age at the birthday", {"age": "36"}, passes=True)]
ROWS += [preventor("number of the person and of the card", {"id_number": "7712345"}, passes=True)]
ROWS += [advance("register states the person", passes=True)]
ROWS += [advance("echo of the name", market="IDN ID_NIK", asked={"fullName": "ADA LINDHOLM"})]
ROWS += [advance("entry of the birth date failed", {"verification": {"numberValue": "pass", "fullName": "pass",
                 "dob": "Fail", "face": None}}, "ARG AR_DNI")]  # fmt: skip
ROWS += [advance(f"tax number {word}", {"cpfStatus": word}, "BRA BR_CPF")
         for word in ("Suspended", "Holder's Death", "Holder\N{RIGHT SINGLE QUOTATION MARK}s Death")]  # fmt: skip
ROWS += [advance("tax number regular", {"cpfStatus": "Regular", "numberValue": "529.982.247-25",
                 "verification": {"numberValue": "pass", "fullName": "pass", "dob": "pass", "face": "pass"}},
                 "BRA BR_CPF", passes=True)]  # fmt: skip
ROWS += [advance("tax number with a wrong check digit", {"cpfStatus": "Regular", "numberValue": "529.982.247-26"},
                 "BRA BR_CPF", named="finding:implausible:document_number")]  # fmt: skip
MASKED = {"firstName": "A*A", "lastName": "L******M", "birthday": "1990/**/**"}
ROWS += [advance("masked as the person", MASKED, passes=True)]
ROWS += [advance("masked as another", MASKED | {"lastName": "L******N"}, named="finding:differs:full_name")]
ROWS += [advance("everything masked", {"firstName": "***", "lastName": "********", "birthday": "****/**/**"})]
ROWS += [advance("identity failed under passed", result={"idvResult": "FAIL"})]
ROWS += [advance("face failed under passed", face={"faceResult": "FAIL", "faceSimilarityScore": 31})]
ROWS += [advance("an attack on liveness under passed", face={"livenessAttackType": 1})]
ROWS += [advance("two numbers of one register", {"bvn": "22200000007"})]
ROWS += [advance("country of another number type", result={"countryCodeIso3": "BRA"})]
ROWS += [advance("another number than asked", asked={"numberValue": "22299999999"})]


def shown_for(row: Row, place: int, account: ProviderAccount, routes: dict[str, tuple[int, Any]], desk: Client) -> Any:
    """Import the person, read the answer, look at the page; returns the case as ``show_check`` prints it."""
    is_register = row.provider == "advance_ai"
    reference = f"idv_{place:026d}" if row.provider == "checkout_com" else f"{place:016d}"
    path = RESULT_PATH if is_register else f"/{reference}"
    routes |= {path: (200, row.answer(reference)), f"{path}/attempts": (200, {"data": [], "total_count": 0})}
    declared = {"full_name": "Ada Lindholm", "birth_date": BORN} | dict(row.declared)
    lines = io.StringIO()
    fields = {"applicant_external_id": f"p-{place}", **declared, "account": account.name, "reference": reference}
    fields["kind"] = "database" if is_register else "identity"
    writer = csv.DictWriter(lines, fields)
    writer.writeheader()
    writer.writerow(fields)
    (line,) = csv_cases.import_lines(csv_cases.of_text(lines.getvalue().splitlines()), by=None)
    assert not line.error, line.error
    case = Case.objects.get(applicant__external_id=f"p-{place}")
    ask(case.checks.get())
    page = case_page(desk, case)
    printed: dict[str, Any] = check_as_data(account.name, reference)["case"]
    assert ("Approved" in page.one("title").text) is (printed["status"] == "decided")
    return printed


def test_the_system_approves_no_answer_that_contradicts_itself(
    account: Callable[..., ProviderAccount], raw_server: Callable[[Any], str], settings: LazySettings, desk: Client
) -> None:
    routes: dict[str, tuple[int, Any]] = {}
    url = raw_server(routed(routes))
    settings.PROVIDER_EXTRA_HOSTS = settings.PROVIDER_EXTRA_HOSTS | {urlsplit(url).netloc}
    keys = {"checkout_com": {"secret_key": "sk"}, "preventor": {"token": "fixed"}}
    routes[TOKEN_PATH] = (200, {"code": "SUCCESS", "data": {"token": "t", "expiredTime": 4_102_444_800_000}})
    accounts = {
        name: account(name, base_url=url, **({"credentials": keys[name]} if name in keys else dict[str, Any]()))
        for name in ("checkout_com", "preventor", "advance_ai")
    }
    wrong = {}
    for place, row in enumerate(ROWS):
        with transaction.atomic():
            case = shown_for(row, place, accounts[row.provider], routes, desk)
            transaction.set_rollback(True)
        codes = case["auto_approval"]["blocked_by"]
        is_named = any(code.startswith(row.named) for code in codes)
        if row.passes != (case["status"] == "decided") or row.passes == bool(codes) or not (row.passes or is_named):
            wrong[row.title] = (case["status"], codes)
    assert wrong == {}
    assert sum(not row.passes for row in ROWS) >= 40
