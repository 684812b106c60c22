"""``manage.py reindex``: findings and identity keys of stored cases are computed anew."""

import io

import pytest
from django.core.management import call_command

from compliance.models import Finding, IdentityKey
from providers import Facts
from tests import factories
from tests.compliance import assertions
from tests.compliance.assertions import fresh

pytestmark = pytest.mark.django_db


def test_reindex_restores_findings_and_keys_and_leaves_decisions_alone() -> None:
    cases = []
    for name in ("Ada Example", "Eve Example"):
        case = factories.make_case(birth_date="1990-02-03")
        facts = Facts(full_name=name, birth_date="1990-02-03", document_number="AB123456")
        assertions.say(assertions.add_check(case), "approved", facts=facts)
        cases.append(case)
    before = sorted(Finding.objects.values_list("case", "kind", "about", "state"))
    keys = set(IdentityKey.objects.values_list("case", "kind", "value"))
    assert before and keys and [fresh(case).status for case in cases] == ["decided", "in_review"]
    Finding.objects.all().delete()
    IdentityKey.objects.all().delete()
    out = io.StringIO()
    call_command("reindex", stdout=out)
    assert out.getvalue() == "2 cases\n"
    assert sorted(Finding.objects.values_list("case", "kind", "about", "state")) == before
    assert set(IdentityKey.objects.values_list("case", "kind", "value")) == keys
    assert [fresh(case).status for case in cases] == ["decided", "in_review"]
    call_command("reindex", after=cases[1].pk, stdout=out)
    assert out.getvalue().endswith("0 cases\n")
