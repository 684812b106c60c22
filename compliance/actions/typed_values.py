"""Values that a person types or imports as those of an applicant."""

from collections.abc import Mapping

from compliance.errors import InvalidInput
from compliance.facts.matrix import is_hidden

_TYPED = {"full_name": "full name", "birth_date": "birth date", "document_number": "document number"}


def refuse_hidden_characters(values: Mapping[str, str]) -> None:
    """Raise ``InvalidInput`` for a name, birth date or document number with characters that stand for hidden ones.

    Only a provider masks: what was typed so would match people with other names.
    """
    for name, label in _TYPED.items():
        if is_hidden(name, values.get(name, "")):
            sentence = f"The {label} hides characters, such as by * or xxx. Enter it in full."
            raise InvalidInput(sentence, field=name)
