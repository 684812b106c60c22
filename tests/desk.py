"""A whole desk for a test: `make run` as a person types it, with servers, files and a port of its own."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compliance.embedded.processes import free_port
from compliance.project.environment import BASE_DIR, SECRET_NAMES, Environment

# Generous: two cores may be shared with other tests.
STARTS_WITHIN = 240.0
STOPS_WITHIN = 60.0


def clean_environment(**given: str) -> dict[str, str]:
    """Our variables without what the tests' plugin, pytest and make have put there."""
    ours = {*Environment.model_fields, *(f"{name}_FILE" for name in SECRET_NAMES), "DJANGO_SETTINGS_MODULE"}
    prefixes = ("PYTEST_", "MAKE", "MFLAGS", "DESK_", "TEST_APP_", "DJANGO_ALLOW_")
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith(prefixes)}
    return {**kept, **given}


class Desk:
    """One desk on a data folder; started with `make run`, seen from outside alone."""

    def __init__(self, data_dir: Path, **given: str) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.variables = clean_environment(DATA_DIR=str(data_dir), PORT=str(self.port), **given)
        self.output = data_dir.with_name(data_dir.name + ".out")
        self.make: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for the word."""
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "run"], cwd=BASE_DIR, env=self.variables, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while f"Ready: http://127.0.0.1:{self.port}" not in self.said():
            assert self.make.poll() is None, self.said()
            assert time.monotonic() < deadline, f"{self.said()}\n{self.processes()}"
            time.sleep(0.2)

    def said(self) -> str:
        """What the person at the terminal has read."""
        return self.output.read_text(encoding="utf-8")

    def supervisor(self) -> int:
        """The process id of `manage.py up`."""
        return int((self.data_dir / "up.lock").read_text(encoding="utf-8"))

    def interrupt(self) -> int:
        """Ctrl-C as a terminal does it, to everything in the foreground; make's status."""
        assert self.make is not None
        os.killpg(self.make.pid, signal.SIGINT)
        return self.make.wait(STOPS_WITHIN)

    def processes(self) -> list[str]:
        """The command lines of all processes that belong to this desk."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # ended meanwhile
            if f"DATA_DIR={self.data_dir}".encode() in variables or str(self.data_dir) in command:
                found.append(command)
        return found

    def wait_until_gone(self) -> list[str]:
        """What is left of it after a while."""
        deadline = time.monotonic() + STOPS_WITHIN
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.processes()

    def stop(self) -> None:
        """Stop it whatever state it is in."""
        if self.make is not None and self.make.poll() is None:
            self.interrupt()
        self.wait_until_gone()

    def manage(self, *arguments: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        """One command typed beside the running desk, which knows it by DATA_DIR alone."""
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
        """Where its servers are."""
        found: dict[str, str] = json.loads((self.data_dir / "running.json").read_text(encoding="utf-8"))
        return found

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of one of its pages."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.status, json.loads(answer.read())
