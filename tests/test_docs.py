"""The project's pages match the code: tables are compared; commands, files, links and words must exist."""

import importlib.util
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
from tests.test_layers import LAYERS

ROOT = Path(__file__).resolve().parent.parent
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "providers/README.md")
PAGES = (*TOP, *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")))
DEPLOYMENT, OPERATIONS, ARCHITECTURE = "docs/deployment.md", "docs/operations.md", "docs/architecture.md"
SET_BY_PROCESSES = frozenset({"SIMULATOR_URL", "DATABASE_POOL"})
"""Settings that the supervisor and the web process set; people do not."""
NOT_FOR_PEOPLE = frozenset({"DJANGO_SETTINGS_MODULE", "DATABASE_POOL"})


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """The text between this heading and the next of its rank or above."""
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


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as rendered by code hosting sites."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- all pages -------------------------------------------------------------------------------------------------------


def test_options_that_the_pages_name_exist() -> None:
    ours = {name: app for name, app in get_commands().items() if app in ("compliance", "providers")}
    for page in PAGES:
        for name, rest in re.findall(r"manage\.py (\w+)([^`|\n]*)", text(page)):
            if name in ours:
                parser = load_command_class(str(ours[name]), name).create_parser("manage.py", name)
                known = {option for action in parser._actions for option in action.option_strings}
                assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{page}: manage.py {name}{rest}"


@pytest.mark.parametrize("document", PAGES)
def test_commands_that_the_pages_name_exist(document: str) -> None:
    named = set(re.findall(r"manage\.py (\w+)", text(document)))
    assert named - set(get_commands()) == set()
    modules = set(re.findall(r"python3? -m ([a-z][\w.]*)", text(document)))
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("document", PAGES)
def test_make_targets_that_the_pages_name_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)`", text(document))) | set(
        re.findall(r"^ *make ([a-z-]+)", text(document), re.M)
    )
    assert named - targets == set()
    assert "bench" not in named


@pytest.mark.parametrize("document", PAGES)
def test_links_of_the_pages_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    dead = []
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text(document)):
        target = (folder / path).resolve() if path else ROOT / document
        if not target.exists():
            dead.append(path)
        elif anchor and anchor not in anchors(target.relative_to(ROOT).as_posix()):
            dead.append(f"{path}#{anchor}")
    assert dead == []


@pytest.mark.parametrize("document", PAGES)
def test_files_and_tests_that_the_pages_name_exist(document: str) -> None:
    folders = [ROOT, (ROOT / document).parent, *(ROOT / name for name in ("compliance", "providers"))]
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_0-9]+\.(?:py|csv|json|md|toml|lock|html))(?:::(\w+))?`", text(document))
    named += re.findall(r"^    .*\b((?:tests/)(?:[a-z_]+/)*[a-z_0-9]+\.py)(?:::(\w+))?", text(document), re.M)
    written = {"keys.json", "demo-people.json", "running.json"}  # under DATA_DIR
    in_each_provider = {"codes.csv", "expectations.py", "mapping.py", "values.toml"}
    for name, function in named:
        paths = [folder / name for folder in folders if (folder / name).exists()]
        assert paths or {name, Path(name).name} & (written | in_each_provider), f"{document} names {name}"
        if function:
            assert f"def {function}(" in paths[0].read_text(encoding="utf-8"), f"{document} names {name}::{function}"


@pytest.mark.parametrize("document", PAGES)
def test_folders_that_the_pages_name_exist(document: str) -> None:
    named = re.findall(r"`((?:compliance|providers|templates|tests|docs|static)/(?:[a-z_0-9]+/)*)`", text(document))
    assert [name for name in named if not (ROOT / name).is_dir()] == []


@pytest.mark.parametrize("document", PAGES)
def test_no_page_names_a_package_index(document: str) -> None:
    assert re.findall(r"\b(?:pypi|npmjs|pythonhosted)\.\w+", text(document)) == []


# --- README.md -------------------------------------------------------------------------------------------------------


def test_the_readme_fits_on_a_screen_and_a_half() -> None:
    assert len(text("README.md").splitlines()) <= 80


def test_the_screenshot_is_a_picture_of_a_page() -> None:
    (link,) = re.findall(r"!\[[^\]]{20,}\]\(([^)]+\.png)\)", text("README.md"))
    path = ROOT / link
    assert path.stat().st_size < 400 * 1024
    with Image.open(path) as picture:
        assert (picture.format, picture.width >= 1000) == ("PNG", True)


def test_the_roles_table_names_the_groups_that_every_database_has() -> None:
    assert [row[0] for row in table("README.md", "Roles")][: len(GROUP_PERMISSIONS)] == list(GROUP_PERMISSIONS)


def test_the_least_python_and_the_providers_are_named_as_they_are() -> None:
    least = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    for page in ("README.md", DEPLOYMENT):
        assert f"Python {least}" in text(page)
    for page in ("README.md", "providers/README.md"):
        assert [name for name in provider_names() if provider_class(name).label not in text(page)] == []


def test_keys_of_the_first_walk_are_keys_of_the_pages() -> None:
    pressed = set(re.findall(r"<kbd>([a-z/?])</kbd>", section("README.md", "First walk")))
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    (keys,) = (ROOT / "templates").rglob("_shortcuts.html")
    helped = set(re.findall(r"<kbd>([a-z/?])</kbd>", keys.read_text(encoding="utf-8")))
    assert pressed and pressed <= helped
    assert {"a", "d", "t", "e", "n", "u", "c"} <= helped and 'aria-keyshortcuts="n"' in templates


# --- docs/deployment.md ----------------------------------------------------------------------------------------------


def test_the_configuration_table_is_the_settings_as_they_are() -> None:
    assert table(DEPLOYMENT, "Configuration") == settings_table()


def test_the_page_names_the_settings_that_may_come_from_a_file() -> None:
    named = re.search(r"`<VARIABLE>_FILE`[^.]*", section(DEPLOYMENT, "Configuration"))
    assert named and all(f"`{name}`" in named[0] for name in SECRET_NAMES)


def test_every_variable_that_the_code_reads_is_on_the_page() -> None:
    files = [ROOT / "manage.py", *(ROOT / "compliance").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    read = set(re.findall(r"environ(?:\.\w+\(|\[)\"([A-Z_]+)\"", source)) | set(Environment.model_fields)
    known = read - NOT_FOR_PEOPLE - SET_BY_PROCESSES
    assert {name for name in known if f"`{name}" not in text(DEPLOYMENT)} == set()


def test_the_rights_to_type_in_are_those_of_the_embedded_database() -> None:
    class Recorder:
        """Records the statements instead of sending them."""

        def __init__(self) -> None:
            self.statements: list[str] = []

        def execute(self, statement: sql.Composed) -> None:
            self.statements.append(statement.as_string().replace('"', ""))

    recorder = Recorder()
    postgres.grant_privileges(recorder)  # type: ignore[arg-type]
    typed = " ".join(section(DEPLOYMENT, "Database").split())
    assert recorder.statements
    assert [statement for statement in recorder.statements if f"{' '.join(statement.split())};" not in typed] == []


# --- docs/operations.md ----------------------------------------------------------------------------------------------


def test_every_command_of_ours_is_in_the_commands_table_and_no_other() -> None:
    ours = {name for name, app in get_commands().items() if app in ("compliance", "providers")}
    rows = "\n".join(row[0] for row in table(OPERATIONS, "Commands"))
    assert set(re.findall(r"manage\.py (\w+)", rows)) == ours


# --- docs/architecture.md --------------------------------------------------------------------------------------------


def test_the_table_of_case_statuses_is_the_table_that_the_code_obeys() -> None:
    rows = {row[0].strip("`"): row[2] for row in table(ARCHITECTURE, "Statuses of a case")}
    assert list(rows) == CaseStatus.values
    for status, leads in TRANSITIONS.items():
        assert {word.strip(" `") for word in rows[status].split(",")} == {target.value for target in leads}


def test_the_packages_table_names_every_package_and_no_other() -> None:
    named = set(re.findall(r"`((?:compliance|providers)/[a-z_0-9]+)/`", section(ARCHITECTURE, "Packages")))
    packages = {
        path.relative_to(ROOT).as_posix()
        for root in ("compliance", "providers")
        for path in (ROOT / root).iterdir()
        if path.is_dir() and (path / "__init__.py").exists()
    }
    assert named == packages - {"providers/management", "providers/migrations"}


def test_the_picture_of_the_layers_names_every_package() -> None:
    drawn = set(re.findall(r"\w+", " ".join(re.findall(r">([^<>]+)</text>", text("docs/img/layers.svg")))))
    named = {name for layer in LAYERS[1:] for part in layer for name in part.split(".")}
    assert named - drawn == set()


def test_the_glossary_is_in_alphabetical_order() -> None:
    terms = [row[0].replace("-", " ").lower() for row in table(ARCHITECTURE, "Glossary")]
    assert len(terms) >= 50
    assert terms == sorted(set(terms))


# --- providers/README.md ---------------------------------------------------------------------------------------------


def test_the_interface_that_a_sixth_provider_fills_in_is_named_whole() -> None:
    page = text("providers/README.md")
    base = text("providers/contract/base.py").partition("class Provider(ABC):")[2]
    needed = re.findall(r"^    ([a-z_]+): ClassVar", base, re.M) + re.findall(r"@abstractmethod\n    def (\w+)", base)
    assert [name for name in needed if f"`{name}`" not in page and f"`{name}(" not in page] == []


def test_the_page_about_providers_fits_on_a_screen_and_a_half() -> None:
    assert len(text("providers/README.md").splitlines()) <= 110


# --- .pre-commit-config.yaml -----------------------------------------------------------------------------------------


def test_hooks_before_a_commit_are_local_and_fetch_nothing() -> None:
    hooks = text(".pre-commit-config.yaml")
    assert set(re.findall(r"repo: (\S+)", hooks)) == {"local"}
    assert set(re.findall(r"language: (\S+)", hooks)) == {"system"}
    assert all(entry.startswith(".venv/bin/") for entry in re.findall(r"entry: (\S+)", hooks))
