"""The registered providers, by name. Adding one adds one line here."""

from pkgutil import resolve_name

from providers.contract.base import Connection, Provider

_CLASSES = (
    "providers.btc_direct:BTCDirect",
    "providers.bank131:Bank131",
    "providers.preventor:Preventor",
    "providers.advance_ai:AdvanceAI",
    "providers.checkout_com:CheckoutCom",
)
"""In the order of lists and menus."""
PROVIDERS: dict[str, type[Provider]] = {cls.name: cls for cls in map(resolve_name, _CLASSES)}


def provider_names() -> tuple[str, ...]:
    """The registry names, in the order of lists and menus."""
    return tuple(PROVIDERS)


def provider_class(name: str) -> type[Provider]:
    """The class of a provider.

    Raises: KeyError for a name that is not registered.
    """
    return PROVIDERS[name]


def connect(name: str, connection: Connection) -> Provider:
    """A client for one account.

    Raises: KeyError for a name that is not registered.
    """
    return PROVIDERS[name](connection)
