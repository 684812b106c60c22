"""Preventor's bodies: the ticket and its images, composed from a scenario's state and an invented person.

Field names are those with public evidence. Their placement in a ticket is not published, so the one here is an example
(``flat`` is another).
"""

import base64
import hashlib
import textwrap
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from providers.simulator.images import ghost_portrait, portrait, selfie, signature
from providers.simulator.images.cards import document_back, document_front
from providers.simulator.national_numbers import number_of
from providers.simulator.people import Person, person

IMAGE_TYPES = ("SELF_PORTRAITS", "DOCUMENT", "DOCUMENT_PORTRAIT", "DOCUMENT_SIGNATURE", "DOCUMENT_GHOST_PORTRAIT")
FILES = "/preventor-files/"
_SHOTS = {"picture_1": 1, "picture_2": 2}
_DAY = 86_400
_TOO_BIG = 13 * 1024 * 1024
_DOCUMENT_TYPES = {"passport": "PASSPORT", "id_card": "ID_CARD", "driving_licence": "DRIVER_LICENSE"}
_MESSAGES = {
    "PVT_E0006": "Rejected because of a negative result",
    "PVT_E0007": "Needs staff review",
    "PVT_IP_E001": "Glare detected",
}


def ticket(
    state: Mapping[str, Any], serial: int, reference: str, created_at: datetime, base_url: str
) -> dict[str, Any]:
    """The body of a ticket; with ``ticket_links`` it contains links to both sides of the document."""
    subject = person(serial)
    summary = _summary(state, created_at)
    personal, document = _personal(subject), _document(subject)
    failure = _failure(state)
    if state.get("flat"):
        data = {**personal, **document}
        return {"ticket": reference, "cifcode": subject.external_id, **summary, "data": data, **failure}
    answer: dict[str, Any] = {
        "ticket": reference,
        "cifcode": subject.external_id,
        "summary": summary,
        "personal_information": personal,
        "document_information": document,
        "lexical_information": _lexical(state),
        "tracked_device": _device(serial),
        "process_flow": _process_flow(state, reference),
        **failure,
        "channel_hint": "b2",
        "retention": {"days": 90, "labels": ["default", "eu"]},
    }
    if state.get("ticket_links"):
        sides = {"front_image": "DOCUMENT-picture_1", "back_image": "DOCUMENT-picture_2"}
        document |= {key: link(base_url, reference, name, state) for key, name in sides.items()}
    if word := state.get("nested"):
        answer["history"] = [{"flow_status": word, "attempt": 1}]
    if word := state.get("nested_step"):
        answer["history"] = [{"disposition": word, "attempt": 1}]
    return answer


def _summary(state: Mapping[str, Any], created_at: datetime) -> dict[str, Any]:
    words = {
        "flow_status": state.get("flow"),
        "transaction_status": state.get("transaction"),
        "disposition": state.get("step"),
        "confidence_score": state.get("score"),
        "remaining_attempts": state.get("remaining"),
        "attempts": state.get("attempts"),
    }
    summary = {key: value for key, value in words.items() if value is not None}
    return {**summary, "risk_code": state.get("risk"), "created": int(created_at.timestamp() * 1000)}


def _personal(subject: Person) -> dict[str, Any]:
    age = (datetime.now(UTC).date() - subject.birth_date).days * 100 // 36_525
    return {
        "fullname": f"{subject.latin_given_names} {subject.latin_family_name}".upper(),
        "given_names": subject.latin_given_names.upper(),
        "surnames": subject.latin_family_name.upper(),
        "date_of_birth": _day(subject.birth_date),
        "age": str(age),
        "gender": subject.sex,
        "nationality": subject.country,
        "address": subject.street,
        "city": subject.city,
        "zipcode": subject.postcode,
        "address_country": subject.country,
        "native_fields": {"fullname": subject.full_name},
    }


def _document(subject: Person) -> dict[str, Any]:
    return {
        "type": _DOCUMENT_TYPES[subject.document_type],
        "category": "GOVERNMENT_ISSUED_ID",
        "document_number": subject.document_number,
        "id_number": number_of(subject),
        "document_issuing_country": subject.country,
        "document_issuing_date": _day(subject.document_issued),
        "document_expiration_date": _day(subject.document_expiry),
    }


def _lexical(state: Mapping[str, Any]) -> dict[str, Any]:
    found = str(state.get("proofing") or "OK")
    return {
        "id_proofing_state": found,
        "id_proofing_results": {
            "general_status": found,
            "authenticity": found,
            "readability": "OK",
            "image_quality": "OK",
            "mrz": None if found == "WARNING" else "OK",
            "document_expiry": "OK",
        },
        "ocrValidations": [
            {"fieldName": "document_number", "required": True},
            {"fieldName": "zipcode", "required": False},
        ],
    }


def _device(serial: int) -> dict[str, Any]:
    models = ("SM-A546B", "Pixel 8", "iPhone15,2", "Redmi Note 12")
    systems = ("Android 15", "Android 14", "iOS 18.1", "Android 13")
    # 192.0.2.0/24 is reserved for documentation.
    return {
        "model": models[serial % 4],
        "os": systems[serial % 4],
        "ip": f"192.0.2.{serial % 250 + 1}",
        "network": "mobile",
    }


def _process_flow(state: Mapping[str, Any], reference: str) -> dict[str, Any]:
    names = ("TERMS", "SELFIES_BIOMETRICS", "DOCUMENT_PHOTOS", "LIVENESS_DETECTION", "PHOTO_MATCHING", "ID_PROOFING")
    failed = state.get("process")
    steps = []
    for name in names:
        steps.append({"step": name, "state": "WARNING" if name == failed else "OK"})
        if name == failed:
            break
    flow: dict[str, Any] = {"flow_id": f"WF-01_{reference}", "steps": steps}
    return {"flow_type": state["flow_type"], **flow} if state.get("flow_type") else flow


def _failure(state: Mapping[str, Any]) -> dict[str, Any]:
    code = state.get("code")
    if not code:
        return {}
    message = _MESSAGES.get(code, "See the list of codes")
    return {
        "error": {"process": state.get("process"), "code": code, "message": message, "info_message_error_code": code}
    }


def _day(day: date) -> str:
    return day.isoformat()


def envelope(status: int, code: str, message: Any) -> dict[str, Any]:
    """The envelope of a refused call."""
    return {"status": status, "code": code, "message": message}


# --- images -----------------------------------------------------------------------------------------------------------


def images(
    state: Mapping[str, Any], serial: int, reference: str, types: tuple[str, ...], base_url: str
) -> dict[str, Any]:
    """The body of an images call for the types, sent as the state says."""
    way = str(state.get("pictures") or "data-uri")
    answer: dict[str, Any] = {}
    for image_type in types:
        content = _of_type(image_type, way, serial)
        if not content:
            continue
        sent = {key: _sent(state, way, image_type, key, value, reference, base_url) for key, value in content.items()}
        answer.update(_container(image_type, way, sent))
    return answer


def _of_type(image_type: str, way: str, serial: int) -> dict[str, bytes | str | None]:
    """Key -> bytes, or a text that is sent unchanged, or None for a missing image."""
    if way == "none" or (way == "front-only" and image_type not in ("SELF_PORTRAITS", "DOCUMENT")):
        return {}
    if image_type == "SELF_PORTRAITS":
        if way == "spoiled":
            return {
                "picture_1": "data:image/jpeg;base64,@@not-base64@@",
                "picture_2": "data:image/png;base64,bm90IGEgcGljdHVyZQ==",
            }
        face = person(serial + 1 if way == "other-face" else serial)
        return {key: selfie(face, shot) for key, shot in _SHOTS.items()}
    subject = person(serial)
    if image_type == "DOCUMENT":
        back = None if way == "front-only" else _big() if way == "too-big" else document_back(subject)
        return {"picture_1": document_front(subject), "picture_2": back}
    drawn = {
        "DOCUMENT_PORTRAIT": portrait,
        "DOCUMENT_SIGNATURE": signature,
        "DOCUMENT_GHOST_PORTRAIT": ghost_portrait,
    }
    return {"": drawn[image_type](subject)}


def _big() -> bytes:
    return b"\xff\xd8\xff" + bytes(_TOO_BIG)


def _sent(
    state: Mapping[str, Any],
    way: str,
    image_type: str,
    key: str,
    value: bytes | str | None,
    reference: str,
    base_url: str,
) -> str | None:
    if not isinstance(value, bytes):
        return value
    if way == "links":
        return link(base_url, reference, f"{image_type}-{key or 'picture_1'}", state)
    if way == "foreign-link":
        return f"https://pictures.example.net/{reference}/{image_type}.jpg?sig=canary-link-signature"
    text = base64.b64encode(value).decode()
    if way == "base64":
        return "\n".join(textwrap.wrap(text, 76))
    kind = "png" if value.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{text}"


def _container(image_type: str, way: str, sent: dict[str, str | None]) -> dict[str, Any]:
    name = image_type.lower()
    if "" in sent:
        return {name: sent[""]}
    if way == "older-names":
        older = "portraits" if image_type == "SELF_PORTRAITS" else "documents"
        return {older: [value for value in sent.values() if value]}
    return {name: {**sent, "picture_source": "CAMERA"}}


def link(base_url: str, reference: str, name: str, state: Mapping[str, Any]) -> str:
    """A signed link to one image, valid for a day, or for the ``link_seconds`` of the state."""
    expires = str(int(time.time()) + int(state.get("link_seconds", _DAY)))
    return f"{base_url}{FILES}{reference}/{name}?Expires={expires}&Signature={signature_of(reference, name, expires)}"


def signature_of(reference: str, name: str, expires: str) -> str:
    """The signature of a link."""
    return hashlib.sha256(f"preventor link {reference} {name} {expires}".encode()).hexdigest()[:32]


def file_of(name: str, serial: int) -> bytes | None:
    """The image of a link, or None for an unknown name."""
    image_type, _, key = name.partition("-")
    if image_type not in IMAGE_TYPES:
        return None
    found = _of_type(image_type, "links", serial)
    content = found.get(key, found.get(""))
    return content if isinstance(content, bytes) else None
