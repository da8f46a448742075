"""One connection: answers gathered into one write, reading that rests, a peer that never reads."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.speaking import Cmpp
from gateway.channels.sms.connection import _MOST_UNSENT, Connection
from gateway.channels.sms.frames import FrameReader, pack_frame
from gateway.channels.sms.limits import Limits
from gateway.channels.sms.session import Delivered
from gateway.channels.sms.split import References
from tests.channels.sms.carrier_stage import NOW, ZONE

CONFIG = CmppSms(account="a", host="h", secret="env:S", source_addr="901234", number="10658")


class RecordingTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.calls: list[str] = []
        self.unsent = 0

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.fixture
async def connection(events: list[Any]) -> Connection:
    speaks = Cmpp(CONFIG, "secret", ZONE, lambda: NOW, References(1), "2.0")
    made = Connection(speaks.dialect(), Limits(window=2), lambda _, event: events.append(event))
    made.connection_made(RecordingTransport())
    made.data_received(pack_frame(0x8000_0001, 1, bytes(17) + b"\x20"))
    return made


def transport_of(connection: Connection) -> RecordingTransport:
    transport = connection._transport_of()
    assert isinstance(transport, RecordingTransport)
    return transport


async def test_answers_of_one_turn_leave_in_one_write(connection: Connection, events: list[Any]) -> None:
    transport = transport_of(connection)
    connection.data_received(pack_frame(5, 7, bytes(80)) + pack_frame(5, 8, bytes(80)))
    transport.writes.clear()
    for event in events:
        if isinstance(event, Delivered):
            connection.received(event.frame)
    assert transport.writes == []
    await asyncio.sleep(0)
    (octets,) = transport.writes
    assert [one.sequence for one in FrameReader().feed(octets)] == [7, 8]


async def test_reading_rests_while_as_many_are_taken_as_the_window_holds(connection: Connection) -> None:
    transport = transport_of(connection)
    connection.begin_taking()
    assert transport.calls == []
    connection.begin_taking()
    assert transport.calls == ["pause"]
    connection.begin_taking()
    connection.end_taking()
    assert transport.calls == ["pause"]
    connection.end_taking()
    assert transport.calls == ["pause", "resume"]


async def test_a_peer_that_never_reads_is_cut_off(connection: Connection, events: list[Any]) -> None:
    transport = transport_of(connection)
    transport.unsent = _MOST_UNSENT + 1
    connection.data_received(pack_frame(8, 9))
    assert transport.calls == ["abort"]


async def test_the_first_reason_of_the_end_stays(connection: Connection) -> None:
    connection.fail("first")
    connection.connection_lost(ConnectionResetError("second"))
    assert connection.ended.result().why == "first"
    assert connection.gone.done()


async def test_after_the_end_nothing_is_read_or_written(connection: Connection, events: list[Any]) -> None:
    connection.fail("over")
    events.clear()
    transport_of(connection).writes.clear()
    connection.data_received(pack_frame(8, 9))
    await asyncio.sleep(0)
    assert (events, transport_of(connection).writes) == ([], [])


async def test_a_socket_that_does_not_close_is_cut_off(connection: Connection) -> None:
    connection.close()
    await connection.finish(0.01)
    assert "abort" in transport_of(connection).calls
