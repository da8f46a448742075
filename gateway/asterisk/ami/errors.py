"""What can go wrong on an AMI session, as one small hierarchy, so that callers name what they mean to survive.

``LinkDown`` and ``ActionTimeout`` say nothing about whether Asterisk carried the action out unless ``sent`` is False:
no order is ever sent again because of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.asterisk.ami.wire import Frame


class AmiError(Exception):
    """Anything that this package raises on purpose."""


class WireError(AmiError):
    """The peer does not speak AMI, or sends a frame beyond the limit. The connection is of no use any more.

    ``frames`` are those that were complete before the fault: they are still good.
    """

    def __init__(self, why: str, frames: Sequence[Frame] = ()) -> None:
        super().__init__(why)
        self.frames = list(frames)


class UnsafeHeader(AmiError, ValueError):
    """A header that would break out of its line (CR, LF, NUL) or that Asterisk would cut. ``header`` names it."""

    def __init__(self, header: str, why: str) -> None:
        super().__init__(f"header {header!r}: {why}")
        self.header, self.why = header, why


class LoginFailed(AmiError):
    """Asterisk did not let us in. The message is Asterisk's own."""


class LinkDown(AmiError):
    """No session. ``sent`` is False when the action never left us; True when its outcome is unknown."""

    def __init__(self, why: str, *, sent: bool = False) -> None:
        super().__init__(why)
        self.why, self.sent = why, sent


class ActionTimeout(AmiError, TimeoutError):
    """No answer (or not the whole list) within the limit. The outcome is unknown; a late answer is discarded."""

    def __init__(self, action: str, limit_s: float) -> None:
        super().__init__(f"{action}: no answer within {limit_s:g} s")
        self.action, self.limit_s = action, limit_s


class ActionRefused(AmiError):
    """Asterisk answered with an error. ``message`` is its text, fit for a log and for an operator."""

    def __init__(self, message: str, action: str = "", frame: Frame | None = None) -> None:
        super().__init__(f"{action}: {message}" if action else message)
        self.message, self.action, self.frame = message, action, frame
