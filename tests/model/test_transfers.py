"""The record of a transfer."""

from __future__ import annotations

from dataclasses import replace

from tests.transfer.telephone import a_transfer


def test_its_room_is_named_after_it() -> None:
    assert a_transfer("consult", id="abc").room == "x-abc"


def test_a_call_can_take_another_once_it_is_released_or_ended() -> None:
    one = a_transfer("consult")
    assert [replace(one, phase=phase).runs for phase in ("calling", "returning", "released", "ended")] == [
        True, True, False, False,
    ]  # type: ignore[arg-type] # fmt: skip
