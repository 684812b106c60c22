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
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
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


def address_problem(text: str) -> str | None:
    """Why this IP address may not be called, or None. IPv4 addresses inside IPv6 forms are checked, too."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    for inner in (address, *_unwrapped(address)):
        if not inner.is_global or inner.is_multicast or (inner.version == 4 and inner in _SHARED):
            return f"The name resolves to {address}, which is not a public address."
    return None


def _unwrapped(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses inside an IPv6 address: mapped, compatible, NAT64, 6to4, Teredo (server and client)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return ()
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    found: list[Address] = [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner]
    found.extend(address.teredo or ())
    if address in _NAT64 or address in _NAT64_LOCAL or address in _IPV4_COMPATIBLE:
        found.append(last)
    return tuple(found)
