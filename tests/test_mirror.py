"""Every module has a test file of its name in the mirrored place."""

import ast
from pathlib import Path

from tests.test_layers import ROOT, is_within, module_name, sources

ELSEWHERE: dict[str, str] = {
    "compliance.actions.decision_requests": "compliance/actions/test_decisions.py",
    "compliance.actions.duplicates": "compliance/queries/test_duplicates.py",
    "compliance.actions.evidence_copies": "compliance/sync/test_evidence_parts.py",
    "compliance.actions.references": "compliance/actions/test_checks.py",
    "compliance.actions.undecipherable": "journeys/test_undecipherable_values.py",
    "compliance.admin.action_admin": "compliance/admin/test_site.py",
    "compliance.case_page.access_log": "compliance/views/test_access_log.py",
    "compliance.case_page.added_files": "compliance/views/test_uploads.py",
    "compliance.case_page.case_redactor": "compliance/views/test_payloads.py",
    "compliance.case_page.command_line": "compliance/management/test_commands.py",
    "compliance.case_page.comparison": "compliance/views/test_reveal.py",
    "compliance.case_page.decision_panel": "compliance/test_forms.py",
    "compliance.case_page.difference_sentence": "compliance/case_page/test_timeline.py",
    "compliance.case_page.findings": "compliance/facts/test_conflicts.py",
    "compliance.case_page.page": "compliance/views/test_case.py",
    "compliance.case_page.timeline_notes": "compliance/views/test_case.py",
    "compliance.case_page.timeline_steps": "compliance/case_page/test_timeline.py",
    "compliance.default_policies": "test_migrations.py",
    "compliance.embedded": "journeys/test_process_tree.py",
    "compliance.evidence.video": "compliance/evidence/video/test_metadata.py",
    "compliance.facts": "compliance/facts/test_right_answers.py",
    "compliance.imports.uploaded_files": "compliance/views/test_case_imports.py",
    "compliance.management.commands": "compliance/management/test_commands.py",
    "compliance.project.admin_site": "compliance/admin/test_site.py",
    "compliance.queries": "compliance/views/test_queue.py",
    "compliance.roles": "test_migrations.py",
    "compliance.routing.history": "compliance/routing/test_rulings.py",
    "compliance.views.front_page": "compliance/views/test_permissions.py",
    "compliance.templatetags": "compliance/views/test_case.py",
    "compliance.views": "compliance/views/test_permissions.py",
    "providers.accounts.forms": "compliance/admin/test_accounts.py",
    "providers.management.commands": "providers/vault/test_rotation.py",
    "providers.models": "compliance/actions/test_accounts.py",
    "providers.simulator": "providers/simulator/test_scenarios.py",
    "providers.vault.undecipherable": "journeys/test_undecipherable_values.py",
}
"""Packages whose modules are tested together, through their door or through pages, and where."""
DECLARATIONS = (
    "compliance.apps",
    "compliance.enums",
    "compliance.errors",
    "compliance.models",
    "providers.apps",
    "providers.vault.errors",
)
"""Without behaviour of their own; constraints of tables are tested with the actions that meet them."""


def has_behaviour(path: Path) -> bool:
    """Whether a module defines a function or a class."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.parse(path.read_text(encoding="utf-8")).body)


def places(path: Path) -> tuple[Path, ...]:
    """Where the tests of a module may be; those of a package inside it or beside it."""
    folder = ROOT / "tests" / path.relative_to(ROOT).parent
    if path.stem != "__init__":
        return (folder / f"test_{path.stem}.py",)
    return folder / f"test_{folder.name}.py", folder.parent / f"test_{folder.name}.py"


def untested() -> list[str]:
    """Modules without a test file of their name."""
    found = [*sources("compliance"), *sources("providers")]
    found = [path for path in found if "migrations" not in path.parts and has_behaviour(path)]
    return [module_name(path) for path in found if not any(place.is_file() for place in places(path))]


def test_every_module_has_a_test_file_of_its_name() -> None:
    assert [name for name in untested() if not is_within(name, (*ELSEWHERE, *DECLARATIONS))] == []


def test_each_exception_is_needed_and_its_tests_exist() -> None:
    needed = untested()
    exceptions = (*ELSEWHERE, *DECLARATIONS)
    assert [name for name in exceptions if not any(is_within(module, (name,)) for module in needed)] == []
    assert [place for place in ELSEWHERE.values() if not (ROOT / "tests" / place).is_file()] == []
