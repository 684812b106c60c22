"""Template tags for the rows of lists, whose HTML is small: icons from a sprite in the page, no indentation."""

import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from compliance.enums import Queue
from compliance.labels import check_kind_label, provider_label
from compliance.queries.rows import CheckMark
from compliance.templatetags.desk import ICONS, KIND_ICONS, words
from providers import Kind, Outcome

register = template.Library()

_SYMBOL = re.compile(r'<symbol id="i-([a-z0-9-]+)".*?</symbol>')
_AROUND_CELLS = re.compile(r"\s*(</?t[a-z]+(?:\s[^>]*)?>)\s*")
_DUE_ICONS = {"is-overdue": "alarm", "is-soon": "clock-exclamation"}
_MARKS = (*Outcome, Queue.UNREADABLE)
_CHECK_SYMBOL = (
    '<symbol id="{0}-{1}" viewBox="0 0 46 24"><use href="#i-{2}" width="24" height="24"/>'
    '<g class="is-{1}"><use href="#i-{3}" x="23" width="23" height="24"/></g></symbol>'
)


@register.simple_tag
def row_icon(name: str) -> SafeString:
    """An icon of the sprite in the page; style sheets give its size."""
    return format_html('<svg><use href="#i-{}"/></svg>', name)


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
    checks = [_CHECK_SYMBOL.format(kind, mark, KIND_ICONS[kind], ICONS[mark]) for kind in Kind for mark in _MARKS]
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{"".join([*icons, *checks])}</svg>')  # noqa: S308


@register.simple_tag
def check_mark(check: CheckMark) -> SafeString:
    """Kind and outcome of a check as one icon, with the words on hover and for screen readers."""
    kind, provider = check_kind_label(Kind(check.kind)), provider_label(check.provider)
    return format_html(
        '<svg role="img"><title>{}, {}: {}</title><use href="#{}-{}"/></svg>',
        kind,
        provider,
        words(check.outcome).lower(),
        check.kind,
        check.outcome,
    )


@register.filter(is_safe=True)
def compact(content: str) -> str:
    """A table without the white space of its templates; text keeps one space where it had any."""
    return re.sub(r"\s+", " ", _AROUND_CELLS.sub(r"\1", content))
