"""A Valkey of our own for the task messages: a password, a log on disk, one address."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import redis

from compliance.embedded import programs
from compliance.embedded.processes import Child

HOST = "127.0.0.1"


def start(folder: Path, *, log: Path, port: int, password: str, keep: Callable[[Child], None]) -> Child:
    """Start it and wait until it answers; StartFailed when it does not.

    Args:
        folder: where its data and its configuration go.
        log: its log file.
        port: a free one.
        password: what its clients have to say.
        keep: told of the child before it is started, so that an interrupt finds it.
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
    # In a file and not on the command line, which every account of the machine can read.
    with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    child = Child(
        name="Valkey",
        command=[str(programs.find_valkey()), str(configuration)],
        log=log,
        stop_signals=((signal.SIGTERM, 10.0),),
        directory=folder,
    )
    keep(child)
    child.start()
    child.wait_until(lambda: _answers(port, password), seconds=30)
    return child


def url(*, port: int, password: str) -> str:
    """The broker address for Celery."""
    return f"redis://:{password}@{HOST}:{port}/0"


def _answers(port: int, password: str) -> bool:
    client = redis.Redis(host=HOST, port=port, password=password, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
