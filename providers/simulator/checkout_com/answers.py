"""Bodies of Checkout.com's reads: a check of four kinds, its attempts, their assets and the report."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from providers.contract.code_table import code_table
from providers.simulator import people
from providers.simulator.checkout_com import files
from providers.simulator.checkout_com.scenarios import UNKNOWN_STATUS
from providers.simulator.faults import Fault
from providers.simulator.messages import SimRequest, SimResponse
from providers.simulator.scenarios import ProviderSimulator, Scenario
from providers.simulator.world import World

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
FILES = "checkout-files"
_ATTEMPT_PREFIXES: Mapping[str, str] = {"identity": "iatp_", "face": "fatp_", "document": "datp_"}
COLLECTIONS: Mapping[str, str] = {
    "identity-verifications": "identity",
    "face-authentications": "face",
    "id-document-verifications": "document",
    "aml-verifications": "aml",
}
_DECIDED = ("approved", "declined")
_OPEN_ATTEMPTS = ("pending_redirection", "capture_in_progress")
_SIDES = {"front": "front_image_signed_url", "back": "back_image_signed_url"}
_ASSETS: Mapping[str, tuple[str, ...]] = {
    "identity": ("face_image", "face_video", "document_front_image", "document_back_image", "document_front_video"),
    "face": ("face_image", "face_video"),
    "document": ("document_front_image", "document_back_image"),
}
_DOCUMENT_TYPES = {"passport": "Passport", "id_card": "ID", "driving_licence": "Driving licence"}


class CheckAnswer:
    """Answers about one check at this moment."""

    def __init__(
        self,
        simulator: ProviderSimulator,
        request: SimRequest,
        world: World,
        kind: str,
        reference: str,
        found: tuple[Scenario, int],
        state: Mapping[str, Any],
    ) -> None:
        self.kind, self.state, self.world, self.request = kind, state, world, request
        fault = found[0].fault
        self.serial = found[1] + (1 if fault is Fault.ANOTHER_APPLICANT else 0)
        self.requested = reference
        self.reference = simulator.reference(found[0].name, self.serial) if self.serial != found[1] else reference
        self.fault = fault
        self.person = people.person(self.serial)
        self.host = f"http://{request.header('host')}"
        self.created = world.created_at(simulator, reference)
        self.modified = self.created + timedelta(seconds=world.steps_so_far(simulator, reference)[-1].after)
        self.reads = world.reads(simulator.name, reference)

    def check(self) -> dict[str, Any]:
        """The check itself: one of four shapes."""
        path = next(collection for collection, kind in COLLECTIONS.items() if kind == self.kind)
        body: dict[str, Any] = {
            "id": self.reference,
            "created_on": _time(self.created),
            "modified_on": _time(self.modified, digits=5),
            "applicant_id": "aplt_01" + filler(f"applicant {self.serial}", 24),
            "status": self._status(),
            **(self._screening() if self.kind == "aml" else self._verification()),
            "_links": {
                "self": {"href": f"{self.host}/{path}/{self.reference}"},
                "applicant": {"href": f"{self.host}/applicants/aplt_01{filler(f'applicant {self.serial}', 24)}"},
            },
        }
        if self.state["status"] == "pending" and self.kind in ("identity", "face"):
            body["_links"]["verification_url"] = {"href": self._verification_url(0)}
        body.update(self.state.get("set", {}))
        return {key: value for key, value in body.items() if key not in self.state.get("without", ())}

    def _status(self) -> str:
        status = str(self.state["status"])
        if self.fault is Fault.OTHER_LETTER_CASE:
            return status.capitalize()
        return UNKNOWN_STATUS if self.fault is Fault.UNKNOWN_WORD else status

    def _screening(self) -> dict[str, Any]:
        configuration = "2f6c1b0e-7a54-4f0d-9a43-5f1f4f6d2c11"
        return {
            "search_parameters": {"configuration_identifier": configuration},
            "monitored": self.state.get("monitored", True),
        }

    def _verification(self) -> dict[str, Any]:
        person, decided = self.person, self.state["status"] in _DECIDED
        body: dict[str, Any] = {
            "user_journey_id": "usj_01" + filler(f"journey {self.kind}", 24),
            "response_codes": [_code(code) for code in self.state["codes"]],
        }
        if self.kind != "document":
            body["risk_labels"] = list(self.state["labels"])
        if self.kind != "face":
            body["declared_data"] = {"name": person.latin_name, "birth_date": person.birth_date.isoformat()}
        if self.kind == "identity":
            body["declared_data"] |= {"email": None if self.state.get("blanks") else person.email}
            body["redirect_url"] = "https://shop.example/return?session=simulated-return-session"
        if not decided:
            return body
        if self.kind == "document":
            return body | {"document": self._document()}
        body["face"] = {"image_signed_url": None if self.state.get("blanks") else self._link("face_image.jpg")}
        if self.kind == "identity":
            body |= {"verified_identity": self._identity(), "documents": self._documents()}
            body |= self._certified() if self.state.get("certified") else {}
        return body

    def _identity(self) -> dict[str, Any]:
        person = self.person
        if self.state.get("blanks"):
            return {"full_name": None, "birth_date": None, "first_names": None, "last_name": None, "gender": ""}
        return {
            "full_name": person.latin_name,
            "first_names": person.latin_given_names,
            "last_name": person.latin_family_name,
            "last_name_at_birth": None,
            "birth_date": person.birth_date.isoformat(),
            "birth_place": person.birth_place,
            "nationality": person.country,
            "gender": person.sex,
        }

    def _documents(self) -> list[dict[str, Any]]:
        second = {"document_type": "Visa", "document_number": f"V{self.person.document_number}"}
        return [self._document(), self._document() | second][: self.state.get("documents", 1)]

    def _document(self) -> dict[str, Any]:
        person = self.person
        if self.state.get("blanks"):
            return {"document_type": "Other", "document_number": None, "gender": "", "front_image_signed_url": None}
        return {
            "document_type": _DOCUMENT_TYPES[person.document_type],
            "document_issuing_country": person.country,
            "full_name": person.latin_name,
            "first_names": person.latin_given_names,
            "last_name": person.latin_family_name,
            "birth_date": person.birth_date.isoformat(),
            "gender": person.sex,
            "nationality": person.country,
            "document_number": person.document_number,
            "document_issue_date": person.document_issued.isoformat(),
            "document_expiry_date": person.document_expiry.isoformat(),
            "address": person.address,
            **{key: self._link(f"document_{side}_image.jpg") for side, key in _SIDES.items()},
        }

    def _certified(self) -> dict[str, Any]:
        data = {"gpg45_profile": "M1A", "level_of_confidence": "medium", "right_to_work": "unlimited"}
        return {"certifications": [{"type": "diatf", "data": data}], "verification_policy_version": "2026-01"}

    def report(self) -> SimResponse:
        """The link of the PDF report; 404 while there is none."""
        way = self.state.get("report", "pdf_report")
        if self.state["status"] not in _DECIDED or (way == "late" and self.reads < 4):
            return SimResponse(status=404)
        if way == "bytes":
            return SimResponse(body=files.report_pdf(self.person), media_type="application/pdf")
        return SimResponse(body={"signed_url" if way == "signed_url" else "pdf_report": self._link("report.pdf")})

    # --- attempts -----------------------------------------------------------------------------------------------------

    def attempts_below(self, parts: list[str]) -> SimResponse:
        """The list of attempts, one of them, or its assets."""
        attempts = [self._attempt(index) for index in range(len(self.state["attempts"]))]
        if not parts:
            return self._page("attempts", attempts)
        found = next((attempt for attempt in attempts if attempt["id"] == parts[0]), None)
        if found is None or parts[1:] not in ([], ["assets"]):
            return SimResponse(status=404)
        if not parts[1:]:
            return SimResponse(body=found)
        is_captured = found["status"] in ("completed", "checks_inconclusive", "quality_checks_aborted")
        names = _ASSETS[self.kind] if is_captured else ()
        assets = [{"type": name, "_links": {"asset_url": {"href": self._link(_file_name(name))}}} for name in names]
        return self._page(f"attempts/{found['id']}/assets", assets)

    def _attempt(self, index: int) -> dict[str, Any]:
        status, codes = self.state["attempts"][index]
        created = self.created + timedelta(seconds=20 * index + 3)
        ident = _ATTEMPT_PREFIXES[self.kind] + "01" + filler(f"{self.reference} attempt {index}", 24)
        body: dict[str, Any] = {
            "id": ident,
            "created_on": _time(created),
            "modified_on": _time(created + timedelta(seconds=14), digits=6),
            "status": status,
            "response_codes": [_code(code) for code in codes],
            "_links": {"self": {"href": f"{self.host}{self.request.path}/{ident}"}},
        }
        if self.kind == "document":
            return body
        body["redirect_url"] = "https://shop.example/return?session=simulated-return-session"
        body["client_information"] = {"pre_selected_residence_country": self.person.country}
        if status in _OPEN_ATTEMPTS:
            body["_links"]["verification_url"] = {"href": self._verification_url(index)}
        if status not in ("pending_redirection", "expired"):
            session = {"ip_address": "203.0.113.24", "initial_device": "mobile", "number_of_sessions": 1}
            body["applicant_session_information"] = session
        return body

    def _page(self, below: str, entries: list[dict[str, Any]]) -> SimResponse:
        texts = self.request.query.get("skip", "0"), self.request.query.get("limit", "10")
        if not all(text.isdecimal() and text.isascii() for text in texts) or int(texts[1]) < 1:
            return SimResponse(status=422, body=envelope("request_invalid", "limit__invalid"))
        skip, limit = int(texts[0]), int(texts[1])
        address = f"{self.host}{self.request.path}"
        links = {"self": {"href": f"{address}?skip={skip}&limit={limit}"}}
        if skip + limit < len(entries):
            following = 0 if self.state.get("circle") else skip + limit
            start = self.state.get("next_host", self.host) + self.request.path
            links["next"] = {"href": f"{start}?skip={following}&limit={limit}"}
        return SimResponse(
            body={
                "total_count": len(entries),
                "skip": skip,
                "limit": limit,
                "data": entries[skip : skip + limit],
                "_links": links,
            }
        )

    # --- links --------------------------------------------------------------------------------------------------------

    def _verification_url(self, index: int) -> str:
        """A new address at every read, which lets its visitor act as the applicant."""
        ticket = filler(f"{self.reference} {index} {self.request.at}", 20)
        return f"https://verify.shop.example/flow/simulated-verification-{ticket}?token=simulated-{ticket}"

    def _link(self, name: str) -> str:
        path = f"/{FILES}/{self.requested}/{name}"
        date, seconds = str(int(self.world.now() / self.world.speed * 1000)), str(self.state.get("link_seconds", 3600))
        signed = f"X-Amz-Date={date}&X-Amz-Expires={seconds}&X-Amz-Signature={signature_of(path, date, seconds)}"
        return f"{self.host}{path}?{signed}"


def filler(seed: str, width: int) -> str:
    return "".join(DIGITS[byte % 32] for byte in hashlib.sha256(seed.encode()).digest()[:width])


def envelope(error_type: str, *codes: str) -> dict[str, Any]:
    return {"request_id": "0HL80RJLS76I7", "error_type": error_type, "error_codes": list(codes)}


def _code(code: int | str) -> dict[str, Any]:
    return {"code": code, "summary": _summaries().get(str(code), "not_in_the_documentation")}


@cache
def _summaries() -> Mapping[str, str]:
    """Code -> the provider's own name of it."""
    rows = (row for row in code_table("checkout_com").rows if row.kind == "response_code")
    return {row.value: row.provider_text for row in rows if row.provider_text}


def _time(moment: datetime, *, digits: int = 0) -> str:
    """ "ISO 8601 UTC with Z and zero to six fractional digits"."""
    fraction = "." + "394152"[:digits] if digits else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def signature_of(path: str, date: str, seconds: str) -> str:
    return hashlib.sha256(f"simulated {path} {date} {seconds}".encode()).hexdigest()


def _file_name(asset: str) -> str:
    return f"{asset}.webm" if asset.endswith("video") else f"{asset}.jpg"
