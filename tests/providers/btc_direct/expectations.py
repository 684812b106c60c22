"""What the generic tests expect of BTC Direct."""

from providers import Kind, ProviderUnavailable
from providers.btc_direct.parse import parse
from tests.providers.expectations import Expectations, first_kind

EXPECTATIONS = Expectations(
    kinds=(Kind.LIVENESS,),
    credential_sets=frozenset({("username", "password"), ("api_key",)}),
    credentials={"username": "canary-user-1", "password": "canary-password-2"},
    # An unknown id has an answer of its own, so a bare 404 means a wrong address, for the whole account.
    bare_404=ProviderUnavailable,
    renews_token=True,
    ignores_letter_case=True,
    parse=parse,
    subject_of=lambda name, body: first_kind("btc_direct"),
)
