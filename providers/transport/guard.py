"""Hosts and addresses that may be called: the SSRF guard."""

import ipaddress
import re
from urllib.parse import urlsplit

# Strict on purpose: every URL parser reads an accepted URL in the same way. No login, no backslash, no escape in the
# host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?",
    re.ASCII,
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, deprecated by RFC 7526
        "2001::/23",  # protocol assignments with Teredo, RFC 2928
        "3ffe::/16",  # 6bone, ended by RFC 3701
        "3fff::/20",  # documentation, RFC 9637
    )
)
"""Ranges that no public server has, of which not every release of Python knows."""
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_PRIVATE_DOMAINS = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "private"}
)
"""Last labels of names that only a local name service knows."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Guard:
    """Which hosts may be called, and at which addresses."""

    def __init__(
        self, *, allowed_hosts: frozenset[str], plain_hosts: frozenset[str] = frozenset(), proxy: str = ""
    ) -> None:
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.plain_hosts = frozenset(host.lower() for host in plain_hosts)
        parts = urlsplit(proxy)
        self.proxy = (parts.hostname or "", parts.port or 80) if proxy else None

    def url_problem(self, url: str) -> str | None:
        """Why this URL may not be called, as a sentence without its path and query, or None."""
        found = _URL.fullmatch(url)
        if not found:
            return "The address is not a plain http or https URL."
        scheme, host = found["scheme"], found["host"].lower()
        port = int(found["port"] or (443 if scheme == "https" else 80))
        if not 0 < port < 65536:
            return "The address names an impossible port."
        return self.problem(scheme, host, port)

    def problem(self, scheme: str, host: str, port: int) -> str | None:
        """As ``url_problem``, for the three parts of a connection."""
        if self.is_plain(host, port):
            return None
        if host.strip("[]") not in self.allowed_hosts:
            return f"The host {host} is not one of the hosts that may be called."
        if scheme != "https" or port != 443:
            return f"The host {host} may be called by https on port 443 only."
        return None

    def is_plain(self, host: str, port: int) -> bool:
        """True for a host of the operator's own list, for which http and any address are permitted."""
        bare = host.strip("[]")
        shown = f"[{bare}]" if ":" in bare else bare
        return not self.plain_hosts.isdisjoint({bare, shown, f"{shown}:{port}"})

    def is_proxy(self, host: str, port: int) -> bool:
        """True for the proxy itself, which the operator trusts with every connection."""
        return self.proxy == (host.strip("[]"), port)


def host_problem(text: str, *, plain_hosts: frozenset[str]) -> str | None:
    """Why links to this ``host`` or ``host:port`` can never be followed, or None. Resolves no name.

    ``plain_hosts`` is the operator's own list; a host on it is accepted with any port.
    """
    host, _, port = text.lower().partition(":")
    if host in {plain.lower().partition(":")[0] for plain in plain_hosts}:
        return None
    if port:
        return f"The host {host} may be called by https on port 443 only."
    last = host.rpartition(".")[2]
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        return _literal_problem(host)
    if last == host or last in _PRIVATE_DOMAINS:
        return f"The host {host} is not a public name."
    return None


def _literal_problem(host: str) -> str | None:
    """As ``host_problem``, for a host that every resolver reads as an IPv4 address, in any of its spellings."""
    try:
        is_public = _is_public(ipaddress.IPv4Address(host))
    except ValueError:
        return f"The host {host} is neither a name nor a plain IPv4 address."
    return None if is_public else f"The host {host} is not a public address."


def address_problem(text: str) -> str | None:
    """Why this IP address may not be called, or None. IPv4 addresses inside IPv6 forms are checked, too."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    return None if _is_public(address) else f"The name resolves to {address}, which is not a public address."


def _is_public(address: Address) -> bool:
    """Whether the address, and an IPv4 address inside it, belong to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.ipv4_mapped or address in _NAT64:
            return _is_public(last)
        inner = address.sixtofour or (last if int(address) >> 32 & 0xFFFFFFFF in _ISATAP else None)
        if address not in _GLOBAL_UNICAST or (inner and not _is_public(inner)):
            return False
    is_listed = any(network.version == address.version and address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not is_listed
