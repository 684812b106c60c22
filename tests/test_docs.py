"""The three pages of the project say what the code does: tables are compared, commands and files must exist."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from PIL import Image
from psycopg import sql

from compliance.embedded import postgres
from compliance.enums import TRANSITIONS, CaseStatus
from compliance.project.environment import SECRET_NAMES, Environment
from compliance.roles import GROUP_PERMISSIONS
from providers import provider_class, provider_names

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "providers/README.md", "compliance/README.md")
SET_BY_PROCESSES = frozenset({"SIMULATOR_URL", "DATABASE_POOL"})
"""Settings that the supervisor and the web process give to themselves; nobody types them in."""


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands between this heading and the next of its rank or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", text(page), re.M | re.S)
    assert found, f"{page} has no part called {heading}"
    return found[2]


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table of a part, without head and rule."""
    lines = [line for line in section(page, heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def settings_table() -> list[list[str]]:
    """The rows that the configuration table must have, from the settings themselves."""
    fields = Environment.model_fields
    return [
        [f"`{name}`", _shown(field.default), field.description or ""]
        for name, field in fields.items()
        if name not in SET_BY_PROCESSES
    ]


def _shown(default: Any) -> str:
    value = ",".join(default) if isinstance(default, tuple) else default
    value = str(int(value)) if isinstance(value, bool) else str(value)
    return f"`{value}`" if value else ""


# --- README.md -------------------------------------------------------------------------------------------------------


def test_the_configuration_table_is_the_settings_as_they_are() -> None:
    assert table("README.md", "Configuration") == settings_table()


def test_the_page_names_the_settings_that_may_come_from_a_file() -> None:
    told = re.search(r"`<VARIABLE>_FILE`[^.]*", section("README.md", "Configuration"))
    assert told and all(f"`{name}`" in told[0] for name in SECRET_NAMES)


def test_every_command_of_ours_stands_in_the_commands_table_and_no_other() -> None:
    ours = {name for name, app in get_commands().items() if app in ("compliance", "providers")}
    rows = "\n".join(row[0] for row in table("README.md", "Commands"))
    assert set(re.findall(r"manage\.py (\w+)", rows)) == ours


def test_options_that_the_pages_name_exist() -> None:
    ours = {name: app for name, app in get_commands().items() if app in ("compliance", "providers")}
    for page in PAGES:
        for name, rest in re.findall(r"manage\.py (\w+)([^`|\n]*)", text(page)):
            if name in ours:
                parser = load_command_class(str(ours[name]), name).create_parser("manage.py", name)
                known = {option for action in parser._actions for option in action.option_strings}
                assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{page}: manage.py {name}{rest}"


@pytest.mark.parametrize("document", PAGES)
def test_make_targets_that_the_pages_name_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)`", text(document))) | set(
        re.findall(r"^ *make ([a-z-]+)", text(document), re.M)
    )
    assert named - targets == set()
    assert "bench" not in named


@pytest.mark.parametrize("document", PAGES)
def test_files_that_the_pages_link_to_exist(document: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text(document))
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


@pytest.mark.parametrize("document", PAGES)
def test_files_and_tests_that_the_pages_name_exist(document: str) -> None:
    roots = [ROOT, (ROOT / document).parent]
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_0-9]+\.(?:py|csv|json|md|toml|lock|html))(?:::(\w+))?`", text(document))
    written = {"keys.json", "demo-people.json", "running.json"}  # under DATA_DIR
    for name, function in named:
        paths = [root / name for root in roots if (root / name).exists()]
        assert paths or name in written or Path(name).name in written, f"{document} names {name}"
        if function:
            assert f"def {function}(" in paths[0].read_text(encoding="utf-8"), f"{document} names {name}::{function}"


def test_the_screenshot_is_a_picture_of_a_page() -> None:
    (link,) = re.findall(r"!\[[^\]]{20,}\]\(([^)]+\.png)\)", text("README.md"))
    path = ROOT / link
    assert path.stat().st_size < 400 * 1024
    with Image.open(path) as picture:
        assert (picture.format, picture.width >= 1000) == ("PNG", True)


def test_the_roles_table_names_the_groups_that_every_database_has() -> None:
    assert [row[0] for row in table("README.md", "Who does what")][: len(GROUP_PERMISSIONS)] == list(GROUP_PERMISSIONS)


def test_the_rights_to_type_in_are_those_that_the_desk_gives_to_its_own_database() -> None:
    class Recorder:
        """Takes down what would be sent to the database."""

        def __init__(self) -> None:
            self.statements: list[str] = []

        def execute(self, statement: sql.Composed) -> None:
            self.statements.append(statement.as_string().replace('"', ""))

    recorder = Recorder()
    postgres.grant_rights(recorder)  # type: ignore[arg-type]
    typed = " ".join(section("README.md", "On your own servers").split())
    assert recorder.statements
    assert [statement for statement in recorder.statements if f"{' '.join(statement.split())};" not in typed] == []


def test_the_least_python_and_the_providers_are_told_as_they_are() -> None:
    least = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert f"Python {least}" in text("README.md")
    for page in ("README.md", "providers/README.md"):
        assert [name for name in provider_names() if provider_class(name).label not in text(page)] == []


def test_keys_of_the_first_walk_are_keys_of_the_pages() -> None:
    pressed = set(re.findall(r"<kbd>([a-z/?])</kbd>", section("README.md", "A first walk")))
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    helped = set(re.findall(r"<kbd>([a-z/?])</kbd>", text("templates/components/_shortcuts.html")))
    assert pressed and pressed <= helped
    assert {"a", "d", "t", "e", "n", "u", "c"} <= helped and 'aria-keyshortcuts="n"' in templates


# --- compliance/README.md --------------------------------------------------------------------------------------------


def test_the_table_of_case_statuses_is_the_table_that_the_code_obeys() -> None:
    rows = {row[0].strip("`"): row[2] for row in table("compliance/README.md", "Where a case may go")}
    assert list(rows) == CaseStatus.values
    for status, leads in TRANSITIONS.items():
        assert {word.strip(" `") for word in rows[status].split(",")} == {target.value for target in leads}


def test_every_promise_names_the_test_that_shows_it() -> None:
    rows = table("compliance/README.md", "What is promised, and which test shows it")
    assert len(rows) >= 15
    assert [row[0] for row in rows if not re.search(r"`tests/\S+\.py(::\w+)?`", row[1])] == []


# --- providers/README.md ---------------------------------------------------------------------------------------------


def test_the_interface_that_a_sixth_provider_fills_in_is_named_whole() -> None:
    page = text("providers/README.md")
    base = text("providers/base.py").partition("class Provider(ABC):")[2]
    wanted = re.findall(r"^    ([a-z_]+): ClassVar", base, re.M) + re.findall(r"@abstractmethod\n    def (\w+)", base)
    assert [name for name in wanted if f"`{name}`" not in page and f"`{name}(" not in page] == []


def test_the_page_about_providers_fits_on_a_screen_and_a_half() -> None:
    assert len(text("providers/README.md").splitlines()) <= 110
