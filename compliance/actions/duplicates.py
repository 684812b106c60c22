"""The search for cases of the same person under another applicant: once, after a file or identity key was stored."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from compliance.actions.cases import lock_in_order, route_and_save
from compliance.actions.findings import Change, Draft, current_findings
from compliance.enums import FindingKind, IdentityKeyKind
from compliance.models import Case, IdentityKey
from compliance.models.finding import ABOUT_OTHER_CASES
from compliance.queries.duplicates import Hint, cases_with_same_files, cases_with_same_keys, cases_with_similar_names
from providers.vault import blind_index


def mark_due(case: Case) -> None:
    """Make a search due for a locked case. The caller runs it after its transaction, when others can see the file."""
    case.duplicates_due = True
    case.save(update_fields=("duplicates_due",))


def search_due(*, limit: int = 50) -> None:
    """Search for the cases that are due, such as after a process was lost in between."""
    for case_id in Case.objects.filter(duplicates_due=True).order_by("pk").values_list("pk", flat=True)[:limit]:
        search(case_id)


def search(case_id: int) -> None:
    """Search if it is due."""
    if Case.objects.filter(pk=case_id, duplicates_due=True).exists():
        search_now(case_id)


def search_now(case_id: int) -> None:
    """Search, write the findings of this case and of the cases that were found, and route them."""
    case = Case.objects.get(pk=case_id)
    hints = cases_with_same_files(case)
    _store_pairs(case, IdentityKeyKind.SAME_FILE, [hint.number for hint in hints if not hint.is_same_applicant])
    _store_pairs(case, IdentityKeyKind.SIMILAR_NAME, cases_with_similar_names(case))
    drafts = [*_of_files(hints), *_of_keys(cases_with_same_keys(case), seen={hint.number for hint in hints})]
    known = [row for row in current_findings([case_id])[case_id] if row.kind in ABOUT_OTHER_CASES]
    numbers = {case_id, *(draft.detail["case"] for draft in drafts), *(row.detail["case"] for row in known)}
    with transaction.atomic():
        locked = lock_in_order(Case.objects.filter(pk__in=numbers))
        _write(locked.pop(case_id), locked, drafts)


def _write(case: Case, others: Mapping[int, Case], drafts: Sequence[Draft]) -> None:
    """Write and route: ``case`` gets all drafts, each other case the one that names it, turned around."""
    found = current_findings([case.pk, *others])
    change = Change(now=timezone.now())
    change.add(case, [row for row in found[case.pk] if row.kind in ABOUT_OTHER_CASES], drafts, versions={})
    for other in others.values():
        rows = [row for row in found[other.pk] if row.kind in ABOUT_OTHER_CASES and row.detail["case"] == case.pk]
        turned = [
            Draft(draft.kind, draft.about, {**draft.detail, "case": case.pk})
            for draft in drafts
            if draft.detail["case"] == other.pk
        ]
        change.add(other, rows, turned, versions={})
    change.save()
    case.duplicates_due = False
    case.save(update_fields=("duplicates_due",))
    for one in (case, *others.values()):
        route_and_save(one)


def end_between(cases: Iterable[Case]) -> None:
    """End the duplicates between locked cases of two applicants; the caller routes them."""
    by_number = {case.pk: case for case in cases}
    change = Change(now=timezone.now())
    for number, rows in current_findings(by_number).items():
        about_other = [row for row in rows if row.kind == FindingKind.DUPLICATE and row.detail["case"] in by_number]
        change.add(by_number[number], about_other, (), versions={})
    change.save()


def _of_files(hints: Sequence[Hint]) -> Iterator[Draft]:
    for hint in hints:
        kind = FindingKind.RELATED if hint.is_same_applicant else FindingKind.DUPLICATE
        about = "file" if hint.is_same else "selfie"
        yield Draft(kind, about, {"case": hint.number, "kinds": list(hint.kinds)})


def _of_keys(found: Sequence[tuple[int, str]], *, seen: Container[int]) -> Iterator[Draft]:
    """``seen``: the cases whose file is seen now, which says more than that it was the same."""
    for number, kind in found:
        if kind != IdentityKeyKind.SAME_FILE or number not in seen:
            yield Draft(FindingKind.DUPLICATE, kind, {"case": number})


def _store_pairs(case: Case, kind: IdentityKeyKind, numbers: Collection[int]) -> None:
    """Store one key for each pair of applicants, on both cases, so that equal keys mean the same person."""
    rows = []
    for other in Case.objects.filter(pk__in=numbers) if numbers else ():
        pair = " ".join(sorted(str(one.applicant_id) for one in (case, other)))
        value = blind_index(f"identity/{kind.value}", pair)
        rows += [IdentityKey(case=one, environment=one.environment, kind=kind, value=value) for one in (case, other)]
    IdentityKey.objects.bulk_create(rows, ignore_conflicts=True)
