"""Parts of long messages in the ledger: each step of ``parts`` as one transaction on the row of its reference.

The row is held while it is changed, so parts that come at the same moment, over several connections or to several
gateways, see each other. A message is marked taken in the transaction that takes it (``taking``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.channels.sms import parts
from gateway.channels.sms.numbers import folded
from gateway.channels.sms.originals import CHANNEL
from gateway.channels.sms.parts import Group
from gateway.channels.sms.port import Arrived
from gateway.channels.talk import Also
from gateway.model.gatherings import Gathering
from gateway.model.ids import new_id
from gateway.tickets.ports import Ledger, Taken, Tx

_PUT_OFF_S = 60.0


@dataclass(frozen=True, slots=True)
class Whole:
    """A group that is to become a message now."""

    key: str
    group: Group


@dataclass(frozen=True, slots=True)
class Fate:
    """What follows from a part: messages to take first; the id of the group that it is ``late`` for, "" for none."""

    ready: tuple[Whole, ...]
    late: str = ""


class Joining:
    """The waiting parts of one account."""

    def __init__(self, ledger: Ledger, account: str, join_s: float, clock: Callable[[], float]) -> None:
        self._ledger, self._account, self._join_s, self._clock = ledger, account, join_s, clock

    async def put(self, piece: Arrived) -> tuple[Fate, str]:
        """Keep a part. Returns after the commit, with the key of its reference."""
        assert piece.part is not None
        key = parts.reference_key(self._account, folded(piece.sender), folded(piece.receiver), piece.part)
        now, id = self._clock(), new_id()

        async def work(tx: Tx) -> Fate:
            held = await self._hold(tx, key, now)
            done = parts.put(parts.groups_of(held.value), piece, now, self._join_s, id)
            await self._save(tx, held, done.groups, now)
            ready = tuple(Whole(key, group) for group in done.groups if group.state == "ready")
            return Fate(ready, done.group.id if done.fate == "late" else "")

        return await self._ledger.write(work), key

    async def due(self, key: str) -> tuple[Whole, ...]:
        """What is to be taken of a reference now; it is forgotten when nothing is left of it."""
        now = self._clock()

        async def work(tx: Tx) -> tuple[Whole, ...]:
            held = await self._hold(tx, key, now)
            groups = parts.remembered(parts.released(parts.groups_of(held.value), now), now)
            if groups:
                await self._save(tx, held, groups, now)
            else:
                await tx.drop_gathering(key)
            return tuple(Whole(key, group) for group in groups if group.state == "ready")

        return await self._ledger.write(work)

    def taking(self, whole: Whole) -> Also:
        """What marks a message taken, within its own transaction."""
        now = self._clock()

        async def also(tx: Tx, taken: Taken, text: str) -> None:
            held = await self._hold(tx, whole.key, now)
            ticket_no = taken.ticket.ticket_no if taken.ticket is not None else ""
            groups = parts.taken(parts.groups_of(held.value), whole.group.id, ticket_no, now)
            await self._save(tx, held, groups, now)

        return also

    def noticing(self, key: str, group_id: str, piece: Arrived) -> Also:
        """What remembers a late part, within its own transaction."""
        now = self._clock()

        async def also(tx: Tx, taken: Taken, text: str) -> None:
            held = await self._hold(tx, key, now)
            await self._save(tx, held, parts.noticed(parts.groups_of(held.value), group_id, piece), now)

        return also

    async def ticket_of(self, key: str, group_id: str) -> str:
        """The ticket that a group became, "" for none."""
        kept = await self._ledger.gathering(key)
        groups = parts.groups_of(kept.value) if kept is not None else ()
        return next((group.ticket_no for group in groups if group.id == group_id), "")

    async def put_off(self, key: str) -> None:
        """Look at it again in a minute: what fails now must not stand before the others."""
        kept = await self._ledger.gathering(key)
        if kept is not None:
            later = replace(kept, due_at=self._clock() + _PUT_OFF_S)
            await self._ledger.write(lambda tx: tx.save_gathering(later))

    async def _hold(self, tx: Tx, key: str, now: float) -> Gathering:
        return await tx.hold_gathering(key, CHANNEL, self._account, now + self._join_s)

    async def _save(self, tx: Tx, held: Gathering, groups: tuple[Group, ...], now: float) -> None:
        await tx.save_gathering(replace(held, value=parts.value_of(groups), due_at=parts.due_at(groups, now)))
