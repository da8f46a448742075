"""The words between the pure step and its runner: where a flow stands (State), what comes in (Given), what is to be
done (Command). All are never changed, which the State holds to at run time too; nothing here acts.

The last command of a step may be one that waits (Play, WaitKey, Record); its result comes back as ``Heard``. Time and
the calendars that are open come in with every input as a ``Moment``, so that the step needs no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from gateway.model.value import value


@value
class Moment:
    """Now, in the hall's zone, and the names of the calendars that are open now."""

    local: datetime
    open: frozenset[str] = frozenset()


@value
class Start:
    """The flow begins."""

    moment: Moment


@value
class Heard:
    """What came of the command that waited: the key pressed, or "" when it ended without one."""

    moment: Moment
    key: str = ""


@value
class Expired:
    """The whole flow has taken too long: the citizen goes to a person now."""

    moment: Moment


Given = Start | Heard | Expired


@value
class Answer:
    pass


@value
class Play:
    """Play sounds in order; a key of ``stop_on`` ends it early. Waits."""

    sounds: tuple[str, ...]
    stop_on: str = ""


@value
class WaitKey:
    """Wait for one key, ``timeout_s`` seconds at most. Waits."""

    timeout_s: float


@value
class Record:
    """Record to ``<the runner's folder>/<leg>-<name>``. Waits."""

    name: str
    max_s: float
    silence_s: float
    beep: bool


@value
class SetVariable:
    """Set a channel variable, or the channel's language as ``CHANNEL(language)``."""

    name: str
    value: str


@value
class Note:
    """Something for the log that an editor of the flow should know, such as a value that cannot be said."""

    text: str


@value
class HandOver:
    """To a queue, where a person answers. "" is the queue of the number dialled. Ends the flow."""

    queue: str = ""


@value
class Transfer:
    """To a partner; ``queue`` takes the citizen when that fails. Ends the flow."""

    partner: str
    queue: str = ""


@value
class Hangup:
    """Ends the flow and the call."""


End = HandOver | Transfer | Hangup
Command = Answer | Play | WaitKey | Record | SetVariable | Note | End


@value
class Place:
    """A node of a flow."""

    flow: str
    node: str

    def __str__(self) -> str:
        return f"{self.flow}/{self.node}"


@dataclass(frozen=True, slots=True)
class State:
    """Where a flow stands.

    ``stack`` holds where callers of subflows go on; ``waiting`` tells what the node waits for ("", prompt, keys);
    ``retries`` and ``digits`` belong to the node; ``pending`` is a key pressed before anyone asked; ``steps`` counts
    nodes and inputs against the limit; ``end`` is set once and for all.
    """

    at: Place
    stack: tuple[Place, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    language: str = "zh"
    waiting: str = ""
    retries: int = 0
    digits: str = ""
    pending: str = ""
    steps: int = 0
    trail: tuple[Place, ...] = ()
    end: End | None = None


def begin(flow: str, start: str, variables: Mapping[str, str], language: str) -> State:
    """The state before the first step. ``variables`` are entry_number, caller and what else the runner knows."""
    return State(at=Place(flow, start), variables=MappingProxyType(dict(variables)), language=language)
