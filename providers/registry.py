"""Provider name -> class. The one line that a sixth provider adds."""

from providers.advance_ai import AdvanceAI
from providers.bank131 import Bank131
from providers.btc_direct import BTCDirect
from providers.checkout_com import CheckoutCom
from providers.contract.base import Connection, Provider
from providers.preventor import Preventor

PROVIDERS: dict[str, type[Provider]] = {
    cls.name: cls for cls in (BTCDirect, Bank131, Preventor, AdvanceAI, CheckoutCom)
}


def provider_names() -> tuple[str, ...]:
    """The registry names, in the order in which people see them."""
    return tuple(PROVIDERS)


def provider_class(name: str) -> type[Provider]:
    """The class of a provider. Raises ``KeyError`` for a name that the registry does not hold."""
    return PROVIDERS[name]


def connect(name: str, connection: Connection) -> Provider:
    """A client for one account. Raises ``KeyError`` for a name that the registry does not hold."""
    return PROVIDERS[name](connection)
