"""The data of every event type fits its model when it is written."""

import pytest

from compliance import audit, events
from compliance.enums import EventType
from compliance.models import Event
from tests import factories
from tests.compliance.case_page.test_timeline import STORED


def test_every_event_type_has_a_model() -> None:
    assert set(events.MODELS) == set(EventType)


@pytest.mark.parametrize("kind", EventType)
def test_data_of_every_type_is_accepted_as_it_is_stored(kind: EventType) -> None:
    for data, _ in STORED[kind]:
        events.validate(kind, data)


@pytest.mark.parametrize("kind", EventType)
def test_an_unknown_key_is_refused(kind: EventType) -> None:
    data, _ = STORED[kind][0]
    with pytest.raises(ValueError, match=r"\nextra\n  Extra inputs are not permitted"):
        events.validate(kind, data | {"extra": "x"})


@pytest.mark.parametrize("kind", [kind for kind in EventType if STORED[kind][0][0]])
def test_missing_data_are_refused_where_a_field_is_required(kind: EventType) -> None:
    required = [name for name, field in events.MODELS[kind].model_fields.items() if field.is_required()]
    for name in required:
        data = {key: value for key, value in STORED[kind][0][0].items() if key != name}
        with pytest.raises(ValueError, match=name):
            events.validate(kind, data)


@pytest.mark.django_db
def test_an_event_whose_data_do_not_fit_is_not_written() -> None:
    case = factories.make_case()
    with pytest.raises(ValueError, match=r"\nnote\n  Extra inputs are not permitted"):
        audit.record(EventType.RELEASED, case=case, by=None, note="a sentence")
    assert not Event.objects.filter(case=case, type=EventType.RELEASED).exists()
