"""Bank 131: a person's passport and taxpayer number, checked by the bank against the state registers.

One read, ``{base}{prefix}/check/{id}``, with one header (``X-PARTNER-PROJECT``) and an empty body, by GET or by POST as
the account says. The answer is ``{status, data, error}``, and business errors come with HTTP 200: "check the HTTP code
first, then status". An answer may point to an earlier check of the same data (``already_exists``), which is read
instead.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from providers.bank131.mapping import assess
from providers.bank131.parse import (
    NAME,
    POINTER,
    REQUEST_ERRORS,
    VALIDATION_FAILURES,
    Answer,
    parse,
    pointer_unusable,
    raise_for_code,
    read_answer,
)
from providers.contract.base import Provider, Rules, Setting
from providers.contract.code_table import code_table
from providers.contract.errors import (
    CredentialsRefused,
    Detail,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    UnreadableAnswer,
    reworded,
)
from providers.contract.payload_paths import REMOVED, without_query
from providers.contract.payload_values import object_of, string_of
from providers.contract.report import EMPTY, Assessment, Kind, Report, Subject
from providers.transport.http import Response, status_fault

MAX_HOPS = 3

_PROOFS = VALIDATION_FAILURES | {POINTER, "invalid_sign"}
"""Codes that prove a working connection: the bank sends them only for a known project and check."""

_ID = re.compile(r"[0-9]{1,100}", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_MAX_DETAIL = 400
_ALLOW_LIST = "Check first that this server's address is on the bank's allow-list."
_NEWER_METHOD = "Newer documentation uses GET: change Read method."


class Bank131(Provider):
    """One header, no token, errors inside HTTP 200; follows pointers."""

    name = NAME
    label = "Bank131"
    kinds = (Kind.DATABASE,)
    official_hosts = {"live": ("kyc.bank131.ru",), "sandbox": ("kyc-stage.bank131.ru",)}
    credential_keys = (("project",),)
    # An empty read_method means the documented one of the environment.
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "read_method": Setting(
            label="Read method",
            help="HTTP method of a read. As documented means POST in live and GET elsewhere.",
            choices=(("", "As documented"), ("GET", "GET"), ("POST", "POST")),
        ),
        "path_prefix": Setting(
            label="Path prefix",
            default="/api/v1.1",
            help="Precedes the bank's paths.",
            pattern=r"(/[A-Za-z0-9._~-]+)*/?",
        ),
    }
    poll_seconds = 1200
    # "10 minutes to 2 days" between creation and result.
    first_read_seconds = 600
    overdue_hours = 48
    # Only the first read contains the pointers to a followed check; later reads go there directly and must be equal.
    volatile = ("pointers",)

    shown_elsewhere = ("status", "check.status", "data.id", "check.data.id", "error.code", "check.error.code")

    def fetch(self, subject: Subject) -> Report:
        """Read the check, or the one that an earlier answer pointed to, and follow at most three pointers."""
        if problem := self.reference_problem(subject.kind, subject.reference, subject.settings):
            raise NotFoundAtProvider(self.name, problem)
        asked, hops, pointers = subject.reference, 0, []
        visited = {asked}
        if subject.follow not in ("", asked):
            asked, hops = _next_id(subject.follow, visited), 1
        while (answer := self._read(asked)).points_on:
            hops += 1
            if hops > MAX_HOPS:
                raise pointer_unusable(f"(More than {MAX_HOPS} checks point to one another.)")
            pointers.append(answer)
            asked = _next_id(answer.data_id, visited)
        report = parse(answer.payload, subject, asked=asked, pointers=tuple(pointers))
        return _marked_as_test(report) if self.connection.environment == "sandbox" else report

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """By ``status``, and for ``error`` by ``error.code``; both compared exactly."""
        return assess(report, rules)

    def test_connection(self, reference: str = "") -> str:
        """Read the check ``reference``: a real one in live, any digits elsewhere.

        Raises ``CredentialsRefused`` for the project, ``ProviderUnavailable`` for the network and for Read method or
        path prefix, ``UnreadableAnswer`` for an answer that is not from this API.
        """
        asked = reference.strip()
        if not asked and self.connection.environment == "live":
            raise NotFoundAtProvider(
                self.name, "Enter the id of a check that the bank knows: in live a test reads a real one."
            )
        asked = asked or "1"
        if problem := self.reference_problem(Kind.DATABASE, asked, EMPTY):
            raise NotFoundAtProvider(self.name, problem)
        answer = self._read(asked)
        if answer.status in ("ok", "pending") or (answer.status == "error" and answer.code in _PROOFS):
            return "The bank accepts the project, and the check can be read."
        if answer.status == "error" and answer.code == "request_not_found":
            return "The bank accepts the project; it does not know a check with this id."
        raise_for_code(answer)
        raise UnreadableAnswer(self.name, "An answer came, but not in the format of the bank's documentation.")

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """Ids are digits only; anything else, above all an empty one, could turn a read into another call."""
        if kind not in cls.kinds:
            return "Bank131 only has database checks."
        return None if _ID.fullmatch(reference) else "The reference must be the bank's id of the check: digits only."

    # --- the call ---

    @property
    def read_method(self) -> str:
        """``GET`` or ``POST``: the account's setting, else the documented one ("for live testing POST").

        It is never switched automatically. Raises ``CredentialsRefused`` for a setting that is neither.
        """
        setting = self.settings.get("read_method") or ("POST" if self.connection.environment == "live" else "GET")
        method = setting.strip().upper() if isinstance(setting, str) else ""
        if method not in ("GET", "POST"):
            raise CredentialsRefused(self.name, "The setting Read method must be GET or POST.")
        return method

    def _path(self, check_id: str) -> str:
        setting = self.settings.get("path_prefix")
        prefix = setting.rstrip("/") if isinstance(setting, str) else None
        if prefix is None or not _PREFIX.fullmatch(prefix):
            raise CredentialsRefused(self.name, "The setting Path prefix must look like /api/v1.1.")
        return f"{prefix}/check/{check_id}"

    def _project(self) -> str:
        project = self.connection.credentials.get("project", "").strip()
        if not _HEADER_VALUE.fullmatch(project):
            raise CredentialsRefused(
                self.name, "The account has no usable project: enter the one that the bank assigned."
            )
        return project

    def _read(self, check_id: str) -> Answer:
        """One call. "The request body is empty", with GET and with POST; samples send the content type with both."""
        headers = {"X-PARTNER-PROJECT": self._project(), "Content-Type": "application/json"}
        try:
            response = self.call(self.read_method, self._path(check_id), headers=headers)
        except ProviderUnavailable as error:
            raise ProviderUnavailable(self.name, _with_action(error, _ALLOW_LIST)) from None
        if response.status != 200:
            raise self._http_fault(response)
        try:
            return read_answer(self._without_project(response.json(self.name)))
        except UnreadableAnswer as error:
            body = response.body.replace(self._project().encode(), REMOVED.encode())
            # The body is not JSON, so the HTTP status decides.
            row = code_table(self.name).row("shape", "not_readable")
            detail = row.detail(error.detail) if error.body else error.detail
            raise UnreadableAnswer(self.name, detail, body=body) from None

    def _http_fault(self, response: Response) -> ProviderError:
        """The fault of an HTTP status other than 200: always one of the account."""
        if response.status == 422:
            return CredentialsRefused(self.name, self._refused_request(response))
        fault = status_fault(response, provider=self.name)
        if self.connection.environment == "live" and self.read_method == "POST" and response.status in (404, 405):
            fault.detail = _with_action(fault, _NEWER_METHOD)
        return fault

    def _refused_request(self, response: Response) -> str:
        """The fault of a 422: its two documented values may be in ``code`` or in ``description``."""
        try:
            error = object_of(object_of(self._without_project(response.json(self.name))).get("error"))
        except UnreadableAnswer:
            error = EMPTY
        texts = [string_of(error.get(key)) for key in ("code", "description")]
        table = code_table(self.name)
        if named := next((code for code in REQUEST_ERRORS if code in texts), ""):
            return table.row("validation_code", named).detail(f"HTTP 422, {named}.")
        words = " ".join(without_query(text) for text in texts if text)
        detail = table.row("http_status", "422").detail("HTTP 422:", f"The bank says: {words}" if words else "")
        return reworded(detail, detail[:_MAX_DETAIL])

    def _without_project(self, value: Any) -> Any:
        """The text without the project name, which identifies the account."""
        if isinstance(value, list):
            return [self._without_project(child) for child in value]
        if not isinstance(value, dict):
            return value
        return {
            key: child.replace(self._project(), REMOVED)
            if key == "description" and isinstance(child, str)
            else self._without_project(child)
            for key, child in value.items()
        }


# --- words ---


def _with_action(error: ProviderError, action: str) -> Detail:
    """The detail of an error, with one more action for an admin."""
    return reworded(error.detail, error.detail, admin_action=f"{error.admin_action} {action}".strip())


def _next_id(pointer: str, visited: set[str]) -> str:
    if not _ID.fullmatch(pointer):
        raise pointer_unusable("(The answer names no earlier id.)")
    if pointer in visited:
        raise pointer_unusable("(The checks point to one another in a circle.)")
    visited.add(pointer)
    return pointer


def _marked_as_test(report: Report) -> Report:
    mark = ("Test result", "Emulated by the bank's test environment; it identifies no real person.")
    return replace(report, facts=replace(report.facts, other=(*report.facts.other, mark)))
