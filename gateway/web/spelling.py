"""The pinyin of categories, had once from a program of its own (``gateway.tickets.pinyin`` says why) and kept.

The desk is usable without: when the program fails or is not there, categories are found by code and word, the log says
so, and it is tried again a minute later: one that hangs must not keep every desk of a shift waiting in turn.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import structlog

from gateway.tickets.config import CategoriesConfig
from gateway.tickets.pinyin import Spelling, answered, asked

_LIMIT_S = 10.0
_AGAIN_S = 60.0

_log = structlog.get_logger(__name__)


class Speller:
    """One program at a time. Made inside or outside the loop, used in one."""

    def __init__(
        self, command: tuple[str, ...] = (sys.executable, "-m", "gateway.tickets.pinyin"), again_s: float = _AGAIN_S
    ) -> None:
        self._command, self._again_s = command, again_s
        self._failed: tuple[tuple[str, ...], float] = ((), 0.0)
        self._alone = asyncio.Lock()
        self._known: tuple[tuple[str, ...], Mapping[str, Spelling]] = ((), {})

    async def of(self, categories: CategoriesConfig) -> Mapping[str, Spelling]:
        """Pinyin and initials by the name of a category; empty when they could not be had. The first time takes a
        third of a second, a changed taxonomy too."""
        names = tuple(dict.fromkeys(one.name for one in categories.category))
        async with self._alone:
            if names != self._known[0]:
                now = asyncio.get_running_loop().time
                if names == self._failed[0] and now() < self._failed[1]:
                    return {}
                spelled = await self._ask(names)
                if spelled is None:
                    self._failed = (names, now() + self._again_s)
                    return {}
                self._known = (names, spelled)
        return self._known[1]

    async def _ask(self, names: tuple[str, ...]) -> Mapping[str, Spelling] | None:
        try:
            async with asyncio.timeout(_LIMIT_S):
                return answered(await self._run(asked(names)), names)
        except (
            OSError,
            ValueError,
            TimeoutError,
            RuntimeError,
        ) as error:  # RuntimeError: uvloop, of a pipe just closed
            _log.warning("desk.no_pinyin", error=f"{type(error).__name__}: {error}", categories=len(names))
            return None

    async def _run(self, question: bytes) -> bytes:
        """The program's answer. It is ended when nobody waits for it any more."""
        pipe = asyncio.subprocess.PIPE
        # In a session of its own: a Ctrl-C at the terminal is for the gateway, which then ends it.
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        try:
            output, errors = await process.communicate(question)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise ValueError(f"the program ended with {process.returncode}: {errors[-200:].decode(errors='replace')}")
        return output
