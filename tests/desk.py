"""The whole application for a test: `make run` with servers, files and a port of its own."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from compliance.embedded.processes import free_port
from compliance.project.environment import BASE_DIR, SECRET_NAMES, Environment

# Long, because other tests may use the same cores.
STARTS_WITHIN = 240.0
STOPS_WITHIN = 60.0


def clean_environment(**given: str) -> dict[str, str]:
    """Environment variables without those of the test plugin, pytest and make."""
    ours = {*Environment.model_fields, *(f"{name}_FILE" for name in SECRET_NAMES), "DJANGO_SETTINGS_MODULE"}
    prefixes = ("PYTEST_", "MAKE", "MFLAGS", "DESK_", "TEST_APP_", "DJANGO_ALLOW_")
    inherited = {
        name: value for name, value in os.environ.items() if name not in ours and not name.startswith(prefixes)
    }
    return {**inherited, **given}


class Desk:
    """An application on a data folder, started with `make run` and seen from outside only."""

    def __init__(self, data_dir: Path, **given: str) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.variables = clean_environment(DATA_DIR=str(data_dir), PORT=str(self.port), **given)
        self.output = data_dir.with_name(data_dir.name + ".out")
        self.make: subprocess.Popen[bytes] | None = None
        self.suspended: list[int] = []

    def start(self) -> None:
        """Start it and wait for the line ``Ready``."""
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "run"], cwd=BASE_DIR, env=self.variables, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while f"Ready: http://127.0.0.1:{self.port}" not in self.printed():
            assert self.make.poll() is None, self.printed()
            assert time.monotonic() < deadline, f"{self.printed()}\n{self.processes()}"
            time.sleep(0.2)

    def printed(self) -> str:
        """The output on the terminal."""
        return self.output.read_text(encoding="utf-8")

    def supervisor(self) -> int:
        """Process ID of `manage.py up`."""
        return int((self.data_dir / "up.lock").read_text(encoding="utf-8"))

    def interrupt(self) -> int:
        """Send SIGINT to the process group, as Ctrl-C does; returns the exit status of make."""
        assert self.make is not None
        os.killpg(self.make.pid, signal.SIGINT)
        return self.make.wait(STOPS_WITHIN)

    def suspend(self, part: str) -> None:
        """Stop the processes with this part in their command line until `resume`: their work would take the processors
        from tests that need none of it."""
        self.suspended = [process for process, command in self._found().items() if part in command]
        for process in self.suspended:
            os.kill(process, signal.SIGSTOP)

    def resume(self) -> None:
        """Continue suspended processes."""
        while self.suspended:
            with suppress(ProcessLookupError):
                os.kill(self.suspended.pop(), signal.SIGCONT)

    def processes(self) -> list[str]:
        """Command lines of all its processes."""
        return list(self._found().values())

    def _found(self) -> dict[int, str]:
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # ended meanwhile
            if f"DATA_DIR={self.data_dir}".encode() in variables or str(self.data_dir) in command:
                found[int(folder.name)] = command
        return found

    def wait_for_end(self) -> list[str]:
        """Wait for all its processes; returns those that remain."""
        deadline = time.monotonic() + STOPS_WITHIN
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.processes()

    def stop(self) -> None:
        """Stop it in any state."""
        self.resume()
        if self.make is not None and self.make.poll() is None:
            self.interrupt()
        self.wait_for_end()

    def manage(self, *arguments: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        """Run a command that finds the running application by DATA_DIR."""
        return subprocess.run(
            [str(BASE_DIR / ".venv/bin/python"), "manage.py", *arguments],
            cwd=BASE_DIR,
            env=clean_environment(**{"DATA_DIR": str(self.data_dir), **given}),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def addresses(self) -> Mapping[str, str]:
        """URLs of its servers."""
        found: dict[str, str] = json.loads((self.data_dir / "running.json").read_text(encoding="utf-8"))
        return found

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.status, json.loads(answer.read())
