"""Statements of the running role that mix the rows of two cases are refused, also outside of the application."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from compliance.actions import resolutions
from compliance.models import User
from tests.compliance import assertions
from tests.compliance.actions.test_resolutions import duplicate
from tests.compliance.views.test_documents import copied, png
from tests.services import acting_as_desk_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

NEW_DOCUMENT = """INSERT INTO compliance_document (id, case_id, data_key_id, check_id, kind, label, position, state,
        link, inline, source, fault_code, fault_params, fault_detail, tries, blob_id, copied_at, created_at)
    SELECT gen_random_uuid(), {case}, {key}, {check}, kind, 'copy', 0, 'copied', link,
        inline, source, '', '{{}}', '', 0, {blob}, now(), now() FROM compliance_document WHERE id = %(document)s"""


def new_document(**changed: str) -> str:
    """A document with the bytes that the case has already, and these columns of another case."""
    own = {"case": "%(case)s", "key": "%(key)s", "check": "%(check)s", "blob": "%(blob)s"}
    return NEW_DOCUMENT.format(**(own | changed))


def update(table: str, change: str, *, row: str = "") -> str:
    return f"UPDATE compliance_{table} SET {change} WHERE id = %({row or table})s"  # noqa: S608  # constants of this file


MIXED = {
    "a document with the bytes of another case": new_document(blob="%(other_blob)s"),
    "a document of another case's check": new_document(check="%(other_check)s"),
    "a document with another data key": new_document(key="%(other_key)s"),
    "a document of another case": new_document(case="%(other_case)s"),
    "bytes of another case in a document": update("document", "blob_id = %(other_blob)s"),
    "a document moved to another case": update("document", "case_id = %(other_case)s"),
    "a document moved with its bytes": update("document", "case_id = %(other_case)s, blob_id = %(other_blob)s"),
    "a document moved to another check": update("document", "check_id = %(other_check)s"),
    "a document with another data key set": update("document", "data_key_id = %(other_key)s"),
    "bytes moved to another case": update("blob", "case_id = %(other_case)s"),
    "bytes of another file": update("blob", "path = 'x'"),
    "bytes with another index": update("blob", "digest_index = sha256('x')"),
    "a piece with the bytes of another case": (
        "UPDATE compliance_piece SET blob_id = %(other_blob)s WHERE check_id = %(check)s"
    ),
    "a piece moved to another check": (
        "UPDATE compliance_piece SET check_id = %(other_check)s WHERE check_id = %(check)s"
    ),
    "a new piece with the bytes of another case": """INSERT INTO compliance_piece
        (check_id, label, name, place, kind, source, blob_id, problem, fault_code, fault_params)
        VALUES (%(check)s, 'x', 'x', 0, 'selfie', '', %(other_blob)s, '', '', '{}')""",
    "a check moved to another case": update("check", "case_id = %(other_case)s"),
    "a check with another data key": update("check", "data_key_id = %(other_key)s"),
    "a check replaced by one of another case": update("check", "superseded_by_id = %(other_check)s"),
    "a check of another time": update("check", "created_at = now()"),
    "a check's index without its facts": update("check", "document_index = NULL"),
    "a check read through another account": (
        "UPDATE compliance_checksync SET account_id = %(other_account)s WHERE check_id = %(check)s"
    ),
    "the polling state of another check": (
        "UPDATE compliance_checksync SET check_id = gen_random_uuid() WHERE check_id = %(check)s"
    ),
    "a report of another case": """INSERT INTO compliance_checkreport (id, check_id, case_id, data_key_id, number,
            seq, fence, status_word, outcome, provider_verdict, codes, digest, request_id, payload, read_at)
        SELECT gen_random_uuid(), check_id, %(other_case)s, %(other_key)s, 99, 99, 99, status_word, outcome,
            provider_verdict, codes, digest, request_id, payload, read_at
        FROM compliance_checkreport WHERE check_id = %(check)s""",
    "a case moved to another applicant": update("case", "applicant_id = %(other_applicant)s"),
    "an applicant with another data key": update("applicant", "data_key_id = %(other_key)s"),
    "an applicant's number index without the number": update("applicant", "document_index = NULL"),
    "an applicant's birth index without the birth date": update("applicant", "birth_index = NULL"),
    "an applicant without corrections": update("applicant", "was_corrected = false"),
    "a finding moved to another case": update("finding", "case_id = %(other_case)s"),
    "a finding of another kind": update("finding", "kind = 'related'"),
    "a finding of another fact": update("finding", "about = 'file'"),
    "a finding about another case": update("finding", """detail = '{"case": 99}'"""),
    "a finding found at another time": update("finding", "found_at = now()"),
    "a finding of another report": update("finding", "since_seq = 0"),
    "a finding with another data key": update("finding", "data_key_id = %(other_key)s"),
    "a finding resolved for another person": update(
        "finding", "state = 'resolved', resolved_at = now(), resolved_by_id = %(me)s, resolved_person_id = %(person)s"
    ),
    "a resolved finding opened again": update("finding", "state = 'open'", row="resolved"),
    "a resolution given to another person": update(
        "resolved", "resolved_by_id = %(you)s, resolved_person_id = %(person)s"
    ).replace("_resolved ", "_finding "),
    "a resolution of another day": update("finding", "resolved_at = now()", row="resolved"),
    "a resolution with another note": update("finding", "note = ''", row="resolved"),
    "a resolution of other reports": update("finding", """versions = '{"x": 1}'""", row="resolved"),
    "a finding that begins resolved": """INSERT INTO compliance_finding (id, case_id, data_key_id, kind, about, detail,
            state, since_seq, found_at, versions, note, resolved_at, resolved_by_id, resolved_person_id)
        SELECT gen_random_uuid(), case_id, data_key_id, 'duplicate', 'file', detail, 'resolved', 0, now(), '{}', note,
            now(), %(me)s, %(my_person)s FROM compliance_finding WHERE id = %(finding)s""",
    "an identity key of another case": (
        "UPDATE compliance_identitykey SET case_id = %(other_case)s WHERE case_id = %(case)s"
    ),
    "another identity key": "UPDATE compliance_identitykey SET value = sha256('x') WHERE case_id = %(case)s",
    "a token given to another account": (
        "UPDATE compliance_accounttoken SET account_id = %(other_account)s WHERE account_id = %(account)s"
    ),
    "a decision under another data key": """INSERT INTO compliance_decision (id, case_id, data_key_id, verdict,
            reason_id, note, by_id, by_person_id, decided_at, digest, report_seq)
        SELECT gen_random_uuid(), %(case)s, %(other_key)s, 'escalate', 'ESC-01', note, %(me)s, %(my_person)s,
            now(), '', 0
        FROM compliance_finding WHERE id = %(finding)s""",
}
ALLOWED = {
    "a document of the case's own rows": new_document(),
    "an open finding ends": update("finding", "state = 'ended', ended_at = now()"),
    "a finding is resolved": update(
        "finding",
        "state = 'resolved', resolved_at = now(), resolved_by_id = %(me)s, resolved_person_id = %(my_person)s",
    ),
    "a resolved finding ends": update("finding", "state = 'ended', ended_at = now()", row="resolved"),
    "a number with its index": update("applicant", "document_index = NULL, document_number = ''"),
    "facts with their index": update("check", "document_index = NULL, facts = ''"),
    "a document loses its bytes": update("document", "blob_id = NULL, state = 'given_up', copied_at = NULL"),
    "a case gets another country": update("case", "country = 'NG'"),
}
"""Statements that work, so that those above are refused for the right reason."""


@pytest.fixture
def values(analyst: User, colleague: User) -> dict[str, Any]:
    """Ids of a case with every kind of row, of another applicant's case, and of their accounts and people."""
    first, second, finding = duplicate()
    resolved = first.findings.get(kind="duplicate", state="open")
    resolutions.resolve(resolved.pk, by=analyst, reason="OK-03", note="x")
    check, other = second.checks.get(), first.checks.get()
    document, other_document = copied(check, png()), copied(other, png())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_accounttoken (id, account_id, value, owner) VALUES (gen_random_uuid(), %s, '', '')",
            [check.account_id],
        )
        indexes = "birth_index = sha256('x'), document_index = sha256('x')"
        cursor.execute(f"UPDATE compliance_applicant SET was_corrected = true, {indexes}")  # noqa: S608  # as above
    return {
        "case": second.pk, "other_case": first.pk, "applicant": second.applicant_id,
        "other_applicant": first.applicant_id, "key": check.data_key_id, "other_key": other.data_key_id,
        "check": check.pk, "other_check": other.pk, "account": check.account_id,
        "other_account": assertions.make_account().pk,
        "document": document.pk, "blob": document.blob_id, "other_blob": other_document.blob_id,
        "finding": finding.pk, "resolved": resolved.pk, "me": analyst.pk, "my_person": analyst.person_id,
        "you": colleague.pk, "person": colleague.person_id,
    }  # fmt: skip


def _refusals(statements: dict[str, str], values: dict[str, Any]) -> dict[str, str]:
    """The error code of each statement of the running role, or the number of rows that it changes."""
    found = {}
    with acting_as_desk_app(), connection.cursor() as cursor:
        for name, statement in statements.items():
            try:
                with transaction.atomic():
                    cursor.execute(statement, values)
                    found[name] = f"{cursor.rowcount} rows"
                    transaction.set_rollback(True)
            except DatabaseError as refused:
                found[name] = str(getattr(refused.__cause__, "sqlstate", refused))
    return found


def test_the_running_role_mixes_no_rows_of_two_cases(values: dict[str, Any]) -> None:
    assert _refusals(MIXED, values) == dict.fromkeys(MIXED, "23514")


def test_the_running_role_writes_rows_that_belong_together(values: dict[str, Any]) -> None:
    assert _refusals(ALLOWED, values) == dict.fromkeys(ALLOWED, "1 rows")
