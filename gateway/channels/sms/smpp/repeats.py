"""The centre's repeat or the citizen's second message? SMPP gives messages no id, and a repeat may have another
sequence number, so only the octets and the time can tell.

    the same octets come again                                                     they are
    on any connection, within ``repeat_s`` of the first                            the centre's repeat: the same key
    after that                                                                     a new message
    on the same connection, more than ``AGAIN_S`` after our answer to the others   a new message, however soon

The last line is what lets somebody answer "1" to two of our questions: a centre repeats what has not been answered,
and our answer stood before in the same stream. For a few seconds it is a repeat all the same, because networks too
deliver twice. What a message was called first is kept in the ledger (a gathering, dropped by the channel's look when
its time is over), so a restart changes nothing; it is committed before the message is, which at worst names a message
that never came.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from gateway.channels.sms.originals import CHANNEL
from gateway.channels.sms.port import Arrived, Inbox, Told
from gateway.channels.sms.reports import SENT
from gateway.channels.sms.smpp.ids import Known, MessageIds
from gateway.tickets.ports import Ledger, Tx

AGAIN_S = 10.0
AGAIN = "again"
"""In ``Arrived.meta``: it came after our answer to the same octets, on the same connection."""

_MOST = 4096
_SAME = "same:"


class Answered:
    """What was answered on one connection, by key; the oldest are forgotten."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, float] = OrderedDict()

    def note(self, key: str, at: float) -> None:
        self._at[key] = at
        self._at.move_to_end(key)
        while len(self._at) > _MOST:
            self._at.popitem(last=False)

    def is_again(self, key: str, at: float) -> bool:
        """True when these octets were answered a while ago: then they are no repeat."""
        answered_at = self._at.get(key)
        return answered_at is not None and at - answered_at > AGAIN_S


class Naming:
    """An ``Inbox`` before the channel's: gives messages the key of their first coming, and reports the id of theirs."""

    def __init__(
        self, inbox: Inbox, ids: MessageIds, ledger: Ledger, account: str, repeat_s: float, clock: Callable[[], float]
    ) -> None:
        self._inbox, self._ids, self._ledger = inbox, ids, ledger
        self._account, self._repeat_s, self._clock = account, repeat_s, clock

    async def arrived(self, message: Arrived) -> None:
        """See ``Inbox``."""
        key = await self._ledger.write(lambda tx: self._named(tx, message))
        await self._inbox.arrived(replace(message, key=key))

    async def told(self, report: Told) -> None:
        """See ``Inbox``."""
        if report.state == "waiting":
            return
        await self._inbox.told(replace(report, external_id=await self._ids.named(report.external_id)))

    async def _named(self, tx: Tx, message: Arrived) -> str:
        now = self._clock()
        row = f"{_SAME}{self._account}:{message.key}"
        held = await tx.hold_gathering(row, CHANNEL, self._account, now + self._repeat_s)
        known, since = held.value.get("key"), held.value.get("at", now)
        fresh = isinstance(since, int | float) and 0 <= now - since < self._repeat_s
        if isinstance(known, str) and fresh and AGAIN not in message.meta:
            return known
        key = f"{message.key}-{round(now * 1000):x}"
        await tx.save_gathering(replace(held, due_at=now + self._repeat_s, value={"key": key, "at": now}))
        return key


def knowing(ledger: Ledger, account: str) -> Known:
    """Whether a message of ours is known by an id: as one of several parts, or as a delivery."""

    async def known(id: str) -> bool:
        async def look(tx: Tx) -> bool:
            if await tx.gathering(f"{SENT}{account}:{id}") is not None:
                return True
            return await tx.delivery_by_external(CHANNEL, account, id) is not None

        return await ledger.write(look)

    return known
