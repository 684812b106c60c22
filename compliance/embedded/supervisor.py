"""The application as one tree of processes: started in order, watched, and stopped in reverse order.

The order: database, broker, simulator (demo), migrations and static files, users and accounts of the demo, web server,
workers, beat. A child that ends unexpectedly stops the tree; its name and log are printed.
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType

from compliance.embedded import keys, postgres, valkey
from compliance.embedded.processes import Child, StartFailed, free_port, port_answers
from compliance.project.environment import BASE_DIR, RUNNING_FILE, SECRET_NAMES, Environment, given

PEOPLE_FILE = "demo-people.json"
PORTS_FILE = "ports.json"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A stop signal arrived; the argument is its number."""


class Supervisor:
    """Starts and watches all processes; servers that the environment names are used and not started.

    ``announce`` prints a line on the terminal.
    """

    def __init__(self, environment: Environment, announce: Callable[[str], None]) -> None:
        self.environment, self.announce = environment, announce
        self.data_dir = environment.DATA_DIR
        self.logs = self.data_dir / "log"
        self.children: list[Child] = []
        self.addresses: dict[str, str] = {}
        self.ports: dict[str, int] = {}
        self.interrupted = self.stopped = False

    def run(self) -> int:
        """Start, watch and stop. Returns the exit status; after a stop signal the process ends by that signal.

        Raises ``StartFailed`` when a process cannot be started, after the others are stopped.
        """
        if not self.data_dir.exists():
            self.data_dir.mkdir(parents=True)
            self.data_dir.chmod(0o711)  # started by root, PostgreSQL runs as another account, which has to traverse it
        os.umask(0o077)
        self.logs.mkdir(exist_ok=True)
        lock = self._lock()
        for number in STOPS:
            # SIGHUP ignored by `nohup` stays ignored; shells ignore SIGINT for background jobs, which is no request.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            self._start()
            return self._watch()
        except Interrupted as interrupted:
            self._stop()
            (number,) = interrupted.args
            self._end_by(number)
            return 128 + int(number)
        finally:
            self._stop()
            os.close(lock)

    def _lock(self) -> int:
        """Lock the data folder; the kernel releases the lock when the process ends."""
        lock = os.open(self.data_dir / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StartFailed(
                f"Another process already runs on {self.data_dir}: stop it, or set another DATA_DIR."
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        return lock

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.interrupted:
            self.interrupted = True
            raise Interrupted(number)
        for child in self.children:  # a second signal: kill instead of waiting
            child.ask_to_die()

    def _end_by(self, number: int) -> None:
        """End by the signal itself, so that the parent process sees an interrupt and not a success."""
        sys.stdout.flush()
        sys.stderr.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # --- start, in this order

    def _start(self) -> None:
        self._require_free_port()
        generated = keys.load_or_create_keys(self.data_dir)
        self._read_ports()
        if not given("DATABASE_URL"):
            self._start_postgres(generated)
        if not given("BROKER_URL"):
            self._start_valkey(generated)
        if self.environment.DEMO:
            self._start_simulator()
        keys.write_private(self.data_dir / PORTS_FILE, self.ports)
        extra_hosts = ",".join(self.environment.PROVIDER_EXTRA_HOSTS)
        # Other commands on this machine have to share these settings.
        shared = {"DEMO": "1" if self.environment.DEMO else "0", "PROVIDER_EXTRA_HOSTS": extra_hosts}
        keys.write_private(self.data_dir / RUNNING_FILE, self.addresses | shared)
        self._prepare_database()
        web = self._start_web()
        self._start_workers()
        web.wait_until(self._pages_answer, seconds=60)
        self.announce(f"Ready: http://127.0.0.1:{self.environment.PORT}")
        if self.environment.DEMO:
            self.announce(f"Demo users: {self.data_dir / PEOPLE_FILE}")

    def _require_free_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.environment.BIND else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.environment.BIND, self.environment.PORT))
            except OSError as error:
                raise StartFailed(
                    f"Port {self.environment.PORT} is not available ({error.strerror}): set another PORT."
                ) from error

    def _read_ports(self) -> None:
        """Reuse the ports of the last start, because base URLs of demo accounts have the port of the simulator."""
        with suppress(OSError, ValueError):
            stored = json.loads((self.data_dir / PORTS_FILE).read_text())
            self.ports = {str(name): int(port) for name, port in stored.items()}

    def _port(self, name: str) -> int:
        self.ports[name] = free_port(self.ports.get(name, 0))
        return self.ports[name]

    def _start_postgres(self, generated: Mapping[str, str]) -> None:
        cluster = postgres.Cluster(
            self.data_dir,
            log=self.logs / "postgres.log",
            made=generated,
            source=self.environment.EMBEDDED_POSTGRES,
        )
        cluster.start(port=self._port("postgres"), register=self.children.append)
        cluster.prepare()
        self.addresses["DATABASE_URL"] = cluster.url(postgres.APP)
        self.addresses["MIGRATION_DATABASE_URL"] = cluster.url(postgres.OWNER)
        self.announce(f"PostgreSQL {cluster.programs.major} is running; data: {cluster.data}")

    def _start_valkey(self, generated: Mapping[str, str]) -> None:
        port, password = self._port("valkey"), generated["BROKER_PASSWORD"]
        log = self.logs / "valkey.log"
        valkey.start(self.data_dir / "valkey", log=log, port=port, password=password, register=self.children.append)
        self.addresses["BROKER_URL"] = valkey.url(port=port, password=password)

    def _start_simulator(self) -> None:
        port = self.environment.SIMULATOR_PORT or self._port("simulator")
        simulator = self._python(
            "simulator",
            *("-m", "providers.simulator", "--port", str(port)),
            *("--access-log", str(self.logs / "simulator-access.log")),
        )
        simulator.wait_until(lambda: port_answers(port), seconds=30)
        self.addresses["SIMULATOR_URL"] = f"http://127.0.0.1:{port}"

    def _prepare_database(self) -> None:
        """Migrate and collect static files as the owner, then run the checks as the running role."""
        migration_url = self.addresses.get("MIGRATION_DATABASE_URL") or self.environment.MIGRATION_DATABASE_URL
        owner = {"DATABASE_URL": migration_url} if migration_url else {}
        self._manage("prepare", "Migration failed", environment=owner)
        if self.environment.DEMO:
            self._manage("demo_data", "Demo users and accounts could not be created")
        else:
            strict = ("--deploy", "--fail-level", "WARNING", "--database", "default")
            self._manage("check", "System checks failed", *strict)

    def _start_web(self) -> Child:
        settings = self.environment
        host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
        return self._python(
            "web",
            *("-m", "gunicorn", "compliance.wsgi", "--bind", f"{host}:{settings.PORT}"),
            *("--no-control-socket", "--preload"),
            *("--worker-class", "gthread", "--workers", str(settings.WEB_WORKERS), "--threads", "8"),
            *("--graceful-timeout", "5", "--timeout", "60", "--log-level", "warning"),
            stop_signals=((signal.SIGTERM, 8.0),),
        )

    def _start_workers(self) -> None:
        # Prefork needs semaphores in shared memory, which some containers lack.
        pool = ["prefork"] if os.access("/dev/shm", os.W_OK) or sys.platform == "darwin" else ["threads"]  # noqa: S108
        for name, queues in (("worker-sync", "sync"), ("worker-evidence", "evidence,default")):
            self._python(
                name,
                *("-m", "celery", "-A", "compliance", "worker", "-Q", queues, "-c", "2", "-n", f"{name}@desk"),
                *("-P", *pool, "--without-gossip", "--without-mingle", "-l", "WARNING"),
                # Warm shutdown, then the soft shutdown of the settings, which requeues unfinished messages.
                stop_signals=((signal.SIGTERM, 4.0), (signal.SIGQUIT, 6.0)),
            )
        beat = self.data_dir / "beat"
        beat.mkdir(exist_ok=True, mode=0o700)
        self._python(
            "beat",
            *("-m", "celery", "-A", "compliance", "beat", "-s", str(beat / "schedule"), "--pidfile=", "-l", "WARNING"),
        )

    def _pages_answer(self) -> bool:
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.environment.BIND, self.environment.BIND)  # noqa: S104
        host = next((name.lstrip(".") for name in self.environment.ALLOWED_HOSTS if name != "*"), "localhost")
        connection = http.client.HTTPConnection(address, self.environment.PORT, timeout=5)
        try:
            connection.request("GET", "/live", headers={"Host": host})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    # --- our processes

    def _python(
        self,
        name: str,
        *arguments: str,
        stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0),),
        environment: Mapping[str, str] | None = None,
    ) -> Child:
        child = Child(
            name=name,
            command=[sys.executable, *arguments],
            log=self.logs / f"{name}.log",
            stop_signals=stop_signals,
            environment=self._variables(environment or {}),
            directory=BASE_DIR,
        )
        self.children.append(child)
        child.start()
        return child

    def _variables(self, changes: Mapping[str, str]) -> dict[str, str]:
        """Environment of a child. It has no generated keys: each process reads them from the files."""
        variables = {**os.environ, "DATA_DIR": str(self.data_dir), "DESK_COMPLETE_SETTINGS": "1", **changes}
        variables["PYTHONUNBUFFERED"] = "1"
        for name in SECRET_NAMES:
            if name in changes:
                variables.pop(f"{name}_FILE", None)
        if "SIMULATOR_URL" in self.addresses:
            variables["SIMULATOR_URL"] = self.addresses["SIMULATOR_URL"]
        return variables

    def _manage(
        self, command: str, failure: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Run a command to its end. Raises ``StartFailed`` with ``failure`` when it fails."""
        child = self._python(command, "manage.py", command, *arguments, environment=environment)
        while child.running:
            child.wait(0.2)
            for other in self.children:
                if other is not child and other.ended:
                    raise StartFailed(f"{other.name} ended during the start", log=other.log)
        if child.process is None or child.process.returncode != 0:
            raise StartFailed(failure, log=child.log)
        self.children.remove(child)

    # --- watch and stop

    def _watch(self) -> int:
        while True:
            for child in self.children:
                if child.ended and child.process is not None:
                    self.announce(f"{child.name} ended unexpectedly ({child.process.returncode}); log: {child.log}")
                    return 1
            time.sleep(0.25)

    def _stop(self) -> None:
        """Stop web server, beat and workers together, then the servers in reverse order, the database last."""
        self.interrupted = True  # from now on a signal kills
        if self.stopped:
            return
        self.stopped = True
        ours = [child for child in self.children if child.name not in {"PostgreSQL", "Valkey", "simulator"}]
        for child in ours:
            child.ask_to_stop()
        for child in [*ours, *reversed([child for child in self.children if child not in ours])]:
            child.stop()
        with suppress(FileNotFoundError):
            (self.data_dir / RUNNING_FILE).unlink()


def explain(failure: StartFailed) -> str:
    """The message for the terminal: the sentence and the last line of its log."""
    lines: list[str] = []
    if failure.log:
        with suppress(OSError):
            lines = failure.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"{failure}\n  {lines[-1].strip()[:300]}" if lines else str(failure)
