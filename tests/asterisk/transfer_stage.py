"""A stage for transfers: a real Asterisk as we render it, its facts folded into a real hall, orders by the real switch,
and people with telephones that say whom they hear. No gateway runs: what is shown is what orders and dialplan do.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.link import Link, LinkConfig
from gateway.asterisk.listener import Listener
from gateway.asterisk.switch import AmiSwitch
from gateway.asterisk.translate import EVENT_NAMES
from gateway.model.facts import CallQueued, Fact, LegEnded, LegJoinedRoom, SeatAnswered, Snapshot
from gateway.model.ids import LegId, QueueId, SeatId, new_id
from gateway.model.orders import AddMember, DialTarget, Hangup, MarkLeg, MoveLegs, PauseMember, Place, RemoveMember
from gateway.model.records import CallChange, CallRecord
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.rules import Rules
from tools.lab.phone import Manner, Phone
from tools.lab.process import until
from tools.lab.site import Site
from tools.lab.tones import tones_in

F = TypeVar("F")
T = TypeVar("T")

QUEUE = QueueId("english")
"""The queue of these stories, which records."""
PATIENCE_S = 40.0
"""A look at what should have come by then on a machine five times slower than ours."""

SLOW = ("Exceptionally long", "scheduled tasks", "Request to schedule in the past")
"""What Asterisk says of a machine that kept one of its threads waiting for seconds, and not of what it was told."""


class Facts(Hall):
    """A hall that keeps the facts that it was told."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.told: list[Fact] = []
        self.news = asyncio.Event()

    def apply(self, fact: Fact) -> list[CallChange]:
        changes = super().apply(fact)
        self.told.append(fact)
        self.news.set()
        return changes


class Stage:
    """One citizen, one agent at 8001, one partner behind the trunk; more can be added."""

    def __init__(self, site: Site, partner_port: int) -> None:
        self.site, self.partner_port = site, partner_port
        self.sip_port = site.settings.asterisk.sip_port
        halls, queues = site.settings.halls, site.settings.queues
        self.hall = Facts(halls, queues, {})
        self.kept: list[CallChange] = []
        self.transfer = new_id()
        self.target = LegId(f"gw-{self.transfer}")
        self.language = "zh"
        self._stack = AsyncExitStack()
        self.orders = Link(self._config("gw-orders", site.secrets.ami_orders, "orders"))
        self.switch = AmiSwitch(lambda: self.orders)
        rules = Rules(self.hall)
        self.listener = Listener(self.hall, rules, self.switch, self._keep, lambda _: None, time.time)
        self.events = Link(
            self._config("gw-events", site.secrets.ami_events, "events"),
            frames=self.listener.frames.put,
            on_up=self.listener.link_up,
            on_down=self.listener.link_down,
        )
        self.queue = QUEUE
        self.citizen: Phone
        self.agent: Phone
        self.partner: Phone

    def _config(self, user: str, secret: str, role: Any) -> LinkConfig:
        port = self.site.settings.asterisk.ami_port
        return LinkConfig("127.0.0.1", port, user, secret, role, EVENT_NAMES if role == "events" else None)

    async def _keep(self, changes: Sequence[CallChange]) -> None:
        self.kept += changes

    # -- beginning and end -------------------------------------------------------------------------------------------

    @classmethod
    @asynccontextmanager
    async def open(cls, site: Site, partner_port: int) -> AsyncIterator[Stage]:
        """The stage with links up and the partner's telephone at its place. Everything is hung up at the end."""
        stage = cls(site, partner_port)
        async with stage._stack:
            runs = [stage.events.run, stage.orders.run, stage.listener.run, stage.listener.obey, stage.listener.tick]
            tasks = [asyncio.create_task(run()) for run in runs]
            stage._stack.push_async_callback(_over, tasks)
            stage._stack.push_async_callback(stage._clear)
            await stage.told(Snapshot)
            await stage.until(lambda: stage.orders.up, "the session of orders is up")
            stage.partner = await stage.phone("partner", "110", port=partner_port)
            yield stage

    async def _clear(self) -> None:
        await asyncio.to_thread(self.site.asterisk.rx, "channel request hangup all")
        await asyncio.to_thread(self.site.asterisk.rx, f"queue remove member PJSIP/8001 from {self.queue}")
        # What is still on its way out would be in the first snapshot of the next test.
        empty = await asyncio.to_thread(until, lambda: not self.site.asterisk.calls_up(), PATIENCE_S, every_s=0.1)
        assert empty, self.site.asterisk.rx("core show channels concise")

    async def phone(self, party: str, number: str, *, manner: Manner | None = None, port: int = 0) -> Phone:
        return await self._stack.enter_async_context(Phone.open(party, number, self.sip_port, manner=manner, port=port))

    # -- how a story begins ------------------------------------------------------------------------------------------

    async def talking(self, *, queue: QueueId = QUEUE) -> Stage:
        """The citizen has dialled, the agent has answered, each hears the other."""
        self.queue = queue
        self.agent = await self.phone("agent", "8001")
        await self.agent.register(self.site.secrets.seats["8001"])
        await self.switch.carry_out(AddMember(queue, "PJSIP/8001", "1001"))
        self.citizen = await self.phone("citizen", "13812345678")
        async with self.flow(queue):
            await self.citizen.call("12345")
            await self.agent.until("up")
        await self.citizen.until_hears("agent")
        await self.agent.until_hears("citizen")
        self.agent_leg = (await self.told(SeatAnswered)).seat_leg
        return self

    async def another_citizen(self) -> None:
        """Somebody else waits in the queue."""
        other = await self.phone("second", "13900000000")
        async with self.flow(self.queue):
            await other.call("12345")
            await self.told(CallQueued, caller_number="13900000000")

    @asynccontextmanager
    async def flow(self, queue: str) -> AsyncIterator[None]:
        """The shortest flow that there is: it says only where the call goes."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\n\n")
                for command in (f'SET VARIABLE GW_QUEUE "{queue}"', 'SET VARIABLE GW_DONE "1"'):
                    writer.write(f"{command}\n".encode())
                    await reader.readline()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", self.site.settings.asterisk.agi_port)
        try:
            yield
        finally:
            server.close()

    # -- orders ------------------------------------------------------------------------------------------------------

    async def dial(self, *, ring_s: int = 20, endpoint: str = "PJSIP/110@trunk", **headers: str) -> None:
        await self.switch.carry_out(
            DialTarget(self.transfer, self.target, endpoint, "12345", "热线", ring_s, headers, self.language)
        )

    async def move(self, *moves: tuple[str, Place]) -> None:
        """``("caller", "room")``: who goes where."""
        details = {"back": "PJSIP/8001"}
        found = tuple((self.channel(who), place, details.get(place, "")) for who, place in moves)
        await self.switch.carry_out(MoveLegs(self.transfer, found))

    async def move_to(self, place: Place, detail: str) -> None:
        await self.switch.carry_out(MoveLegs(self.transfer, ((self.channel("caller"), place, detail),)))

    async def mark(self, value: str) -> None:
        await self.switch.carry_out(MarkLeg(self.channel("caller"), "GW_XFER", value))

    async def hang_up_by_order(self, who: str) -> None:
        await self.switch.carry_out(Hangup(self.channel(who)))

    async def pause(self, paused: bool) -> None:
        await self.switch.carry_out(PauseMember("PJSIP/8001", paused))

    async def sign_out(self) -> None:
        await self.switch.carry_out(RemoveMember(self.queue, "PJSIP/8001"))

    # -- stories in one word -----------------------------------------------------------------------------------------

    async def partner_in_room(self) -> None:
        await self.dial()
        await self.partner.until("up")
        await self.told(LegJoinedRoom, leg=self.target)

    async def three_way(self) -> None:
        await self.partner_in_room()
        await self.move(("caller", "room"), ("agent", "room"))
        await self.citizen.until_hears("agent", "partner")

    async def attended(self) -> None:
        await self.partner_in_room()
        await self.move(("caller", "room"))
        await self.citizen.until_hears("partner")
        await self.agent.until("ended")

    async def consulting(self) -> None:
        """The citizen hears music, agent and partner each other."""
        await self.move(("caller", "hold"), ("agent", "room"))
        await self.dial()
        await self.partner.until_hears("agent")
        await self.agent.until_hears("partner")
        await self.citizen.until_hears("something")

    # -- what is so --------------------------------------------------------------------------------------------------

    @property
    def call(self) -> CallRecord:
        """The record of the first citizen's call, live or ended."""
        live = [live.record for live in self.hall.calls.live.values() if live.record.direction == "in"]
        return live[0] if live else self.kept[-1].call

    @property
    def seat(self) -> Seat:
        return self.hall.seats.by_id[SeatId("A001")]

    def leg(self, who: str) -> LegId:
        match who:
            case "caller":
                return LegId(str(self.call.call_id))
            case "agent":
                return self.agent_leg
            case _:
                return self.target

    def channel(self, who: str) -> str:
        leg = self.leg(who)
        return next(f.channel for f in self.hall.told if getattr(f, "leg", "") == leg and getattr(f, "channel", ""))

    async def variable(self, who: str, name: str) -> str:
        frame = await self.orders.send(actions.get_variable(name, self.channel(who)))
        return frame.get("Value", "")

    async def eventually(self, who: str, name: str) -> str:
        """The channel's variable as soon as it is more than nothing (0 is nothing)."""
        async with asyncio.timeout(PATIENCE_S):
            while (value := await self.variable(who, name)) in ("", "0"):
                await asyncio.sleep(0.1)
        return value

    async def told(self, kind: type[F], *, since: int = 0, **wanted: Any) -> F:
        """The first fact of that kind with those fields, from the ``since``-th fact on."""
        return await self.until(
            lambda: next((f for f in self.facts(kind)[since:] if _fits(f, wanted)), None), f"{kind.__name__} {wanted}"
        )

    def facts(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.hall.told if isinstance(fact, kind)]

    async def until(self, look: Callable[[], T], what: str, limit_s: float = PATIENCE_S) -> T:
        """What ``look`` returns as soon as it is true."""
        try:
            async with asyncio.timeout(limit_s):
                while not (found := look()):
                    self.hall.news.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.hall.news.wait(), 0.1)
                return found
        except TimeoutError:
            told = "\n".join(str(fact) for fact in self.hall.told[-25:])
            shown = await asyncio.to_thread(self.site.asterisk.rx, "core show channels concise")
            raise AssertionError(f"not seen: {what}\n{told}\n{shown}\n{self.log()[-1500:]}") from None

    async def over(self) -> None:
        """The citizen's leg is gone, and queue_log was told so once, whatever way it went."""
        await self.gone("caller")
        gone = await self.until(lambda: [row for row in self.queue_log() if "GWGONE" in row], "GWGONE in queue_log")
        assert len(gone) == 1

    async def gone(self, who: str) -> LegEnded:
        return await self.told(LegEnded, leg=self.leg(who))

    def log(self) -> str:
        return (self.site.asterisk.dir / "log" / "messages.log").read_text(encoding="utf-8", errors="replace")

    def queue_log(self) -> list[list[str]]:
        """The lines of the citizen's leg in queue_log, split."""
        text = (self.site.asterisk.dir / "log" / "queue_log").read_text(encoding="utf-8")
        rows = [line.split("|") for line in text.splitlines()]
        return [row for row in rows if row[1:2] == [str(self.call.call_id)]]

    async def talk_on(self, phone: Phone, packets: int = 100) -> None:
        """Return when a telephone has heard so much more (100 packets are 2 s)."""
        more = phone.received + packets
        await self.until(lambda: phone.received >= more, f"{packets} more packets for {phone.party}")

    def complaints(self, *expected: str) -> str:
        """Warnings and errors in Asterisk's log but those that hold an ``expected`` word, or tell of a slow machine."""
        rows = [row for row in self.log().splitlines() if "WARNING" in row or "ERROR" in row]
        return "\n".join(row for row in rows if not any(word in row for word in (*expected, *SLOW)))

    def recordings(self) -> list[Path]:
        return sorted(self.site.recordings.rglob(f"{self.call.call_id}*.wav"))


def _fits(fact: object, wanted: dict[str, Any]) -> bool:
    return all(getattr(fact, name) == value for name, value in wanted.items())


async def _over(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def heard_in(file: Path) -> set[str]:
    """Whose tones are anywhere in a recording, a sixth of a second at a time."""
    try:
        with wave.open(str(file)) as recorded:
            data = recorded.readframes(recorded.getnframes())
    except (EOFError, wave.Error):
        return set()
    samples = memoryview(data[: len(data) // 2 * 2]).cast("h")
    return set().union(*(tones_in(samples[at : at + 1280]) for at in range(0, len(samples) - 1280, 640)))
