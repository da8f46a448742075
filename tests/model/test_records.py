"""A change that is kept must not move on with the live record."""

from __future__ import annotations

from gateway.model.ids import CallId
from gateway.model.records import CallChange, CallRecord, Stretch

T0 = 1_795_300_000.0


def test_a_frozen_change_keeps_the_record_as_it_was() -> None:
    live = CallRecord(CallId("c1"), T0, stretches=[Stretch("wait", T0)])
    change = CallChange("queued", T0, live)
    frozen = change.frozen()
    live.outcome, live.ended_at = "answered", T0 + 60
    live.stretches[0].end = T0 + 5
    live.stretches.append(Stretch("talk", T0 + 5))
    assert (frozen.kind, frozen.at, frozen.call.call_id) == ("queued", T0, "c1")
    assert (frozen.call.outcome, frozen.call.ended_at) == (None, None)
    assert [(s.kind, s.end) for s in frozen.call.stretches] == [("wait", None)]
    assert change.call is live
