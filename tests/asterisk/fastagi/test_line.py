"""What a flow asks of a line, as the trace of its AGI dialogue: (command, answer) pairs in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gateway.asterisk.fastagi.line import AgiLine, LineLimits
from gateway.asterisk.fastagi.server import AgiSession
from gateway.ivr.ports import Arrival, HungUp, Line, LineFailed

if TYPE_CHECKING:
    from conftest import Play, Serve

UP = ("CHANNEL STATUS", "200 result=6")
DEAD = ("CHANNEL STATUS", "HANGUP\n511 Command Not Permitted on a dead channel")


async def arrival_of(serve: Serve, **changes: str) -> Arrival:
    seen: list[Arrival] = []

    async def look(session: AgiSession) -> None:
        line: Line = AgiLine(session)
        seen.append(line.arrival)

    async with serve(look) as lab:
        assert await (await lab.peer(lab.opening(**changes))).closed()
    return seen[0]


async def test_the_arrival_costs_no_round_trip(serve: Serve) -> None:
    arrival = await arrival_of(serve)
    assert (arrival.call_id, arrival.leg) == ("1763765000.7", "1763765432.42")
    assert (arrival.entry_number, arrival.account) == ("12315", "trunk")
    assert (arrival.caller_number, arrival.caller_name) == ("13812345678", "王小明")
    assert (arrival.channel, arrival.language) == ("PJSIP/trunk-0000002a", "zh")


async def test_a_dialplan_that_passes_nothing_still_gives_an_arrival(serve: Serve) -> None:
    arrival = await arrival_of(serve, network_script="flow/day", callerid="unknown", calleridname="unknown")
    assert (arrival.call_id, arrival.entry_number, arrival.account) == ("1763765432.42", "12345", "")
    assert (arrival.caller_number, arrival.caller_name) == ("", "")


async def test_sounds_are_played_one_by_one_until_a_key_stops_them(play: Play) -> None:
    key = await play(
        [
            ("STREAM FILE gw/greeting 0*", "200 result=0 endpos=8000"),
            ("STREAM FILE gw/notice 0*", "200 result=48 endpos=320"),
        ],
        lambda line: line.play(["gw/greeting", "gw/notice", "gw/never"], stop_on="0*"),
    )
    assert key == "0"


async def test_sounds_without_barge_in_play_to_their_end(play: Play) -> None:
    key = await play(
        [('STREAM FILE gw/greeting ""', "200 result=0 endpos=8000")], lambda line: line.play(["gw/greeting"])
    )
    assert key == ""


async def test_a_missing_sound_is_logged_and_skipped(play: Play) -> None:
    with capture_logs() as logs:
        key = await play(
            [
                ("STREAM FILE gw/gone 1", "200 result=-1 endpos=0"),
                UP,
                ("STREAM FILE gw/here 1", "200 result=49 endpos=5"),
            ],
            lambda line: line.play(["gw/gone", "gw/here"], stop_on="1"),
        )
    assert key == "1"
    assert [(entry["event"], entry["sound"], entry["call_id"]) for entry in logs] == [
        ("agi_sound_missing", "gw/gone", "1763765000.7")
    ]


async def test_a_hangup_while_a_sound_plays_is_a_hangup(play: Play) -> None:
    script = [("STREAM FILE gw/greeting 1", "200 result=-1 endpos=4000"), DEAD]
    assert isinstance(await play(script, lambda line: line.play(["gw/greeting"], stop_on="1")), HungUp)


async def test_a_hangup_that_comes_with_the_answer_needs_no_question(play: Play) -> None:
    script = [("STREAM FILE gw/greeting 1", "200 result=-1 endpos=4000\nHANGUP")]
    assert isinstance(await play(script, lambda line: line.play(["gw/greeting"], stop_on="1")), HungUp)


@pytest.mark.parametrize(("answer", "key"), [("200 result=53", "5"), ("200 result=35", "#"), ("200 result=0", "")])
async def test_a_key_is_awaited(play: Play, answer: str, key: str) -> None:
    assert await play([("WAIT FOR DIGIT 3000", answer)], lambda line: line.wait_key(3)) == key


@pytest.mark.parametrize("seconds", [0, -5, 0.0001])
async def test_waiting_no_time_never_waits_for_ever(play: Play, seconds: float) -> None:
    assert await play([("WAIT FOR DIGIT 1", "200 result=0")], lambda line: line.wait_key(seconds)) == ""


async def test_a_recording_ends_by_key_time_or_silence(play: Play) -> None:
    record = 'RECORD FILE gw/rec/1 wav "#" 30000 BEEP s=4'.replace('"#"', "#")
    act = lambda line: line.record("gw/rec/1", max_s=30, silence_s=3.2, stop_on="#", beep=True)  # noqa: E731
    assert await play([(record, "200 result=35 (dtmf) endpos=100")], act) == "#"
    assert await play([(record, "200 result=0 (timeout) endpos=100")], act) == ""
    assert await play([(record, "200 result=35 (randomerror) endpos=0")], act) == "#", "a key during the beep"


async def test_a_recording_without_frills_has_none(play: Play) -> None:
    script = [('RECORD FILE gw/rec/2 wav "" 500', "200 result=0 (timeout) endpos=100")]
    assert (
        await play(script, lambda line: line.record("gw/rec/2", max_s=0.5, silence_s=0, stop_on="", beep=False)) == ""
    )


async def test_a_missing_beep_does_not_cost_the_recording(play: Play) -> None:
    script = [
        ('RECORD FILE gw/rec/3 wav "" 9000 BEEP', "200 result=-1 (randomerror) endpos=0"),
        UP,
        ('RECORD FILE gw/rec/3 wav "" 9000', "200 result=0 (timeout) endpos=100"),
    ]
    assert await play(script, lambda line: line.record("gw/rec/3", max_s=9, silence_s=0, stop_on="", beep=True)) == ""


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (["200 result=-1 (hangup) endpos=800"], HungUp),
        (["200 result=-1 (writefile)", "200 result=6"], LineFailed),
        (["200 result=-1 (waitfor) endpos=0\nHANGUP"], HungUp),
    ],
)
async def test_a_recording_that_fails_says_why(play: Play, answers: list[str], error: type[Exception]) -> None:
    commands = ['RECORD FILE gw/rec/4 wav "" 9000', "CHANNEL STATUS"]
    script = list(zip(commands, answers, strict=False))
    outcome = await play(script, lambda line: line.record("gw/rec/4", max_s=9, silence_s=0, stop_on="", beep=False))
    assert isinstance(outcome, error)


async def test_variables_are_set_and_read_as_they_are(play: Play) -> None:
    async def act(line: AgiLine) -> list[str]:
        await line.set("GW_NOTE", 'say "你好" \\ now')
        await line.set("CHANNEL(language)", "yue")
        return [await line.get("CHANNEL(linkedid)"), await line.get("GW_NONE"), await line.get("GW_LINES")]

    script = [
        ('SET VARIABLE GW_NOTE "say \\"你好\\" \\\\ now"', "200 result=1"),
        ("SET VARIABLE CHANNEL(language) yue", "200 result=1"),
        ('GET FULL VARIABLE "${CHANNEL(linkedid)}"', "200 result=1 (1763765000.7)"),
        ('GET FULL VARIABLE "${GW_NONE}"', "200 result=1 ()"),
        ('GET FULL VARIABLE "${GW_LINES}"', "200 result=1 (一\n二)"),
    ]
    assert await play(script, act) == ["1763765000.7", "", "一\n二"]


@pytest.mark.parametrize(
    "act",
    [
        lambda line: line.set("GW_NOTE", "x\r\nHANGUP"),
        lambda line: line.set_last("GW_NOTE", "x\nHANGUP"),
        lambda line: line.set_last("${X}", "1"),
        lambda line: line.set("GW_NOTE", "\0"),
        lambda line: line.set("A\nB", "x"),
        lambda line: line.get("X}${SHELL(id)"),
        lambda line: line.get(""),
        lambda line: line.play(["gw/a\nHANGUP"]),
        lambda line: line.play(["gw/a"], stop_on="x"),
        lambda line: line.record("a", max_s=0, silence_s=0, stop_on="", beep=False),
    ],
)
async def test_what_must_not_reach_asterisk_is_refused_before(
    play: Play, act: Callable[[AgiLine], Awaitable[object]]
) -> None:
    assert isinstance(await play([], act), ValueError)


async def test_the_guard_moves_the_dialplans_limit(play: Play) -> None:
    assert (
        await play([("SET VARIABLE TIMEOUT(absolute) 12.500", "200 result=1")], lambda line: line.guard(12.5)) is None
    )


async def test_a_guard_of_the_dialplan_that_still_holds_is_left_alone(serve: Serve) -> None:
    async def move(session: AgiSession) -> None:
        line = AgiLine(session)
        for seconds in (8.5, 11.9, 12.6, 12.7, 5.0):
            await line.guard(seconds)

    async with serve(move) as lab:
        peer = await lab.peer(lab.opening(network_script="flow/day?call=1.1&guard=8"))
        for seconds in ("12.600", "5.000"):  # 8 s are enough for 11.9 (within the slack), too long for 5
            assert await peer.command() == f"SET VARIABLE TIMEOUT(absolute) {seconds}"
            await peer.send(b"200 result=1\n")
        assert await peer.command() == ""


@pytest.mark.parametrize("guard", ["", "x", "-1", "1e9", "²"])
async def test_without_a_guard_of_the_dialplan_none_is_relied_on(serve: Serve, guard: str) -> None:
    async def move(session: AgiSession) -> None:
        await AgiLine(session).guard(1.0)

    async with serve(move) as lab:
        peer = await lab.peer(lab.opening(network_script=f"flow/day?call=1.1&guard={guard}"))
        assert await peer.command() == "SET VARIABLE TIMEOUT(absolute) 1.000"
        await peer.send(b"200 result=1\n")
        assert await peer.command() == ""


async def test_a_channel_that_the_dialplan_has_answered_is_not_answered_again(serve: Serve) -> None:
    async def answer(session: AgiSession) -> None:
        await AgiLine(session).answer()

    async with serve(answer) as lab:
        assert await (await lab.peer(lab.opening(network_script="flow/day?call=1.1&state=Up"))).command() == ""
        ringing = await lab.peer(lab.opening(network_script="flow/day?call=1.1&state=Ring"))
        assert await ringing.command() == "ANSWER"


async def test_answering_and_hanging_up(play: Play) -> None:
    async def act(line: AgiLine) -> object:
        await line.answer()
        await line.hangup()
        return await line.hangup()

    script = [("ANSWER", "200 result=0"), ("HANGUP", "200 result=1\nHANGUP")]
    assert await play(script, act) is None, "hanging up what is gone is no failure"


async def test_an_answer_that_fails_on_a_live_channel_is_a_failure(play: Play) -> None:
    outcome = await play([("ANSWER", "200 result=-1"), UP], lambda line: line.answer())
    assert isinstance(outcome, LineFailed)


@pytest.mark.parametrize("answer", ["510 Invalid or unknown command", "520 Invalid", "", "what?"])
async def test_trouble_with_the_dialogue_is_a_failed_line(play: Play, answer: str) -> None:
    assert isinstance(await play([("ANSWER", answer)], lambda line: line.answer()), LineFailed)


@pytest.mark.parametrize(
    "act",
    [
        lambda line: line.set("A", "1"),
        lambda line: line.play(["gw/a"]),
        lambda line: line.wait_key(0.05),
        lambda line: line.answer(),
        lambda line: line.record("a", max_s=0.05, silence_s=0, stop_on="", beep=False),
    ],
)
async def test_every_command_has_its_limit(serve: Serve, act: Callable[[AgiLine], Awaitable[object]]) -> None:
    ended: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        try:
            ended.set_result(await act(AgiLine(session, LineLimits(reply_s=0.05, sound_s=0.05, answer_s=0.05))))
        except Exception as error:
            ended.set_result(error)

    async with serve(handler) as lab:
        peer = await lab.peer(lab.opening())
        assert await peer.command() != ""
        async with asyncio.timeout(40):
            outcome = await ended
        assert isinstance(outcome, LineFailed)
        assert lab.server.counters.timeouts == 1
