"""One line an event, without personal data."""

import logging

from compliance.project import log_format


def test_a_log_line_cannot_be_forged_and_shows_no_exception_text() -> None:
    try:
        raise ValueError("hunter2")
    except ValueError as error:
        record = logging.LogRecord("desk", logging.ERROR, __file__, 1, "name %s", ("a\r\nFORGED\u2028",), None)
        record.exc_info = (type(error), error, error.__traceback__)
    line = log_format.OneLine().format(record)
    assert len(line.splitlines()) == 1
    assert "hunter2" not in line
    assert "ValueError test_log_format.py:" in line
