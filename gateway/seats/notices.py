"""Notices (通知): a shift lead's words to agents, by seat or to all who are signed in, kept until they are read.

A notice is for who sits there when it is sent, not for the chair: whoever reads it has been told. It lies in the
ledger, so a gateway or a browser that starts anew shows it again; the live stream only hints that there is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

from gateway.model.ids import AgentId, SeatId, new_id
from gateway.model.notices import Notice
from gateway.model.records import AuditEntry
from gateway.seats.hall import Hall

_log = structlog.get_logger(__name__)

T = TypeVar("T")

KEPT_S = 30 * 86_400.0
"""Seconds after which a notice is forgotten, read or not."""
_MOST = 100


class NoticeTx(Protocol):
    async def save_notice(self, notice: Notice) -> None:
        """Insert or replace."""

    async def read_notice(self, id: str, agent: AgentId, at: float) -> Notice | None:
        """Mark an agent's unread notice as read; None when there is none."""

    async def drop_notices(self, before: float) -> int:
        """Forget those sent before; how many."""

    async def audit(self, entry: AuditEntry) -> None: ...


class NoticeLedger(Protocol):
    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def notices(self, agent: AgentId, at: float, limit: int = 100) -> Sequence[Notice]:
        """An agent's that are unread and not over, oldest first."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be said, by whom (account and name), until when it is of use (None: for ever)."""

    text: str
    login: str
    name: str
    until: float | None = None


class Notices:
    """``tell`` hints at an agent's desk (agent, kind, how many are unread). ``now`` is epoch seconds."""

    def __init__(
        self, ledger: NoticeLedger, hall: Hall, tell: Callable[[AgentId, str, int], None], now: Callable[[], float]
    ) -> None:
        self._ledger, self._hall, self._tell, self._now = ledger, hall, tell, now

    def sitting(self, seats: Iterable[str] | None) -> dict[SeatId, AgentId]:
        """Who sits at these seats (None: at all), without those where nobody does. LookupError for an unknown seat."""
        floor = self._hall.seats
        wanted = floor.by_id.values() if seats is None else [floor.seat(seat) for seat in seats]
        return {SeatId(seat.config.id): seat.agent for seat in wanted if seat.agent}

    async def send(self, agents: Iterable[AgentId], words: Words, entry: AuditEntry | None = None) -> list[Notice]:
        """Tell each of these agents once; ``entry`` is audited with it. Returns when it is committed."""
        at = self._now()
        sent = [
            Notice(new_id(), agent, at, words.login, words.name, words.text, words.until)
            for agent in dict.fromkeys(agents)
        ]

        async def work(tx: NoticeTx) -> None:
            await tx.drop_notices(at - KEPT_S)
            for notice in sent:
                await tx.save_notice(notice)
            if entry is not None:
                await tx.audit(entry)

        await self._ledger.write(work)
        for notice in sent:
            await self._hint(notice.agent)
        return sent

    async def unread(self, agent: AgentId) -> Sequence[Notice]:
        """Oldest first."""
        return await self._ledger.notices(agent, self._now(), _MOST)

    async def read(self, id: str, agent: AgentId) -> Notice | None:
        """The agent has read it; None when it is not theirs, or was read before."""
        at = self._now()

        async def work(tx: NoticeTx) -> Notice | None:
            return await tx.read_notice(id, agent, at)

        notice = await self._ledger.write(work)
        if notice is not None:
            await self._hint(agent)
        return notice

    async def _hint(self, agent: AgentId) -> None:
        """A notice is sent, or read, when it is committed: a hint that cannot be given takes nothing of that back, and
        the desk asks anew with its next look."""
        try:
            unread = await self.unread(agent)
        except OSError as error:  # the ledger is away
            _log.warning("notices.no_hint", agent=agent, why=str(error))
            return
        self._tell(agent, "notice", len(unread))
