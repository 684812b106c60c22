"""An embedded Valkey as message broker, with a password and an append-only file."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from compliance.embedded import programs
from compliance.embedded.processes import Child

HOST = "127.0.0.1"


def start(folder: Path, *, log: Path, port: int, password: str, register: Callable[[Child], None]) -> Child:
    """Start Valkey with its data and configuration in ``folder``, and wait until it answers.

    ``register`` gets the child before it starts, so that an interrupt stops it. Raises ``StartFailed``.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = folder / "valkey.conf"
    lines = (
        f"bind {HOST}",
        f"port {port}",
        f'dir "{folder}"',
        "appendonly yes",
        'save ""',
        f"requirepass {password}",
        "daemonize no",
    )
    # Every account of the machine can read the command line, so the password is in a file.
    with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    child = Child(
        name="Valkey",
        command=[str(programs.find_valkey()), str(configuration)],
        log=log,
        stop_signals=((signal.SIGTERM, 10.0),),
        directory=folder,
    )
    register(child)
    child.start()
    child.wait_until(lambda: _answers(port, password), seconds=30)
    return child


def url(*, port: int, password: str) -> str:
    return f"redis://:{password}@{HOST}:{port}/0"


def _answers(port: int, password: str) -> bool:
    """Whether it accepts the password and answers a ping, in two lines of its protocol."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while not answer.endswith(b"+PONG\r\n"):
                received = connection.recv(100)
                if not received or answer.startswith(b"-"):
                    return False
                answer += received
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
