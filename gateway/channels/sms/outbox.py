"""Messages of ours on their way to a carrier: what waits for a free place in a window, and what became of each part.

A delivery is a text; the carrier knows only parts, each with an answer of its own. The standard gives an answer three
minutes while a delivery's try ends after thirty seconds, so the books are kept by the delivery's id: the next try
finds the parts that were taken meanwhile and those still under way, and sends only what is left. Nothing here is
durable: after a restart the unfinished delivery is tried again as a whole, and a citizen may read it twice.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.dialect import Part, Submitted
from gateway.channels.sms.split import References, TooLong, segments

MOST_WAITING = 2_000
MOST_REMEMBERED = 2_000
FULL_AFTER_S = 10.0


@dataclass(slots=True, eq=False)
class Piece:
    """A part of a submission. ``sends`` counts over all connections."""

    part: Part
    of: Submission
    state: Literal["idle", "queued", "flying", "taken", "failed"] = "idle"
    external_id: str = ""
    error: Retryable | Permanent | None = None
    sends: int = 0

    def settle(self, submitted: Submitted) -> None:
        """The carrier's word, or ours when there will be none."""
        self.error = submitted.error
        self.external_id = submitted.external_id
        self.state = "failed" if submitted.error else "taken"
        self.of.settled()


@dataclass(slots=True, eq=False)
class Submission:
    """A delivery's text in parts. ``rest`` is set when nothing of it is queued or under way."""

    target: str
    text: str
    pieces: list[Piece] = field(default_factory=list)
    rest: asyncio.Event = field(default_factory=asyncio.Event)

    def settled(self) -> None:
        """A piece has come to an end: one that is refused for good stops those that still wait."""
        if isinstance(self.refused(), Permanent):
            self.withdraw()
        if not any(piece.state in ("queued", "flying") for piece in self.pieces):
            self.rest.set()

    def withdraw(self) -> None:
        """What is queued and not yet sent is not sent."""
        for piece in self.pieces:
            if piece.state == "queued":
                piece.state = "idle"

    def refused(self) -> Retryable | Permanent | None:
        """Why not all was taken; what is final counts first."""
        errors = [piece.error for piece in self.pieces if piece.error is not None]
        return next((one for one in errors if isinstance(one, Permanent)), errors[0] if errors else None)

    def ids(self) -> list[str] | None:
        """The carrier's ids in order, None while a part is not taken."""
        if any(piece.state != "taken" for piece in self.pieces):
            return None
        return [piece.external_id for piece in self.pieces]


class Outbox:
    """The queue and the books of one account. Bounded: ``full`` raises Retryable."""

    def __init__(self, most_waiting: int = MOST_WAITING, most_remembered: int = MOST_REMEMBERED) -> None:
        self._most_waiting, self._most_remembered = most_waiting, most_remembered
        self._queue: deque[Piece] = deque()
        self._books: OrderedDict[str, Submission] = OrderedDict()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def open(self, key: str, target: str, text: str, cut: Callable[[], Sequence[Part]]) -> Submission:
        """The submission of this delivery: a new one, or the one that was not finished. What is to be sent of it is
        queued. Raises Retryable when too much waits, and what ``cut`` raises.
        """
        submission = self._books.get(key)
        if submission is None or (submission.target, submission.text) != (target, text):
            submission = Submission(target, text)
            submission.pieces = [Piece(part, submission) for part in cut()]
        again = [piece for piece in submission.pieces if piece.state in ("idle", "failed")]
        if len(self._queue) + len(again) > self._most_waiting:
            raise Retryable(f"待发短信过多（{len(self._queue)} 条） / too many short messages wait", FULL_AFTER_S)
        self._remember(key, submission)
        for piece in again:
            piece.state, piece.error, piece.sends = "queued", None, 0
            self._queue.append(piece)
        submission.rest.clear()
        submission.settled()
        return submission

    def _remember(self, key: str, submission: Submission) -> None:
        self._books[key] = submission
        self._books.move_to_end(key)
        while len(self._books) > self._most_remembered:
            self._books.popitem(last=False)

    def forget(self, key: str) -> None:
        """It was refused for good: a new try begins anew."""
        self._books.pop(key, None)

    def next(self) -> Piece | None:
        """The next piece to send, without taking it."""
        while self._queue and self._queue[0].state != "queued":
            self._queue.popleft()
        return self._queue[0] if self._queue else None

    def sent(self) -> None:
        """What ``next`` gave is under way."""
        self._queue.popleft().state = "flying"

    def back(self, piece: Piece) -> None:
        """Its connection ended without an answer: it goes first on the next."""
        piece.state = "queued"
        self._queue.appendleft(piece)


def parts_of(target: str, text: str, references: References) -> list[Part]:
    """A text as SMS of a protocol whose format 0 is ASCII. Raises Permanent."""
    if not text:
        raise Permanent("短信内容为空")
    try:
        cut = segments(text, references.take())
    except TooLong as error:
        raise Permanent(f"短信内容过长：{error}") from None
    return [Part(target, cut.coding, one, cut.headed, cut.total, n) for n, one in enumerate(cut.parts, 1)]
