"""The gateway that stores nothing: the limit of `bench.intake`.

    python -m bench.peers.nothing run --config config

The same process as ``gateway run``, the same web application, handler, checks and answer; but its intake neither reads
the text by rules nor writes: it answers with a ticket made of nothing. What remains is what HTTP costs.
"""

from __future__ import annotations

import sys
from typing import Any

import gateway.writing
from gateway.cli import main
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Message, Raw
from gateway.model.records import Ticket
from gateway.tickets.intake import Intake, new_query_code
from gateway.tickets.ports import Taken


class Nothing(Intake):
    """Takes and forgets."""

    async def take(self, raw: Raw, message: Message, also: Any = None) -> Taken:
        ticket = Ticket(
            ticket_no=TicketNo("460000-20261121-0000001"), id=new_id(), revision=1, state="received",
            channel=message.channel, account=message.account, entry_number="", track="own", area_code="460000",
            received_at=message.received_at, occurred_at=message.occurred_at, raw_id=raw.id,
            query_code=new_query_code(),
        )  # fmt: skip
        return Taken("opened", new_id(), ticket)


if __name__ == "__main__":
    gateway.writing.Intake = Nothing  # type: ignore[misc]
    sys.exit(main())
