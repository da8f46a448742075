"""What a flow needs of a telephone line. ``gateway.asterisk.fastagi.line`` is the real one; tests script their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.model.value import value


class HungUp(Exception):
    """The citizen is gone. Raised by any method of a Line from then on; the runner ends the flow quietly."""


class LineFailed(Exception):
    """The line broke or did not answer within its limit. The dialplan's static queue takes over."""


@value
class Arrival:
    """How the call came to us, as the dialplan told it: read once at the start of a session."""

    call_id: str
    leg: str
    channel: str
    entry_number: str
    caller_number: str
    caller_name: str
    language: str
    account: str


class Line(Protocol):
    """One citizen's line. Every wait has a limit; every method raises HungUp or LineFailed."""

    @property
    def arrival(self) -> Arrival: ...

    async def answer(self) -> None: ...

    async def play(self, sounds: Sequence[str], *, stop_on: str = "") -> str:
        """Play sounds one after another; returns the key of ``stop_on`` that stopped it (barge-in), or ""."""

    async def wait_key(self, timeout_s: float) -> str:
        """One key within ``timeout_s`` seconds, or ""."""

    async def record(self, name: str, *, max_s: float, silence_s: float, stop_on: str, beep: bool) -> str:
        """Record to ``name``; returns the key that stopped it, or ""."""

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable. ValueError when name or value holds CR, LF or NUL."""

    async def set_last(self, name: str, value: str) -> None:
        """The same as the last thing that is asked of the line: it is sent, and its answer is not waited for.
        ValueError as ``set``."""

    async def get(self, name: str) -> str:
        """A channel variable or function, "" when unset."""

    async def guard(self, seconds: float) -> None:
        """Move the dialplan's absolute limit: if we fall silent, the citizen is in the static queue after this long."""

    async def hangup(self) -> None: ...
