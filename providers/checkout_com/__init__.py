"""Checkout.com Identities: identity verification, face authentication, ID document verification, AML screening.

``parse`` reads an answer, ``mapping`` interprets it, ``calls`` authorises the calls.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from providers.checkout_com import images, mapping, parse
from providers.checkout_com.calls import Calls, read_json, read_pages, request_id_of
from providers.checkout_com.products import NAME, PRODUCTS, Product, spellings
from providers.contract.base import Provider, Rules, Setting
from providers.contract.code_table import code_table
from providers.contract.errors import (
    Detail,
    NotFoundAtProvider,
    ProviderUnavailable,
    ReferenceMismatch,
    UnreadableAnswer,
)
from providers.contract.report import (
    Assessment,
    Download,
    Evidence,
    EvidenceKind,
    ImageTitle,
    Kind,
    Report,
    Subject,
    Topic,
    TopicSignals,
)
from providers.transport.downloads import (
    MAX_FILE_BYTES,
    already_copied,
    behind_fresh_link,
    behind_link,
    copied,
    source_of,
    unavailable,
    unavailable_for_now,
)

_UNKNOWN_ID = "idv_0000000000000000000000zzzz"
_TOKEN_HOST = re.compile(r"(?:(?:pl-)?[a-z0-9]+\.)?access\.(?P<sandbox>sandbox\.)?checkout\.com")
"""``{prefix}.access.checkout.com``, prefix ``^(?:pl-)?[a-z0-9]+$``, or the older form without prefix."""


_ADDRESS_DOCUMENT = "adv_"
"""Address document verifications have a shape of their own, and no kind of check here."""


class CheckoutCom(Provider):
    """Four read APIs below one host, by a secret key or an OAuth token. There is no call that lists checks."""

    name = NAME
    label = "Checkout.com"
    kinds: ClassVar[tuple[Kind, ...]] = tuple(PRODUCTS)
    official_hosts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "live": ("identity-verification.checkout.com",),
        "sandbox": ("identity-verification.sandbox.checkout.com",),
    }
    credential_keys: ClassVar[tuple[tuple[str, ...], ...]] = (("secret_key",), ("client_id", "client_secret"))
    account_settings: ClassVar[Mapping[str, Setting]] = {
        "token_url": Setting(
            label="Token URL",
            help="Where client ID and secret are exchanged for a token. Empty: below the base URL.",
            is_url=True,
        )
    }
    poll_seconds = 300
    topic_signals = TopicSignals(
        against={
            Topic.FACE: ("62304", "62321"),
            Topic.LIVENESS: ("62305",),
            Topic.DOCUMENT: ("62201", "62202", "62301", "62302", "62303"),
        },
        passes={
            Kind.IDENTITY: (Topic.FACE, Topic.LIVENESS, Topic.DOCUMENT),
            Kind.FACE: (Topic.FACE, Topic.LIVENESS),
            Kind.DOCUMENT: (Topic.DOCUMENT,),
        },
        fails={Kind.FACE: Topic.FACE, Kind.DOCUMENT: Topic.DOCUMENT},
    )
    # Links have a new signature at every read. A verification_url lets its holder act as the applicant.
    volatile: ClassVar[tuple[str, ...]] = (
        "**.image_signed_url?query",
        "**.front_image_signed_url?query",
        "**.back_image_signed_url?query",
        "**.signature_image_signed_url?query",
        "**.asset_url.href?query",
        "**.pdf_report?query",
        "**.signed_url?query",
        "**._links.verification_url",
    )
    secrets: ClassVar[tuple[str, ...]] = ("**.verification_url", "**.access_token", "**.redirect_url?query")

    shown_elsewhere: ClassVar[tuple[str, ...]] = (
        "check.id",
        "check.status",
        "check.response_codes[].code",
        "check.monitored",
        "check.certifications[].type",
        "check.certifications[].data.*",
        "check.declared_data.phone_number.country_code",
        "check.declared_data.address.country",
        "check.declared_data.address.state",
        "check.declared_data.address.zip",
        "check.declared_data.address.city",
        "attempts[].status",
        "attempts[].created_on",
        "attempts[].response_codes[].code",
        "**._links",
    )

    # --- a check --------------------------------------------------------------------------------------------------

    def fetch(self, subject: Subject) -> Report:
        """Read the check and, except for AML, all pages of its attempts. Raises a ``ProviderError``."""
        product = self._product(subject.kind)
        if problem := self.reference_problem(subject.kind, subject.reference, subject.settings):
            raise ReferenceMismatch(self.name, problem)
        calls = Calls(self)
        response = calls.get(_path(subject))
        if response.status == 404:
            raise NotFoundAtProvider(self.name, _not_found(subject), request_id=request_id_of(response))
        payload: dict[str, Any] = {"check": read_json(response)}
        if product.has_attempts and isinstance(payload["check"], Mapping):
            # Parsed before the attempts are requested, so that the answer of another check costs no second call.
            parse.parse(payload, subject, request_id=request_id_of(response))
            payload["attempts"] = parse.in_order(read_pages(calls, f"{_path(subject)}/attempts"))
        return parse.parse(payload, subject, request_id=request_id_of(response))

    def normalise(self, report: Report, rules: Rules) -> Assessment:
        """The status of the check decides, nothing else; see ``mapping.assess``."""
        return mapping.assess(report, rules.codes)

    @classmethod
    def reference_problem(cls, kind: Kind, reference: str, settings: Mapping[str, Any]) -> str | None:
        """Ids are opaque text and may lose their prefixes: only characters that a path cannot contain are refused."""
        if not reference.strip():
            return "The reference is empty."
        if len(reference) > 512:
            return "The reference is longer than 512 characters."
        if reference in (".", "..") or not reference.isprintable() or re.search(r"\s", reference):
            return "The reference contains blanks or characters that no id of Checkout.com has."
        if re.search("[\ud800-\udfff]", reference):
            return "The reference is not valid text."
        if reference.startswith(_ADDRESS_DOCUMENT):
            return "This is the id of an address document verification. Those are not read."
        return None

    @classmethod
    def reference_spellings(cls, kind: Kind, reference: str) -> tuple[str, ...]:
        """An id with and without the prefix of its kind names the same check."""
        return spellings(kind, reference)

    @classmethod
    def sign_in_hosts(cls, environment: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The official host that ``token_url`` names, allowed in addition to the base URL's; else none.

        Live accounts sign in at ``access.checkout.com``, others at ``access.sandbox.checkout.com``, with or without the
        account's prefix. The client's secret goes there, so other hosts must not be called.
        """
        parts = urlsplit(str(settings.get("token_url") or ""))
        found = _TOKEN_HOST.fullmatch(parts.hostname or "")
        right = found and bool(found["sandbox"]) == (environment != "live")
        return (str(parts.hostname),) if right and parts.scheme == "https" else ()

    def test_connection(self, reference: str = "") -> str:
        """Sign in (OAuth only), then read an unknown id: 404 proves a working connection.

        Raises ``CredentialsRefused`` for authentication, ``ProviderUnavailable`` for the network and
        ``UnreadableAnswer`` for an answer of another shape.
        """
        calls = Calls(self, fresh=True)
        response = calls.get(f"/identity-verifications/{_UNKNOWN_ID}", expected=None)
        foreign = response.media_type == "text/html" and not request_id_of(response)
        if response.status != 404 or foreign:
            found = f"HTTP {response.status}{' with a web page' if foreign else ''}"
            text = f"Reached, but it answered {found} in place of 404."
            detail = Detail(text, admin_action="Check the base URL.")
            raise UnreadableAnswer(self.name, detail, body=response.body, request_id=request_id_of(response))
        signed = "The sign-in worked" if calls.uses_oauth else "The secret key was accepted"
        return f"{signed}, and Checkout.com answered as documented for an id that does not exist."

    # --- evidence -------------------------------------------------------------------------------------------------

    @classmethod
    def describe_image(cls, label: str, kind: str, name: str = "") -> ImageTitle:
        """The part of the check and the attempt that an image belongs to."""
        return images.describe(label, kind, name)

    @classmethod
    def can_ask_for(cls, label: str) -> bool:
        """Always true: report and assets have addresses, images are requested by reading the check again."""
        return True

    def fetch_evidence(self, item: Evidence, subject: Subject) -> Iterator[Download]:
        """The bytes of an image, of a PDF report, or of all assets of an attempt, one after the other.

        Expired links are requested again. Yields nothing where the file does not exist (yet).
        """
        self._product(subject.kind)
        calls = Calls(self)
        if item.label == images.PDF_LABEL:
            yield from self._pdf(calls, item, subject)
        elif attempt_id := _attempt_of(item.label):
            yield from self._assets(calls, subject, attempt_id, item.here)
        else:
            yield from self._image(calls, subject, item)

    def _image(self, calls: Calls, subject: Subject, item: Evidence) -> Iterator[Download]:
        if item.url:
            try:
                yield behind_link(item, self.connection, provider=self.name)
                return
            except NotFoundAtProvider:
                pass  # the link has expired
        response = calls.get(_path(subject))
        if response.status == 404:
            raise UnreadableAnswer(self.name, "Checkout.com no longer knows the check that this image belongs to.")
        report = parse.parse({"check": read_json(response)}, subject)
        fresh = (image for image in images.images_in(report.payload["check"]) if image.label == item.label)
        for image in islice(fresh, 1):
            yield self._fresh(image)

    def _assets(
        self, calls: Calls, subject: Subject, attempt_id: str, here: frozenset[tuple[str, str]]
    ) -> Iterator[Download]:
        path = f"{_path(subject)}/attempts/{quote(attempt_id, safe='')}/assets"
        for asset in images.assets(read_pages(calls, path), attempt_id):
            if (asset.label, source_of(asset.url)) in here:
                yield already_copied(asset)
                continue
            try:
                yield self._fresh(asset)
            except (ProviderUnavailable, UnreadableAnswer) as error:
                yield unavailable_for_now(asset, error)

    def _pdf(self, calls: Calls, item: Evidence, subject: Subject) -> Iterator[Download]:
        path = f"{_path(subject)}/pdf-report"
        item = replace(item, kind=EvidenceKind.REPORT_PDF)
        try:
            response = calls.get(path, limits=replace(self.connection.session.limits, max_bytes=MAX_FILE_BYTES))
        except UnreadableAnswer as error:
            yield unavailable(item, error.detail)
            return
        if response.status == 404:
            return
        if response.media_type == "application/pdf":
            # One official client treats the answer as the file.
            yield copied(item, response.body, media_type=response.media_type, source=source_of(response.url))
            return
        link = images.report_link(read_json(response))
        if not link:
            raise UnreadableAnswer(self.name, "The answer names no PDF report.", request_id=request_id_of(response))
        yield self._fresh(replace(item, url=link))

    def _fresh(self, item: Evidence) -> Download:
        return behind_fresh_link(item, self.connection, provider=self.name)

    # --- calls ----------------------------------------------------------------------------------------------------

    def _product(self, kind: Kind) -> Product:
        if product := PRODUCTS.get(kind):
            return product
        raise ReferenceMismatch(self.name, f"Checkout.com has no check of the kind {kind}.")


def _path(subject: Subject) -> str:
    return f"/{PRODUCTS[subject.kind].collection}/{quote(subject.reference, safe='')}"


def _not_found(subject: Subject) -> str:
    row = code_table(NAME).row("http_status", "404")
    for kind, product in PRODUCTS.items():
        if kind != subject.kind and subject.reference.startswith(product.prefix):
            return row.detail(after=f"The id has the form of the kind {kind}, the check says {subject.kind}.")
    return row.detail()


def _attempt_of(label: str) -> str:
    head, tail = images.ASSETS_LABEL.split("{}")
    return label[len(head) : -len(tail)] if label.startswith(head) and label.endswith(tail) else ""
