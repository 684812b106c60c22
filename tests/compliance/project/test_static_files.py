"""Static files: vendored files match the manifest; templates and scripts follow the security policy."""

import ast
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from compliance.case_page import timeline, why
from compliance.queries import rows
from compliance.templatetags import desk

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
MANIFEST: list[dict[str, Any]] = json.loads((VENDOR / "manifest.json").read_text())
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))
SYMBOLS = set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', (STATIC / "img" / "icons.svg").read_text()))
FORBIDDEN = (
    *("eval(", "new Function", "document.write", "innerHTML", "outerHTML", "insertAdjacentHTML"),
    *("localStorage", "sessionStorage"),  # storage of personal data would outlive the session
)
REMEMBERING = {"drafts.js", "search.js", "submit-once.js"}
"""Scripts that store drafts, the last search or submission in sessionStorage, which is emptied at sign-out."""
ICON_TAG = re.compile(r"{%\s*icon\s+([^%]+)%}")
ICON_GIVEN = re.compile(r'icon_name="([a-z0-9-]+)"')
ICON_NAME = re.compile(r'^"([a-z0-9-]+)"|default:"([a-z0-9-]+)"')


def template_id(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["folder"])
def test_a_vendored_package_holds_exactly_the_files_of_the_manifest(package: dict[str, Any]) -> None:
    folder = VENDOR / package["folder"]
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert found == package["files"]
    assert "LICENSE" in found
    assert folder.name.endswith(f"@{package['version']}")
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"])


def test_the_manifest_names_every_vendored_folder() -> None:
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == {package["folder"] for package in MANIFEST}


@pytest.mark.parametrize("style", [*STYLES, *VENDOR.rglob("*.css")], ids=lambda path: path.name)
def test_style_sheets_reference_existing_files_only(style: Path) -> None:
    text = style.read_text()
    targets = re.findall(r"""url\(\s*['"]?([^'")]+)""", text)
    assert [
        target for target in targets if not target.startswith("data:") and not (style.parent / target).is_file()
    ] == []
    assert "sourceMappingURL" not in text
    assert "@import" not in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_needs_no_eval_and_no_markup_from_strings(script: Path) -> None:
    text = script.read_text()
    allowed = {"sessionStorage"} if script.name in REMEMBERING else set()
    assert [word for word in FORBIDDEN if word in text and word not in allowed] == []


class _Findings(HTMLParser):
    """Violations of the content security policy or of htmx's inheritance rules."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        for name in names:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.faults.append(f"{tag} {name}")
            if name == "hx-headers" and tag != "body":
                self.faults.append(f"{tag} {name}: only <body> carries it")
        if tag == "a" and "hx-get" in names and not names.get("href"):
            self.faults.append("a hx-get without href")
        if tag == "form" and "hx-post" in names and not names.get("action"):
            self.faults.append("form hx-post without action")
        if any(name in names for name in ("hx-get", "hx-post")) and "hx-target" not in names:
            self.faults.append(f"{tag} asks for a fragment without naming its target")
        if tag == "style" or (tag == "script" and "src" not in names):
            self.faults.append(f"inline {tag}")
        if any((value or "").lower().startswith("js:") for value in names.values()):
            self.faults.append(f"{tag} js:")


@pytest.mark.promise("G24")
@pytest.mark.parametrize("template", TEMPLATES, ids=template_id)
def test_templates_follow_the_content_security_policy_and_work_without_the_script(template: Path) -> None:
    # Template tags inside a start tag are blanked, so that the parser sees attributes only.
    text = re.sub(r"{%.*?%}|{#.*?#}", " ", template.read_text(), flags=re.S)
    findings = _Findings()
    findings.feed(text)
    assert findings.faults == []


def icons_of_templates() -> set[str]:
    """Every icon that a template names, directly or as a default."""
    text = "".join(template.read_text() for template in TEMPLATES)
    tags = ICON_TAG.findall(text)
    return {found[1] or found[2] for tag in tags for found in ICON_NAME.finditer(tag)} | {*ICON_GIVEN.findall(text)}


def icons_of_code() -> set[str]:
    """Every icon that the code names: in its tables, as ``icon=...``, or as an argument."""
    named = {*desk.ICONS.values(), *desk.KIND_ICONS.values(), *why.ICONS.values()}
    named |= {style.icon for style in timeline.STYLES.values()} | {
        group.icon for group in (*rows.GROUPS.values(), rows.LONG_OVERDUE)
    }
    for source in (ROOT / "compliance").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call):
                values = [keyword.value for keyword in node.keywords if keyword.arg == "icon"]
                values += node.args[:1] if isinstance(node.func, ast.Name) and node.func.id == "icon" else []
                inside = [part for value in values for part in ast.walk(value) if isinstance(part, ast.Constant)]
                named |= {part.value for part in inside if isinstance(part.value, str)}
    return named


def test_the_icons_in_use_are_exactly_those_of_the_sprite() -> None:
    assert icons_of_templates() | icons_of_code() == SYMBOLS


def test_no_script_or_style_refers_to_an_icon() -> None:
    assert [path.name for path in [*SCRIPTS, *STYLES] if "icons.svg" in path.read_text()] == []
