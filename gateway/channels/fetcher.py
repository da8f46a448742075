"""Fetching the attachments that a platform only named: at once, because its media expire (WeChat's after three days),
then again with growing pauses. What comes is taken in like any other file; what cannot be had any more is ``gone``.

As with deliveries a fetch is leased first, so a gateway that is killed leaves it due again. Two gateways that fetch
the same file by ill luck keep it once, by its content.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import structlog

from gateway.channels.backoff import next_try
from gateway.channels.config import FilesConfig
from gateway.channels.port import Channel, Files, Permanent, Retryable
from gateway.channels.worker import Worker
from gateway.model.ids import TicketNo
from gateway.model.messages import Attachment, AttachmentState, KeptAttachment
from gateway.tickets.ports import Ledger, Tx

_PAGE, _LONGEST_PAGE = 50, 5000
_LOOK_S = 2.0
_LEASE_OVER_S = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a fetch ended: with an attachment, for good (``gone``), or to be tried again at ``due_at``."""

    attachment: Attachment
    due_at: float | None = None


class Fetcher(Worker):
    """Fetches what is wanted. ``channels`` by (channel, account). Counters are plain and only rise; ``waiting`` is how
    many were due and not yet begun at the last look.
    """

    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[tuple[str, str], Channel],
        files: Files,
        config: FilesConfig,
        *,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__()
        self._ledger, self._channels, self._files, self._config = ledger, channels, files, config
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries
        self._busy: set[str] = set()
        self._accounts: Counter[tuple[str, str]] = Counter()
        self._page = _PAGE
        self.kept = self.refused = self.gone = self.retried = self.waiting = 0

    # -- a round -------------------------------------------------------------------------------------------------------

    async def _round(self) -> float:
        now = self._clock()
        due = await self._ledger.wanted(now, self._page)
        picked = [kept for kept in due if self._enter(kept)]
        begun: Sequence[KeptAttachment] = ()
        try:
            begun = await self._lease(picked, now)
        finally:
            for kept in picked[len(begun) :]:
                self._leave(kept)
        for kept in begun:
            self._begin(partial(self._fetch, kept), f"attachment {kept.attachment.id}")
        self.waiting = len(due) - len(begun)
        self._turn_page(len(due), len(picked))
        ahead = (await self._ledger.next_due())[1]
        return max(0.01, min(_LOOK_S, ahead - now)) if ahead is not None and ahead > now else _LOOK_S

    def _turn_page(self, due: int, picked: int) -> None:
        """When one account's backlog fills the page, look further, for the sake of the others."""
        if picked == 0 and due >= self._page and len(self._busy) < self._config.fetchers:
            self._page = min(_LONGEST_PAGE, self._page * 4)
        elif due < self._page // 4:
            self._page = _PAGE

    def _enter(self, kept: KeptAttachment) -> bool:
        """One account has half of the places at most: a platform that hangs must not stop the others' files."""
        account = (kept.channel, kept.account)
        share = (self._config.fetchers + 1) // 2
        if len(self._busy) >= self._config.fetchers or self._accounts[account] >= share:
            return False
        if kept.attachment.id in self._busy:
            return False
        self._busy.add(kept.attachment.id)
        self._accounts[account] += 1
        return True

    def _leave(self, kept: KeptAttachment) -> None:
        self._busy.discard(kept.attachment.id)
        self._accounts[kept.channel, kept.account] -= 1

    async def _lease(self, picked: Sequence[KeptAttachment], now: float) -> list[KeptAttachment]:
        until = now + self._config.fetch_s + _LEASE_OVER_S

        async def lease(tx: Tx) -> list[KeptAttachment]:
            ours = [
                replace(kept, ticket_no=await _ticket(tx, kept), attempts=kept.attempts + 1, due_at=until)
                for kept in picked
            ]
            for kept in ours:
                await tx.save_attachment(kept)
            return ours

        return await self._ledger.write(lease) if picked else []

    # -- one file ------------------------------------------------------------------------------------------------------

    async def _fetch(self, kept: KeptAttachment) -> None:
        try:
            await self._settle(kept, await self._try(kept))
        finally:
            self._leave(kept)

    async def _try(self, kept: KeptAttachment) -> _Outcome:
        channel = self._channels.get((kept.channel, kept.account))
        if channel is None:
            return _gone(kept, f"没有可用的渠道 / no channel {kept.channel}:{kept.account} is configured")
        try:
            async with asyncio.timeout(self._config.fetch_s):
                fetched = await channel.fetch(kept)
            wanted = kept.attachment
            taken = await self._files.take_in(fetched.body, fetched.name or wanted.name, fetched.content_type)
            return _Outcome(replace(taken, id=wanted.id, source=wanted.source))
        except Permanent as no:
            return _gone(kept, no.why)
        except Retryable as later:
            return await self._later(kept, later.why, later.after_s)
        except OSError as error:  # a time limit, the disk full, no worker for files free
            return await self._later(kept, str(error) or type(error).__name__)
        except Exception as error:
            # A channel's own mistake must lose nothing: it is logged whole and the file fetched again.
            self.troubles += 1
            _log.exception("fetch_failed", ticket_no=kept.ticket_no, attachment_id=kept.attachment.id)
            return await self._later(kept, type(error).__name__)

    async def _later(self, kept: KeptAttachment, why: str, after_s: float | None = None) -> _Outcome:
        config, message = self._config, await self._ledger.message(kept.message_id)
        due_at = next_try(
            kept.attempts,
            self._clock(),
            self._rng,
            first_s=config.fetch_first_s,
            factor=config.fetch_factor,
            most_s=config.fetch_most_s,
            began=message.message.received_at if message else 0.0,
            give_up_after_s=config.fetch_give_up_s,
            after_s=after_s,
        )
        return _gone(kept, why) if due_at is None else _Outcome(replace(kept.attachment, note=why[:300]), due_at)

    async def _settle(self, leased: KeptAttachment, outcome: _Outcome) -> None:
        """Write the result; it fails with the ledger, and the file is then fetched again when the lease is over."""
        at = self._clock()
        attachment = outcome.attachment

        async def record(tx: Tx) -> TicketNo | Literal[""]:
            number = await _ticket(tx, leased)
            now = replace(leased, attachment=attachment, ticket_no=number, due_at=outcome.due_at)
            await tx.save_attachment(now)
            if attachment.state != "wanted":
                kind = "kept" if attachment.state == "kept" else "lost"
                subject = number or leased.message_id
                await tx.emit(f"hotline.attachment.{kind}.v1", subject, _told(now), at)
            return number

        number = await self._ledger.write(record)
        self._count(attachment.state)
        _log.info(
            "attachment", ticket_no=number, attachment_id=attachment.id, state=attachment.state,
            attempts=leased.attempts, size=attachment.size, note=attachment.note,
        )  # fmt: skip

    def _count(self, state: AttachmentState) -> None:
        name = "retried" if state == "wanted" else state
        setattr(self, name, getattr(self, name) + 1)


def _gone(kept: KeptAttachment, why: str) -> _Outcome:
    return _Outcome(replace(kept.attachment, state="gone", note=why[:300]))


async def _ticket(tx: Tx, kept: KeptAttachment) -> TicketNo | Literal[""]:
    """The ticket that its message belongs to now: it may have been moved since the attachment was read."""
    message = await tx.message(kept.message_id)
    return message.ticket_no if message else kept.ticket_no


def _told(kept: KeptAttachment) -> dict[str, Any]:
    """The data of an attachment's events: no name and no source, which may tell of the person."""
    attachment = kept.attachment
    return {
        "attachment_id": attachment.id,
        "message_id": kept.message_id,
        "ticket_no": kept.ticket_no,
        "channel": kept.channel,
        "account": kept.account,
        "state": attachment.state,
        "mime": attachment.mime,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "attempts": kept.attempts,
        "note": attachment.note,
    }
