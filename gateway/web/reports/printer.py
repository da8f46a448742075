"""The gateway's end of the PDF process: one at a time, with a limit, killed when it is over. What cannot be made is
said in words an operator can act on.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence

import structlog

from gateway.web.reports.pdf import NO_LIBRARY

_log = structlog.get_logger(__name__)

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei"


class NoPdf(Exception):
    """None could be made. ``why`` for people, in Chinese and English; ``missing`` when it is for want of a library."""

    def __init__(self, why: str, *, missing: bool = False) -> None:
        super().__init__(why)
        self.why, self.missing = why, missing


class Printer:
    """``limit_s`` for one PDF from start to end; who waits for the one before has as long. ``missing`` is true since a
    try found that the libraries are not there."""

    def __init__(self, limit_s: float, command: Sequence[str] = ()) -> None:
        self.limit_s = limit_s
        self._command = tuple(command) or (sys.executable, "-m", "gateway.web.reports.pdf")
        self._turn = asyncio.Semaphore(1)
        self.missing = False
        self.made = self.failed = 0

    async def print(self, page: bytes) -> bytes:
        """The PDF of a page. Raises NoPdf."""
        try:
            async with asyncio.timeout(self.limit_s), self._turn:
                body = await self._run(page)
        except TimeoutError as error:
            self.failed += 1
            raise NoPdf(f"生成 PDF 超过 {self.limit_s:g} 秒 / no PDF within {self.limit_s:g} s") from error
        except NoPdf:
            self.failed += 1
            raise
        self.made += 1
        return body

    async def _run(self, page: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        except OSError as error:
            raise NoPdf(f"无法启动 PDF 进程 / the PDF process did not start: {error}") from error
        try:
            body, said = await process.communicate(page)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0 and body.startswith(b"%PDF-"):
            self.missing = False
            return body
        why = said.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:300]
        _log.error("report_pdf_failed", status=process.returncode, error=why)
        if process.returncode == NO_LIBRARY:
            self.missing = True
            raise NoPdf(f"缺少生成 PDF 的库或字体，请安装 {PACKAGES} / libraries for PDF are missing", missing=True)
        raise NoPdf("生成 PDF 失败，原因见日志 / no PDF could be made, see the log")
