"""What is written about deliveries in common: the lock that several gateways share, and what an event tells."""

from __future__ import annotations

from typing import Any

from gateway.model.messages import Delivery
from gateway.tickets.ports import Tx


async def hold_deliveries(tx: Tx) -> None:
    """Let one gateway at a time judge and change deliveries.

    A row that every such transaction writes first makes the next one wait for the commit (PostgreSQL), so that a
    delivery read afterwards is what the other left. SQLite has one writer anyway.
    """
    await tx.save_state("deliveries", {})


def told(delivery: Delivery, **more: Any) -> dict[str, Any]:
    """The data of a delivery's events. No text and no target: who may see those asks the ticket."""
    data: dict[str, Any] = {
        "delivery_id": delivery.id,
        "ticket_no": delivery.ticket_no,
        "kind": delivery.kind,
        "channel": delivery.channel,
        "account": delivery.account,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.error,
    }
    if delivery.reply_id:
        data["reply_id"] = delivery.reply_id
    return {**data, **{key: value for key, value in more.items() if value}}
