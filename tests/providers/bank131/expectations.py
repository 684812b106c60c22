"""What the generic tests expect of Bank131."""

from providers import Kind, ProviderUnavailable
from providers.bank131.parse import parse
from tests.providers.expectations import Expectations, first_kind

EXPECTATIONS = Expectations(
    kinds=(Kind.DATABASE,),
    credential_sets=frozenset({("project",)}),
    credentials={"project": "canary-project-3"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=False,
    ignores_letter_case=False,
    parse=parse,
    subject_of=lambda name, body: first_kind("bank131"),
)
