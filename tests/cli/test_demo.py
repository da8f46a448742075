"""``gateway demo``: the scenarios against a real Asterisk with its queue, and the whole play against it with a ledger
that the dialplan itself writes. The play against the real gateway is in tests/scenarios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.cli import demo
from gateway.demo.plan import PlannedCall, Wishes, citizen_rows
from gateway.demo.show import Stage, play
from gateway.demo.sippers import Sipper, Sippers
from gateway.demo.story import Comparison, Tale
from gateway.model.masking import mask_number

pytestmark = pytest.mark.asterisk
SEATS = {"8001": "secret-8001", "8002": "secret-8002"}


def citizen(n: int, entry: str, patience_s: float, behaviour: str = "patient") -> PlannedCall:
    return PlannedCall(f"1aa-demo-{n:04d}", f"1380000{n:04d}", entry, 0.0, behaviour, patience_s)


async def eventually(holds: Callable[[], bool], limit_s: float = 40.0) -> None:
    async with asyncio.timeout(limit_s):
        while not holds():
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def hall(asterisk, folder: Path, ring_ms: int, talk_ms: int) -> AsyncIterator[tuple[Sippers, Sipper]]:
    sippers = Sippers("127.0.0.1", asterisk.sip_port, "127.0.0.1", folder)
    await sippers.register(SEATS)
    seats = await sippers.answer([[str(ring_ms), str(talk_ms)]])
    try:
        await eventually(lambda: asterisk.cli("queue show hotline").count("Not in use") == 2)
        yield sippers, seats
    finally:
        await seats.stop()


async def met(sippers: Sippers, seats: Sipper, scenario: str, calls: list[PlannedCall], limit_s: float = 60) -> Tale:
    """Let these citizens call and return what was seen of them."""
    citizens = await sippers.dial("citizens", scenario, citizen_rows(calls, [0] * len(calls), audio=True), 50)
    assert await citizens.wait(limit_s) == 0, citizens.complaint()
    tale = Tale.of(calls)
    tale.see(citizens.new_lines())
    await asyncio.sleep(0)
    tale.see(seats.new_lines())
    return tale


async def test_citizens_are_queued_answered_and_hung_up_on_by_the_agent(asterisk, tmp_path):
    calls = [citizen(n, "12350", 60) for n in range(4)]
    async with hall(asterisk, tmp_path, ring_ms=300, talk_ms=700) as (sippers, seats):
        tale = await met(sippers, seats, "citizen.xml", calls)
    assert tale.counts() == {"answered": 4, "placed": 4}
    assert {story.seat for story in tale.stories.values()} == {"8001", "8002"}
    assert {story.ended_by for story in tale.stories.values()} == {"line"}
    await asterisk.nobody_left()


async def test_a_citizen_hangs_up_by_itself_when_its_time_is_over(asterisk, tmp_path):
    calls, begun = [citizen(1, "12350", 1.5)], time.monotonic()
    async with hall(asterisk, tmp_path, ring_ms=200, talk_ms=60_000) as (sippers, seats):
        tale = await met(sippers, seats, "citizen.xml", calls)
        await eventually(lambda: asterisk.channels() == 0)
    story = tale.stories[calls[0].mark]
    assert (story.state, story.ended_by) == ("answered", "citizen")
    assert 1.1 < story.ended_at - story.line_answered_at < time.monotonic() - begun


async def test_sound_flows_both_ways(asterisk, tmp_path):
    async with hall(asterisk, tmp_path, ring_ms=100, talk_ms=60_000) as (sippers, _):
        rows = citizen_rows([citizen(1, "12350", 30)], [0], audio=True)
        one = await sippers.dial("citizens", "citizen.xml", rows, 50)

        def both_legs_receive() -> bool:
            lines = [line.split() for line in asterisk.cli("pjsip show channelstats").splitlines() if "alaw" in line]
            return len(lines) == 2 and all(int(line[line.index("alaw") + 1].rstrip("K")) >= 20 for line in lines)

        await eventually(both_legs_receive)
        await one.hang_up([0])
        await one.stop()
        await eventually(lambda: asterisk.channels() == 0)


@pytest.mark.parametrize(("entry", "why"), [("12346", "nothing has answered: CANCEL"), ("12347", "answered: BYE")])
async def test_who_gives_up_leaves_after_its_patience_and_leaves_nothing(asterisk, tmp_path, entry, why):
    calls, begun = [citizen(1, entry, 1.2, "gives_up")], time.monotonic()
    async with hall(asterisk, tmp_path, ring_ms=100, talk_ms=100) as (sippers, seats):
        tale = await met(sippers, seats, "citizen-gives-up.xml", calls)
    story = tale.stories[calls[0].mark]
    assert story.state == "gave_up"
    assert 0.8 < story.ended_at - story.dialled_at < time.monotonic() - begun, why
    await eventually(lambda: asterisk.channels() == 0)


async def test_who_gives_up_while_a_seat_rings_is_seen_by_the_seat(asterisk, tmp_path):
    # long enough that a seat has rung for a while by then, and less than it rings (timeout=6)
    calls = [citizen(1, "12350", 5, "gives_up")]
    async with hall(asterisk, tmp_path, ring_ms=30_000, talk_ms=100) as (sippers, seats):
        tale = await met(sippers, seats, "citizen-gives-up.xml", calls)
    assert tale.stories[calls[0].mark].right_outcomes() == {"abandoned_ringing"}


async def test_a_refused_call_is_no_failure_of_the_scenario(asterisk, tmp_path):
    calls = [citizen(1, "12348", 5), citizen(2, "999", 5)]
    async with hall(asterisk, tmp_path, ring_ms=100, talk_ms=100) as (sippers, seats):
        for scenario in ("citizen.xml", "citizen-gives-up.xml"):
            tale = await met(sippers, seats, scenario, calls)
            assert tale.counts() == {"refused": 2, "placed": 2}


async def test_keys_are_taken_by_the_dialplan(asterisk, tmp_path):
    sippers = Sippers("127.0.0.1", asterisk.sip_port, "127.0.0.1", tmp_path)
    rows = [["13800000001", "1aa-demo-0001", "12351", "0", "200", "300", "1", "2", "0"]]
    one = await sippers.dial("keys", "citizen-dtmf.xml", rows, 50)
    assert await one.wait(60) == 0, one.complaint()
    await eventually(lambda: "User entered '120'" in (asterisk.folder / "log/messages").read_text())


class Gateway:
    """The API that the play needs, its ledger read from what the dialplan wrote of each ended call."""

    def __init__(self, asterisk, lose: int = 0, whole: int = 0) -> None:
        """Of the ledger the first ``lose`` calls are lost; it is not read before ``whole`` of them are in it."""
        self._asterisk, self._lose, self._whole = asterisk, lose, whole
        self._known = len(asterisk.kept())
        self.presence = dict.fromkeys(SEATS, "signed_out")
        self.acts: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/v1/login", self.login)
        app.router.add_get("/api/v1/seats", self.seats)
        app.router.add_get("/api/v1/plan", self.plan)
        app.router.add_get("/api/v1/calls", self.calls)
        app.router.add_post("/api/v1/seats/{id}/{act}", self.act)
        return app

    async def login(self, _: web.Request) -> web.Response:
        return web.json_response({"csrf": "x"})

    async def seats(self, _: web.Request) -> web.Response:
        rows = [{"id": f"A{e}", "extension": e, "presence": p, "activity": "idle"} for e, p in self.presence.items()]
        return web.json_response({"seats": rows})

    async def plan(self, _: web.Request) -> web.Response:
        reasons = [{"id": "meal"}, {"id": "rest"}]
        return web.json_response({"halls": [{"rest_reasons": reasons}], "entries": {"12350": {"name": "x"}}})

    async def act(self, request: web.Request) -> web.Response:
        act, extension = request.match_info["act"], request.match_info["id"].removeprefix("A")
        self.acts.append(act)
        self.presence[extension] = {"sign-out": "signed_out", "ready": "ready"}.get(act, "not_ready")
        return web.json_response({"accepted": True}, status=202)

    async def calls(self, _: web.Request) -> web.Response:
        await eventually(lambda: len(self._asterisk.kept()) >= self._known + self._whole)
        rows = [self.row(*kept) for kept in self._asterisk.kept()[self._known + self._lose :]]
        return web.json_response({"items": rows, "next": None})

    @staticmethod
    def row(name: str, dialled: str, member: str) -> dict[str, Any]:
        return {
            "caller_name": mask_number(name),
            "entry_number": dialled,
            "outcome": "answered" if member else "abandoned_queue",
            "seat": f"A{member.removeprefix('PJSIP/').partition('-')[0]}" if member else None,
        }


async def show(asterisk, gateway: Gateway, folder: Path, wishes: Wishes, said: list[str]) -> Comparison:
    async with TestServer(gateway.app()) as server:
        url = str(server.make_url("/"))
        stage = Stage(url, "lead", "x", ("1001", "1002", "1003"), SEATS, "127.0.0.1", asterisk.sip_port, keep=folder)
        return await play(stage, wishes, said.append)


# seed 3: three patient citizens, and seats that pick up every call
SHORT = Wishes(seats=2, rate=2.0, calls=3, talk_s=1.0, seed=3)


async def test_a_play_agrees_with_its_ledger_call_by_call(asterisk, tmp_path):
    gateway, said = Gateway(asterisk), []
    found = await show(asterisk, gateway, tmp_path, SHORT, said)
    assert found.differences == ()
    assert found.seen == {"answered": 3} and found.kept == {"answered": 3}
    assert gateway.acts[:2] == ["sign-in", "sign-in"] and gateway.acts[-2:] == ["sign-out", "sign-out"]
    assert "2 个签入" in said[0]
    await asterisk.nobody_left()


async def test_a_play_names_the_call_that_the_ledger_lacks(asterisk, tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.demo.show.SETTLE_S", 0.0)
    found = await show(asterisk, Gateway(asterisk, lose=1, whole=SHORT.calls), tmp_path, SHORT, [])
    assert len(found.differences) == 1
    assert "answered by SIPp, not in the ledger" in found.differences[0]


async def test_a_play_that_is_interrupted_leaves_nobody_on_the_line_and_nobody_signed_in(asterisk, tmp_path):
    gateway, said = Gateway(asterisk), []
    wishes = Wishes(seats=2, rate=5.0, calls=20, talk_s=60.0, seed=3)
    playing = asyncio.ensure_future(show(asterisk, gateway, tmp_path, wishes, said))
    try:
        await eventually(lambda: asterisk.channels() >= 4)
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
    await eventually(lambda: asterisk.channels() == 0)
    assert set(gateway.presence.values()) == {"signed_out"}


def arguments(*more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    return parser.parse_args(more)


@pytest.mark.parametrize(
    ("more", "why"),
    [(["--rate", "0"], "--rate"), (["--seats", "0"], "--seats"), (["--config", "/nowhere"], "/nowhere")],
)
def test_a_play_that_cannot_begin_is_exit_status_2_and_says_why(more, why, capsys):
    assert demo.run(arguments(*more)) == 2
    assert why in capsys.readouterr().err
