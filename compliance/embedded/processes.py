"""A child process in a session of its own: it ends with its parent and is stopped by its own signals."""

import ctypes
import os
import pwd
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
# Loaded before any fork: nothing may be imported between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


class StartFailed(Exception):
    """Something could not be started; the message is one sentence for the terminal, with the path of its log."""

    def __init__(self, sentence: str, *, log: Path | None = None) -> None:
        super().__init__(f"{sentence}; log: {log}" if log else sentence)
        self.log = log


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send this process the signal when the thread that started it ends (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


@dataclass
class Child:
    """A child process with its output in ``log``."""

    name: str
    command: Sequence[str]
    log: Path
    stop_signals: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    """Sent one after the other, each with a timeout in seconds; SIGKILL follows the last."""
    death_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the parent dies."""
    environment: Mapping[str, str] | None = None
    """None for the variables of the parent."""
    account: pwd.struct_passwd | None = None
    """The account that runs it, for a parent that runs as root."""
    directory: Path = Path("/")
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it. Raises ``StartFailed`` when the program cannot be executed."""
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
            try:
                self.process = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if self.environment is None else dict(self.environment),
                    cwd=self.directory,
                    # The supervisor stops the children in order; the Ctrl-C of the terminal must not reach them.
                    start_new_session=True,
                    preexec_fn=self._before_exec(),
                    user=self.account.pw_uid if self.account else None,
                    group=self.account.pw_gid if self.account else None,
                    extra_groups=[] if self.account else None,
                )
            except OSError as error:
                raise StartFailed(f"{self.name} cannot be started: {error.strerror}.") from error

    def _before_exec(self) -> Callable[[], None]:
        death_signal, parent = self.death_signal, os.getpid()

        def bind_to_parent() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            die_with_parent(death_signal)
            if os.getppid() != parent:  # the parent died before prctl
                os._exit(1)

        return bind_to_parent

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def ended(self) -> bool:
        """Whether it was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send the first stop signal without waiting."""
        if self.running:
            self._send(self.stop_signals[0][0])

    def ask_to_die(self) -> None:
        """Send SIGKILL to its whole session without waiting."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop it by its signals, then kill its session."""
        if self.process is None:
            return
        for signal_number, timeout in self.stop_signals:
            if self.running:
                self._send(signal_number)
                self.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """Kill its session and wait."""
        self.ask_to_die()
        if self.process is not None:
            self.process.wait()

    def wait(self, seconds: float) -> None:
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def _send(self, signal_number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal_number)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready` is true. Raises ``StartFailed`` when it ends before, or after the timeout."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.ended:
                raise StartFailed(f"{self.name} ended while starting", log=self.log)
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} was not ready within {seconds:.0f} s", log=self.log)
            time.sleep(0.03)


def free_port(preferred: int = 0) -> int:
    """The preferred port if it is free, else another free one."""
    for port in (preferred, 0) if preferred else (0,):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartFailed("There is no free port on this machine.")


def port_answers(port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
