"""Facts of ADVANCE.AI's answers: the entry of the official register, and apart from it what is only our own input."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.contract.further_sources import with_sources
from providers.contract.further_values import in_words, label_of
from providers.contract.negative_words import is_negative, negatives_in
from providers.contract.payload_values import list_of, object_of
from providers.contract.report import Facts, Source

_OTHER_LABELS = {
    "motherName": "Mother's name",
    "taxId": "Tax number",
    "taxIdType": "Kind of tax number",
    "cpfStatus": "CPF status",
    "phoneNumber2": "Second phone",
    "bvn": "BVN",
    "nin": "NIN",
}
_ENTRIES = {"numberValue": "number", "dob": "birth date"}
_FACT_KEYS = frozenset(
    ("fullName", "firstName", "middleName", "lastName", "gender", "birthday", "numberValue", "phoneNumber", "email")
)
_RECORD_KEYS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("fullName", "name"),
    "family_name": ("lastName",),
    "birth_date": ("birthday", "dateOfBirth", "dob"),
    "sex": ("gender",),
    "nationality": ("nationality",),
    "document_number": ("numberValue", "idNumber", "documentNumber", "pan", "maskedAadhaar", "number"),
    "document_issue": ("issueDate", "dateOfIssue"),
    "document_expiry": ("expiryDate", "expirationDate", "dateOfExpiry"),
    "phone": ("phoneNumber",),
    "email": ("email",),
}
"""Fact -> its keys in a record inside an answer; only those of the Indian records are documented."""
_NUMBER_NAMES = {"idNumber": "id number", "documentNumber": "document number", "number": "number"}
_NUMBERS = frozenset(("bvn", "nin", "nik", "cpf", "dni", "said", "pan", "curp", "idNumber", "documentNumber", "number"))
"""Keys of the entry that repeat its number, or have one of another register of the country."""
_PRIVATE: Mapping[str, str] = {
    "phoneNumber2": "phone", "bvn": "document_number", "nin": "document_number", "taxId": "document_number",
}  # fmt: skip
_NAMED_BY_REGISTER = frozenset(("BR_CPF", "AR_DNI"))
"""Registers that return a full name. An Indonesian one is "from the input", of the others it is not known."""
LIVE_FROM = 50
"""A face with a lower liveness score "may be an attack", and with a lower similarity it is another person's."""
_READ_ELSEWHERE = frozenset((
    "overall_result", "idv_result", "error_code", "error_codes", "signature_id", "input_parameters", "event_details",
    "address", "face_video_url", "mother_name", "cpf_status",
    "full_name", "first_name", "middle_name", "last_name", "gender", "birthday", "email",
))  # fmt: skip


def read_facts(
    data: Mapping[str, Any], detail: Mapping[str, Any], face: Mapping[str, Any], *, register: str, exception: str = ""
) -> Facts:
    """The entry of the register, and as further sources the input and the other records. ``register``: its number type.

    ``exception``: the text of the envelope's exception. A name that the register neither returns nor confirms is an
    echo, and no main fact.
    """
    text = {key: text_of(detail.get(key)) for key in _FACT_KEYS}
    given = " ".join(filter(None, (text["firstName"], text["middleName"])))
    measured = (("liveness", score(face, "faceLivenessScore")), ("similarity", score(face, "faceSimilarityScore")))
    region = text_of(object_of(detail.get("numberTypeInfo")).get("region"))
    is_named = register in _NAMED_BY_REGISTER or _entry(detail, "fullName") == "pass"
    name = text["fullName"] if is_named else ""
    record = _record(detail)
    main = Facts(
        full_name=name or " ".join(filter(None, (given, text["lastName"]))),
        given_names=given,
        family_name=text["lastName"],
        birth_date=record.birth_date,
        sex=text["gender"],
        document_type=register,
        document_number=text["numberValue"],
        issuing_country=text_of(data.get("countryCodeIso3")) or region,
        tax_number=text_of(detail.get("taxId")),
        address=_address(detail.get("address")),
        phone=text["phoneNumber"],
        email=text["email"],
        applicant_id=text_of(object_of(data.get("inputParameters")).get("userId")),
        scores=tuple((label, f"{value:g}") for label, value in measured if value is not None),
        other=tuple(_other(data, detail, face)),
        private=tuple((kind, value) for key, kind in _PRIVATE.items() if (value := text_of(detail.get(key)))),
    )
    echo = "" if is_named else text["fullName"]
    return with_sources(main, _sources(data, detail, main, echo), negatives=_negatives(data, face, exception))


def _sources(data: Mapping[str, Any], detail: Mapping[str, Any], main: Facts, echo: str) -> Iterator[Source]:
    for key in detail:
        if key in _NUMBERS and (number := text_of(detail[key])):
            yield Source(name=_NUMBER_NAMES.get(key, f"{key.upper()} entry"), facts=_number(key, number, main))
    yield Source(name="second entry", facts=_second_values(detail))
    region = text_of(object_of(detail.get("numberTypeInfo")).get("region"))
    yield Source(name="register", facts=Facts(document_type=main.document_type, issuing_country=region))
    for key, value in detail.items():
        if key.endswith("Detail") and isinstance(value, Mapping):
            yield Source(name=f"{key.removesuffix('Detail')[:40]} record", facts=_record(value), is_other_document=True)
    yield Source(name="document", facts=_record(object_of(data.get("docDetail"))), is_other_document=True)
    inputs = object_of(data.get("inputParameters"))
    typed = replace(_record(inputs), document_type=main.document_type, issuing_country=main.issuing_country)
    yield Source(name="input", facts=typed, is_echo=True)
    yield Source(name="input", facts=Facts(full_name=echo), is_echo=True)


def _number(key: str, number: str, main: Facts) -> Facts:
    """A number of the entry with its register, because a person has one number in each register."""
    country, _, register = main.document_type.rpartition("_")
    is_same = key in _NUMBER_NAMES or key.upper() == register
    kind = main.document_type if is_same else f"{country}_{key.upper()}"
    return Facts(document_number=number, document_type=kind, issuing_country=main.issuing_country)


def _second_values(entry: Mapping[str, Any]) -> Facts:
    """The facts that an entry states under a second name with another value."""
    found = {
        fact: list(dict.fromkeys(filter(None, (text_of(entry.get(key)) for key in keys))))
        for fact, keys in _RECORD_KEYS.items()
        if fact not in ("document_number", "full_name")
    }
    stated: dict[str, Any] = {fact: values[1] for fact, values in found.items() if len(values) > 1}
    return Facts(**stated)


def _record(entry: Mapping[str, Any]) -> Facts:
    stated: dict[str, Any] = {
        fact: next(filter(None, (text_of(entry.get(key)) for key in keys)), "") for fact, keys in _RECORD_KEYS.items()
    }
    given = " ".join(filter(None, (text_of(entry.get(key)) for key in ("firstName", "middleName"))))
    return Facts(**stated, given_names=given, address=_address(entry.get("address")))


def _negatives(data: Mapping[str, Any], face: Mapping[str, Any], exception: str) -> Iterator[tuple[str, str]]:
    """Negative words besides result and error code, and scores that no passed verification has."""
    if is_negative("exception", exception):
        yield "exception", "stated"
    if data.get("submissionCompleted") is False:
        yield "submission completed", "false"
    yield from _other_register(data)
    attack = text_of(face.get("livenessAttackType"))
    if attack not in ("", "0"):
        yield "attack type", attack
    for label, key in (("liveness score", "faceLivenessScore"), ("similarity score", "faceSimilarityScore")):
        value = score(face, key)
        if value is not None and value < LIVE_FROM:
            yield label, f"{value:g}"
    steps = {text_of(step.get("event")): step for step in map(object_of, list_of(face.get("eventDetails")))}
    yield from negatives_in({"steps": list(steps.values())}, skips=lambda keys: False)
    yield from negatives_in(data, skips=lambda keys: keys[-1] in _READ_ELSEWHERE or keys[-1].endswith("image"))


def _other_register(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The number type and the region of the input, where they are not those of the register that answered."""
    inputs = object_of(data.get("inputParameters"))
    register = object_of(object_of(data.get("docDatabaseDetail")).get("numberTypeInfo"))
    asked, answered = ([text_of(one.get(key)) for key in ("numberType", "region")] for one in (inputs, register))
    if asked[0] and answered[0] and asked[0] not in (answered[0], answered[0].rpartition("_")[2]):
        yield "input number type", asked[0]
    if asked[1] and answered[1] and asked[1] != answered[1]:
        yield "input region", asked[1]


def _entry(detail: Mapping[str, Any], key: str) -> str:
    return text_of(object_of(detail.get("verification")).get(key)).lower()


def _address(value: Any) -> str:
    if not isinstance(value, Mapping):
        return text_of(value)
    street = " ".join(filter(None, (text_of(value.get("street")), text_of(value.get("number")))))
    rest = (text_of(value.get(key)) for key in ("neighborhood", "city", "state", "postalCode"))
    return ", ".join(filter(None, (street, *rest)))


def _other(data: Mapping[str, Any], detail: Mapping[str, Any], face: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Other facts to show; fields of unknown number types are shown under their own names."""
    number = text_of(detail.get("numberValue"))
    for key, value in detail.items():
        if key in _FACT_KEYS or key in ("numberTypeInfo", "address", "verification"):
            continue
        if isinstance(value, Mapping):
            yield from ((label_of(f"{key}.{inner}"), text) for inner, leaf in value.items() if (text := text_of(leaf)))
        elif (text := text_of(value)) and text != number:
            yield _OTHER_LABELS.get(key) or label_of(key), text
    for key, value in object_of(detail.get("verification")).items():
        if text := text_of(value):
            yield f"Register check of {_ENTRIES.get(key) or in_words(key)}", text
    for label, key in (("Face result", "faceResult"), ("Attack type", "livenessAttackType"), ("Flow", "livenessType")):
        if text := text_of(face.get(key)):
            yield label, text
    inputs = object_of(data.get("inputParameters"))
    for label, key in (("Business id", "bizId"), ("User id", "userId"), ("Name typed", "fullName")):
        if text := text_of(inputs.get(key)):
            yield label, text


def score(face: Mapping[str, Any], key: str) -> float | None:
    """A score from 0 to 100; None when missing or outside: A missing score is not zero."""
    value = face.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return float(value)


def text_of(value: Any) -> str:
    """A scalar as text, cut to a length that fits a card; empty for null, objects and lists."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()[:1000] if isinstance(value, str | int | float) else ""
