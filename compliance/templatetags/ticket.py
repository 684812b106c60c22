"""Template tags for the values of a ticket. All escape their arguments.

The tree is written here and not by a template that includes itself: four thousand values would take seconds.
"""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from compliance.templatetags.desk import badge, icon
from providers import Outcome, TicketNode, TicketRow

register = template.Library()

VALUE_MARKS: dict[str, str] = {
    "OK": Outcome.APPROVED,
    "WARNING": Outcome.MANUAL_REVIEW,
    "ERROR": Outcome.DECLINED,
    "APPROVED": Outcome.APPROVED,
    "REJECTED": Outcome.DECLINED,
    "FAILED": Outcome.DECLINED,
    "NEEDS_REVIEW": Outcome.MANUAL_REVIEW,
    "IN_PROGRESS": Outcome.IN_PROGRESS,
    "PROCESSING": Outcome.IN_PROGRESS,
}
STEP_MARKS: dict[str, str] = {
    **VALUE_MARKS,
    "PASSED": Outcome.APPROVED,
    "ACCEPTED": Outcome.APPROVED,
    "VERIFIED": Outcome.APPROVED,
    "SUCCESSFUL": Outcome.APPROVED,
    "RETRY": Outcome.RETRY_REQUIRED,
    "AWAITING": Outcome.PENDING,
    "ABANDONED": Outcome.INCOMPLETE,
    "LOGGED_OUT": Outcome.INCOMPLETE,
    "TIMEOUT": Outcome.INCOMPLETE,
}
"""Dispositions of one step; a whole ticket with these words gets no mark."""
FEW = 8
"""Values up to which a branch of the tree is open from the start."""


@register.simple_tag
def ticket_step(row: TicketRow) -> SafeString:
    """A step of a process flow: its disposition as icon and word. An undocumented word has no colour."""
    mark = STEP_MARKS.get(row.value.strip().upper(), "")
    word = (
        badge(mark, text=row.value)
        if mark
        else format_html('<span class="code">{}</span>{}', row.value, _unseen(row.said))
    )
    return format_html("<span>{}{}</span> {}", row.label, _unseen(row.named), word)


@register.simple_tag
def ticket_value(row: TicketRow) -> SafeString:
    """A value; documented words have a mark, others are plain."""
    if row.is_masked:
        return format_html('<span class="masked">{}</span>', row.value)
    mark = VALUE_MARKS.get(row.value.strip().upper())
    # Made safe after escaping: a ticket has thousands of values, and most are plain.
    words = badge(mark, text=row.value) if mark else mark_safe(escape(row.value))  # noqa: S308
    if row.document:
        return words + _unseen(row.said) + _image(row.document)
    return words + _unseen(row.said) if row.said else words


def _unseen(words: str) -> SafeString:
    """Hidden text for search and screen readers, such as the provider's own spelling of a value."""
    return format_html('<span class="visually-hidden"> ({})</span>', words) if words else SafeString("")


def _image(document: str) -> SafeString:
    return format_html(
        ' <a class="link nobr" href="{}" data-choose="{}">{}Open image</a>',
        reverse("document-image", args=[document, "view"]),
        document,
        icon("photo"),
    )


@register.simple_tag
def ticket_tree(nodes: Iterable[TicketNode]) -> SafeString:
    """Fields without a label, as nested lists that fold; works without script. Everything is escaped here."""
    return mark_safe(_tree(nodes, chevron=icon("chevron-right"), is_top=True))  # noqa: S308


def _tree(nodes: Iterable[TicketNode], *, chevron: str, is_top: bool = False) -> str:
    return f'<ul class="tree">{"".join(_branch(node, chevron, is_top=is_top) for node in nodes)}</ul>'


def _branch(node: TicketNode, chevron: str, *, is_top: bool) -> str:
    key = f'<span class="k">{escape(node.key)}</span>'
    if node.row:
        value = f'<span class="v">{ticket_value(node.row)}</span>'
        return f'<li class="twig" data-leaf title="{escape(node.row.path)}">{key} {value}</li>'
    is_open = " open" if is_top or node.count <= FEW else ""
    count = f"{node.count} value{'' if node.count == 1 else 's'}"
    summary = f'<summary>{chevron}{key} <span class="sub">{count}</span></summary>'
    below = _grid(node) if node.grid else _tree(node.children, chevron=chevron)
    return f'<li><details class="fold branch" data-branch{is_open}>{summary}{below}</details></li>'


def _grid(node: TicketNode) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in node.columns)
    lines = (f"<tr data-leaf>{''.join(_cell(cell) for cell in line)}</tr>" for line in node.grid)
    table = f'<table class="table tree-table"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
    named = f'role="region" aria-label="{escape(node.key)}, scrolls sideways"'
    return f'<div class="scroller" tabindex="0" {named}>{table}</div>'


def _cell(row: TicketRow | None) -> str:
    return f'<td title="{escape(row.path)}">{ticket_value(row)}</td>' if row else "<td></td>"
