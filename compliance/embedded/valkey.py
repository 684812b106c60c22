"""An embedded Valkey as message broker, with a password and an append-only file."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

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
    try:
        with redis.Redis(HOST, port, password=password, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
