"""One connection, driven by hand: no socket, every read as the test wants it."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.replies import ONE, Replies
from gateway.asterisk.ami.session import Counters, Session
from gateway.asterisk.ami.wire import FrameReader

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


@pytest.fixture
async def session():
    made = Session(FrameReader(own="p-"), Replies("p-", 10), Counters(), lambda: 12.5, mock.Mock())
    made.connection_made(mock.Mock(spec=asyncio.Transport, **{"is_closing.return_value": False}))
    return made


async def test_the_greeting_resolves_the_version_and_the_boot_is_seen(session):
    session.data_received(GREETING[:9])
    assert not session.greeted.done()
    session.data_received(GREETING[9:] + b"Event: FullyBooted\r\nStatus: x\r\n\r\n")
    assert session.greeted.result() == "11.0.0"
    assert session.booted.result() is True


async def test_events_of_one_read_are_one_batch_with_its_time(session):
    session.data_received(GREETING + b"Event: A\r\nX: 1\r\n\r\nEvent: B\r\nX: 2\r\n\r\n")
    (frames, at), _ = session._frames.call_args
    assert [frame["Event"] for frame in frames] == ["A", "B"]
    assert at == 12.5
    assert session._counters.frames == 2


async def test_an_action_is_written_with_its_id_behind_its_name(session):
    exchange = session.exchange("Ping", {"Action": "Ping", "X": "1"}, ONE)
    session._transport.write.assert_called_once_with(b"Action: Ping\r\nActionID: p-1\r\nX: 1\r\n\r\n")
    session.data_received(GREETING + b"Response: Success\r\nActionID: p-1\r\n\r\n")
    assert exchange.answer.result().response["Response"] == "Success"
    session._frames.assert_not_called()


async def test_a_wire_fault_ends_the_session_after_its_good_frames(session):
    session.data_received(GREETING + b"Event: A\r\nX: 1\r\n\r\n" + b"x\r\n\r\n" * 20)
    assert session._frames.call_count == 1
    assert "are no frames" in session.lost.result()
    session._transport.abort.assert_called_once()


async def test_nothing_is_read_or_sent_after_the_end_and_the_first_reason_stays(session):
    exchange = session.exchange("Ping", {"Action": "Ping"}, ONE)
    session.fail("first")
    session.fail("second")
    session.connection_lost(OSError("third"))
    session.data_received(GREETING + b"Event: A\r\n\r\n")
    assert session.lost.result() == "first"
    assert session.greeted.result() is None
    assert session.booted.result() is False
    session._frames.assert_not_called()
    with pytest.raises(LinkDown, match="first"):
        await exchange.answer
    with pytest.raises(LinkDown, match="first"):
        session.exchange("Ping", {"Action": "Ping"}, ONE)
    await session.finish()


async def test_a_raising_callback_is_logged_a_few_times_and_always_counted(session):
    session._frames.side_effect = ValueError
    session.data_received(GREETING)
    for _ in range(30):
        session.data_received(b"Event: A\r\nX: 1\r\n\r\n")
    assert session._counters.callback_errors == 30
    assert not session.lost.done()


def test_reconnects_are_the_sessions_after_the_first():
    counters = Counters()
    assert counters.reconnects == 0
    counters.sessions = 3
    assert counters.reconnects == 2


@pytest.fixture
async def resting():
    made = Session(FrameReader(own="p-"), Replies("p-", 10), Counters(), lambda: 12.5, mock.Mock(), rest_s=0.001)
    made.connection_made(mock.Mock(spec=asyncio.Transport, **{"is_closing.return_value": False}))
    made.data_received(GREETING)
    return made


async def woken(session):
    async with asyncio.timeout(40):
        while session._resting:
            await asyncio.sleep(0.001)


async def test_after_events_the_socket_is_left_alone_for_a_moment(resting):
    resting._transport.pause_reading.assert_not_called()
    resting.data_received(b"Event: A\r\nX: 1\r\n\r\n")
    resting._transport.pause_reading.assert_called_once()
    resting._transport.resume_reading.assert_not_called()
    await woken(resting)
    resting._transport.resume_reading.assert_called_once()


@pytest.mark.parametrize(("came", "rest_s"), [(1, 0.011), (5, 0.015), (15, 0.025), (30, 0.040), (200, 0.040)])
async def test_the_more_events_came_the_longer_is_the_rest_behind_them(came, rest_s):
    made = Session(
        FrameReader(own="p-"), Replies("p-", 10), Counters(), lambda: 12.5, mock.Mock(), rest_s=0.01, rest_most_s=0.04
    )
    made.connection_made(mock.Mock(spec=asyncio.Transport, **{"is_closing.return_value": False}))
    made.data_received(GREETING)
    made._loop = mock.Mock()
    made.data_received(b"Event: A\r\nX: 1\r\n\r\n" * came)
    [(wait_s, look)] = [call.args for call in made._loop.call_later.call_args_list]
    assert wait_s == pytest.approx(rest_s) and look == made._look_again


async def test_an_action_ends_the_rest_and_there_is_none_before_its_answer(resting):
    resting.data_received(b"Event: A\r\nX: 1\r\n\r\n")
    resting.exchange("Ping", {"Action": "Ping"}, ONE)
    resting._transport.resume_reading.assert_called_once()
    resting.data_received(b"Event: A\r\nX: 2\r\n\r\n")
    resting._transport.pause_reading.assert_called_once()


async def test_a_rest_does_not_wake_what_a_slow_consumer_has_paused(resting):
    resting.data_received(b"Event: A\r\nX: 1\r\n\r\n")
    resting.pause()
    await woken(resting)
    resting._transport.resume_reading.assert_not_called()
    resting.resume()
    resting._transport.resume_reading.assert_called_once()


async def test_behind_a_backlog_there_is_no_rest(resting):
    resting.data_received(b"Event: A\r\nX: 1\r\n\r\n" * 4000)
    resting._transport.pause_reading.assert_not_called()
