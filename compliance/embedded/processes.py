"""One child process: started in a session of its own, bound to our life, stopped by the signal that it understands."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
# Loaded before any fork: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None


class StartFailed(Exception):
    """Something could not be started; the message is one sentence for the person at the terminal."""


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process the signal when the thread that started it ends (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


@dataclass(frozen=True)
class Account:
    """Another account to run a program as; only root may do that."""

    uid: int
    gid: int


@dataclass
class Child:
    """One process of the desk.

    Args:
        name: what the person reads when it ends by itself.
        command: program and arguments.
        log: where its output goes.
        stop_signals: sent one after the other, each with its patience in seconds; SIGKILL follows the last.
        death_signal: what it gets when we are killed.
        environment: its variables; ours when None.
        account: whom it runs as, when we are root and it may not be.
        directory: where it runs.
    """

    name: str
    command: Sequence[str]
    log: Path
    stop_signals: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    death_signal: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] | None = None
    account: Account | None = None
    directory: Path = Path("/")
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; StartFailed when the program cannot be run at all."""
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
            try:
                self.process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if self.environment is None else dict(self.environment),
                    cwd=self.directory,
                    # Ctrl-C must reach the children through us, in the right order, not through the terminal.
                    start_new_session=True,
                    preexec_fn=self._before_exec(),
                    user=self.account.uid if self.account else None,
                    group=self.account.gid if self.account else None,
                    extra_groups=[] if self.account else None,
                )
            except OSError as error:
                raise StartFailed(f"{self.name} cannot be started: {error.strerror}.") from error

    def _before_exec(self) -> Callable[[], None]:
        death_signal, parent = self.death_signal, os.getpid()

        def bind_to_parent() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            die_with_parent(death_signal)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

        return bind_to_parent

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def ended(self) -> bool:
        """Whether it was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send the first stop signal, and wait for nothing."""
        if self.running:
            self._send(self.stop_signals[0][0])

    def ask_to_die(self) -> None:
        """Send SIGKILL to its whole session, and wait for nothing."""
        if self.running and self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop it, patiently first; afterwards neither it nor anything it started is left."""
        if self.process is None:
            return
        for signal_number, patience in self.stop_signals:
            if self.running:
                self._send(signal_number)
                self.wait(patience)
        self.kill()

    def kill(self) -> None:
        """End it and everything in its session at once."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait(self, seconds: float) -> None:
        """Wait until it ends, at most so long."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def _send(self, signal_number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal_number)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready` says so; StartFailed when it ends before, or not within the time."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.ended:
                raise StartFailed(f"{self.name} ended while starting; its log: {self.log}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} was not ready within {seconds:.0f} s; its log: {self.log}")
            time.sleep(0.03)


def free_port(wanted: int = 0, *, address: str = "127.0.0.1") -> int:
    """The wanted port when nobody listens on it, else some free one."""
    for port in (wanted, 0) if wanted else (0,):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            return int(probe.getsockname()[1])
    raise StartFailed("There is no free port on this machine.")


def port_answers(port: int, *, address: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
