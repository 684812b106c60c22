"""URLs that may be called, and addresses where a provider can be."""

import ipaddress

import pytest

from providers.transport.guard import address_problem, host_problem
from providers.transport.http import url_problem


@pytest.mark.parametrize(
    ("url", "allowed", "plain"),
    [
        ("https://api.example", "api.example", ""),
        ("https://API.example/path?q=%20&x=~", "api.example", ""),
        ("https://api.example:443/x", "API.EXAMPLE", ""),
        ("http://127.0.0.1:9100/x", "", "127.0.0.1:9100"),
        ("https://127.0.0.1:9100/x", "", "127.0.0.1:9100"),
        ("http://simulator:1234/x", "", "simulator"),
        ("http://[::1]:9100/x", "", "[::1]:9100"),
        ("http://[::1]:9100/x", "", "::1"),
        ("https://api.example/a[b]?c|d", "api.example", ""),
    ],
)
def test_a_url_on_the_list_may_be_called(url: str, allowed: str, plain: str) -> None:
    hosts = frozenset({allowed} - {""}), frozenset({plain} - {""})
    assert url_problem(url, allowed_hosts=hosts[0], plain_hosts=hosts[1]) is None


@pytest.mark.promise("G30")
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:6440:1::",
        "2001:0:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fec0::1",
        "feff::1%eth0",
        "fe00::1",
        "100::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "3ffe::1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "::1.1.1.1",
        "::ffff:0:1.1.1.1",
        "64:ff9b:1::101:101",
        "64:ff9b:2::1",
        "::ffff:100.64.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:7f00:1",
        "192.0.0.8",
        "192.0.0.170",
        "192.88.99.1",
        "203.0.113.1",
        "2002:c058:6301::1",
    ],
)
def test_no_inner_address_in_any_wrapping_is_public(address: str) -> None:
    assert address_problem(address) == (
        f"The name resolves to {ipaddress.ip_address(address.split('%')[0])}, which is not a public address."
    )


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "2606:4700:4700::1111",
        "2c0f:fb50::1",
        "64:ff9b::101:101",
        "::ffff:1.1.1.1",
        "2002:101:101::1",
        "2606:4700::5efe:1.1.1.1",
    ],
)
def test_public_addresses_are_fine(address: str) -> None:
    assert address_problem(address) is None


EXTRA = frozenset({"127.0.0.1:9100", "files.internal", "[::1]:9100"})


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("media.provider.example", None),
        ("MEDIA.provider.example", None),
        ("1.1.1.1", None),
        ("127.0.0.1", None),
        ("127.0.0.1:9100", None),
        ("files.internal:8443", None),
        ("media.provider.example:8443", "by https on port 443 only"),
        ("1.1.1.1:80", "by https on port 443 only"),
        ("10.0.0.1", "is not a public address"),
        ("169.254.169.254", "is not a public address"),
        ("192.88.99.1", "is not a public address"),
        ("127.1", "neither a name nor a plain IPv4 address"),
        ("2130706433", "neither a name nor a plain IPv4 address"),
        ("0x7f.0.0.1", "neither a name nor a plain IPv4 address"),
        ("0x7f000001", "neither a name nor a plain IPv4 address"),
        ("0177.0.0.1", "neither a name nor a plain IPv4 address"),
        ("localhost", "is not a public name"),
        ("metadata.google.internal", "is not a public name"),
        ("printer.local", "is not a public name"),
        ("files", "is not a public name"),
        ("1.0.0.127.in-addr.arpa", "is not a public name"),
    ],
)
def test_hosts_that_can_never_be_called_are_refused_without_resolving_them(host: str, problem: str | None) -> None:
    found = host_problem(host, plain_hosts=EXTRA)
    assert (found is None) if problem is None else (found is not None and problem in found), found
