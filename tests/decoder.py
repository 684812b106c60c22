"""Decoding of known, harmless files without a child process, for tests of what is done with the result."""

import io
import threading
from functools import lru_cache
from types import SimpleNamespace

import pytest

from compliance.evidence import decoder_process, decoding

_one_at_a_time = threading.Lock()


@lru_cache(maxsize=64)
def answer_in_process(content: bytes) -> bytes:
    """The records of the decoder's own code, run in this process without its limits."""
    answer = io.BytesIO()
    streams = SimpleNamespace(stdin=SimpleNamespace(buffer=io.BytesIO(content)), stdout=SimpleNamespace(buffer=answer))
    with _one_at_a_time, pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_process, "limit", lambda: None)
        patch.setattr(decoder_process, "sys", streams)
        decoder_process.main()
    return answer.getvalue()


def decode_in_process(patch: pytest.MonkeyPatch) -> None:
    """Let ``decoding.decode`` start no child, and decode each content once."""
    patch.setattr(decoding, "_run_child", lambda content: (bytearray(answer_in_process(content)), True))
