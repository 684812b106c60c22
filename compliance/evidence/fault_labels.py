"""Why a picture or file was not copied, in words for people who look at cases; the exact words stand behind them."""

import re

_PLAIN: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Not fetched: (\S+) is not one of the account's evidence hosts"),
        r"Its link leads to \1, a place this desk may not copy from. An admin can allow it.",
    ),
    (re.compile(r"Not fetched: "), "Its link leads where this desk may not copy from."),
    (re.compile(r"HTTP \d+: the link has run out"), "Its link has run out."),
    (re.compile(r"A fresh link was refused by the file store"), "The provider’s store of files refused to give it."),
    (re.compile(r"The link answered with "), "Its link gave no file."),
    (re.compile(r"The picture is not base64"), "What the provider sent in its place is no picture."),
    (re.compile(r"HTTP \d+"), "The provider’s answer was no picture."),
)
_ONLY_SOME = re.compile(r"Only (\d+) came, the others are missing: ")


def plain_fault(detail: str) -> str:
    """The fault as a sentence without terms of the network; ``detail`` itself where it has none."""
    some = _ONLY_SOME.match(detail)
    told = some[0] if some else ""
    rest = detail[len(told) :]
    for pattern, sentence in _PLAIN:
        if found := pattern.match(rest):
            return told + found.expand(sentence)
    return detail
