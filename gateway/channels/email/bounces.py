"""Returned mails brought onto the deliveries that they speak of.

A bounce is noted and what it says is kept, in one transaction; then it is told to the delivery, again and again for an
hour if that does not know its own mail yet (the bounce was quicker than the commit of its sending, or we were killed in
between). A bounce names our mail by its signed Message-ID. One in words may name nothing: then the signed address that
it came to (the envelope's sender of our mail) tells the ticket, and its latest mail to that recipient is meant.
What is only late is noted; what speaks of no mail of ours is noted too, and never a ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from gateway.channels.email.answers import CHANNEL
from gateway.channels.email.belonging import ours
from gateway.channels.email.refusals import meaning, told_by
from gateway.channels.port import Report
from gateway.model.gatherings import Gathering
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery, Message
from gateway.tickets.ports import Ledger, Tx

_log = structlog.get_logger(__name__)

UNMATCHED_S = 3600.0
_FIRST_PAUSE_S = 1.0
_STATES: Mapping[str, str] = {"failed": "failed", "delivered": "delivered"}
_PAGE, _DELIVERIES = 50, 200


@dataclass(frozen=True, slots=True)
class Told:
    """What a bounce says of one of our deliveries. ``state`` is failed or delivered."""

    ticket_no: TicketNo
    delivery_id: str
    state: str
    error: str


class Bounces:
    """The bounces of one account. ``told`` and ``unmatched`` only rise."""

    def __init__(self, ledger: Ledger, account: str, report: Report, clock: Callable[[], float]) -> None:
        self._ledger, self._account, self._report, self._clock = ledger, account, report, clock
        self.told = self.unmatched = 0

    async def read(self, message: Message) -> Sequence[Told]:
        """What a bounce says of ours, nothing when it says nothing (yet). Raises OSError."""
        found = [await self._of(message, one) for one in message.more.get("bounce") or ()]
        return [one for one in found if one is not None]

    async def keep(self, tx: Tx, found: Sequence[Told]) -> None:
        """Keep it in the bounce's own transaction."""
        now = self._clock()
        for one in found:
            value = {"ticket_no": one.ticket_no, "state": one.state, "error": one.error, "since": now}
            key = f"{self._prefix}{one.delivery_id}"
            await tx.save_gathering(Gathering(key, CHANNEL, self._account, now, value))

    async def sweep(self) -> int:
        """Tell what is due; returns how much it was. Raises OSError."""
        found = await self._ledger.due_gatherings(CHANNEL, self._account, self._clock(), _PAGE)
        due = [one for one in found if one.key.startswith(self._prefix)]
        for gathering in due:
            await self._tell(gathering)
        return len(due)

    @property
    def _prefix(self) -> str:
        return f"bounce:{self._account}:"

    async def _of(self, message: Message, bounce: Mapping[str, Any]) -> Told | None:
        state = _STATES.get(str(bounce.get("action")))
        if state is None:
            return None
        number, delivery_id = str(bounce.get("ticket_no") or ""), str(bounce.get("delivery_id") or "")
        if not delivery_id:
            number, delivery_id = await self._named(message, str(bounce.get("recipient") or ""))
        if not delivery_id:
            return None
        return Told(TicketNo(number), delivery_id, state, _words(bounce) if state == "failed" else "")

    async def _named(self, message: Message, recipient: str) -> tuple[str, str]:
        """The delivery meant by a bounce that does not enclose its Message-ID."""
        for pair in ours(message):
            return pair
        number = str(message.more.get("tag_ticket") or "")
        if not number:
            return "", ""
        for one in await self._deliveries(number):
            to_them = not recipient or one.target.lower() == recipient.lower()
            if to_them and one.state in ("sent", "delivered", "failed"):
                return number, one.id
        return "", ""

    async def _deliveries(self, number: str) -> list[Delivery]:
        """This account's mails on a ticket, newest first."""
        found = await self._ledger.deliveries(ticket_no=TicketNo(number), limit=_DELIVERIES)
        return [one for one in found if (one.channel, one.account) == (CHANNEL, self._account)]

    async def _tell(self, gathering: Gathering) -> None:
        value, now = gathering.value, self._clock()
        id = gathering.key.removeprefix(self._prefix)
        meant = next((one for one in await self._deliveries(str(value["ticket_no"])) if one.id == id), None)
        done = False
        if meant is not None and meant.external_id and meant.state != "waiting":
            done = await self._report(CHANNEL, self._account, meant.external_id, value["state"], value["error"])
        age = now - float(value["since"])
        if not done and age < UNMATCHED_S:
            later = replace(gathering, due_at=now + max(_FIRST_PAUSE_S, age))
            await self._ledger.write(lambda tx: tx.save_gathering(later))
            return
        if done:
            self.told += 1
        else:
            self.unmatched += 1
            _log.warning("mail_bounce_unmatched", account=self._account, ticket_no=value["ticket_no"], delivery_id=id)
        await self._ledger.write(lambda tx: tx.drop_gathering(gathering.key))


def _words(bounce: Mapping[str, Any]) -> str:
    """For agents: what it means, the code, what the server said."""
    diagnostic, status = str(bounce.get("diagnostic") or ""), str(bounce.get("status") or "")
    zh, en = meaning(0, diagnostic, status)
    code = f"（{status}）" if status else ""
    return f"邮件被退回：{zh}{code} / returned: {en}" + (f": {told_by(diagnostic, 300)}" if diagnostic else "")
