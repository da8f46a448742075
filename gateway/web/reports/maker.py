"""Reports made on demand and on schedule: gathers the figures, says when the report was made, keeps what takes long.

A report is what the ledger says now. If its figures are those that it was made of, it is that report, with its time; if
they were corrected since, it is made again, with the time of now, and says so. Of a period that still runs nothing is
kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import structlog

from gateway.web.reports.content import Content, gather
from gateway.web.reports.page import page, paper, title_of
from gateway.web.reports.periods import Period
from gateway.web.reports.printer import Printer
from gateway.web.reports.shelf import Note, Shelf
from gateway.web.reports.source import FigureSource
from gateway.web.reports.words import Lang
from gateway.web.reports.workbook import workbook

_FRESH_S = 20.0
"""So long what was gathered is good for the same report's page, PDF and workbook."""
_REMEMBERED = 6
_AT_ONCE = 2
_WAIT_S = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A report of a moment. ``note`` None: its period still runs, or is still being counted, and nothing is kept."""

    content: Content
    made_at: float
    corrected: bool = False
    note: Note | None = None

    def file_name(self, lang: Lang = "zh") -> str:
        """Without an ending: 运行日报-2026-11-21, Daily report-2026-11-21."""
        return f"{title_of(self.content.period, lang)}-{self.content.period.id}"


class Future(ValueError):
    """The period has not begun."""


class Reports:
    """``hotline`` is the name that stands on them, ``hotline_en`` on English ones ("" for the same); ``clock`` epoch
    seconds."""

    def __init__(
        self,
        source: FigureSource,
        shelf: Shelf,
        printer: Printer,
        zone: ZoneInfo,
        hotline: Callable[[], str],
        clock: Callable[[], float] = time.time,
        *,
        hotline_en: Callable[[], str] = lambda: "",
    ) -> None:
        self._hotline_en = hotline_en
        self._source, self.shelf, self.printer = source, shelf, printer
        self.zone, self._hotline, self._clock = zone, hotline, clock
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._lately: OrderedDict[tuple[str, str], tuple[float, Made]] = OrderedDict()
        self.made = 0

    async def report(self, period: Period) -> Made:
        """The report of a period. Raises Future, OSError (ledger or disk are away), TimeoutError (too many ask)."""
        now = self._clock()
        if period.since > now:
            raise Future(f"{period.id} has not begun")
        async with asyncio.timeout(_WAIT_S), self._turns:
            known = self._lately.get((period.kind, period.id))
            if known is not None and 0 <= now - known[0] < _FRESH_S:
                return known[1]
            content = await gather(self._source, period, self._hotline(), now)
            made = await self._made(replace(content, hotline_en=self._hotline_en()))
            self._remember(made, now)
            return made

    async def _made(self, content: Content) -> Made:
        if not content.complete or content.left or not content.even:
            return Made(content, content.as_of)
        period, digest = content.period, content.digest
        note = await self.shelf.note(period.kind, period.id)
        if note is None or note.digest != digest:
            corrected = note is not None
            note = Note(period.kind, period.id, digest, content.as_of, corrected)
            try:
                await self.shelf.keep_note(note)
            except OSError as error:  # a full disk: it can be read all the same
                _log.error("report_not_kept", kind=period.kind, period=period.id, error=str(error))
                return Made(content, content.as_of, corrected)
            self.made += 1
            _log.info("report_made", kind=period.kind, period=period.id, corrected=corrected)
        return Made(content, note.made_at, note.corrected, note)

    def _remember(self, made: Made, now: float) -> None:
        self._lately[(made.content.period.kind, made.content.period.id)] = (now, made)
        while len(self._lately) > _REMEMBERED:
            self._lately.popitem(last=False)

    def page(self, made: Made, lang: Lang = "zh") -> bytes:
        """The report's page for a browser; some 5 ms."""
        return page(made.content, made.made_at, made.corrected, pdf=not self.printer.missing, lang=lang)

    async def pdf(self, made: Made, lang: Lang = "zh") -> bytes:
        """The report's PDF, kept once it is made. Raises NoPdf, OSError."""
        body = await self._kept(made, _ending("pdf", lang))
        if body is None:
            body = await self.printer.print(paper(made.content, made.made_at, made.corrected, lang))
            await self._keep(made, _ending("pdf", lang), body)
        return body

    async def xlsx(self, made: Made, lang: Lang = "zh") -> bytes:
        """The report's workbook, kept once it is made. Raises OSError."""
        body = await self._kept(made, _ending("xlsx", lang))
        if body is None:
            body = await asyncio.to_thread(workbook, made.content, made.made_at, lang)
            await self._keep(made, _ending("xlsx", lang), body)
        return body

    async def _kept(self, made: Made, ending: str) -> bytes | None:
        return await self.shelf.file(made.note, ending) if made.note is not None else None

    async def _keep(self, made: Made, ending: str, body: bytes) -> None:
        if made.note is not None:
            await self.shelf.keep_file(made.note, ending, body)

    async def kept(self) -> Sequence[Note]:
        """What has been made, the newest of each kind first."""
        return await self.shelf.all()


def _ending(kind: str, lang: Lang) -> str:
    """Under which a file lies on the shelf: Chinese ones as pdf, English ones as en.pdf."""
    return kind if lang == "zh" else f"{lang}.{kind}"
