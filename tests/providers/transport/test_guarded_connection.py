"""Where a call may go: hosts, addresses, certificates and a proxy, over real sockets."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers import ProviderUnavailable, Session
from providers.transport.http import Limits, request, url_problem
from tests.providers.conftest import Handler
from tests.providers.transport.raw_http import LOCAL, RawServer, answer, dripping, get, problem

# --- where a call may go ----------------------------------------------------------------------------------------------

_HOSTILE = [
    "http://api.example/",
    "https://api.example:8443/",
    "https://api.example:0/",
    "https://api.example:99999/",
    "https://evil.example/",
    "https://api.example.evil.example/",
    "https://evil.example/api.example",
    "https://evil.example?api.example",
    "https://evil.example#api.example",
    "https://api.example@evil.example/",
    "https://api.example:443@evil.example/",
    "https://user@api.example/",
    "https://evil.example\\@api.example/",
    "https://api.example\\.evil.example/",
    "https://evil.example\\/api.example/",
    "https://api.example\t.evil.example/",
    "https://api.example\n.evil.example/",
    "https://api.example /",
    " https://api.example/",
    "https:///api.example/",
    "https:api.example",
    "//api.example/",
    "api.example",
    "",
    "https://",
    "https://api.example./",
    "https://.api.example/",
    "https://api。example/",
    "https://api%2eexample/",
    "https://xn--pi-8ka.example/",
    "https://аpi.example/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[api.example]/",
    "https://localhost/",
    "https://169.254.169.254/latest/meta-data/",
    "ftp://api.example/",
    "file:///etc/passwd",
    "gopher://api.example/",
    "javascript:alert(1)",
    "https+unix://api.example/",
    "http://127.0.0.1:9101/",
    "http://127.0.0.1/",
    "http://127.0.0.1:9100@evil.example/",
    "http://127.0.0.1:9100.evil.example/",
    "https://api.example/\x00",
    "https://api.example/ü",
    "https://api.example/#fragment",
]


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Records every address that anything tries to connect to."""
    opened: list[object] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        opened.append(address)
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    return opened


@pytest.mark.promise("G30")
@pytest.mark.parametrize("url", _HOSTILE)
def test_a_url_off_the_list_opens_no_socket(url: str, no_socket: list[object]) -> None:
    allowed, plain = frozenset({"api.example"}), frozenset({"127.0.0.1:9100"})
    assert url_problem(url, allowed_hosts=allowed, plain_hosts=plain)
    with pytest.raises(ProviderUnavailable):
        request("GET", url, provider="p", session=Session(allowed_hosts=allowed, plain_hosts=plain))
    assert no_socket == []


@pytest.mark.promise("G30")
def test_an_official_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, no_socket: list[object]
) -> None:
    def inside(host: str, port: int, *args: Any, **kwargs: Any) -> object:
        assert host == "inside.example"
        if kwargs.get("flags"):
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    session = Session(allowed_hosts=frozenset({"inside.example"}))
    with pytest.raises(ProviderUnavailable) as caught:
        request("GET", "https://inside.example/x", provider="p", session=session)
    assert caught.value.detail.endswith("which is not a public address.")
    assert no_socket == []


@pytest.mark.promise("G30")
def test_a_name_that_changes_its_address_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, no_socket: list[object]
) -> None:
    """A name service under foreign control answers with a public address first and an inner one later."""
    real, asked = socket.getaddrinfo, []

    def changing(host: str, port: int, *args: Any, **kwargs: Any) -> object:
        if host != "api.example":
            return real(host, port, *args, **kwargs)
        if kwargs.get("flags"):
            raise socket.gaierror
        asked.append(host)
        address = "203.0.113.9" if len(asked) > 1 else "1.1.1.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    session = Session(allowed_hosts=frozenset({"api.example"}))
    limits = Limits(connect=0.3, read=0.3, deadline=1.0)
    with pytest.raises(ProviderUnavailable):
        request("GET", "https://api.example/x", provider="p", session=session, limits=limits)
    assert asked == ["api.example"]
    assert no_socket == [("1.1.1.1", 443)]


def test_a_name_service_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def hanging(host: str, *_: object, **kwargs: object) -> object:
        if kwargs.get("flags"):
            raise socket.gaierror
        time.sleep(4)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    session = Session(allowed_hosts=frozenset(), plain_hosts=frozenset({"slow.example"}))
    sentence = problem("http://slow.example", ProviderUnavailable, session=session)
    assert sentence == "The name service did not answer about slow.example within 1 s."


# --- TLS --------------------------------------------------------------------------------------------------------------


class _Authority:
    """A certificate authority of our own, with one server certificate for a name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self._certificate = self._signed(name, name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str) -> ssl.SSLContext:
        """What a server at this name or address needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternative: x509.GeneralName = x509.DNSName(host)
        if host[0].isdigit():
            alternative = x509.IPAddress(ipaddress.ip_address(host))
        leaf = self._signed(subject, self._certificate.subject, key, x509.SubjectAlternativeName([alternative]))
        files = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        files[0].write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return context

    def _signed(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=True)
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[_Authority]:
    yield _Authority(tmp_path)


def _over_tls(context: ssl.SSLContext, handler: Handler) -> Handler:
    def wrapped(connection: socket.socket, _: bytes) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as secured:
            handler(secured, secured.recv(65536))

    return wrapped


def _tls_server(context: ssl.SSLContext, handler: Handler) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=run, args=(connection,), daemon=True).start()

    def run(connection: socket.socket) -> None:
        try:
            with connection:
                _over_tls(context, handler)(connection, b"")
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def tls_server(authority: _Authority) -> Iterator[Callable[..., str]]:
    running: list[Iterator[str]] = []

    def start(host: str, handler: Handler) -> str:
        server = _tls_server(authority.context(host), handler)
        running.append(server)
        return next(server)

    yield start
    for server in running:
        next(server, None)


def test_a_trusted_certificate_is_accepted_and_the_connection_kept(
    authority: _Authority, tls_server: Callable[..., str]
) -> None:
    def handler(connection: socket.socket, head: bytes) -> None:
        while head:
            connection.sendall(answer())
            head = connection.recv(65536)

    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL, ca_file=str(authority.file))
    url = tls_server("127.0.0.1", handler)
    for _ in range(3):
        assert get(url, session=session).json("p") == {"a": 1}


def test_an_unknown_authority_is_refused_also_for_hosts_of_the_operators_list(tls_server: Callable[..., str]) -> None:
    url = tls_server("127.0.0.1", lambda connection, _: connection.sendall(answer()))
    assert problem(url, ProviderUnavailable).startswith("The certificate is not trusted: ")


def test_a_certificate_for_another_name_is_refused(authority: _Authority, tls_server: Callable[..., str]) -> None:
    url = tls_server("other.example", lambda connection, _: connection.sendall(answer()))
    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL, ca_file=str(authority.file))
    assert problem(url, ProviderUnavailable, session=session).startswith("The certificate is not trusted: ")


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["header", "length", "no-length"],
)
def test_drips_inside_tls_end_at_the_deadline(
    authority: _Authority, tls_server: Callable[..., str], start: bytes
) -> None:
    session = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL, ca_file=str(authority.file))
    url = tls_server("127.0.0.1", dripping(start))
    assert problem(url, ProviderUnavailable, session=session) == "No complete answer within 1.5 s."


def test_plain_http_where_tls_is_expected_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # raw_server waits for the end of a head, which a TLS hello never has.
        threading.Thread(target=lambda: listener.accept()[0].sendall(answer()), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        assert problem(url, ProviderUnavailable) == "No secure connection: the TLS handshake or stream failed."


# --- a proxy that the operator names ----------------------------------------------------------------------------------


def test_a_proxy_is_used_when_named_and_its_tunnel_stays_under_the_deadline(
    authority: _Authority, tls_server: Callable[..., str], raw_server: RawServer
) -> None:
    target = tls_server("127.0.0.1", lambda connection, _: connection.sendall(answer()))
    asked: list[bytes] = []

    def tunnel(connection: socket.socket, head: bytes) -> None:
        asked.append(head.split(b"\r\n")[0])
        with socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1]))) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(onward, connection), daemon=True)
            back.start()
            _copy(connection, onward)
            back.join(2)

    session = Session(
        allowed_hosts=frozenset(), plain_hosts=LOCAL, proxy=raw_server(tunnel), ca_file=str(authority.file)
    )
    assert get(target, session=session).json("p") == {"a": 1}
    assert [line.split()[:2] for line in asked] == [[b"CONNECT", target.removeprefix("https://").encode()]]
    slow = Session(allowed_hosts=frozenset(), plain_hosts=LOCAL, proxy=raw_server(dripping(b"HTTP/1.1 200 OK\r\nX: ")))
    problem(target, ProviderUnavailable, session=slow)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
