"""Facts about a call on its way: it comes in, passes a flow and queues, goes out to a citizen or over a virtual number.

See ``gateway.model.facts``, by which they are known everywhere.
"""

from __future__ import annotations

from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.value import value


@value
class CallEntered:
    """The dialplan took a citizen's call: said by our own UserEvent, so that entry number and account survive.

    ``flow`` is the voice flow that it goes to; it may end without a word of its own (see ``CallQueued``). ``remote`` is
    the address that the INVITE came from and ``headers`` (name, value) what it held of partners' references; both are
    told only where a partner hands calls to us.
    """

    at: float
    leg: LegId
    call: CallId
    channel: str
    caller_number: str
    caller_name: str
    entry_number: str
    account: str
    flow: str = ""
    remote: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@value
class FlowEnded:
    """The FastAGI part is over. ``result`` is done (GW_DONE=1), failed, hung_up or timed_out.

    A flow that is done and leads straight into a queue is not told of: ``CallQueued`` follows at once.
    """

    at: float
    leg: LegId
    call: CallId
    flow: str
    result: str
    language: str


@value
class CallQueued:
    """A caller joined a queue. Number, name and entry ride along so that a stream joined here still has them.

    ``language`` is the channel's, "" when it is not known. Whoever is in a queue has left his flow, done or not.
    """

    at: float
    leg: LegId
    call: CallId
    channel: str
    queue: QueueId
    position: int
    caller_number: str
    caller_name: str
    entry_number: str
    language: str = ""


@value
class CallLeftQueue:
    at: float
    leg: LegId
    call: CallId
    queue: QueueId


@value
class CallAbandoned:
    """The citizen hung up while queued. ``hold_s`` is what app_queue counted, in whole seconds."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    hold_s: float


@value
class QueueLeft:
    """Queue() returned to the dialplan without an agent. ``status`` is QUEUESTATUS (TIMEOUT, FULL, JOINEMPTY ...)."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    status: str
    language: str = ""


@value
class NoticeHeard:
    """A caller on the way into a queue begins to hear a broadcast. ``notice`` is its id."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    notice: str


@value
class QueueWasClosed:
    """A caller met a closed queue, and hears why. ``to`` is the queue that the caller is sent on to, "" for none:
    then QueueLeft (CLOSED) follows."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    to: str


@value
class OutboundBegun:
    """An agent has taken up the telephone, and ``number`` is dialled for them under ``entry_number``, a number of ours.
    ``leg`` is the seat's; ``ticket_no`` is what they call about, "" for nothing."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    number: str
    entry_number: str
    agent: str
    ticket_no: str = ""


@value
class OutboundEnded:
    """The dialplan's last word on a call out. ``status`` is DIALSTATUS, ``source`` the channel that hung up first."""

    at: float
    leg: LegId
    call: CallId
    status: str
    source: str = ""


@value
class VirtualBegun:
    """A call over a virtual number (虚拟短号) is dialled on. ``side`` says who called: citizen or department."""

    at: float
    leg: LegId
    call: CallId
    binding: str
    side: str


@value
class VirtualEnded:
    """It is over. ``status`` is DIALSTATUS; ``talk_s`` 0 when nobody answered; ``cause`` Q.850 of the far leg."""

    at: float
    leg: LegId
    call: CallId
    binding: str
    side: str
    status: str
    talk_s: float
    cause: int = 0
