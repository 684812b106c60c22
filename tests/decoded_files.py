"""Decodes each file once a process, for tests of other things than the decoder.

A decoder process takes half a second, and the same images are in hundreds of tests.
"""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from compliance.evidence import decoder_process, decoding

in_child = decoding._run_child
"""The decoder as it is: a limited child, for hostile files."""
_known: dict[tuple[Callable[[bytes], tuple[bytearray, bool]], bytes], bytes] = {}
"""Decoder and digest of a file -> its records."""
_one_at_a_time = threading.Lock()


def in_process(content: bytes) -> tuple[bytearray, bool]:
    """The records of the decoder's own code, run in this process without its limits, for known, harmless files."""
    answer = io.BytesIO()
    streams = SimpleNamespace(stdin=SimpleNamespace(buffer=io.BytesIO(content)), stdout=SimpleNamespace(buffer=answer))
    with _one_at_a_time, pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_process, "limit", lambda: None)
        patch.setattr(decoder_process, "sys", streams)
        decoder_process.main()
    return bytearray(answer.getvalue()), True


@contextmanager
def decoded_once(run: Callable[[bytes], tuple[bytearray, bool]] = in_process) -> Iterator[None]:
    """Within it, ``decoding.decode`` runs the decoder for unknown files only. A timeout is not remembered."""

    def remembered(content: bytes) -> tuple[bytearray, bool]:
        digest = hashlib.sha256(content).digest()
        if known := _known.get((run, digest)):
            return bytearray(known), True
        answer, in_time = run(content)
        if in_time:
            _known[run, digest] = bytes(answer)
        return answer, in_time

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "_run_child", remembered)
        yield
