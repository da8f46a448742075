"""Virtual numbers and calls out on a real Asterisk: both ways are heard, both sides see numbers of ours alone, and
whatever fails ends in a word or with the hotline, never in a wrong ear.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from transfer_stage import PATIENCE_S, Stage

from gateway.asterisk.fastagi.server import FastAgiServer
from gateway.asterisk.fastagi.session import AgiSession
from gateway.asterisk.templates import outbound, virtual
from gateway.asterisk.templates.text import Conf
from gateway.asterisk.virtual import serve_virtual
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.facts import CallEntered, LegEnded, OutboundEnded, VirtualBegun, VirtualEnded
from gateway.model.ids import CallId, TicketNo, new_id
from gateway.model.orders import DialOut
from gateway.model.records import Ticket
from gateway.seats.outbound import PREFIX
from gateway.tickets.ports import TicketDraft
from gateway.transfer.virtual_config import VirtualConfig
from gateway.transfer.virtual_service import VirtualNumbers, Wish
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner, Phone, PhoneFailed
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk

POOL = VirtualConfig(numbers=("66001000-66001009",), ring_s=8)
GUARD_S = 6
"""Longer than a test that answers the dialplan may be kept from its work."""
CITIZEN, OFFICE = "13812345678", "089865321234"
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


def with_numbers(site: Site) -> None:
    """Put the contexts that are tested here into the dialplan, where they are not yet in what is rendered."""
    rendered = site.asterisk.write

    def write() -> None:
        rendered()
        path, settings = site.paths.etc / "extensions.conf", site.settings
        text = path.read_text(encoding="utf-8")
        if "[gw-virtual]" not in text:
            ways, more = Conf(), Conf()
            virtual.entrances(ways, settings.asterisk, POOL)
            virtual.contexts(more, settings.asterisk, POOL, "12345", settings.zone)
            text = text.replace("[from-trunk]\n", "[from-trunk]\n" + ways.text()) + more.text()
        if "[gw-out]" not in text:
            before, old = text.split("[gw-outside]\n")
            more = Conf()
            outbound.contexts(more, settings.asterisk, settings.zone)
            rest = "[" + old.split("\n[", 1)[1] if "\n[" in old else ""
            text = f"{before}\n{rest}\n{more.text()}"
        path.write_text(text, encoding="utf-8")

    site.asterisk.write = write


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Site, int]]:
    ports = Ports()
    carrier = ports.take()
    with short_folder() as folder:
        overrides = {
            "GATEWAY__ASTERISK__TRUNK_CONTACT": f"sip:127.0.0.1:{carrier}",
            "GATEWAY__VIRTUAL__NUMBERS": '["66001000-66001009"]',
            "GATEWAY__VIRTUAL__RING_S": "8",
            "GATEWAY__ASTERISK__AGI_GUARD_S": str(GUARD_S),
        }
        site = Site.free(folder, overrides=overrides)
        with_numbers(site)
        try:
            site.start()
            yield site, carrier
        finally:
            site.stop()
            ports.close()


class Scene:
    """A stage with a ledger, a ticket, and a gateway's answer to the dialplan. The carrier leads every number that is
    dialled to ``far``; whoever calls in has a telephone of their own."""

    def __init__(self, stage: Stage, ledger: SqlLedger, ticket: Ticket) -> None:
        self.stage, self.ledger, self.ticket = stage, ledger, ticket
        self.far = stage.partner
        self.at = 0.0
        self.to_agent: list[bytes] = []
        self.numbers = VirtualNumbers(ledger, lambda: POOL, lambda: time.time() + self.at)
        apply, told = stage.hall.apply, self.numbers.apply

        def both(fact: Any) -> Any:
            changes = apply(fact)
            told(fact)
            return changes

        stage.hall.apply = both  # type: ignore[method-assign]

    async def bound(self) -> str:
        made = await self.numbers.bind(Wish(self.ticket.ticket_no, "12328", (OFFICE,), login="agent1"))
        return made.number

    async def serve(self, session: AgiSession) -> None:
        await serve_virtual(session, self.numbers.route, self.numbers.shown)


@pytest.fixture
async def scene(house: tuple[Site, int], tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/l.db"), tmp_path, KEYS) as ledger,
        Stage.open(*house) as stage,
    ):
        draft = TicketDraft(
            channel="phone", area_code="460000", received_at=time.time(), occurred_at=time.time(), entry_number="12345",
            account="trunk", fields={"calling_number": CITIZEN},
        )  # fmt: skip
        ticket, _ = await ledger.write(lambda tx: tx.open_ticket(draft, None))
        scene = Scene(stage, ledger, ticket)
        task = asyncio.create_task(scene.numbers.run())
        try:
            yield scene
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def answering(scene: Scene, handler: Callable[[AgiSession], Any] | None = None) -> AsyncIterator[None]:
    """A gateway at the place where the dialplan asks."""
    server = FastAgiServer("127.0.0.1", scene.stage.site.settings.asterisk.agi_port, handler or scene.serve)
    await server.start()
    task = asyncio.create_task(server.run())
    try:
        yield
    finally:
        await server.close()
        await asyncio.gather(task, return_exceptions=True)


def all_said_to(phone: Phone) -> list[bytes]:
    """Every SIP message that the telephone gets from now on, headers and all."""
    got: list[bytes] = []
    sip = phone._sip.get_protocol()
    take = sip._take

    def listen(data: bytes) -> None:
        got.append(data)
        take(data)

    sip._take = listen
    return got


def numbers_in(phone: Phone) -> str:
    """All that the telephone was told in its last INVITE, but the number that was dialled: its own."""
    *_, invite = phone.invites
    return "\n".join(f"{name}: {value}" for name, value in invite.items() if name != "to")


@pytest.mark.parametrize(("who", "whom"), [(OFFICE, CITIZEN), (CITIZEN, OFFICE)], ids=["department", "citizen"])
async def test_each_side_reaches_the_other_and_sees_only_the_virtual_number(scene: Scene, who: str, whom: str) -> None:
    number, begun = await scene.bound(), time.monotonic()
    caller = await scene.stage.phone("citizen", who)
    to_caller, to_far = all_said_to(caller), all_said_to(scene.far)
    async with answering(scene):
        await caller.call(number)
        await scene.far.until("up")
        await caller.until_hears("partner")
        await scene.far.until_hears("citizen")
    told = numbers_in(scene.far)
    assert who not in told
    assert f"sip:{number}@" in told
    assert whom in scene.far.invites[-1]["to"]
    assert len(to_caller) >= 2
    assert not [message for message in to_caller if whom.encode() in message]
    assert not [message for message in to_far if who.encode() in message]
    await caller.hang_up()
    ended = await scene.stage.told(VirtualEnded)
    assert await scene.numbers.drain(PATIENCE_S)
    (call,) = await scene.ledger.virtual_calls(scene.ticket.ticket_no)
    assert (call.outcome, call.side) == ("answered", "department" if who == OFFICE else "citizen")
    assert call.talk_s is not None
    assert 0 < call.talk_s <= math.ceil(time.monotonic() - begun)  # Asterisk counts whole seconds
    assert call.recording_id == ended.leg
    await scene.stage.until(lambda: [*scene.stage.site.recordings.rglob(f"{ended.leg}.wav")], "it is recorded")
    assert [event.type for event in await scene.ledger.events(0)] == ["hotline.virtual.call.v1"]
    assert not scene.stage.facts(CallEntered)


async def test_a_stranger_hears_a_word_and_reaches_nobody(scene: Scene) -> None:
    number = await scene.bound()
    stranger = await scene.stage.phone("citizen", "13700000000")
    async with answering(scene):
        with pytest.raises(PhoneFailed, match="refused with"):
            await stranger.call(number)
    assert not scene.far.invites
    assert not scene.stage.facts(VirtualBegun)


async def test_a_lapsed_number_is_refused_to_the_department_and_leads_the_citizen_to_the_hotline(scene: Scene) -> None:
    number = await scene.bound()
    scene.at = 73 * 3600.0
    office = await scene.stage.phone("second", OFFICE)
    citizen = await scene.stage.phone("citizen", CITIZEN)
    async with answering(scene):
        with pytest.raises(PhoneFailed, match="refused with"):
            await office.call(number)
        await citizen.call(number)
        entered = await scene.stage.told(CallEntered)
    assert (entered.entry_number, entered.caller_number) == ("12345", CITIZEN)
    assert not scene.far.invites


async def _dies(session: AgiSession) -> None:
    raise RuntimeError("dies")


async def _mute(session: AgiSession) -> None:
    await asyncio.sleep(3 * GUARD_S)


@pytest.mark.parametrize("handler", [_dies, _mute, None], ids=["dies", "mute", "down"])
async def test_without_a_gateway_the_caller_reaches_the_hotline(scene: Scene, handler: Any) -> None:
    number = await scene.bound()
    citizen = await scene.stage.phone("citizen", CITIZEN)
    async with contextlib.AsyncExitStack() as stack:
        if handler is not None:
            await stack.enter_async_context(answering(scene, handler))
        await citizen.call(number)
        entered = await scene.stage.told(CallEntered)
        assert entered.entry_number == "12345"
        await citizen.hang_up()
    assert not scene.far.invites


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [
        (Manner(status=486, reason="Busy Here"), "busy"),
        (Manner(status=603, reason="Decline"), "refused"),
        (Manner(ring_s=None), "no_answer"),
    ],
    ids=["busy", "declined", "rings"],
)
async def test_who_does_not_answer_is_on_the_record(scene: Scene, manner: Manner, outcome: str) -> None:
    number = await scene.bound()
    scene.far.manner = manner
    office = await scene.stage.phone("second", OFFICE)
    async with answering(scene):
        with pytest.raises(PhoneFailed):
            await office.call(number)
        await scene.stage.told(VirtualEnded)
    assert await scene.numbers.drain(PATIENCE_S)
    (call,) = await scene.ledger.virtual_calls(TicketNo(scene.ticket.ticket_no))
    assert (call.outcome, call.talk_s, call.recording_id) == (outcome, None, "")


# -- calls out of the desk ---------------------------------------------------------------------------------------------


async def dial(scene: Scene, number: str = CITIZEN) -> CallId:
    stage = scene.stage
    stage.agent = await stage.phone("agent", "8001")
    await stage.agent.register(stage.site.secrets.seats["8001"])
    scene.to_agent = all_said_to(stage.agent)
    call = CallId(f"{PREFIX}{new_id()}")
    order = DialOut(call, "PJSIP/8001", number, "12345", "1001", str(scene.ticket.ticket_no))
    await stage.switch.carry_out(order)
    return call


async def kept(scene: Scene, call: CallId) -> Any:
    def over() -> Any:
        return next((one.call for one in scene.stage.kept if one.kind == "ended" and one.call.call_id == call), None)

    return await scene.stage.until(over, "the call out is kept")


@pytest.mark.parametrize("first", ["agent", "caller"])
async def test_a_call_out_is_heard_both_ways_under_our_number_and_is_a_whole_record(scene: Scene, first: str) -> None:
    call = await dial(scene)
    stage = scene.stage
    await stage.agent.until_hears("partner")
    await scene.far.until_hears("agent")
    assert "sip:12345@" in scene.far.invites[-1]["from"]
    assert stage.agent.invites[-1]["call-info"].endswith("answer-after=0")
    await stage.until(lambda: stage.seat.activity == "outbound", "the seat speaks outside")
    await (stage.agent if first == "agent" else scene.far).hang_up()
    record = await kept(scene, call)
    assert scene.to_agent
    assert not [message for message in scene.to_agent if CITIZEN.encode() in message]
    assert (record.direction, record.outcome, record.ended_by) == ("out", "answered", first)
    assert (record.seat, record.agent, record.ticket_no) == ("A001", "1001", scene.ticket.ticket_no)
    assert record.caller_number == CITIZEN
    assert record.talk_s > 0
    await stage.until(lambda: [*stage.site.recordings.rglob(f"{record.recording_id}.wav")], "it is recorded")


@pytest.mark.parametrize(
    ("manner", "outcome"),
    [
        (Manner(status=486, reason="Busy Here"), "busy"),
        (Manner(status=603, reason="Decline"), "refused"),
        (Manner(status=480, reason="Temporarily Unavailable"), "no_answer"),
        (Manner(status=404, reason="Not Found"), "unreachable"),
        (Manner(status=503, reason="Service Unavailable"), "unreachable"),
    ],
    ids=["busy", "declined", "unavailable", "unknown", "congestion"],
)
async def test_a_citizen_who_does_not_answer_gives_the_call_out_its_outcome(
    scene: Scene, manner: Manner, outcome: str
) -> None:
    scene.far.manner = manner
    record = await kept(scene, await dial(scene))
    assert (record.outcome, record.talk_s, record.recording_id) == (outcome, None, "")


async def test_an_agent_who_gives_up_while_it_rings_made_a_call_that_nobody_answered(scene: Scene) -> None:
    scene.far.manner = Manner(ring_s=None)
    call = await dial(scene)
    await scene.far.until("ringing")
    await scene.stage.agent.until("up")
    await scene.stage.agent.hang_up()
    record = await kept(scene, call)
    assert (record.outcome, record.ended_by) == ("no_answer", "agent")
    assert (await scene.stage.told(OutboundEnded)).status == "CANCEL"
    await scene.far.until("ended")


async def test_an_agent_whose_telephone_does_not_take_up_dials_nobody(scene: Scene) -> None:
    scene.stage.agent = await scene.stage.phone("agent", "8001", manner=Manner(status=486, reason="Busy Here"))
    await scene.stage.agent.register(scene.stage.site.secrets.seats["8001"])
    call = CallId(f"{PREFIX}{new_id()}")
    await scene.stage.switch.carry_out(DialOut(call, "PJSIP/8001", CITIZEN, "12345", "1001"))
    await scene.stage.told(LegEnded, leg=str(call))
    assert not scene.far.invites
    assert not [one for one in scene.stage.kept if one.call.call_id == call]
