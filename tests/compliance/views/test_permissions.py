"""Permissions: every route and method against a table written by hand."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone
from PIL import Image

from compliance import audit
from compliance.actions import claims, copy_faults, documents, evidence_copies, overrides, uploads
from compliance.enums import DecisionVerdict, DeskEventType
from compliance.evidence.decoding import DecodedFile, decode
from compliance.models import (
    Case,
    CaseImport,
    Check,
    Document,
    Finding,
    OverrideProposal,
    Person,
    PolicyRule,
    SyncSlot,
    User,
)
from compliance.queries.corrections import declared_values, version_of
from providers import Download, Evidence, EvidenceKind
from providers.models import ProviderAccount
from tests import factories
from tests.compliance.evidence.videos import webm_of
from tests.compliance.views.many_cases import PASSPORT, cases_with_answers
from tests.compliance.views.pages import forget_caches

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("decode_in_process")]

MakeAccount = Callable[..., ProviderAccount]
ROLES = ("anonymous", "stranger", "analyst", "manager", "admin", "superuser")
APPLICANT = {"full_name": "Zebediah Quillfeather", "email": "zebediah@quillfeather.example", "birth_date": "1987-11-23"}
PERSONAL = ("quillfeather", "1987-11-23", "cust-unmentionable")

# What each role gets. 302 sends the anonymous to the sign-in page; 303 is a completed action.
TABLE = """
#    route                                                                       ano str ana man adm sup
GET  /                                                                           302 403 200 200 302 200
POST /                                                                           302 405 405 405 405 405
GET  queue/<slug:tab>/                                                           302 403 200 200 403 200
POST queue/<slug:tab>/                                                           302 405 405 405 405 405
GET  claim-next/                                                                 302 405 405 405 405 405
POST claim-next/                                                                 302 403 303 303 403 303
GET  search/                                                                     302 403 200 200 403 200
POST search/                                                                     302 403 200 200 403 200
GET  search/suggestions/                                                         302 405 405 405 405 405
POST search/suggestions/                                                         302 403 200 200 403 200
GET  case/new/                                                                   302 403 200 200 403 200
POST case/new/                                                                   302 403 303 303 403 303
GET  case/import/                                                                302 403 200 200 403 200
POST case/import/                                                                302 403 422 422 403 422
GET  case/import/<uuid:import_id>/                                               302 403 200 200 403 200
POST case/import/<uuid:import_id>/                                               302 403 303 303 403 303
GET  case/<int:number>/                                                          302 403 200 200 403 200
POST case/<int:number>/                                                          302 405 405 405 405 405
GET  case/<int:number>/live/                                                     302 403 303 303 403 303
POST case/<int:number>/live/                                                     302 405 405 405 405 405
GET  case/<int:number>/peek/                                                     302 403 303 303 403 303
POST case/<int:number>/peek/                                                     302 405 405 405 405 405
GET  case/<int:number>/seen/                                                     302 405 405 405 405 405
POST case/<int:number>/seen/                                                     302 403 303 303 403 303
GET  case/<int:number>/claim/                                                    302 405 405 405 405 405
POST case/<int:number>/claim/                                                    302 403 303 303 403 303
GET  case/<int:number>/release/                                                  302 405 405 405 405 405
POST case/<int:number>/release/                                                  302 403 303 303 403 303
GET  case/<int:number>/decide/                                                   302 405 405 405 405 405
POST case/<int:number>/decide/                                                   302 403 303 303 403 303
GET  case/<int:number>/reveal/<slug:slug>/                                       302 405 405 405 405 405
POST case/<int:number>/reveal/<slug:slug>/                                       302 403 200 200 403 200
GET  case/<int:number>/views/                                                    302 403 200 200 403 200
POST case/<int:number>/views/                                                    302 405 405 405 405 405
GET  case/<int:number>/add-check/                                                302 403 200 200 403 200
POST case/<int:number>/add-check/                                                302 403 303 303 403 303
GET  case/<int:number>/correct-data/                                             302 403 200 200 403 200
POST case/<int:number>/correct-data/                                             302 403 303 303 403 303
GET  case/<int:number>/add-document/                                             302 405 405 405 405 405
POST case/<int:number>/add-document/                                             302 403 303 303 403 303
GET  case/<int:number>/close/                                                    302 403 200 200 403 200
POST case/<int:number>/close/                                                    302 403 303 303 403 303
GET  case/<int:number>/escalation/answer/                                        302 405 405 405 405 405
POST case/<int:number>/escalation/answer/                                        302 403 403 403 403 403
GET  case/<int:number>/escalation/withdraw/                                      302 405 405 405 405 405
POST case/<int:number>/escalation/withdraw/                                      302 403 403 403 403 403
GET  finding/<uuid:finding_id>/agree/                                            302 403 403 200 403 403
POST finding/<uuid:finding_id>/agree/                                            302 403 403 422 403 403
GET  finding/<uuid:finding_id>/resolve/                                          302 403 200 200 403 200
POST finding/<uuid:finding_id>/resolve/                                          302 403 303 303 403 303
GET  proposal/<uuid:proposal_id>/approve/                                        302 405 405 405 405 405
POST proposal/<uuid:proposal_id>/approve/                                        302 403 403 303 403 403
GET  proposal/<uuid:proposal_id>/deny/                                           302 405 405 405 405 405
POST proposal/<uuid:proposal_id>/deny/                                           302 403 403 303 403 403
GET  proposal/<uuid:proposal_id>/withdraw/                                       302 405 405 405 405 405
POST proposal/<uuid:proposal_id>/withdraw/                                       302 403 303 403 403 403
GET  check/<uuid:check_id>/refresh/                                              302 405 405 405 405 405
POST check/<uuid:check_id>/refresh/                                              302 403 303 303 403 303
GET  check/<uuid:check_id>/payload/                                              302 403 200 200 403 200
POST check/<uuid:check_id>/payload/                                              302 403 200 200 403 200
GET  check/<uuid:check_id>/payload/download/                                     302 403 200 200 403 200
POST check/<uuid:check_id>/payload/download/                                     302 403 200 200 403 200
GET  check/<uuid:check_id>/correct/                                              302 403 200 200 403 200
POST check/<uuid:check_id>/correct/                                              302 403 303 303 403 303
GET  check/<uuid:check_id>/replace/                                              302 403 200 200 403 200
POST check/<uuid:check_id>/replace/                                              302 403 303 303 403 303
GET  check/<uuid:check_id>/images/request/                                       302 405 405 405 405 405
POST check/<uuid:check_id>/images/request/                                       302 403 303 303 403 303
GET  document/<uuid:document_id>/image/<slug:size>/                            302 403 200 200 403 200
POST document/<uuid:document_id>/image/<slug:size>/                            302 405 405 405 405 405
GET  document/<uuid:document_id>/original/                                       302 403 200 200 403 200
POST document/<uuid:document_id>/original/                                       302 405 405 405 405 405
GET  document/<uuid:document_id>/video/                                          302 403 200 200 403 200
POST document/<uuid:document_id>/video/                                          302 405 405 405 405 405
GET  document/<uuid:document_id>/withdraw/                                       302 405 405 405 405 405
POST document/<uuid:document_id>/withdraw/                                       302 403 303 303 403 403
GET  document/<uuid:document_id>/retry/                                          302 405 405 405 405 405
POST document/<uuid:document_id>/retry/                                          302 403 303 303 403 303
GET  me/                                                                         302 405 405 405 405 405
POST me/                                                                         302 302 302 302 302 302
GET  sign-in/                                                                    200 302 302 302 302 302
POST sign-in/                                                                    200 302 302 302 302 302
GET  sign-out/                                                                   302 405 405 405 405 405
POST sign-out/                                                                   302 302 302 302 302 302
GET  live                                                                        200 200 200 200 200 200
POST live                                                                        405 405 405 405 405 405
GET  ready                                                                       200 200 200 200 200 200
POST ready                                                                       405 405 405 405 405 405
GET  progress                                                                    200 200 200 200 200 200
POST progress                                                                    405 405 405 405 405 405
GET  admin/login/                                                                302 302 302 302 302 302
POST admin/login/                                                                302 302 302 302 302 302
GET  ^admin/r/                                                                   302 404 404 404 404 404
POST ^admin/r/                                                                   302 404 404 404 404 404
GET  admin/                                                                      302 403 403 403 200 200
POST admin/                                                                      302 403 403 403 200 200
GET  admin/logout/                                                               302 403 403 403 405 405
POST admin/logout/                                                               302 403 403 403 302 302
GET  admin/password_change/                                                      302 403 403 403 200 200
POST admin/password_change/                                                      302 403 403 403 200 200
GET  admin/password_change/done/                                                 302 403 403 403 200 200
POST admin/password_change/done/                                                 302 403 403 403 405 405
GET  admin/autocomplete/                                                         302 403 403 403 403 403
POST admin/autocomplete/                                                         302 403 403 403 405 405
GET  admin/jsi18n/                                                               302 403 403 403 200 200
POST admin/jsi18n/                                                               302 403 403 403 405 405
GET  admin/r/<path:content_type_id>/<path:object_id>/                            302 404 404 404 404 404
POST admin/r/<path:content_type_id>/<path:object_id>/                            302 404 404 404 404 404
GET  admin/providers/provideraccount/<uuid:account_id>/test/                     302 403 403 403 405 405
POST admin/providers/provideraccount/<uuid:account_id>/test/                     302 403 403 403 302 302
GET  admin/providers/provideraccount/<uuid:account_id>/pause/                    302 403 403 403 405 405
POST admin/providers/provideraccount/<uuid:account_id>/pause/                    302 403 403 403 302 302
GET  admin/providers/provideraccount/<uuid:account_id>/resume/                   302 403 403 403 405 405
POST admin/providers/provideraccount/<uuid:account_id>/resume/                   302 403 403 403 302 302
GET  admin/providers/provideraccount/                                            302 403 403 403 200 200
POST admin/providers/provideraccount/                                            302 403 403 403 200 200
GET  admin/providers/provideraccount/add/                                        302 403 403 403 200 200
POST admin/providers/provideraccount/add/                                        302 403 403 403 200 200
GET  admin/providers/provideraccount/<path:object_id>/history/                   302 403 403 403 200 200
POST admin/providers/provideraccount/<path:object_id>/history/                   302 403 403 403 200 200
GET  admin/providers/provideraccount/<path:object_id>/delete/                    302 403 403 403 403 403
POST admin/providers/provideraccount/<path:object_id>/delete/                    302 403 403 403 403 403
GET  admin/providers/provideraccount/<path:object_id>/change/                    302 403 403 403 200 200
POST admin/providers/provideraccount/<path:object_id>/change/                    302 403 403 403 200 200
GET  admin/providers/provideraccount/<path:object_id>/                           302 403 403 403 302 302
POST admin/providers/provideraccount/<path:object_id>/                           302 403 403 403 302 302
GET  admin/compliance/reasoncode/                                                302 403 403 403 200 200
POST admin/compliance/reasoncode/                                                302 403 403 403 200 200
GET  admin/compliance/reasoncode/add/                                            302 403 403 403 200 200
POST admin/compliance/reasoncode/add/                                            302 403 403 403 200 200
GET  admin/compliance/reasoncode/<path:object_id>/history/                       302 403 403 403 200 200
POST admin/compliance/reasoncode/<path:object_id>/history/                       302 403 403 403 200 200
GET  admin/compliance/reasoncode/<path:object_id>/delete/                        302 403 403 403 403 403
POST admin/compliance/reasoncode/<path:object_id>/delete/                        302 403 403 403 403 403
GET  admin/compliance/reasoncode/<path:object_id>/change/                        302 403 403 403 200 200
POST admin/compliance/reasoncode/<path:object_id>/change/                        302 403 403 403 200 200
GET  admin/compliance/reasoncode/<path:object_id>/                               302 403 403 403 302 302
POST admin/compliance/reasoncode/<path:object_id>/                               302 403 403 403 302 302
GET  admin/compliance/policyrule/matrix/                                         302 403 403 403 200 200
POST admin/compliance/policyrule/matrix/                                         302 403 403 403 405 405
GET  admin/compliance/policyrule/                                                302 403 403 403 200 200
POST admin/compliance/policyrule/                                                302 403 403 403 200 200
GET  admin/compliance/policyrule/add/                                            302 403 403 403 200 200
POST admin/compliance/policyrule/add/                                            302 403 403 403 200 200
GET  admin/compliance/policyrule/<path:object_id>/history/                       302 403 403 403 200 200
POST admin/compliance/policyrule/<path:object_id>/history/                       302 403 403 403 200 200
GET  admin/compliance/policyrule/<path:object_id>/delete/                        302 403 403 403 200 200
POST admin/compliance/policyrule/<path:object_id>/delete/                        302 403 403 403 200 200
GET  admin/compliance/policyrule/<path:object_id>/change/                        302 403 403 403 200 200
POST admin/compliance/policyrule/<path:object_id>/change/                        302 403 403 403 200 200
GET  admin/compliance/policyrule/<path:object_id>/                               302 403 403 403 302 302
POST admin/compliance/policyrule/<path:object_id>/                               302 403 403 403 302 302
GET  admin/compliance/queueterm/                                                 302 403 403 403 200 200
POST admin/compliance/queueterm/                                                 302 403 403 403 200 200
GET  admin/compliance/queueterm/add/                                             302 403 403 403 403 403
POST admin/compliance/queueterm/add/                                             302 403 403 403 403 403
GET  admin/compliance/queueterm/<path:object_id>/history/                        302 403 403 403 200 200
POST admin/compliance/queueterm/<path:object_id>/history/                        302 403 403 403 200 200
GET  admin/compliance/queueterm/<path:object_id>/delete/                         302 403 403 403 403 403
POST admin/compliance/queueterm/<path:object_id>/delete/                         302 403 403 403 403 403
GET  admin/compliance/queueterm/<path:object_id>/change/                         302 403 403 403 200 200
POST admin/compliance/queueterm/<path:object_id>/change/                         302 403 403 403 200 200
GET  admin/compliance/queueterm/<path:object_id>/                                302 403 403 403 302 302
POST admin/compliance/queueterm/<path:object_id>/                                302 403 403 403 302 302
GET  admin/compliance/deskpolicy/                                                302 403 403 403 200 200
POST admin/compliance/deskpolicy/                                                302 403 403 403 200 200
GET  admin/compliance/deskpolicy/add/                                            302 403 403 403 403 403
POST admin/compliance/deskpolicy/add/                                            302 403 403 403 403 403
GET  admin/compliance/deskpolicy/<path:object_id>/history/                       302 403 403 403 200 200
POST admin/compliance/deskpolicy/<path:object_id>/history/                       302 403 403 403 200 200
GET  admin/compliance/deskpolicy/<path:object_id>/delete/                        302 403 403 403 403 403
POST admin/compliance/deskpolicy/<path:object_id>/delete/                        302 403 403 403 403 403
GET  admin/compliance/deskpolicy/<path:object_id>/change/                        302 403 403 403 200 200
POST admin/compliance/deskpolicy/<path:object_id>/change/                        302 403 403 403 200 200
GET  admin/compliance/deskpolicy/<path:object_id>/                               302 403 403 403 302 302
POST admin/compliance/deskpolicy/<path:object_id>/                               302 403 403 403 302 302
GET  admin/compliance/deskevent/                                                 302 403 403 403 200 200
POST admin/compliance/deskevent/                                                 302 403 403 403 200 200
GET  admin/compliance/deskevent/add/                                             302 403 403 403 403 403
POST admin/compliance/deskevent/add/                                             302 403 403 403 403 403
GET  admin/compliance/deskevent/<path:object_id>/history/                        302 403 403 403 200 200
POST admin/compliance/deskevent/<path:object_id>/history/                        302 403 403 403 200 200
GET  admin/compliance/deskevent/<path:object_id>/delete/                         302 403 403 403 403 403
POST admin/compliance/deskevent/<path:object_id>/delete/                         302 403 403 403 403 403
GET  admin/compliance/deskevent/<path:object_id>/change/                         302 403 403 403 200 200
POST admin/compliance/deskevent/<path:object_id>/change/                         302 403 403 403 403 403
GET  admin/compliance/deskevent/<path:object_id>/                                302 403 403 403 302 302
POST admin/compliance/deskevent/<path:object_id>/                                302 403 403 403 302 302
GET  admin/compliance/person/                                                    302 403 403 403 200 200
POST admin/compliance/person/                                                    302 403 403 403 200 200
GET  admin/compliance/person/add/                                                302 403 403 403 403 200
POST admin/compliance/person/add/                                                302 403 403 403 403 200
GET  admin/compliance/person/<path:object_id>/history/                           302 403 403 403 200 200
POST admin/compliance/person/<path:object_id>/history/                           302 403 403 403 200 200
GET  admin/compliance/person/<path:object_id>/delete/                            302 403 403 403 403 403
POST admin/compliance/person/<path:object_id>/delete/                            302 403 403 403 403 403
GET  admin/compliance/person/<path:object_id>/change/                            302 403 403 403 200 200
POST admin/compliance/person/<path:object_id>/change/                            302 403 403 403 403 200
GET  admin/compliance/person/<path:object_id>/                                   302 403 403 403 302 302
POST admin/compliance/person/<path:object_id>/                                   302 403 403 403 302 302
GET  admin/compliance/user/<id>/password/                                        302 403 403 403 403 200
POST admin/compliance/user/<id>/password/                                        302 403 403 403 403 200
GET  admin/compliance/user/                                                      302 403 403 403 200 200
POST admin/compliance/user/                                                      302 403 403 403 200 200
GET  admin/compliance/user/add/                                                  302 403 403 403 403 200
POST admin/compliance/user/add/                                                  302 403 403 403 403 200
GET  admin/compliance/user/<path:object_id>/history/                             302 403 403 403 200 200
POST admin/compliance/user/<path:object_id>/history/                             302 403 403 403 200 200
GET  admin/compliance/user/<path:object_id>/delete/                              302 403 403 403 403 403
POST admin/compliance/user/<path:object_id>/delete/                              302 403 403 403 403 403
GET  admin/compliance/user/<path:object_id>/change/                              302 403 403 403 200 200
POST admin/compliance/user/<path:object_id>/change/                              302 403 403 403 403 200
GET  admin/compliance/user/<path:object_id>/                                     302 403 403 403 302 302
POST admin/compliance/user/<path:object_id>/                                     302 403 403 403 302 302
GET  admin/^(?P<app_label>providers|compliance)/$                                302 403 403 403 200 200
POST admin/^(?P<app_label>providers|compliance)/$                                302 403 403 403 200 200
GET  admin/(?P<url>.*)$                                                          302 403 403 403 404 404
POST admin/(?P<url>.*)$                                                          302 403 403 403 404 404
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    method: str
    route: str
    expected: Mapping[str, int]


def rows() -> list[Row]:
    found = []
    for line in TABLE.strip().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            method, route, *statuses = line.split()
            expected = dict(zip(ROLES, map(int, statuses), strict=True))
            found.append(Row(method=method, route="" if route == "/" else route, expected=expected))
    return found


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route of the URL configuration, as a pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


@cache
def picture() -> tuple[bytes, DecodedFile]:
    """A JPEG, and the result of decoding it."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "JPEG")
    return file.getvalue(), decode(file.getvalue())


def another_picture() -> io.BytesIO:
    """A different file, as a form sends it."""
    file = io.BytesIO()
    Image.new("RGB", (48, 64), "orange").save(file, "PNG")
    file.seek(0)
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One of everything that a route can name."""

    reader: User | None
    account: ProviderAccount
    free: Case
    taken: Case
    """Claimed by the reader, if they may claim cases."""
    unread: Check
    finding: Finding
    proposal: OverrideProposal
    document: Document
    video: Document
    lost: Document
    added: Document
    """Added by the analyst."""
    read: Check
    uploaded: CaseImport
    seen: str
    """Evidence digest on the page of a person who decides the claimed case."""
    objects: Mapping[str, Any]
    """Model of Django admin -> an existing key."""

    @property
    def declared(self) -> dict[str, str]:
        """The form with the declared data of the free case."""
        applicant = Case.objects.get(pk=self.free.pk).applicant
        return declared_values(applicant) | {"seen": version_of(applicant)}

    def url(self, route: str) -> str:
        """An address of the route."""
        if route.startswith("admin/^"):
            return "/admin/compliance/"
        if route == "admin/(?P<url>.*)$":
            return "/admin/nothing/such/"
        if route == "^admin/r/":
            return "/admin/r/1/1/"
        case = self.taken if re.search("release|decide", route) else self.free
        check = self.unread if "correct" in route else self.read
        document = self.lost if "retry" in route else self.video if "video" in route else self.document
        document = self.added if route == "document/<uuid:document_id>/withdraw/" else document
        model = re.search(r"admin/\w+/(\w+)/", route)
        values: dict[str, Any] = {
            "slug:tab": "open",
            "slug:slug": "document_number",
            "int:number": case.pk,
            "uuid:finding_id": self.finding.pk,
            "uuid:proposal_id": self.proposal.pk,
            "uuid:check_id": check.pk,
            "uuid:import_id": self.uploaded.pk,
            "uuid:document_id": document.pk,
            "slug:size": "view",
            "uuid:account_id": self.account.pk,
            "path:content_type_id": 1,
            "path:object_id": self.objects[model[1]] if model and model[1] in self.objects else 1,
            "id": self.objects["user"],
        }
        return "/" + re.sub(r"<([^>]+)>", lambda found: str(values[found[1]]), route)

    def data(self, route: str) -> dict[str, Any]:
        """A valid submission for the route."""
        check = {"account": str(self.account.pk), "kind": "database", "reference": "4455667", "reason": "A mistake."}
        page = {"seen_decision": "", "shown_to": str(self.reader.person_id) if self.reader else ""}
        forms: dict[str, dict[str, Any]] = {
            "case/new/": check | {"applicant_external_id": "another", "full_name": "Another Person"},
            "case/<int:number>/seen/": {"seq": "1"},
            "case/<int:number>/decide/": {"verdict": "reject", "reason": "REJ-01", "note": "No.", "seen": self.seen}
            | page,
            "case/<int:number>/add-check/": check,
            "case/<int:number>/add-document/": {"kind": "other", "note": "By e-mail.", "file": another_picture()},
            "case/<int:number>/correct-data/": self.declared | {"full_name": "Another Name", "reason": "A mistake."},
            "document/<uuid:document_id>/withdraw/": {"reason": "Another person’s."},
            "finding/<uuid:finding_id>/resolve/": {"reason": "OK-03", "note": "Married."},
            "case/<int:number>/close/": {"reason": "MIS-01", "note": "Opened twice."},
            "check/<uuid:check_id>/correct/": check,
            "check/<uuid:check_id>/replace/": check,
            "case/<int:number>/escalation/answer/": page | {"answer": "Yes."},
            "case/<int:number>/escalation/withdraw/": page,
            "proposal/<uuid:proposal_id>/approve/": {"seen": self.proposal.digest, "note": "Agreed."} | page,
            "proposal/<uuid:proposal_id>/deny/": {"seen": self.proposal.digest, "note": "No."} | page,
            "proposal/<uuid:proposal_id>/withdraw/": page,
            "me/": {"theme": "dark"},
            "sign-in/": {"username": "nobody", "password": "of this name"},
        }
        return forms.get(route, {})


@pytest.fixture
def world(account: MakeAccount, analyst: User, manager: User) -> Iterator[Callable[[User | None], World]]:
    """``world(reader)`` has one of everything; caches are fresh before and after."""
    forget_caches()
    yield lambda reader: made(account("bank131"), reader, proposer=analyst)
    forget_caches()


def made(bank: ProviderAccount, reader: User | None, *, proposer: User) -> World:
    cases = [
        cases_with_answers(bank, [PASSPORT], external_id=f"cust-unmentionable-{place}", **APPLICANT)[0]
        for place in "abc"
    ]
    free, taken, argued = cases
    unread = factories.add_check(factories.make_case("cust-unmentionable-d", **APPLICANT), bank, "7654321")
    if reader and reader.has_perm("compliance.review_case"):
        claims.claim(taken.pk, by=reader)
    claims.claim(argued.pk, by=proposer)
    proposal = overrides.propose(
        argued.pk, by=proposer, request=factories.decision_request(argued, DecisionVerdict.APPROVE, "OK-04")
    )
    check = free.checks.get()
    check.facts = {**check.facts, "document_number": "A1234567"}
    check.save(update_fields=("facts",))
    finding = Finding.objects.create(
        case=unread.case,
        data_key_id=unread.data_key_id,
        kind="duplicate",
        about="selfie",
        detail={"case": taken.pk, "kinds": ["selfie"]},
        since_seq=0,
        found_at=timezone.now(),
    )
    requested = [Evidence(kind=EvidenceKind.SELFIE, label=label) for label in ("selfie", "second", "video")]
    documents.request(check, requested)
    shown, lost, video = Document.objects.filter(case=free).order_by("label").reverse()
    content, decoded = picture()
    evidence_copies.store(shown.pk, [(Download(label=shown.label, kind=EvidenceKind.SELFIE, content=content), decoded)])
    played = webm_of()
    evidence_copies.store(
        video.pk, [(Download(label=video.label, kind=EvidenceKind.VIDEO, content=played), decode(played))]
    )
    copy_faults.postpone(lost.pk, detail="It is gone.", final=True)
    shown.refresh_from_db()
    pdf = b"%PDF-1.4 nothing to see"
    added = uploads.add(free.pk, by=proposer, kind=EvidenceKind.OTHER, note="From the applicant.", content=pdf)
    rule = PolicyRule.objects.create(
        outcome="approved", provider_verdict="positive", verdict="approve", ruling="needs_approval"
    )
    event = audit.record_desk(DeskEventType.ACCOUNT_TESTED, by=proposer)
    SyncSlot.objects.create(slot=0, until=timezone.now(), progressed_at=timezone.now())
    objects = {
        "provideraccount": bank.pk,
        "reasoncode": "OK-01",
        "policyrule": rule.pk,
        "queueterm": "declined",
        "deskpolicy": True,
        "deskevent": event.pk,
        "person": Person.objects.get(users=proposer).pk,
        "user": proposer.pk,
    }
    return World(
        reader=reader,
        account=bank,
        free=free,
        taken=taken,
        unread=unread,
        finding=finding,
        proposal=proposal,
        document=shown,
        video=video,
        lost=lost,
        added=added,
        read=check,
        uploaded=CaseImport.objects.create(
            by=reader or User.objects.all()[0], encoding="utf-8", lines=1, state="checked"
        ),
        seen=factories.decision_request(taken, DecisionVerdict.REJECT, "REJ-01").seen,
        objects=objects,
    )


def reader_of(role: str) -> User | None:
    """The user of a column."""
    if role == "anonymous":
        return None
    known = User.objects.filter(groups__name=role).first()
    if known:
        return known
    group = role if role == "admin" else ""
    user = factories.make_user(role, f"The {role.title()}", group, is_staff=role in ("admin", "superuser"))
    user.is_superuser = role == "superuser"
    user.save()
    return user


def browser_of(reader: User | None, **given: Any) -> Client:
    client = Client(**given)
    if reader:
        client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("live"))  # the session's first request writes its limits
    return client


def asked(browser: Client, method: str, url: str, data: Mapping[str, Any]) -> tuple[int, str]:
    """Status and body. Its writes are rolled back, so that every row has the same world."""
    keys = {name: morsel.value for name, morsel in browser.cookies.items()}
    with transaction.atomic():
        answer: Any = browser.generic(method, url) if not data else getattr(browser, method.lower())(url, data)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    browser.cookies.clear()
    for name, value in keys.items():
        browser.cookies[name] = value
    return answer.status_code, body.decode(errors="replace")


@pytest.mark.promise("G25")
def test_every_route_is_in_the_table_with_both_methods() -> None:
    seen = [(row.method, row.route) for row in rows()]
    assert len(seen) == len(set(seen))
    assert set(seen) == {(method, route) for method in ("GET", "POST") for route in routes()}


@pytest.mark.promise("G25")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_the_response_of_the_table_and_no_applicant_unless_cleared(
    role: str, world: Callable[[User | None], World]
) -> None:
    reader = reader_of(role)
    there = world(reader)
    browser = browser_of(reader)
    wrong, leaking = [], []
    for row in rows():
        data = there.data(row.route) if row.method == "POST" else {}
        status, body = asked(browser, row.method, there.url(row.route), data)
        if status != row.expected[role]:
            wrong.append(f"{row.method} {row.route}: {status}, not {row.expected[role]}")
        if any(word in body.lower() for word in PERSONAL):
            leaking.append(f"{row.method} {row.route}")
    assert wrong == []
    assert bool(leaking) == (role in ("analyst", "manager", "superuser")), leaking


@pytest.mark.promise("G25")
@pytest.mark.parametrize("role", ["stranger", "admin"])
def test_refused_users_cannot_distinguish_missing_rows_from_existing_ones(
    role: str, world: Callable[[User | None], World]
) -> None:
    reader = reader_of(role)
    there = world(reader)
    browser = browser_of(reader)
    differing = []
    for row in named_rows():
        present = asked(browser, row.method, there.url(row.route), {})
        absent = asked(browser, row.method, elsewhere(row.route, uuid4()), {})
        if present != absent or present[0] != 403:
            differing.append((row.method, row.route, present[0], absent[0]))
    assert differing == []


def test_an_id_of_another_kind_is_answered_like_an_unknown_one(world: Callable[[User | None], World]) -> None:
    reader = reader_of("manager")
    there = world(reader)
    browser = browser_of(reader)
    ids: list[Any] = [there.read.pk, there.document.pk, there.proposal.pk, there.free.applicant_id]
    differing = []
    for row in named_rows():
        kind = row.route.split("/")[0]
        owned = {"check": ids[0], "document": ids[1], "proposal": ids[2]}.get(kind)
        missing = asked(browser, row.method, elsewhere(row.route, uuid4()), {})
        if missing[0] != (405 if row.expected["manager"] == 405 else 404):
            differing.append((row.method, row.route, "missing", missing[0]))
        for foreign in (value for value in ids if kind != "case" and value != owned):
            if asked(browser, row.method, elsewhere(row.route, foreign), {}) != missing:
                differing.append((row.method, row.route, "foreign", 0))
    assert differing == []


def named_rows() -> Iterable[Row]:
    """Rows of our own routes with one key, and the methods that they accept."""
    named = re.compile(r"<uuid:|<int:number>")
    return [row for row in rows() if named.search(row.route) and not is_refused(row)]


def is_refused(row: Row) -> bool:
    return row.route.startswith("admin/") or set(row.expected.values()) <= {302, 405}


def elsewhere(route: str, key: UUID) -> str:
    """The route's address with another key."""
    named = route.replace("<slug:size>", "view").replace("<slug:slug>", "phone").replace("<int:number>", "987654321")
    return "/" + re.sub(r"<uuid:\w+>", str(key), named)


def test_every_post_needs_a_csrf_token(world: Callable[[User | None], World]) -> None:
    reader = reader_of("superuser")
    there = world(reader)
    strict = browser_of(reader, enforce_csrf_checks=True)
    done = [
        (row.route, status)
        for row in rows()
        if row.method == "POST"
        for status, _ in [asked(strict, "POST", there.url(row.route), there.data(row.route))]
        if status not in (403, 405)
    ]
    assert done == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_methods_have_no_effect(method: str, world: Callable[[User | None], World]) -> None:
    reader = reader_of("superuser")
    there = world(reader)
    browser = browser_of(reader)
    done = []
    for route in routes():
        with CaptureQueriesContext(connection) as statements:
            status, _ = asked(browser, method, there.url(route), {})
        wrote = [entry["sql"] for entry in statements if re.match("INSERT|UPDATE|DELETE", entry["sql"])]
        if wrote or (status != 405 and not re.match(r"\^?admin/|sign-in", route)):
            done.append((route, status, wrote))
    assert done == []
