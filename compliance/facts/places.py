"""Places of birth: the same words, or a part of them. Documents print a town, its province or its country."""

import re

from compliance.facts.characters import plain_text
from compliance.facts.finding import Answer, Finding
from compliance.facts.scripts import spellings


def compare(value: str, reference: str) -> Finding:
    """Compare two places. Different ones may be one place in two languages, or a town and its country: by eye."""
    ours, theirs = _words(value), _words(reference)
    if not ours or not theirs:
        return Finding(answer=Answer.NOT_COMPARABLE, note="nothing to compare")
    shared = [any(not one.isdisjoint(other) for other in theirs) for one in ours]
    if all(shared) and len(ours) == len(theirs):
        return Finding(answer=Answer.SAME)
    if all(shared) or all(any(not one.isdisjoint(other) for other in ours) for one in theirs):
        return Finding(answer=Answer.COMPATIBLE, note="more words")
    return Finding(answer=Answer.NOT_COMPARABLE, note="another place or name", by_eye=True)


def _words(text: str) -> list[frozenset[str]]:
    return [spellings(word) for word in re.findall(r"[^\W_]+", plain_text(text[:200]))]
