"""The promises of the project, and the generator of `docs/promises.md`: run by `make promises`.

A test that shows a promise carries `@pytest.mark.promise("G4")`. The page lists every promise with the tests that carry
its id, so names and paths of tests are not written by hand.
"""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "promises.md"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise; `missing` says in a sentence what no test shows yet, and is empty where the promise holds."""

    id: str
    text: str
    missing: str = ""


@dataclass(frozen=True, slots=True, order=True)
class MarkedTest:
    """A test function that carries a promise marker; `path` is relative to the project, with slashes."""

    path: str
    name: str


NO_PUSHES = "Pushes are not received yet; all providers are polled."

PROMISES: dict[str, tuple[Promise, ...]] = {
    "Reading from providers": (
        Promise("G1", "Only the provider can push.", NO_PUSHES),
        Promise("G2", "A push that cannot be authenticated changes nothing.", NO_PUSHES),
        Promise("G3", "A push that is delivered twice or replayed has one effect.", NO_PUSHES),
        Promise("G4", "The order of arrival does not matter: a read that began earlier never overwrites a later one."),
        Promise("G5", "An acknowledged push is durable.", NO_PUSHES),
        Promise("G6", "No work is lost or done twice when a worker is killed."),
        Promise(
            "G7",
            "No work is lost when a process is killed during COMMIT.",
            "Work is a row, so nothing depends on code after the commit; no test kills a process at that moment.",
        ),
        Promise(
            "G8",
            "Loss of the broker is a pause, not a loss.",
            "An emptied broker and none at all are tested; a broker that stops and comes back is not.",
        ),
        Promise(
            "G9", "A restart of the database leaves no half-written change.", "No test restarts PostgreSQL under load."
        ),
        Promise(
            "G10",
            "A check that kills its worker cannot stop the rest: it is blocked after three lost workers.",
            "The block is tested; no test runs a check that really kills its worker.",
        ),
        Promise(
            "G11",
            "A fault of a provider never becomes an outcome, every call ends in time, and the other accounts go on.",
        ),
        Promise(
            "G12",
            "Retries are polite: one call a read, and a provider's Retry-After is obeyed within bounds.",
            "No test measures the spread of calls after an outage.",
        ),
        Promise("G13", "The rate limit of an account holds for all processes together, images included."),
        Promise("G14", "Callers that wait for a token share one sign-in."),
        Promise(
            "G15",
            "Final results that can still change are read again.",
            "No test lets the daily interval pass, and the number of changed results is not reported.",
        ),
        Promise("P1", "An unknown status or code is for a person and never approves."),
        Promise("P2", "Every reachable row of every code table is played, read and shown on the case page."),
        Promise("P3", "The same answer again writes no report and no event."),
        Promise("P4", "The changes of a report are named by field, never by value."),
    ),
    "Images and files": (
        Promise("G23", "A hostile file is refused or becomes a plain image, within 5 s and 256 MiB, and never runs."),
        Promise("P5", "An expired link is renewed by reading the check again."),
        Promise("P6", "A malformed link affects its own image only, and the case says so."),
        Promise("P7", "An item in the place of an image is copied or reported, never dropped."),
        Promise("P8", "A worker that lost its lease changes nothing."),
        Promise("P9", "A file server that asks for a pause delays its own document only."),
        Promise("P10", "The partial file of a killed worker does not hide an image."),
        Promise("P11", "Forty images of 10 MB need no more memory than three."),
        Promise("P12", "Uploads are never written to disk unencrypted."),
        Promise("P13", "Concurrent uploads share one memory budget; an aborted upload returns its part."),
        Promise("P14", "When the decoder is busy, uploads fail fast, ask for a retry, and the typed text stays."),
        Promise("P15", "A full file store loses no image."),
        Promise("P16", "The same file uploaded twice at the same time is stored once."),
        Promise("P17", "Different people are not reported as duplicates of one another."),
        Promise("P18", "An image link does not work outside the session it was given to."),
        Promise("P19", "Encryption costs an image less than a seventh of its transfer rate."),
        Promise("P20", "The file storage reveals nothing, and no part of it can be moved."),
    ),
    "Cases and decisions": (
        Promise("G26", "Two approvals mean two people: by verb, by URL, by SQL and through a second user."),
        Promise("G27", "Of two simultaneous actions one wins; the other is refused by name and its text is kept."),
        Promise("G28", "Nobody decides on stale evidence: the decision is stopped and the difference is shown."),
        Promise("P21", "The database refuses a closing that no provider result supports."),
        Promise("P22", "A case changes its status only as the table of transitions allows."),
        Promise("P23", "No case is claimed by two people."),
        Promise("P24", "A contradiction or an expired document is left to a person and described without values."),
        Promise("P25", "Names of two people that share their consonants never match automatically."),
        Promise("P26", "A man's and a woman's name that differ by their ending never match automatically."),
        Promise("P27", "A person who opens a case again is shown everything that others did since, and nothing else."),
        Promise("P28", "A decided case reopens only for a later report that contradicts the decision."),
        Promise("P29", "From a provider's answer to an approved override, through pages alone."),
    ),
    "Audit trail": (
        Promise(
            "G16",
            "The audit trail of a case cannot fork or be altered unnoticed.",
            "The head of a chain does not leave the database, desk events and view records are not chained, and there "
            "is no command that verifies a chain.",
        ),
        Promise("G17", "Append-only is a permission: the running role cannot change, cut or bypass the trail."),
        Promise(
            "G18",
            "Every change leaves an entry, and an action whose entry cannot be written changes nothing.",
            "Tables of cases and checks do not refuse writes that bypass the actions.",
        ),
        Promise("G19", "Every view of a person's data is recorded first, or nothing is shown."),
        Promise("P30", "Nothing personal and no note is in the trail."),
        Promise("P31", "Opening the access log is recorded, too."),
    ),
    "Secrets and personal data": (
        Promise("G20", "Secrets never come back out: not in pages, logs, rows, errors or process lists."),
        Promise("G21", "A stolen table is useless, a ciphertext cannot be moved, and keys rotate while people work."),
        Promise(
            "G22",
            "Erased data cannot be read again.",
            "Destroying a data key is tested; there is no erasure of an applicant yet.",
        ),
        Promise("P32", "A masked value is on no page on which nobody revealed it."),
        Promise("P33", "A draft outlives a reload, a claim and a new sign-in of the same person."),
        Promise("P34", "Nobody else can see a draft or act from that page."),
    ),
    "Access and network": (
        Promise("G24", "Stored text and files never run as script in a page."),
        Promise("G25", "Every route answers each role as the table written by hand says."),
        Promise(
            "G29",
            "Guessing a password does not work, and a lock-out cannot be used as a weapon.",
            "The lock is per name and address; there is no second factor and no test of response times.",
        ),
        Promise("G30", "Outgoing calls reach providers' hosts only, whatever a link, redirect or name server says."),
        Promise(
            "G31",
            "No request is answered with an internal error.",
            "The queue and the parsers are tested with hostile input; not every route is.",
        ),
    ),
    "Pages": (
        Promise("P35", "Every value of a ticket with an unknown schema is found by its text."),
        Promise("P36", "Every image in a ticket with an unknown schema is copied and shown."),
        Promise("P37", "A list costs eight statements, however many rows it has."),
        Promise("P38", "Every page is free of accessibility violations, wide and narrow, light and dark."),
        Promise("P39", "Queue, decision, images, tickets and uploads work without JavaScript."),
    ),
    "Operations": (
        Promise("G32", "Upgrades need no downtime.", "Migrations are not measured under load; stop the processes."),
        Promise("G33", "Backups can be restored.", "There is no automatic restore check yet."),
        Promise(
            "G34",
            "The health pages report the truth.",
            "A healthy installation is tested; faults are not injected.",
        ),
        Promise("G35", "A rolling restart drops nothing.", "No test restarts the web processes under load."),
        Promise("P40", "No process survives a killed supervisor; data survives a stop and a start."),
    ),
}


def every_promise() -> Iterator[Promise]:
    """All promises in the order of the page."""
    for group in PROMISES.values():
        yield from group


@cache
def marked_tests() -> dict[str, list[MarkedTest]]:
    """Promise id -> tests that carry it, in alphabetical order; read from the source, nothing is imported."""
    found: dict[str, list[MarkedTest]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.FunctionDef):
                for promise_id in _ids(node):
                    test = MarkedTest(path.relative_to(ROOT).as_posix(), node.name)
                    found.setdefault(promise_id, []).append(test)
    return {promise_id: sorted(tests) for promise_id, tests in found.items()}


def _ids(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.promise":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def page() -> str:
    """The text of `docs/promises.md`."""
    tests = marked_tests()
    parts = [_head(tests)]
    for title, group in PROMISES.items():
        entries = [_entry(promise, tests.get(promise.id, [])) for promise in group]
        parts.append("\n".join([f"## {title}", "", *entries]))
    return "\n\n".join(parts) + "\n"


def _head(tests: dict[str, list[MarkedTest]]) -> str:
    states = [_state(promise, tests.get(promise.id, [])) for promise in every_promise()]
    counts = {state: states.count(state) for state in ("held", "in part", "not held yet")}
    return (
        "<!-- Generated by `make promises` from tests/promises.py and the markers on tests. Do not edit. -->\n"
        "# Promises\n\n"
        f"{len(states)} promises: {counts['held']} held, {counts['in part']} held in part, "
        f"{counts['not held yet']} not held yet.\n\n"
        "A promise is *held* when the tests below it show it, *in part* when it also names what is not shown,\n"
        "and *not held yet* when no test shows it. `make test` runs these tests with reduced counts, `make soak` with\n"
        'more. A test names its promise by `@pytest.mark.promise("G4")`; the texts are in `tests/promises.py`.'
    )


def _entry(promise: Promise, tests: list[MarkedTest]) -> str:
    text = f"{promise.text} *{promise.missing}*" if promise.missing else promise.text
    links = [f"  - [{test.name}]({os.path.relpath(ROOT / test.path, PAGE.parent)})" for test in tests]
    return "\n".join([f"- **{promise.id}**, {_state(promise, tests)}: {text}", *links])


def _state(promise: Promise, tests: list[MarkedTest]) -> str:
    if not tests:
        return "not held yet"
    return "in part" if promise.missing else "held"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
