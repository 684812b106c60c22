"""Search by exact identifiers."""

from django.db import connection


def find_exactly(text: str, *, environment: str) -> list[int]:
    """Numbers of at most 20 cases of an environment whose number, external id, case or provider reference is exactly
    this text. A case number is found in every environment, because it names one case."""
    text = text.strip()
    if not text or "\x00" in text:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT c.id FROM compliance_case c WHERE c.id = %(number)s)
            UNION (SELECT c.id FROM compliance_case c JOIN compliance_applicant a ON a.id = c.applicant_id
                   WHERE a.external_id = %(text)s AND c.environment = %(environment)s LIMIT 20)
            UNION (SELECT c.id FROM compliance_case c
                   WHERE c.reference = %(text)s AND c.environment = %(environment)s LIMIT 20)
            UNION (SELECT k.case_id FROM compliance_check k JOIN compliance_case c ON c.id = k.case_id
                   WHERE k.reference = %(text)s AND c.environment = %(environment)s LIMIT 20)
            ORDER BY 1 DESC LIMIT 20
            """,
            {"text": text, "number": _number(text), "environment": environment},
        )
        return [row[0] for row in cursor.fetchall()]


def _number(text: str) -> int:
    """The case number of ``KYC-9`` or ``9``; 0 for anything else."""
    number = text.upper().removeprefix("KYC-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
