"""The ticket that goes with a transfer: which one, on the INVITE as a reference, and to the partner as a push.

The push is written in the transaction that writes the press, so that there is never one without the other. A press does
not fail for want of a push: the citizen comes before the data, and ``Transfer.push_why`` says what is missing. What is
sent and whether at all is the partner's ``data``: none sends nothing; copy, one_way and both_ways send the ticket.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from gateway.model.transfers import Talk, TicketRef, Transfer
from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Press, Pushes, Refusal, TransferLedger, TransferTx
from gateway.transfer.words import say_push

_PLAIN = re.compile(r"[0-9A-Za-z._:/-]{1,80}")
"""What may ride in a header: a partner's own number is whatever its platform made up."""


def headers_of(talk: Talk, ref: TicketRef | None, transfer_id: str) -> dict[str, str]:
    """What the INVITE to the target says of the call: names of ours and the partner's, no content and no person."""
    said = {
        "X-Call-Id": str(talk.call_id),
        "X-Transfer-Id": transfer_id,
        "X-Entry-Number": talk.entry_number,
        "X-Ticket-No": str(ref.ticket_no) if ref is not None else "",
        "X-Case-No": ref.external_no if ref is not None else "",
    }
    return {name: value for name, value in said.items() if _PLAIN.fullmatch(value)}


def lacks_ticket(transfer: Transfer) -> bool:
    """Whether nothing was pushed because the call had no ticket yet."""
    return not transfer.delivery and transfer.push_why == say_push("no_ticket")


class Pushing:
    """``pushes`` None: a gateway that exchanges no tickets; a press names its ticket all the same."""

    def __init__(self, pushes: Pushes | None) -> None:
        self._pushes = pushes

    async def ticket(self, press: Press, talk: Talk) -> TicketRef | None:
        """The ticket of a press: the one it names, else the call's own. Raises Refusal for one that is not there."""
        if self._pushes is None:
            return TicketRef(press.ticket_no) if press.ticket_no else None
        partner = press.target.value if press.target.kind == "partner" else ""
        ref = await self._pushes.ticket_for(talk.call_id, press.ticket_no, partner)
        if ref is None and press.ticket_no:
            raise Refusal(
                "unknown", f"没有工单 {press.ticket_no}", f"there is no ticket {press.ticket_no}", "ticket_no"
            )
        return ref

    async def push(self, tx: Any, transfer: Transfer, partner: PartnerConfig | None, author: str) -> Transfer:
        """The transfer with its delivery, or with the reason why there is none."""
        if partner is None:
            return transfer
        why = self._why_not(transfer, partner)
        if why:
            return replace(transfer, push_why=say_push(why))
        assert self._pushes is not None and transfer.ticket_no
        delivery = await self._pushes.push(tx, transfer.ticket_no, partner.number, author, transfer.call_id)
        return replace(transfer, delivery=delivery, push_why="" if delivery else say_push("no_ticket"))

    async def push_late(
        self, ledger: TransferLedger, transfer: Transfer, partner: PartnerConfig | None
    ) -> Transfer | None:
        """A transfer that went without a ticket for want of one, written with the one there is by now, and its push.
        None when there is none yet, or the transfer has moved on meanwhile."""
        if self._pushes is None or not lacks_ticket(transfer):
            return None
        ref = await self._pushes.ticket_for(transfer.call_id, "", transfer.partner)
        if ref is None or ref.ticket_no == transfer.ticket_no:
            return None
        found = replace(transfer, ticket_no=ref.ticket_no, version=transfer.version + 1)

        async def work(tx: TransferTx) -> Transfer | None:
            tied = await self.push(tx, found, partner, found.more.get("login", ""))
            return tied if await tx.save_transfer(tied) else None

        return await ledger.write(work)

    def _why_not(self, transfer: Transfer, partner: PartnerConfig) -> str:
        if partner.data == "none":
            return "no_data"
        if self._pushes is None:
            return "no_pushes"
        if not partner.push.url:
            return "no_url"
        return "" if transfer.ticket_no else "no_ticket"

    def written(self, transfer: Transfer) -> None:
        """After the commit of a press."""
        if self._pushes is not None and transfer.delivery:
            self._pushes.wake()
