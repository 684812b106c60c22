"""Finds negative words inside an answer, by the structure of the answer: which key, and which word.

A word is a short text, a boolean or a number. A key gives ``true`` and ``no`` their sense: ``authentic: false`` and
``expired: true`` are negative, ``expired: false`` is not.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

_LONGEST = 48
_MOST_TOKENS = 4
_NEGATIVE = frozenset((
    "fail", "failed", "fails", "failure", "failing", "negative", "invalid", "invalidated", "reject", "rejected",
    "decline", "declined", "deny", "denied", "refused", "mismatch", "mismatched", "mismatches", "unmatched", "expired",
    "forged", "forgery", "falsified", "fake", "faked", "counterfeit", "tampered", "tampering", "manipulated",
    "manipulation", "alteration", "altered", "suspicious", "suspected", "suspect", "fraud", "fraudulent", "spoof",
    "spoofed", "spoofing", "attack", "warning", "warn", "error", "errors", "alert", "caution", "inauthentic",
    "nonauthentic", "unauthentic", "unverified", "unconfirmed", "unreadable", "illegible", "unsupported",
    "unrecognized", "unrecognised", "unacceptable", "unsuccessful", "unsatisfactory", "blocked", "blacklisted",
    "stolen", "lost", "deceased", "dead", "revoked", "suspended", "cancelled", "canceled", "different", "differs",
    "differ", "doubtful", "doubt", "inconclusive", "inconsistent", "insufficient", "screenshot", "photocopy",
    "specimen", "ko", "nok", "bad", "poor", "damaged", "insecure", "untrusted", "unsafe", "critical",
    "deepfake", "duplicate", "duplicated", "sanctioned", "banned", "terminated", "overturned", "annulled", "voided",
    "disputed", "reversed", "flagged", "watchlisted", "abnormal", "incorrect", "wrong", "compromised", "underage",
    "rechazado", "rechazada", "invalido", "inválido", "vencido", "vencida", "caducado", "fallido", "fallida",
    "falso", "falsa", "sospechoso", "sospechosa", "alterado", "alterada", "advertencia", "fallo", "robado",
    "недействителен", "недействительна", "недействительно", "недействительный", "отклонен", "отклонён", "отказ",
    "отказано", "ошибка", "аннулирован", "утрачен", "утерян", "украден", "похищен", "просрочен", "поддельный",
    "подделка",
))  # fmt: skip
_POSITIVE = frozenset((
    "ok", "okay", "pass", "passed", "passes", "valid", "validated", "success", "successful", "match", "matched",
    "matches", "verified", "authentic", "genuine", "readable", "legible", "good", "excellent", "accepted", "approved",
    "positive", "live", "alive", "complete", "completed", "permitted", "allowed", "recognized", "recognised", "trusted",
    "confirmed", "compliant", "consistent", "acceptable", "secure", "safe", "clear", "found", "present", "active",
    "regular", "same", "equal", "high", "finished", "действителен", "найден", "подтвержден", "подтверждён", "совпадает",
))  # fmt: skip
_DENIES = frozenset(("not", "no", "non", "un", "without", "never", "isnt", "sin", "не", "нет"))
_YES = frozenset(("true", "yes", "y", "1", "detected", "present", "found", "positive", "hit", "si", "sí", "confirmed"))
_NO = frozenset(("false", "no", "n", "0", "none", "absent", "missing"))
_IS_THERE = frozenset(("detected", "found", "present", "suspected"))
_IS_BAD = frozenset((
    "expired", "tampered", "tampering", "forged", "forgery", "fake", "fraud", "fraudulent", "spoof", "spoofed",
    "spoofing", "attack", "attacks", "suspicious", "suspicion", "mismatch", "mismatches", "stolen", "lost", "deceased",
    "blacklisted", "blacklist", "manipulated", "manipulation", "altered", "alteration", "photocopy", "screenshot",
    "revoked", "sanctioned", "injected", "injection", "replay", "deepfake", "counterfeit", "blocked", "duplicate",
    "invalid", "failed", "rejected", "copied", "synthetic", "copy", "minor", "underage", "flagged", "watchlisted",
))  # fmt: skip
"""Words of keys for which "yes" is negative."""
_IS_GOOD = frozenset((
    "authentic", "authenticity", "genuine", "valid", "validity", "match", "matches", "matched", "matching", "live",
    "liveness", "alive", "passed", "pass", "verified", "verification", "success", "successful", "ok", "readable",
    "readability", "legible", "permitted", "allowed", "accepted", "recognized", "recognised", "approved", "compliant",
    "integrity", "trusted", "consistent", "right", "secure", "adult", "original",
))  # fmt: skip
"""Words of keys for which "no" is negative."""
_MEASURES = frozenset((
    "score", "scores", "probability", "rate", "level", "threshold", "limit", "time", "timestamp", "duration", "date",
    "confidence", "percent", "percentage", "id", "at", "version", "url", "link", "href", "index", "number", "type",
    "count", "attempts", "quality",
))  # fmt: skip
"""Words of keys whose numbers measure or count something."""
_FAULTS = frozenset((
    "error", "errors", "failure", "failures", "fault", "faults", "exception", "exceptions", "reject", "rejection",
    "rejections", "refusal", "violation", "violations", "anomaly", "anomalies", "discrepancy", "discrepancies",
    "warnings", "alerts",
))  # fmt: skip
_OF_A_FAULT = frozenset((
    "code", "codes", "type", "types", "reason", "reasons", "label", "labels", "message", "messages", "description",
    "detail", "details", "text", "info", "list", "summary", "last", "internal", "process",
))  # fmt: skip
"""Words of keys beside those of ``_FAULTS`` that give a part of the fault: ``error_code``, ``rejectLabels``."""
_RULINGS = frozenset((
    "answer", "result", "status", "state", "light", "rating", "flag", "verdict", "decision", "review", "outcome",
))  # fmt: skip
_LIGHTS = frozenset(("red", "amber", "yellow", "orange"))
_HIGH = frozenset(("high", "elevated", "severe", "prohibited"))
_LISTS_OF_PEOPLE = frozenset((
    "watchlist", "watchlists", "sanction", "sanctions", "pep", "peps", "blacklist", "blacklists", "ofac", "interpol",
))  # fmt: skip
_HITS = frozenset(("match", "matches", "matched", "hit", "hits", "found", "listed", "result", "status", "count"))
"""Words of keys and values that, below a list of people, are negative."""
_FREE_TEXT = frozenset(("message", "messages", "note", "notes", "comment", "comments", "url", "link", "href"))


def negatives_in(answer: Any, *, skips: Callable[[tuple[str, ...]], bool]) -> Iterator[tuple[str, str]]:
    """(where, word) of each negative word in a decoded answer.

    ``skips`` is called with the keys of a path, in lower case with underscores, the outermost first: True leaves the
    value and everything below it out (names, addresses, words that the mapping reads itself).
    """
    stack: list[tuple[tuple[str, ...], str, Any]] = [((), "", answer)]
    while stack:
        keys, name, value = stack.pop()
        if isinstance(value, Mapping):
            if keys and _names_a_fault(keys[-1]):
                if word := _fault_in(value):
                    yield _where(keys, name), word
                continue
            called = _name_of(value) or name
            for key, child in reversed([*value.items()]):
                below = (*keys, snake(str(key)))
                if not skips(below):
                    stack.append((below, called, child))
        elif isinstance(value, list):
            stack.extend((keys, name, child) for child in reversed(value))
        elif keys and (_is_hit(keys[-1], value) if _is_on_list(keys, name) else is_negative(keys[-1], value)):
            yield _where(keys, name), _word(value)


@lru_cache(maxsize=4096)
def snake(key: str) -> str:
    """A key in lower case with underscores: ``ocrValidations`` and ``OCR-Validations`` become ``ocr_validations``."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key.strip())
    return re.sub(r"[\s.-]+", "_", spaced).lower()


def is_negative(key: str, value: Any) -> bool:
    """Whether the value under this key, in the spelling of ``snake``, is a negative word."""
    about = _tokens(key)
    if _names_a_fault(key):
        return _states_a_fault(value)
    if value is None or not _FREE_TEXT.isdisjoint(about):
        return False
    if isinstance(value, str) and _is_negative_rating(about, _words(value)):
        return True
    sense = _sense(key)
    if isinstance(value, bool):
        return sense == ("bad" if value else "good")
    if isinstance(value, int | float):
        return _MEASURES.isdisjoint(about) and (sense == "bad" if value > 0 else value == 0 and sense == "good")
    return isinstance(value, str) and _is_negative_text(sense, value)


def _is_unchecked(tokens: tuple[str, ...]) -> bool:
    """ "not performed", "was not done", "not applicable"."""
    return "not" in tokens and bool(
        set(tokens)
        & {"performed", "checked", "done", "applicable", "required", "available", "supported", "evaluated", "executed"}
    )


@lru_cache(maxsize=4096)
def _names_a_fault(key: str) -> bool:
    """Whether a key holds a fault or a part of one, so that any value is negative: ``error``, ``rejectLabels``."""
    about = set(_tokens(key))
    return not about.isdisjoint(_FAULTS) and about <= _FAULTS | _OF_A_FAULT


def _states_a_fault(value: Any) -> bool:
    """Whether a value is anything else than nothing, zero, "none", "no error" or a positive word."""
    if not isinstance(value, str):
        return isinstance(value, bool | int | float) and bool(value)
    tokens = set(_words(value))
    nothing = _NO | _POSITIVE | {"null", "nil", "na", "a"}
    if not value.strip() or (tokens and (tokens <= nothing or _is_unchecked(tuple(tokens)))):
        return False
    return not tokens or tokens.isdisjoint(_DENIES) or not tokens <= _DENIES | _FAULTS | _OF_A_FAULT


def _fault_in(item: Mapping[str, Any]) -> str:
    """The code of a fault, "stated" for one without a short code, and empty for one without any content."""
    leaves = list(_leaves(item))
    codes = [value for key, value in leaves if "code" in _tokens(key) and _states_a_fault(value)]
    short = [_word(code) for code in codes if len(str(code)) <= _LONGEST]
    is_stated = codes or any(_states_a_fault(value) for key, value in leaves if "code" not in _tokens(key))
    return short[0] if short else "stated" if is_stated else ""


def _leaves(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    stack: list[tuple[str, Any]] = [("", item)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, Mapping):
            stack.extend((snake(str(name)), child) for name, child in reversed([*value.items()]))
        elif isinstance(value, list):
            stack.extend((key, child) for child in reversed(value))
        else:
            yield key, value


def _is_negative_rating(about: tuple[str, ...], tokens: tuple[str, ...]) -> bool:
    """A light that is not green, a high risk, and a result that needs a review."""
    if not tokens or len(tokens) > _MOST_TOKENS:
        return False
    is_ruling = not _RULINGS.isdisjoint(about)
    needs_review = tokens[-1] == "review" and not {"needs", "need", "manual", "requires"}.isdisjoint(tokens)
    has_high_risk = "risk" in about and not _HIGH.isdisjoint(tokens) and _DENIES.isdisjoint(tokens)
    return has_high_risk or (is_ruling and (needs_review or (len(tokens) == 1 and tokens[0] in _LIGHTS)))


@lru_cache(maxsize=4096)
def _sense(key: str) -> str:
    """``bad`` for a key of which "yes" is negative, ``good`` where "no" is; the last such word of the key decides."""
    if "out_of" in key:
        return "bad"
    senses = ["bad" if token in _IS_BAD else "good" for token in _tokens(key) if token in _IS_BAD | _IS_GOOD]
    return senses[-1] if senses else ""


def _is_negative_text(sense: str, value: str) -> bool:
    tokens = _words(value)
    if not tokens or len(tokens) > _MOST_TOKENS or _is_unchecked(tokens):
        return False
    if len(tokens) == 1 and tokens[0] in {"bad": _YES, "good": _NO}.get(sense, ()):
        return True
    denied = next((at for at, token in enumerate(tokens) if token in _DENIES), None)
    if denied is None:
        return not _NEGATIVE.isdisjoint(tokens) or {"high", "risk"} <= set(tokens)
    before, after = set(tokens[:denied]), set(tokens[denied + 1 :])
    if before & _NEGATIVE:
        return not after <= _IS_THERE
    if {"high", "risk"} <= after:
        return False
    return bool(after & _POSITIVE) and not after & _NEGATIVE and not (sense == "bad" and after <= _IS_THERE)


@lru_cache(maxsize=4096)
def _tokens(key: str) -> tuple[str, ...]:
    return tuple(token for token in re.split(r"[\W_]+", key) if token)


def _words(value: str) -> tuple[str, ...]:
    if len(value) > _LONGEST:
        return ()
    return tuple(token for token in re.split(r"[\W_]+", snake(value)) if token)


def _is_on_list(keys: tuple[str, ...], name: str) -> bool:
    """Whether a value says if somebody is on a list of people: a match is negative there, and no match is not."""
    about = {token for key in (*keys[:-1], name) for token in _tokens(key)}
    return not about.isdisjoint(_LISTS_OF_PEOPLE) and not _HITS.isdisjoint(_tokens(keys[-1]))


def _is_hit(key: str, value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, bool | int | float) and value > 0
    tokens = _words(value)
    return bool(tokens) and _DENIES.isdisjoint(tokens) and not (_HITS | _YES | _NEGATIVE).isdisjoint(tokens)


_NAMES = (
    "list",
    "process",
    "step",
    "name",
    "check",
    "process_name",
    "step_name",
    "user_step",
    "field_name",
    "field",
    "type",
)
_CONTAINERS = frozenset(("data", "check", "result", "results", "response", "payload"))


def _name_of(item: Mapping[str, Any]) -> str:
    """The name that an entry of a list has for itself: ``{"process": "ID_PROOFING", "state": ...}``."""
    near = {snake(str(key)): text for key, text in item.items() if isinstance(text, str) and len(text) <= _LONGEST}
    found = snake(next((near[name] for name in _NAMES if name in near), ""))
    return found if re.fullmatch(r"[a-z][a-z0-9_]*", found) else ""


def _where(keys: tuple[str, ...], name: str) -> str:
    named = [*(key for key in keys[-3:-1] if key not in _CONTAINERS), keys[-1]]
    parts = [name, named[-1]] if name else named[-2:]
    return " ".join(dict.fromkeys(parts)).replace("_", " ")


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)
