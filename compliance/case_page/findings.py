"""Sentences of findings: sources, facts and codes by name, and the expiry date that only the page shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.urls import reverse

from compliance.enums import FindingKind
from compliance.facts import dates, plausibility
from compliance.facts.conflicts import negative_on, positive_on
from compliance.facts.inner_sources import compared_sources
from compliance.facts.plausibility import Implausible
from compliance.facts.sources import FactSource, key_of, names_of, negatives_of
from compliance.labels import check_kind, file_label, join_labels, outcome_label
from compliance.models import Case, Check
from compliance.routing.explanations import FACT_LABELS, TOPIC_LABELS
from providers import Topic

_EXPLANATIONS = {
    "document_number": " There may be two documents.",
    "nationality": " A person may have several.",
    "personal_number": " A person has one in each country.",
    "tax_number": " A person has one in each country.",
}
"""Other possible explanations of values that vary."""
_AGREEMENT = " The correction needs the agreement of a second person."
_NEGATIVE_LABELS = {Topic.FACE: "no match", Topic.LIVENESS: "not live", Topic.DOCUMENT: "not accepted"}
_IMPLAUSIBLE = {
    Implausible.NO_SUCH_DAY: "is a day that does not exist",
    Implausible.PLACEHOLDER: "is a placeholder",
    Implausible.BORN_IN_FUTURE: "is in the future",
    Implausible.BEYOND_LIFE: f"is more than {plausibility.LONGEST_LIFE} years ago",
    Implausible.UNDER_AGE: f"is less than {plausibility.MINIMUM_AGE} years ago",
    Implausible.OTHER_AGE: "does not fit the age in the same answer",
    Implausible.ISSUED_IN_FUTURE: "is in the future",
    Implausible.ISSUED_AFTER_EXPIRY: "is not before the expiry date",
    Implausible.ISSUED_BEFORE_BIRTH: "is before the birth date",
    Implausible.EXPIRED_BEFORE_BIRTH: "is before the birth date",
    Implausible.ISSUED_TO_A_CHILD: "of a driving licence is before the holder was "
    f"{plausibility.MINIMUM_DRIVING_AGE} years old",
    Implausible.VALID_TOO_LONG: f"of a passport is more than {plausibility.LONGEST_PASSPORT} years "
    "after the issue date, or today",
    Implausible.CHECK_DIGIT: "has a wrong check digit",
    Implausible.WRONG_FORM: "does not have the form that the issuing country gives it",
    Implausible.ONE_DIGIT: "is one digit repeated",
}
_SHARED = {
    "document_number": "number of a document or of the person",
    "birth_date": "name and birth date",
    "same_file": "file, which has been removed from one of them",
    "similar_name": "birth date and a similar name",
}
"""What another applicant shares with this one, besides files."""


class AnyFinding(Protocol):
    """A stored finding, or a conflict that is not stored yet."""

    @property
    def kind(self) -> Any: ...
    @property
    def about(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    head: str
    text: str = field(default="", repr=False)
    link: str = ""
    link_text: str = ""


class FindingTexts:
    """The sentences of the findings of one case."""

    def __init__(self, case: Case, current: Sequence[Check]) -> None:
        self._sources: dict[str, FactSource] = {key_of(source): source for source in compared_sources(case, current)}
        read = [check for check in current if check.report_count]
        self._checks = {str(check.pk): (name, check) for name, check in zip(names_of(read), read, strict=True)}

    def text_of(self, finding: AnyFinding) -> FindingText:
        """The sentence of a finding and the place on the page, or the other case, that it links to."""
        kind = FindingKind(finding.kind)
        if kind in _OTHER_CASE:
            number = finding.detail["case"]
            head, text = _OTHER_CASE[kind](finding)
            link = reverse("case", args=[number])
            return FindingText(head=head, text=text, link=link, link_text=f"Open KYC-{number}")
        if kind == FindingKind.RESULTS_DISAGREE:
            head, text = self._results(finding)
            return FindingText(head=head, text=text, link="#pictures", link_text="See images")
        if kind == FindingKind.CONTRADICTION:
            head, text = self._negative_words(finding)
            return FindingText(head=head, text=text, link="#checks", link_text="See check")
        if kind == FindingKind.UNDECIPHERABLE:
            head, text = self._undecipherable(finding)
            link = f"#fact-{finding.about}" if finding.about in FACT_LABELS else "#checks"
            return FindingText(head=head, text=text, link=link, link_text="See value")
        head, text = self._of_fact(finding)
        return FindingText(head=head, text=text, link=f"#fact-{finding.about}", link_text="Compare")

    def _of_fact(self, finding: AnyFinding) -> tuple[str, str]:
        kind, label = FindingKind(finding.kind), FACT_LABELS[finding.about]
        if kind == FindingKind.IMPLAUSIBLE:
            reason = _IMPLAUSIBLE[Implausible(finding.detail["reason"])]
            names = [self._whose(key) for key in finding.detail["of"]]
            return f"{label.capitalize()}:", _sentence([f"{join_labels(names)} {label} {reason}"])
        if kind in (FindingKind.EXPIRED, FindingKind.MAY_BE_EXPIRED):
            return self._expired(finding, is_certain=kind == FindingKind.EXPIRED)
        by_eye = kind == FindingKind.BY_EYE
        head = f"Compare the {label} by eye:" if by_eye else f"{label.capitalize()}:"
        lead = "" if by_eye else "compare by eye: "
        clauses = [self._clause(clause, label, lead=lead) for clause in finding.detail["clauses"]]
        explanation = _EXPLANATIONS.get(finding.about, "") if kind == FindingKind.VARIES else ""
        agreement = _AGREEMENT if "earlier" in finding.detail else ""
        return head, f"{_sentence(clauses)}{explanation}{agreement}"

    def _clause(self, clause: Sequence[Any], label: str, *, lead: str) -> str:
        relation, keys, *others = clause
        names = [self._name(key, label) for key in keys]
        if relation == "differs":
            against = join_labels([self._name(key, label) for key in others[0]])
            return f"{join_labels(names)} {'differs' if len(keys) == 1 else 'differ'} from {against}"
        if relation == "issuer":
            return f"the {label} at {join_labels(names)} is not the country that issued the document"
        read = [name for key, name in zip(keys, names, strict=True) if not self._is_declared(key)]
        declared = [name for key, name in zip(keys, names, strict=True) if self._is_declared(key)]
        readings = f"{read[0]}’s reading" if len(read) == 1 else f"the readings of {join_labels(read)}"
        return lead + " and ".join(filter(None, [readings if read else "", *declared]))

    def _expired(self, finding: AnyFinding, *, is_certain: bool) -> tuple[str, str]:
        keys = finding.detail["of"]
        names = [self._name(key, "") for key in keys]
        value = next((self._sources[key].facts.get(finding.about, "") for key in keys if key in self._sources), "")
        when = dates.label(value)
        if is_certain:
            return "The document expired", f"on {when} at {join_labels(names)}."
        verb = "reports" if len(names) == 1 else "report"
        return "The document may have expired:", f"{join_labels(names)} {verb} “{when}”, which is ambiguous."

    def _results(self, finding: AnyFinding) -> tuple[str, str]:
        topic = Topic(finding.about)
        results = []
        for pk in (*finding.detail["negative"], *finding.detail["positive"]):
            if pk in self._checks:
                name, check = self._checks[pk]
                results.append(f"{name}: {_negative_text(check, topic) or positive_on(check, topic)}.")
        return f"Providers disagree about {TOPIC_LABELS[topic]}:", " ".join(results)

    def _negative_words(self, finding: AnyFinding) -> tuple[str, str]:
        source = finding.detail["of"][0]
        name, check = self._checks.get(source.split("/")[1], ("", None))
        said = [f"{where} “{word}”" for where, word in negatives_of(check)] if check else []
        return f"{name or 'A provider'} accepted, but its answer contains:", f"{join_labels(said)}." if said else ""

    def _undecipherable(self, finding: AnyFinding) -> tuple[str, str]:
        what = FACT_LABELS.get(finding.about, "data")
        text = _sentence([f"{self._whose(key)} {what}" for key in finding.detail["of"]])
        return "A stored value cannot be decrypted:", f"{text} Tell an admin."

    def _is_declared(self, key: str) -> bool:
        return key.startswith("declared")

    def _whose(self, key: str) -> str:
        return self._name(key, "").strip() if self._is_declared(key) else f"{self._name(key, '')}’s"

    def _name(self, key: str, label: str) -> str:
        if self._is_declared(key):
            return f"the {'earlier ' if key != 'declared' else ''}declared {label}"
        source = self._sources.get(key)
        return source.name if source else "a replaced check"


def _negative_text(check: Check, topic: Topic) -> str:
    codes = negative_on(check, topic)
    if codes is None:
        return ""
    if codes:
        return f"{_NEGATIVE_LABELS[topic]} ({', '.join(codes)})"
    return f"{check_kind(check.kind)} check {outcome_label(check.outcome)}"


def _duplicate(finding: AnyFinding) -> tuple[str, str]:
    is_same_applicant = finding.kind == FindingKind.RELATED
    whose = "another case of this applicant" if is_same_applicant else "another applicant’s case"
    number = f"KYC-{finding.detail['case']}"
    if finding.about == "file":
        files = [file_label(kind) for kind in finding.detail["kinds"]]
        verb = "are" if len(files) > 1 else "is"
        return f"The same {' and '.join(files)} {verb} in {number}, {whose}.", ""
    if finding.about == "selfie":
        return f"A similar selfie is in {number}, {whose}.", "Compare both: similarity is no proof."
    return f"{number}, {whose}, has the same {_SHARED[finding.about]}.", ""


_OTHER_CASE: dict[FindingKind, Callable[[AnyFinding], tuple[str, str]]] = {
    FindingKind.DUPLICATE: _duplicate,
    FindingKind.RELATED: _duplicate,
}


def _sentence(clauses: Sequence[str]) -> str:
    sentence = "; ".join(clauses)
    return f"{sentence[:1].upper()}{sentence[1:]}."
