"""The softphone of the desk in a real Chromium on a real Asterisk: it registers with a password of its own, rings, is
heard on both sides, and is missed soon when its socket is cut.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Dialog

sys.path.insert(0, str(Path(__file__).parent))

from softphone_stage import AGENT, SEAT, Proxy, SoftStage, browser, lid_closed, open_page, soft_stage
from transfer_stage import Stage

from gateway.model.facts import CallQueued, LegHeld, LegResumed, SeatAnswered
from gateway.model.orders import DropSecret
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.site import Site

pytestmark = [pytest.mark.asterisk, pytest.mark.browser]


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
async def soft(house: tuple[Site, int]) -> AsyncIterator[SoftStage]:
    async with Stage.open(*house) as stage, browser() as context, soft_stage(stage, context) as soft:
        yield soft


async def test_a_citizen_and_the_browser_hear_each_other_and_the_number_stays_on_this_side(soft: SoftStage) -> None:
    await soft.sign_in()
    assert list(await soft.secrets.issued()) == ["8001w"]
    await soft.talks_with_citizen()
    stage = soft.stage
    answered = await stage.told(SeatAnswered)
    assert (answered.interface, stage.seat.device, stage.seat.activity) == ("PJSIP/8001w", "softphone", "talking")
    await stage.citizen.until_hears("agent")
    await soft.shows("phone.state.call.since <= Date.now() / 1000")
    await stage.talk_on(stage.citizen, 50)
    await soft.hears_on(50)
    assert "13812345678" not in await soft.page.evaluate(
        "String(phone.session.remote_identity) + phone.state.call.from"
    )
    await soft.page.evaluate("phone.hangup()")
    await soft.shows("phone.state.call === null")
    await stage.until(lambda: stage.seat.activity == "idle", "the seat is free")
    assert await soft.page.evaluate("states.filter((s) => s.startsWith('up ')).join()") == "up ringing,up up"


async def test_hold_gives_the_citizen_music_and_mute_silence(soft: SoftStage) -> None:
    await soft.sign_in()
    await soft.talks_with_citizen()
    stage = soft.stage
    await stage.citizen.until_hears("agent")
    await soft.page.evaluate("phone.hold()")
    await soft.shows("phone.state.call.state === 'held'")
    await stage.told(LegHeld)
    await stage.until(lambda: stage.seat.activity == "held", "held")
    await stage.citizen.until_hears("something")
    await soft.page.evaluate("phone.resume()")
    await stage.told(LegResumed)
    await stage.citizen.until_hears("agent")
    await soft.page.evaluate("phone.mute()")
    await soft.shows("phone.state.call.muted")
    await stage.citizen.until_hears()
    await soft.page.evaluate("phone.unmute()")
    await stage.citizen.until_hears("agent")
    assert stage.seat.agent == "1001" and stage.seat.config.id == SEAT


@pytest.mark.parametrize("way", ["RFC 4733", "INFO"])
async def test_keys_of_the_keypad_reach_asterisk(soft: SoftStage, way: str) -> None:
    await soft.sign_in()
    await soft.asked_for_keys(4)
    if way == "INFO":  # as with a browser that cannot send them as events
        await soft.page.evaluate("phone.session.connection.getSenders = () => []")
    await soft.page.evaluate("phone.dtmf('42*9')")
    await soft.heard("42*9")
    await soft.shows("phone.state.call === null")


async def test_a_second_call_is_refused_and_the_first_goes_on(soft: SoftStage) -> None:
    await soft.sign_in()
    await soft.talks_with_citizen()
    said = await soft.rx("channel originate PJSIP/8001w extension s@gw-hold")
    assert "8001w" not in said
    await soft.stage.citizen.until_hears("agent")
    assert await soft.page.evaluate("states.filter((s) => s === 'up ringing').length") == 1
    await soft.stage.citizen.hang_up()
    await soft.shows("phone.state.call === null")


async def test_refusing_a_ringing_call_leaves_the_citizen_in_the_queue(soft: SoftStage) -> None:
    await soft.sign_in()
    await soft.rings()
    await soft.page.evaluate("phone.hangup()")
    await soft.shows("states.slice(states.indexOf('up ringing')).includes('up')")  # soon it rings again
    assert soft.stage.citizen.line == "up"
    assert soft.stage.facts(SeatAnswered) == []


async def test_without_a_password_nobody_registers_and_with_the_next_one_the_page_does_by_itself(
    soft: SoftStage,
) -> None:
    soft.spoilt = True
    await soft.seats.sign_in(SEAT, AGENT, "softphone")
    await soft.stage.until(lambda: soft.stage.seat.members, "signed in")
    await soft.no_contact()
    await soft.page.evaluate("phone.start()")
    await soft.shows("states.includes('refused')")
    assert not await soft.page.evaluate("phone.state.registered")
    assert "8001w/" not in await soft.rx("pjsip show contacts")
    soft.spoilt = False
    await soft.shows("phone.state.registered", 60)
    assert soft.issued >= 2


async def test_asking_again_while_the_line_is_mended_is_not_taken_for_another_page(soft: SoftStage) -> None:
    soft.spoilt = True
    await soft.seats.sign_in(SEAT, AGENT, "softphone")
    await soft.stage.until(lambda: soft.stage.seat.members, "signed in")
    again = "setTimeout(() => { window.spoken = phone.start(); }, 50)"  # in the pause before the next try
    await soft.page.evaluate(
        f"phone.addEventListener('change', () => phone.state.link === 'refused' && !window.spoken && {again})"
    )
    await soft.page.evaluate("phone.start()")
    await soft.shows("window.spoken")
    soft.spoilt = False
    await soft.shows("phone.state.registered", 60)
    assert not await soft.page.evaluate("states.includes('taken')")


async def test_signing_out_takes_the_password_back(soft: SoftStage) -> None:
    await soft.sign_in()
    assert set(await soft.secrets.issued()) == {"8001w"}
    await soft.seats.sign_out(SEAT)
    await soft.stage.until(lambda: not soft.stage.seat.members, "signed out")
    assert await soft.secrets.issued() == {}
    assert soft.stage.seat.device == "phone"
    await soft.stage.switch.carry_out(DropSecret("8001w"))  # again does no harm


async def test_a_password_that_nobody_is_signed_in_for_is_swept_away(soft: SoftStage) -> None:
    await soft.sign_in()
    assert await soft.phones.sweep() == 0
    for queue in soft.stage.seat.config.queues:
        await soft.rx(f"queue remove member PJSIP/8001w from {queue}")
    await soft.stage.until(lambda: not soft.stage.seat.members, "signed out on the console")
    assert await soft.phones.sweep() == 1
    assert await soft.secrets.issued() == {}


async def test_the_newest_page_has_the_phone_and_the_one_before_lets_go(soft: SoftStage) -> None:
    await soft.sign_in()
    other = await open_page(soft.page.context, soft)
    await other.evaluate("phone.start()")
    await soft.shows("phone.state.registered", page=other)
    await soft.shows("phone.state.link === 'taken' && !phone.state.registered")
    await soft.page.evaluate("phone.start()")
    await soft.shows("phone.state.registered")
    await soft.shows("phone.state.link === 'taken'", page=other)
    await other.close()


async def test_a_closed_lid_ends_the_leg_in_ten_seconds_and_the_citizen_waits_in_front(soft: SoftStage) -> None:
    await soft.sign_in()
    await soft.talks_with_citizen()
    stage = soft.stage
    await stage.citizen.until_hears("agent")
    queued = len(stage.facts(CallQueued))
    with lid_closed(soft.page.context):
        await stage.until(lambda: not stage.seat.legs, "the agent's leg is gone", 30)
        await stage.until(lambda: len(stage.facts(CallQueued)) > queued, "the citizen waits again")
        assert stage.citizen.line == "up"
        await stage.until(lambda: not stage.seat.reachable, "nobody rings the sleeping laptop")
    await stage.citizen.hang_up()
    await soft.shows("phone.state.registered", 60)


async def test_a_websocket_that_is_cut_costs_no_call_and_the_phone_registers_again(soft: SoftStage) -> None:
    async with Proxy.before(soft) as proxy:
        await soft.sign_in()
        await soft.talks_with_citizen()
        stage, before = soft.stage, proxy.connections
        await stage.citizen.until_hears("agent")
        proxy.cut()
        await soft.shows("states.includes('lost up')")  # what it is now may be over before anybody looks
        await soft.shows("phone.state.registered", 60)
        assert proxy.connections > before
        await stage.talk_on(stage.citizen, 750)  # fifteen seconds: longer than silence is borne
        await stage.citizen.until_hears("agent")
        assert stage.seat.activity == "talking" and soft.issued == 1
        await soft.page.evaluate("phone.hangup()")
        await stage.until(lambda: stage.seat.activity == "idle", "hung up through the new connection")
        await soft.shows("phone.state.call === null")
    await stage.until(lambda: stage.citizen.line == "ended", "the citizen's call is over too")


async def test_leaving_the_page_asks_while_a_call_is_up(soft: SoftStage) -> None:
    await soft.sign_in()
    await soft.page.mouse.click(5, 5)
    await soft.talks_with_citizen()
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    soft.page.on("dialog", stay)
    await soft.page.evaluate("setTimeout(() => location.reload(), 0)")
    await soft.stage.until(lambda: asked, "asked")
    assert asked == ["beforeunload"]
    await soft.stage.citizen.until_hears("agent")
    await soft.page.evaluate("phone.hangup()")


async def test_the_microphone_is_measured_and_devices_are_named(soft: SoftStage) -> None:
    # From the first sound on: a slow machine opens the microphone long before it has anything to hear.
    levels = await soft.page.evaluate(
        "(async () => { const levels = [], end = Date.now() + 40000;"
        " const stop = await phone.micLevel((l) => levels.push(l));"
        " while ((levels.length < 8 || Math.max(...levels) <= 0.2) && Date.now() < end)"
        " await new Promise((r) => setTimeout(r, 50)); stop(); return levels; })()"
    )
    assert max(levels) > 0.2 and all(0 <= level <= 1 for level in levels)
    found = await soft.page.evaluate("phone.devices()")
    assert found["inputs"] and all(one["label"] for one in found["inputs"])
    last = found["inputs"][-1]["deviceId"]
    await soft.page.evaluate("(id) => phone.use({ input: id })", last)
    assert (await soft.page.evaluate("phone.devices()"))["inputs"][0]["deviceId"] == last


async def test_asterisk_restarted_finds_the_same_password_and_the_page_comes_back(soft: SoftStage) -> None:
    await soft.sign_in()
    issued = soft.issued
    await asyncio.to_thread(soft.stage.site.asterisk.restart)
    await soft.shows("states.includes('lost')")  # it may be back already
    await soft.shows("phone.state.registered", 60)
    assert soft.issued == issued
    assert set(await soft.secrets.issued()) == {"8001w"}


async def test_a_call_that_is_shown_before_it_is_here_can_be_answered_already(soft: SoftStage) -> None:
    """The gateway's word that it rings and Asterisk's INVITE come by two ways, and an agent is quick."""
    await soft.page.evaluate(EARLY)
    await soft.shows("window.taken")
    alone = "phone.ended(), phone.change({ registered: false }), phone.answer().catch(String)"
    refused = await soft.page.evaluate(alone)
    assert "没有通话" in refused, "without a line nothing is on its way"


EARLY = """() => {
  const call = { remote_identity: {}, on() {}, terminate() {}, answer() { window.taken = true; } };
  phone.change({ registered: true });
  phone.answer();
  setTimeout(() => phone.rung('remote', call), 200);
}"""
