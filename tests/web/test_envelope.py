"""The quick envelope is byte for byte what the documented model gives."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.records import Event
from gateway.web.envelope import encoder, envelope
from gateway.web.views import CloudEvent, cloud_event

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e15, 1e15).map(lambda x: round(x, 6))
    | st.text()
)
KEYS = st.sampled_from(["caller", "name", "content", "ticket_no", "call_id", "at", "query_code"]) | st.text(max_size=8)
DATA = st.dictionaries(KEYS, st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))


@given(DATA, st.integers(1, 2**63 - 1), st.floats(0, 4e9))
def test_any_event_looks_as_its_model_says(data: dict[str, Any], sequence: int, at: float) -> None:
    event = Event(sequence, "01J0", "hotline.ticket.opened.v1", "460000-20261121-0000001", at, data)
    quick, slow = envelope(event, "urn:x"), cloud_event(event, "urn:x").model_dump_json().encode()
    assert json.loads(quick) == json.loads(slow)
    assert CloudEvent.model_validate_json(quick).model_dump_json() == slow.decode()


def test_an_ordinary_event_is_the_same_bytes_and_masked() -> None:
    data = {"caller": "13812345678", "text": "回电 13812345678", "wait_s": 4.5, "n": 3, "none": None, "flags": ["a"]}
    event = Event(7, "01J0", "hotline.call.ended.v1", "1732200000.15", 1_763_766_000.5, data)
    quick = encoder("urn:hotline:12345")(event)
    assert quick == cloud_event(event, "urn:hotline:12345").model_dump_json().encode()
    assert b"13812345678" not in quick and "回电 138****5678".encode() in quick
