"""One thing has one name: words that the glossary replaced are not in code and pages."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READ_BY_PEOPLE = (".py", ".html", ".js", ".css", ".md")
REPLACED = {
    "film": "video",
    "grave": "severe",
    "likeness": "perceptual hash",
    "looks": "access log",
    "mend": "correct, edit",
    "sealed": "encrypted",
    "testimony": "sources",
    "told": "reported, shown",
    "voices": "sources",
    "whoever": "the person who, the caller",
    "wish": "request",
}
"""Replaced word -> its replacement; every form of the word counts, also inside a name."""
FORMS = {
    "film": r"films?",
    "grave": r"grave|gravest|graver",
    "mend": r"mend|mends|mended|mending",
    "sealed": r"seal|seals|sealed|sealing",
    "wish": r"wish|wishes",
}
STORED_NAMES: dict[str, frozenset[str]] = {
    "compliance/evidence/decoder_process.py": frozenset({"film"}),
    "compliance/evidence/decoding.py": frozenset({"film"}),
    "compliance/evidence/perceptual_hash.py": frozenset({"likeness"}),
    "compliance/models/account.py": frozenset({"told"}),
    "compliance/models/case.py": frozenset({"mend"}),
    "compliance/models/document.py": frozenset({"film", "likeness"}),
    "compliance/queries/duplicates.py": frozenset({"likeness"}),
    "compliance/roles.py": frozenset({"mend"}),
    "tests/browser/test_viewer.py": frozenset({"film"}),
    "tests/compliance/queries/test_duplicates.py": frozenset({"likeness"}),
    "tests/compliance/routing/test_permissions.py": frozenset({"mend"}),
}
"""Files that name a column, a permission, a rendition or a key as it is stored, and its replaced words."""
ELSEWHERE = ("migrations/", "tests/upgrade/", "tests/test_glossary.py", "vendor/")
"""Stored history, foreign files, and this table."""


def pattern_of(word: str) -> re.Pattern[str]:
    """Matches a whole word, or as a part of ``snake_case`` and ``kebab-case`` names."""
    return re.compile(rf"(?<![A-Za-z])(?:{FORMS.get(word, word)})(?![A-Za-z])", re.IGNORECASE)


def files() -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if name.endswith(READ_BY_PEOPLE) and not any(part in name for part in ELSEWHERE):
            yield name


@pytest.mark.parametrize("word", sorted(REPLACED))
def test_a_replaced_word_does_not_come_back(word: str) -> None:
    pattern = pattern_of(word)
    found = [
        f"{name}:{number}"
        for name in files()
        if word not in STORED_NAMES.get(name, ()) and (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], f"write {REPLACED[word]!r} instead of {word!r}"


def test_no_file_is_named_by_a_replaced_word() -> None:
    patterns = [pattern_of(word) for word in REPLACED]
    assert [name for name in files() if any(pattern.search(Path(name).stem) for pattern in patterns)] == []


def test_lines_of_templates_stay_readable() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 160
    ]
    assert long == []
