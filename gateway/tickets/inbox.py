"""The desk's written work: keeps who has which written ticket, and shares what waits among those who are signed in.

Everything is in the ledger: the assignments, and how far the feed was read, in the same transaction. A gateway that is
killed goes on where it was; one that reads an event twice counts it once; two that decide at the same time do not both
win (``Assignment.version``). ``run`` reads what is new in the feed and then applies the rule of ``sharing``, at each
commit and every few seconds for the offers that run out. It wakes nobody's telephone: pages are told by ``tell``.

While the hall's picture is not true (the line to Asterisk is down) nothing is shared or taken back: agents keep theirs.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import structlog

from gateway.model.assignments import HELD, Assignment, Writer
from gateway.model.ids import AgentId, TicketNo
from gateway.model.records import Event, Ticket
from gateway.tickets import telling
from gateway.tickets.config import WrittenConfig
from gateway.tickets.hearing import HEARD, OPENED, Told, hear
from gateway.tickets.ports import Ledger, NotFound, Refused, Tx
from gateway.tickets.sharing import share

T = TypeVar("T")

CURSOR = "desk.inbox"
"""The state of the ledger that says how far the feed was read."""

_PAGE = 100
_POOL = 200
_TRIES = 5
_LOOK_S, _GATHER_S, _AWAY_S = 2.0, 0.1, 5.0
_FIRST_DAYS_S = 15 * 86_400.0
_OPEN = ("received", "accepted")

_log = structlog.get_logger(__name__)


class Feed(Protocol):
    """Implemented by ``gateway.tail``."""

    async def events(self, after: int, limit: int = ...) -> Sequence[Event]:
        """Events that follow ``after``, in sequence; none only at the feed's end."""


class Floor(Protocol):
    """Who is at the desks. Implemented by ``gateway.seats.writers``."""

    def true(self) -> bool:
        """Whether the picture is of now; False while the line to Asterisk is down."""

    def writers(self) -> Sequence[Writer]:
        """Everybody who is signed in."""


Tell = Callable[[AgentId, str, int], None]
"""(agent, "inbox" | "message", how many): a hint for the agent's page to fetch again."""


def nobody_told(agent: AgentId, kind: str, n: int) -> None:
    """For a desk without a live stream."""


@dataclass(frozen=True, slots=True)
class Mine:
    """An agent's inbox: what is offered to and taken by them, how many wait in the pool, and the limit."""

    limit: int
    items: Sequence[Assignment]
    waiting: int
    offer_s: int


class Sharing:
    """See the module. The acts (``take``, ``release``, ``done``) raise NotFound and Refused."""

    def __init__(
        self,
        ledger: Ledger,
        feed: Feed,
        floor: Floor,
        rules: Callable[[], WrittenConfig],
        now: Callable[[], float],
        tell: Tell = nobody_told,
        look_s: float = _LOOK_S,
        away_s: float = _AWAY_S,
    ) -> None:
        self._ledger, self._feed, self._floor = ledger, feed, floor
        self._rules, self._now, self._tell, self._look_s = rules, now, tell, look_s
        self._away_s = away_s
        self._woken = asyncio.Event()
        self._deciding = asyncio.Lock()
        self._seen: dict[AgentId, float] = {}
        self._was_true = False
        self._share_at = 0.0
        self._cursor: int | None = None
        self.offered = 0
        ledger.on_commit(lambda _: self._woken.set())

    # -- background ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look at each commit and every ``look_s``, for ever. A ledger that is away is asked again later."""
        failing = False
        while True:
            self._woken.clear()
            try:
                await self.look()
                failing = False
            except Exception as error:  # the ledger's own errors are above this layer; none of them may end the node
                if not failing:
                    _log.error("inbox.not_shared", error=f"{type(error).__name__}: {error}")
                failing = True
            await asyncio.sleep(self._away_s if failing else _GATHER_S)  # what is committed meanwhile is one look
            await self._sleep()

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._look_s):
                await self._woken.wait()
        except TimeoutError:
            pass  # time to see whether an offer has run out

    async def look(self) -> None:
        """Count what is new in the feed, then share, if something has moved or it is time."""
        if self._cursor is None:
            self._cursor = await self._begin()
        while events := await self._feed.events(self._cursor, _PAGE):
            await self._count(events)
        true = self._floor.true()
        if true and self._now() >= self._share_at:
            self._share_at = self._now() + self._look_s
            async with self._deciding:
                await self._share()
        self._was_true = true

    # -- the feed ------------------------------------------------------------------------------------------------------

    async def _begin(self) -> int:
        kept = await self._ledger.state(CURSOR)
        if kept is not None:
            return int(kept["sequence"])
        last = await self._ledger.last_sequence()
        unanswered = await self._unanswered()
        for start in range(0, len(unanswered), _PAGE):
            some = unanswered[start : start + _PAGE]
            await self._ledger.write(lambda tx, some=some: self._hear(tx, some))  # type: ignore[misc]
        await self._ledger.write(lambda tx: tx.save_state(CURSOR, {"sequence": last}))
        return last

    async def _unanswered(self) -> Sequence[Told]:
        """The first start of a desk on a ledger that has tickets: what nobody has answered of the last days."""
        since = self._now() - _FIRST_DAYS_S
        found: list[Ticket] = []
        for state in _OPEN:
            for channel in self._rules().channels:
                found += await self._ledger.tickets(since=since, state=state, channel=channel, limit=_POOL)
        return [
            Told(0, "hotline.ticket.opened.v1", one.ticket_no, one.received_at, telling.ticket_data(one))
            for one in found
            if one.first_response_at is None
        ]

    async def _count(self, events: Sequence[Event]) -> None:
        last = events[-1].sequence
        told = [_told(event) for event in events if event.type in HEARD]
        if told:

            async def work(tx: Tx) -> list[Assignment]:
                moved = await self._hear(tx, told)
                await tx.save_state(CURSOR, {"sequence": last})
                return moved

            if moved := await self._ledger.write(work):
                self._share_at = 0.0
                self._hint_messages(moved)
        self._cursor = last

    async def _hear(self, tx: Tx, told: Sequence[Told]) -> list[Assignment]:
        """What events make of their tickets: of each ticket one event a round, so that a round is one reading and one
        writing and no version is skipped."""
        moved: dict[TicketNo, Assignment] = {}
        while told:
            first: dict[TicketNo, Told] = {}
            for one in told:
                first.setdefault(one.ticket_no, one)
            moved |= await self._heard(tx, first)
            told = [one for one in told if first[one.ticket_no] is not one]
        return list(moved.values())

    async def _heard(self, tx: Tx, told: Mapping[TicketNo, Told]) -> Mapping[TicketNo, Assignment]:
        """One event of each ticket. Where another gateway has moved a ticket meanwhile (PostgreSQL), the event comes
        after it: a message must not be lost because somebody took the ticket in the same moment.

        A ticket that was opened is taken to be new here, as nearly all are: a first version replaces nothing, so one
        that was counted before shows by not being written."""
        moved: dict[TicketNo, Assignment] = {}
        known: Mapping[TicketNo, Assignment] = {}
        asked = [number for number, one in told.items() if one.type != OPENED]
        for _ in range(_TRIES):
            if asked:
                known = await tx.assignments(asked)
            heard = (hear(known.get(number), one, self._rules()) for number, one in told.items())
            fresh = {one.ticket_no: one for one in heard if one is not None}
            saved = await tx.save_assignments(list(fresh.values()))
            moved |= {number: one for number, one in fresh.items() if number in saved}
            told = {number: told[number] for number in fresh if number not in saved}
            if not told:
                return moved
            asked = list(told)
        raise TimeoutError(f"{len(told)} tickets moved {_TRIES} times under our hands: read again later")

    # -- sharing -------------------------------------------------------------------------------------------------------

    async def _share(self) -> None:
        held = await self._ledger.held_assignments()
        pool = await self._ledger.waiting_assignments(_POOL)
        writers, now = self._floor.writers(), self._now()
        present = self._present(writers, held, now)
        moves = share(held, pool, writers, present, self._rules(), now)
        if not moves:
            return

        async def work(tx: Tx) -> list[Assignment]:
            return [one for one in moves if await tx.save_assignment(one)]

        written = await self._ledger.write(work)
        for one in written:
            self.offered += one.state == "offered"
            _log.info("inbox.moved", ticket_no=one.ticket_no, state=one.state, agent=one.agent)
        self._hint_shared({one.ticket_no: one for one in held}, {one.ticket_no: one for one in written})

    def _present(self, writers: Sequence[Writer], held: Sequence[Assignment], now: float) -> frozenset[AgentId]:
        """Who is here, or was within ``gone_s``. What we cannot know (we have just started, the line was down) is
        taken for "a moment ago"."""
        for writer in writers:
            self._seen[writer.agent] = now
        for one in held:
            if not self._was_true or one.agent not in self._seen:
                self._seen[one.agent] = now
        limit = self._rules().gone_s
        self._seen = {agent: at for agent, at in self._seen.items() if now - at <= limit}
        return frozenset(self._seen)

    # -- acts of agents ------------------------------------------------------------------------------------------------

    async def mine(self, agent: AgentId) -> Mine:
        rules = self._rules()
        held = await self._ledger.held_assignments(agent)
        return Mine(rules.limit, held, await self._ledger.waiting_written(), rules.offer_s)

    async def one(self, number: TicketNo) -> Assignment | None:
        return await self._ledger.assignment(number)

    async def take(self, number: TicketNo, agent: AgentId, author: str) -> Assignment:
        """Take what is offered to the agent, or what waits in the pool. Again does no harm."""
        limit = self._rules().limit

        async def work(tx: Tx) -> Assignment:
            known = await _known(tx, number)
            if known.state == "taken" and known.agent == agent:
                return known
            _check_free(known, agent)
            if known.state != "offered" and len(held) >= limit:
                raise Refused(f"在办已达上限 {limit} 件", f"already {limit} open: finish or release one first")
            taken = replace(known.moved("taken", agent, self._now()), passed=())
            await _save(tx, taken)
            await self._sign(tx, number, agent, author)
            return taken

        async with self._deciding:  # no offer in between: the limit holds
            held = await self._ledger.held_assignments(agent)
            return await self._act(work)

    async def release(self, number: TicketNo, agent: AgentId | None) -> Assignment:
        """Give back what the agent (None: anybody) has: to somebody else, at its old place."""

        async def work(tx: Tx) -> Assignment:
            known = await _held(tx, number, agent)
            back = replace(known.moved("waiting", known.agent, self._now()), passed=(*known.passed, known.agent))
            return await _save(tx, back)

        return await self._act(work)

    async def done(self, number: TicketNo, agent: AgentId | None) -> Assignment:
        """Nothing is to do until the citizen writes again. Again does no harm."""

        async def work(tx: Tx) -> Assignment:
            known = await _known(tx, number)
            if known.state == "done" and agent in (None, known.agent):
                return known
            known = await _held(tx, number, agent)
            over = known.moved("done", known.agent, self._now())
            return await _save(tx, replace(over, first_at=None, due_at=None, unread=0, passed=()))

        return await self._act(work)

    async def read(self, seen: Assignment) -> bool:
        """The agent has read all that there was when ``seen`` was read; False when more has come since."""
        if not seen.unread:
            return True
        mark = replace(seen, unread=0, version=seen.version + 1)
        return await self._ledger.write(lambda tx: tx.save_assignment(mark))

    async def _act(self, work: Callable[[Tx], Awaitable[Assignment]]) -> Assignment:
        result = await self._ledger.write(work)
        _log.info("inbox.act", ticket_no=result.ticket_no, state=result.state, agent=result.agent)
        self._share_at = 0.0
        self._woken.set()
        if result.agent:
            self._tell(result.agent, "inbox", len(await self._ledger.held_assignments(result.agent)))
        return result

    async def _sign(self, tx: Tx, number: TicketNo, agent: AgentId, author: str) -> None:
        """The ticket says who has it."""
        ticket = await tx.ticket(number)
        if ticket is None or ticket.agent_id == agent:
            return
        changed = await tx.update_ticket(number, {"agent_id": agent})
        data = telling.changed_data(changed, ["agent_id"]) | {"author": author, "note": ""}
        await tx.emit("hotline.ticket.updated.v1", number, data, self._now())

    # -- hints ---------------------------------------------------------------------------------------------------------

    def _hint_shared(self, before: Mapping[str, Assignment], moved: Mapping[str, Assignment]) -> None:
        """Tell whoever has got or lost something, from what is known: a look-up each would be hundreds."""
        now = {**before, **moved}
        held = Counter(one.agent for one in now.values() if one.state in HELD)
        for agent in sorted(
            {one.agent for number, one in now.items() if number in moved}
            | {one.agent for number, one in before.items() if number in moved}
        ):
            if agent:
                self._tell(agent, "inbox", held[agent])

    def _hint_messages(self, moved: Sequence[Assignment]) -> None:
        for one in moved:
            if one.state in HELD:
                self._tell(one.agent, "message", one.unread)


def _told(event: Event) -> Told:
    return Told(event.sequence, event.type, TicketNo(event.subject), event.time, event.data)


async def _known(tx: Tx, number: TicketNo) -> Assignment:
    known = await tx.assignment(number)
    if known is None:
        raise NotFound(f"no written ticket {number} at the desk")
    return known


def _check_free(known: Assignment, agent: AgentId) -> None:
    if known.state in HELD and known.agent != agent:
        raise Refused("已由其他座席处理", "another agent has it")
    if known.state == "done":
        raise Refused("该工单已处理完毕", "it is done: nothing waits to be answered")


async def _held(tx: Tx, number: TicketNo, agent: AgentId | None) -> Assignment:
    known = await _known(tx, number)
    if known.state not in HELD or agent not in (None, known.agent):
        raise Refused("该工单不在您的在办列表中", "it is not with this agent")
    return known


async def _save(tx: Tx, one: Assignment) -> Assignment:
    if not await tx.save_assignment(one):
        raise Refused("刚刚被他人更改，请重试", "somebody else changed it just now: try again")
    return one
