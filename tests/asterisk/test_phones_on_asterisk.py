"""The keys of a desk phone pressed from afar, on a real Asterisk: a telephone that knows NOTIFY talk and hold obeys;
what needs no telephone's help (mute, keypad, end) works with any.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from transfer_stage import PATIENCE_S, Stage

from gateway.asterisk.dialling import AUTO_ANSWER
from gateway.asterisk.phones import PhoneSecrets
from gateway.model.facts import LegHeld, LegResumed, SeatAnswered
from gateway.model.ids import CallId, SeatId
from gateway.model.orders import AddMember, DialOut, OrderRefused
from gateway.seats.phones import PhoneAct, Phones
from gateway.seats.talks import Talks
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner, Phone
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk


class DeskPhone(Phone):
    """One that knows the keys: ``talk`` answers what rings or takes up what is held, ``hold`` holds."""

    def _take_request(self, message: Any) -> None:
        super()._take_request(message)
        event = message.headers.get("event", "") if message.method == "NOTIFY" else ""
        if event == "talk" and self.line == "ringing":
            self._answer(self._dialog.invite, 200, "OK", body=self._sdp())  # type: ignore[union-attr,arg-type]
            self._connect(self._dialog.invite.body)  # type: ignore[union-attr]
        elif event in ("talk", "hold"):
            self._tasks.add(asyncio.get_running_loop().create_task(self.hold() if event == "hold" else self.resume()))


class Prankster(Phone):
    """A citizen whose INVITE asks for what only we may ask of an agent's telephone."""

    async def _ask(self, method: str, *, more: Mapping[str, str] | None = None, **rest: Any) -> Any:
        said = dict(AUTO_ANSWER) if method == "INVITE" else {}
        return await super()._ask(method, more={**said, **(more or {})}, **rest)


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Site, int]]:
    ports = Ports()
    with short_folder() as folder:
        site = Site.free(folder)
        try:
            site.start()
            yield site, ports.take()
        finally:
            site.stop()
            ports.close()


@pytest.fixture
async def stage(house: tuple[Site, int]) -> AsyncIterator[Stage]:
    async with Stage.open(*house) as stage:
        yield stage


class Desk:
    """The agent's side of the stage: ``press`` is what the page does."""

    def __init__(self, stage: Stage) -> None:
        talks = Talks(stage.hall)
        stage.listener.also.add(talks.apply)
        self.stage = stage
        self.phones = Phones(stage.hall, talks, stage.switch, PhoneSecrets(lambda: stage.orders), stage.listener._now)

    async def press(self, act: PhoneAct, digits: str = "") -> None:
        await self.phones.act("A001", act, digits)

    async def rings(self, citizen: type[Phone] = Phone) -> None:
        """A citizen has dialled and the desk phone rings until somebody presses a key."""
        stage = self.stage
        manner = Manner(ring_s=None)
        opened = DeskPhone.open("agent", "8001", stage.sip_port, manner=manner)
        stage.agent = await stage._stack.enter_async_context(opened)
        await stage.agent.register(stage.site.secrets.seats["8001"])
        await stage.switch.carry_out(AddMember(stage.queue, "PJSIP/8001", "1001"))
        outside = citizen.open("citizen", "13812345678", stage.sip_port)
        stage.citizen = await stage._stack.enter_async_context(outside)
        async with stage.flow(stage.queue):
            await stage.citizen.call("12345")
            await stage.agent.until("ringing")
        await stage.until(lambda: stage.seat.activity == "ringing", "ringing")


async def test_a_call_is_answered_held_taken_up_muted_and_ended_from_the_page(stage: Stage) -> None:
    desk = Desk(stage)
    await desk.rings()
    with pytest.raises(OrderRefused):
        await desk.press("hold")
    await desk.press("answer")
    stage.agent_leg = (await stage.told(SeatAnswered)).seat_leg
    await stage.citizen.until_hears("agent")

    await desk.press("hold")
    await stage.told(LegHeld)
    await stage.citizen.until_hears("something")
    await desk.press("resume")
    await stage.told(LegResumed)
    await stage.citizen.until_hears("agent")

    await desk.press("mute")
    await stage.citizen.until_hears()
    await stage.agent.until_hears("citizen")
    await desk.press("unmute")
    await stage.citizen.until_hears("agent")

    await desk.press("hangup")
    await stage.agent.until("ended")
    assert stage.agent.ended_by == "them"
    await stage.until(lambda: stage.seat.activity == "idle", "free")


async def test_a_ringing_call_that_is_ended_goes_back_to_the_queue(stage: Stage) -> None:
    desk = Desk(stage)
    await desk.rings()
    await desk.press("hangup")
    await stage.agent.until("ended")
    assert (stage.citizen.line, stage.facts(SeatAnswered)) == ("up", [])


async def test_no_citizen_makes_an_agents_telephone_answer_by_itself(stage: Stage) -> None:
    await Desk(stage).rings(Prankster)
    *_, invite = stage.agent.invites
    assert not {"x-gateway-answer", "call-info", "alert-info"} & invite.keys()
    await stage.citizen.hang_up()


async def test_a_call_that_the_agent_asked_for_is_to_be_answered_at_once(stage: Stage) -> None:
    desk_phone = Phone.open("agent", "8001", stage.sip_port, manner=Manner(ring_s=None))
    stage.agent = await stage._stack.enter_async_context(desk_phone)
    await stage.agent.register(stage.site.secrets.seats["8001"])
    call = CallId("out-0198aaaa-1111-7222-8333-444444444444")
    await stage.switch.carry_out(DialOut(call, "PJSIP/8001", "13812345678", "12345", "1001"))
    await stage.agent.until("ringing")
    *_, invite = stage.agent.invites
    assert {name: invite[name.lower()] for name in AUTO_ANSWER} == AUTO_ANSWER
    assert invite["x-call-id"] == call
    assert "13812345678" not in str(invite)


async def test_keys_are_heard_as_if_pressed_at_the_phone(stage: Stage) -> None:
    desk = Desk(stage)
    rx = stage.site.asterisk.rx
    stage.agent = await stage.phone("agent", "8001")
    await stage.agent.register(stage.site.secrets.seats["8001"])
    await asyncio.to_thread(rx, f"dialplan add extension s,1,Read(KEYS,,4,,,{PATIENCE_S:.0f}) into gw-keys replace")
    await asyncio.to_thread(rx, "dialplan add extension s,2,Set(GLOBAL(HEARD)=${KEYS}) into gw-keys replace")
    await asyncio.to_thread(rx, "channel originate PJSIP/8001 extension s@gw-keys")
    await stage.until(lambda: stage.seat.activity in ("talking", "outbound"), "the phone is up")
    await desk.press("dtmf", "42*9")
    async with asyncio.timeout(PATIENCE_S):
        while "HEARD=42*9" not in await asyncio.to_thread(rx, "dialplan show globals"):
            await asyncio.sleep(0.1)
    assert desk.phones._hall.seats.by_id[SeatId("A001")].device == "phone"
