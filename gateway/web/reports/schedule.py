"""Reports made by themselves: at the configured time of day those of the periods that have ended, once each.

What was made last stands in the ledger (state ``reports.last``), written in the same transaction as the mails, so a
gateway that is killed sends none twice and forgets none; of two gateways on one ledger one sends. A gateway that was
down makes those that it missed, the oldest first, but after a long time no more than the last few of each kind. A kind
that was never made begins with the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.model.messages import Attachment
from gateway.tickets.ports import Ledger, Tx
from gateway.web.ports import Files
from gateway.web.reports.config import ReportsConfig
from gateway.web.reports.mail import Posting, deliveries, text_of
from gateway.web.reports.maker import Made, Reports
from gateway.web.reports.periods import Kind, Period, last_ended, next_due
from gateway.web.reports.printer import NoPdf
from gateway.web.reports.words import Lang, paired, words
from gateway.web.reports.workbook import TYPE as XLSX

LAST = "reports.last"
MISSED: Mapping[Kind, int] = {"day": 7, "week": 4, "month": 3}
"""So many of each kind are caught up after an outage: what is older nobody waits for in the post any more."""
_AGAIN_S = 120.0
_LOOK_S = 300.0
"""The clock may be set and the configuration changed: it is looked at least so often."""
_SWEEP_S = 86_400.0
_PDF = "application/pdf"

_log = structlog.get_logger(__name__)


def due(
    config: ReportsConfig, last: Mapping[str, Any], now: float, zone: ZoneInfo
) -> tuple[list[Period], list[Period]]:
    """Which to make, oldest of each kind first, and which only to note: those of a kind that was never made. A clock
    that was set back makes none again."""
    make, note = [], []
    for kind in config.kinds:
        period = last_ended(kind, now, config.time, zone)
        done = last.get(kind)
        if not isinstance(done, str):
            note.append(period)
        else:
            make += _missed(period, done)
    return make, note


def _missed(last: Period, done: str) -> list[Period]:
    """Those after the one that was made last, up to ``last``. Names of a kind sort as their times do."""
    found: list[Period] = []
    while last.id > done and len(found) < MISSED[last.kind]:
        found.append(last)
        last = last.before
    return found[::-1]


class Schedule:
    """``config`` and ``account`` (who sends mail; "" for nobody) are those now in force; ``wake`` tells the senders.
    ``url`` is where people find the pages; "" for not known.

    ``mailed`` and ``troubles`` only rise.
    """

    def __init__(
        self,
        reports: Reports,
        ledger: Ledger,
        files: Files,
        config: Callable[[], ReportsConfig],
        account: Callable[[], str],
        *,
        url: Callable[[], str] = lambda: "",
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.reports, self._ledger, self._files = reports, ledger, files
        self._config, self._account, self._url, self._wake = config, account, url, wake
        self._clock, self._sleep = clock, sleep
        self._swept = float("-inf")
        self.mailed = self.troubles = 0

    async def run(self) -> None:
        """Make what is due, for ever; what did not work is tried again in two minutes."""
        while True:
            try:
                await self.once()
                pause = min(_LOOK_S, next_due(self._clock(), self._config().time, self.reports.zone) - self._clock())
            except (OSError, TimeoutError) as error:
                self.troubles += 1
                pause = _AGAIN_S
                _log.warning("reports_wait", error=str(error)[:200])
            await self._sleep(max(1.0, pause))

    async def once(self) -> Sequence[Made]:
        """Make and mail what is due now. Raises OSError, TimeoutError: what was not done is due again."""
        config, now = self._config(), self._clock()
        make, note = due(config, await self._ledger.state(LAST) or {}, now, self.reports.zone)
        made = [await self._make(period, config) for period in make]
        if note:
            await self._ledger.write(lambda tx: _mark(tx, note))
        if now - self._swept >= _SWEEP_S:
            gone = await self.reports.shelf.sweep(now - config.kept_days * 86_400.0)
            self._swept = now
            _log.info("reports_swept", gone=gone)
        return made

    async def _make(self, period: Period, config: ReportsConfig) -> Made:
        made = await self.reports.report(period)
        if made.content.left:
            raise TimeoutError(f"{made.content.left} quarters of an hour of {period.id} are still being counted")
        body, name, mime, why = await self._set(made, config.lang)
        account = self._account()
        posting = Posting(account, config.recipients if account else ())
        enclosed: list[Attachment] = []
        if posting.recipients:
            kept = await self._files.take_in(body, name, mime)
            refused = kept.state == "refused"
            why = words("mail.unkept", config.lang, why=paired(kept.note, config.lang)) if refused else why
            enclosed = [] if refused else [kept]
        text = text_of(made.content, corrected=made.corrected, without=why, url=self._url(), lang=config.lang)

        async def post(tx: Tx) -> int:
            if not await _is_due(tx, period):
                return 0  # another node has sent it
            mails = list(deliveries(made.content, posting, self._clock(), enclosed, text, config.lang))
            for one in mails:
                await tx.save_delivery(one)
            await _mark(tx, [period])
            return len(mails)

        sent = await self._ledger.write(post)
        self.mailed += sent
        if sent:
            self._wake()
        _log.info("report_on_schedule", kind=period.kind, period=period.id, mails=sent, pdf=mime == _PDF)
        return made

    async def _set(self, made: Made, lang: Lang) -> tuple[bytes, str, str, str]:
        """The PDF, or where none can be made the workbook and why: bytes, name, type, words."""
        try:
            return await self.reports.pdf(made, lang), f"{made.file_name(lang)}.pdf", _PDF, ""
        except NoPdf as no:
            why = words("mail.workbook", lang, why=paired(no.why, lang))
            return await self.reports.xlsx(made, lang), f"{made.file_name(lang)}.xlsx", XLSX, why


async def _is_due(tx: Tx, period: Period) -> bool:
    done = (await tx.state(LAST) or {}).get(period.kind)
    return not isinstance(done, str) or done < period.id


async def _mark(tx: Tx, periods: Sequence[Period]) -> None:
    known = dict(await tx.state(LAST) or {})
    await tx.save_state(LAST, {**known, **{one.kind: one.id for one in periods}})
