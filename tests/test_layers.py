"""Allowed imports between packages, checked in the source: `docs/architecture.md` describes it."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[1]
OURS = ("compliance", "providers", "tests")
LONGEST_FUNCTION, LONGEST_FILE = 40, 400
"""Lines, of the product; tables of tests are longer."""

LAYERS: tuple[tuple[str, ...], ...] = (
    ("urls", "wsgi", "apps", "celery", "settings"),
    ("views", "admin", "management"),
    ("case_page", "sync.tasks", "forms", "templatetags"),
    ("imports", "sync"),
    ("actions",),
    ("sync.schedule", "sync.provider_clients", "audit", "queries"),
    ("routing",),
    ("facts", "evidence", "events"),
    ("models",),
    ("case_state",),
    ("enums", "errors", "labels", "roles", "default_policies"),
    ("embedded",),
    ("project",),
)
"""Packages and modules of ``compliance``: each may import itself and the layers below it."""

DOORS = frozenset(
    {"providers", "providers.models", "providers.accounts.forms", "providers.vault", "providers.accounts.validation"}
)
"""Modules of ``providers`` that any part of ``compliance`` may import."""
NEEDS_DJANGO = tuple(
    f"providers.{name}" for name in ("models", "accounts.forms", "apps", "vault", "management", "migrations")
)
"""The part of ``providers`` that is not pure."""
READERS = (
    "routing",
    "queries",
    "facts",
    "case_page",
    "sync.schedule",
    "sync.tasks",
    "forms",
    "views",
    "templatetags",
)
"""Packages that never write: actions are in ``actions``, and ``sync`` and ``audit`` write their own rows."""
WRITES = frozenset(
    {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "select_for_update"}
)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py"))


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def words_of(package: str) -> frozenset[str]:
    """Names that a package itself defines, such as the function ``providers.code_table``."""
    path = ROOT.joinpath(*package.split("."), "__init__.py")
    offered = (node for node in tree(path).body if isinstance(node, ast.ImportFrom)) if path.is_file() else ()
    return frozenset(alias.asname or alias.name for node in offered for alias in node.names)


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that one statement names: ``from compliance import audit`` is an import of ``compliance.audit``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative imports hide who imports whom"
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            yield full if is_module(full) and alias.name not in words_of(str(node.module)) else str(node.module)


def imports(path: Path) -> set[str]:
    return set(chain.from_iterable(imported(node) for node in ast.walk(tree(path))))


def layer_of(name: str) -> tuple[int, str] | None:
    """The layer of a module of ``compliance`` (named without it), and its package in that layer."""
    layers = {package: number for number, packages in enumerate(LAYERS) for package in packages}
    while name:
        if name in layers:
            return layers[name], name
        name = name.rpartition(".")[0]
    return None


def desk_modules() -> list[tuple[str, Path]]:
    named = [(module_name(path).partition(".")[2], path) for path in sources("compliance")]
    return [(name, path) for name, path in named if name and not name.startswith("migrations")]


def has_code(path: Path) -> bool:
    return any(not isinstance(node, ast.Expr) for node in tree(path).body)


def test_every_module_belongs_to_a_layer() -> None:
    assert [name for name, path in desk_modules() if has_code(path) and layer_of(name) is None] == []


def test_every_layer_names_packages_that_exist() -> None:
    assert [name for name in chain.from_iterable(LAYERS) if not is_module(f"compliance.{name}")] == []


def test_each_package_imports_itself_and_the_layers_below() -> None:
    wrong = [
        f"{name} imports {theirs}"
        for name, path in desk_modules()
        for package, _, theirs in (other.partition(".") for other in imports(path))
        if package == "compliance" and theirs and not may_import(name, theirs)
    ]
    assert wrong == []


def may_import(name: str, other: str) -> bool:
    here, there = layer_of(name), layer_of(other)
    return here is not None and there is not None and (there[0] > here[0] or there == here)


def test_no_package_holds_a_circle_of_imports() -> None:
    ours = {f"compliance.{name}": path for name, path in desk_modules()}
    arrows = {name: imports(path) & ours.keys() - {name} for name, path in ours.items()}
    while free := [name for name, others in arrows.items() if not others & arrows.keys()]:
        for name in free:
            del arrows[name]
    assert sorted(arrows) == []


def test_the_desk_enters_providers_through_its_doors_only() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in desk_modules()
        for other in imports(path)
        if other.split(".")[0] == "providers" and other not in DOORS
    ]
    assert wrong == []


def test_models_know_words_and_other_models_alone() -> None:
    allowed = {"providers", "providers.models", "providers.vault", "compliance.enums", "compliance.labels"}
    for path in sources("compliance/models"):
        ours = {name for name in imports(path) if name.split(".")[0] in OURS}
        assert {name for name in ours - allowed if not name.startswith("compliance.models")} == set(), path


def is_pure(path: Path) -> bool:
    return not is_within(module_name(path), (*NEEDS_DJANGO, "providers.simulator"))


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_the_pure_part_of_providers_knows_neither_django_nor_celery_nor_the_desk() -> None:
    pure = [path for path in sources("providers") if is_pure(path)]
    named = {"bank131", "transport.http", "registry", "accounts.validation"}
    assert {f"providers.{name}" for name in named} <= {module_name(path) for path in pure}
    for path in pure:
        roots = {name.split(".")[0] for name in imports(path)}
        assert roots & {"django", "celery", "compliance", "psycopg", "redis"} == set(), path
        assert [name for name in imports(path) if is_within(name, (*NEEDS_DJANGO, "providers.simulator"))] == [], path


def test_nothing_in_providers_knows_the_desk() -> None:
    for path in sources("providers"):
        assert {name.split(".")[0] for name in imports(path)} & {"compliance", "celery"} == set(), path


def test_the_simulator_is_imported_by_itself_and_by_tests_alone() -> None:
    outside = [path for path in sources("providers") if not path.is_relative_to(ROOT / "providers/simulator")]
    for path in [*outside, *sources("compliance")]:
        assert [name for name in imports(path) if name.startswith("providers.simulator")] == [], path


def test_the_simulator_shares_only_the_code_tables_with_the_clients_that_it_examines() -> None:
    for path in sources("providers/simulator"):
        others = {name for name in imports(path) if name.split(".")[0] == "providers"}
        assert {name for name in others if not name.startswith("providers.simulator")} <= {
            "providers.contract.code_table"
        }, path
        assert {name.split(".")[0] for name in imports(path)} & {"django", "requests"} == set(), path


def test_the_embedded_servers_are_started_by_their_command_alone() -> None:
    for name, path in desk_modules():
        if not name.startswith("embedded") and name != "management.commands.up":
            assert [other for other in imports(path) if other.startswith("compliance.embedded")] == [], name


@pytest.mark.parametrize("package", ["compliance", "providers"])
def test_no_function_imports_our_own_modules(package: str) -> None:
    wrong = []
    for path in sources(package):
        for function in functions(path):
            inner = chain.from_iterable(imported(node) for node in ast.walk(function))
            wrong += [f"{module_name(path)}.{function.name}: {name}" for name in inner if name.split(".")[0] in OURS]
    assert wrong == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_functions_and_files_stay_short() -> None:
    long = []
    for path in [*sources("compliance"), *sources("providers")]:
        if "migrations" in path.parts:
            continue
        lines = len(path.read_text(encoding="utf-8").splitlines())
        long += [f"{module_name(path)}: {lines} lines"] if lines > LONGEST_FILE else []
        for function in functions(path):
            length = (function.end_lineno or 0) - function.lineno + 1
            long += [f"{module_name(path)}.{function.name}: {length} lines"] if length > LONGEST_FUNCTION else []
    assert long == []


@pytest.mark.parametrize("package", ["compliance", "providers"])
def test_no_two_migrations_have_the_same_number(package: str) -> None:
    names = [path.name for path in sources(f"{package}/migrations") if "_squashed_" not in path.name]
    numbers = [name[:4] for name in names if name[:4].isdigit()]
    assert sorted(numbers) == sorted(set(numbers))


def test_migrations_are_one_line() -> None:
    assert MigrationLoader(None).detect_conflicts() == {}


def test_files_are_named_by_what_they_hold() -> None:
    names = {path.stem for package in OURS for path in sources(package)}
    assert names & {"utils", "util", "helpers", "helper", "common", "misc"} == set()


def test_only_move_assigns_the_status_of_a_case() -> None:
    found = {
        f"{module_name(path)}.{function.name}"
        for path in sources("compliance")
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if node.attr == "status" and isinstance(node.value, ast.Name) and node.value.id == "case"
    }
    assert found == {"compliance.actions.cases.move"}


@pytest.mark.promise("G18")
def test_what_answers_does_not_write() -> None:
    wrong = []
    for name, path in desk_modules():
        if any(name == reader or name.startswith(f"{reader}.") for reader in READERS):
            called = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
            methods = (function for function in called if isinstance(function, ast.Attribute))
            wrong += [f"{name}: .{method.attr}()" for method in methods if method.attr in WRITES]
    assert wrong == []


@pytest.mark.promise("G8")
def test_no_delay_retry_or_result_lives_in_the_broker() -> None:
    names = {"countdown", "eta", "max_retries", "autoretry_for", "retry_backoff"}
    wrong = [
        f"{module_name(path)}: {word}"
        for path in sources("compliance")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for word in [*(keyword.arg for keyword in node.keywords), getattr(node.func, "attr", "")]
        if word in names or word in {"apply_async", "retry"}
    ]
    assert wrong == []
