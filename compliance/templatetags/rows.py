"""Template tags for the rows of lists, whose HTML is small: icons from a sprite in the page, no indentation."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from compliance.enums import Queue
from compliance.labels import check_kind_label, provider_label
from compliance.queries.rows import CheckMark
from compliance.templatetags.desk import ICONS, KIND_ICONS, words
from providers import Kind, Outcome

register = template.Library()

_SYMBOL = re.compile(r'<symbol id="i-([a-z0-9-]+)".*?</symbol>')
_AROUND_CELLS = re.compile(r"\s*(</?(?:p|t[a-z]+)(?:\s[^>]*)?>)\s*")
_DUE_ICONS = {"is-overdue": "alarm", "is-soon": "clock-exclamation"}
_QUOTED = re.compile(r"""="([^\s"'=<>`]+)"(?=[\s>])""")
_KINDS, _MARKS = tuple(Kind), (*Outcome, Queue.UNREADABLE)
_MARK_WIDTH = 46
_CHECK_MARK = (
    '<g id="m{place}" class="mark"><rect class="mark-box" x=".5" y=".5" width="41" height="21" rx="5"/>'
    '<use href="#i-{kind}" x="5" y="4" width="14" height="14"/>'
    '<g class="mark-outcome is-{mark}"><use href="#i-{icon}" x="23" y="4" width="14" height="14"/></g></g>'
)


@register.simple_tag
def row_icon(name: str) -> SafeString:
    """An icon of the sprite in the page; style sheets give its size."""
    return format_html('<svg><use href="#i-{}" /></svg>', name)


@register.filter
def due_icon(state: str) -> str:
    """Icon of a due time by its state: never colour alone."""
    return _DUE_ICONS.get(state, "clock")


@register.simple_tag
def row_sprite() -> SafeString:
    """The symbols that rows refer to: all icons of marks, and one symbol for each kind of check with each outcome."""
    return _row_sprite()


@cache
def _row_sprite() -> SafeString:
    text = Path(settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()
    needed = {*ICONS.values(), *KIND_ICONS.values(), *_DUE_ICONS.values(), "clock", "scale"}
    icons = [found[0] for found in _SYMBOL.finditer(text) if found[1] in needed]
    checks = [
        _CHECK_MARK.format(place=_place(kind, mark), kind=KIND_ICONS[kind], mark=mark, icon=ICONS[mark])
        for kind in _KINDS
        for mark in _MARKS
    ]
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{"".join([*icons, *checks])}</svg>')  # noqa: S308


@register.simple_tag
def check_marks(checks: Sequence[CheckMark], more: int = 0) -> SafeString | str:
    """Kind and outcome of each check as an icon, with the words of all on hover and for screen readers.

    ``more`` is the number of checks without an icon.
    """
    if not checks:
        return ""
    labels = [
        f"{check_kind_label(check.kind)}, {provider_label(check.provider)}: {words(check.outcome).lower()}"
        for check in checks
    ]
    if more:
        labels.append(f"{more} more")
    places = [(_place(check.kind, check.outcome), number * _MARK_WIDTH) for number, check in enumerate(checks)]
    marks = format_html_join("", '<use href="#m{}" x="{}" />', places)
    return format_html("<svg><title>{}</title>{}</svg>", "; ".join(labels), marks)


def _place(kind: str, mark: str) -> str:
    """Two digits for a kind of check and its outcome, which make short references."""
    return f"{_KINDS.index(Kind(kind))}{_MARKS.index(mark)}"


@register.filter(is_safe=True)
def compact(content: str) -> str:
    """A table without the white space of its templates and the quotes that HTML does not need.

    Text keeps one space where it had any; quotes in text are escaped, so that only attributes match.
    """
    return _QUOTED.sub(r"=\1", re.sub(r"\s+", " ", _AROUND_CELLS.sub(r"\1", content)))
