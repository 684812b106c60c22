"""Whole answers about invented people, from the import line to what stops the automatic approval.

Each row of ``EXPECTED`` is a kind of trouble that public reports describe; the answers and declarations are files.
"""

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from compliance.case_page.command_line import check_as_data
from compliance.errors import InvalidInput
from compliance.sync import reads
from providers import Kind, Subject
from providers.checkout_com.parse import parse
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.views.provider_answers import answer_of

pytestmark = pytest.mark.django_db

FILES = Path(__file__).with_name("answers_of_people")
EXPECTED = {
    "idv_apostrophe": "finding:differs:full_name",
    "idv_apostrophe2": "finding:differs:full_name",
    "idv_twodocs": "finding:differs:full_name",
    "idv_permit": "finding:expired:document_expiry",
    "idv_permit2": "finding:expired:document_expiry",
    "idv_futurebirth": "finding:implausible:birth_date",
    "idv_lifelong_vn": "",
    "idv_lifelong_th": "",
    "idv_okina": "",
    "idv_persian": "",
    "idv_uz_cyr": "",
}
"""Reference -> one of the codes that stop the automatic approval; empty where the system approves."""


def test_contradictions_go_to_a_person_and_other_spellings_do_not(account: Callable[..., ProviderAccount]) -> None:
    checkout = account("checkout_com")
    answers, refused = [], []
    with (FILES / "people.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["reference"] not in EXPECTED:
                refused.append(row)
                continue
            case = factories.make_case(
                row["applicant_external_id"], full_name=row["full_name"], birth_date=row["birth_date"]
            )
            check = factories.add_check(case, checkout, row["reference"], kind="identity")
            answer = json.loads((FILES / f"{row['reference']}.json").read_text(encoding="utf-8"))
            subject = Subject(kind=Kind.IDENTITY, reference=check.reference)
            answers.append(answer_of(check, partial(parse, {"check": answer}, subject)))
    for row in refused:
        # A person typed a mask, which only a provider may.
        with pytest.raises(InvalidInput, match="hides characters"):
            factories.make_case(row["applicant_external_id"], full_name=row["full_name"])
    assert [row["reference"] for row in refused] == ["idv_starname"]
    reads.store(answers, reads.Counts())
    found = {name: check_as_data(checkout.name, name)["case"] for name in EXPECTED}
    blocked = {name: case["auto_approval"]["blocked_by"] for name, case in found.items()}
    assert {name: codes for name, codes in blocked.items() if bool(codes) != bool(EXPECTED[name])} == {}
    assert {name: codes for name, codes in blocked.items() if EXPECTED[name] and EXPECTED[name] not in codes} == {}
    assert {name for name, case in found.items() if case["status"] == "decided"} == {
        name for name, code in EXPECTED.items() if not code
    }
