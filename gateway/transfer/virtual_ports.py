"""What virtual numbers need of the rest of the gateway, as protocols; ``gateway.ledger`` implements them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gateway.model.ids import CallId, TicketNo
from gateway.model.records import AuditEntry, Ticket
from gateway.model.virtual import Binding, VirtualCall

T = TypeVar("T")


class VirtualTx(Protocol):
    async def virtual_free_at(self) -> Mapping[str, float]:
        """Of every number that was ever bound: from when on it may be bound again, epoch seconds."""

    async def bind_virtual(self, binding: Binding, free_at: float) -> bool:
        """Bind the number, if it is free at ``binding.bound_at``; False when somebody else has it, or it rests."""

    async def end_virtual(self, binding: Binding, free_at: float) -> None:
        """Keep the binding as ended; its number may be bound again from ``free_at`` on."""

    async def virtual_bindings(self, ticket_no: TicketNo) -> Sequence[Binding]:
        """Newest first."""

    async def binding(self, id: str) -> Binding | None: ...

    async def virtual_call(self, call_id: CallId) -> VirtualCall | None: ...

    async def save_virtual_call(self, call: VirtualCall) -> None:
        """Insert or replace."""

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...


class VirtualLedger(Protocol):
    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def ticket(self, number: TicketNo) -> Ticket | None: ...

    async def virtual_binding(self, number: str) -> Binding | None:
        """The latest binding of a number, over or not."""

    async def virtual_bindings(self, ticket_no: TicketNo, limit: int = 100) -> Sequence[Binding]:
        """Newest first."""

    async def virtual_call(self, call_id: CallId) -> VirtualCall | None: ...

    async def virtual_calls(self, ticket_no: TicketNo, limit: int = 100) -> Sequence[VirtualCall]:
        """Newest first."""

    async def open_virtual_calls(self) -> Sequence[VirtualCall]:
        """Oldest first."""
