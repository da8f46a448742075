"""The bit fields of a Msg_Id."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.cmpp.units import MsgId, read_msg_id, write_msg_id
from tests.fakes.ismg import Ismg


@given(st.integers(0, 2**64 - 1))
def test_every_id_is_its_parts(value: int) -> None:
    assert write_msg_id(read_msg_id(value)) == value


def test_the_parts_of_an_id_made_by_hand() -> None:
    made = int.from_bytes(Ismg("2.0", "", "").new_id())
    assert read_msg_id(made) == MsgId(11, 22, 5, 14, 7, 1234, 1)


def test_the_time_of_an_id_is_what_wireshark_shows() -> None:
    """Its ISMG code is another: it takes 16 bits of the standard's 22."""
    assert read_msg_id(0xB6B14E1C04D20001)[:5] == (11, 13, 12, 20, 56)
