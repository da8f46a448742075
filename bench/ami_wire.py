"""AMI bytes to events in a callback: our wire (drop by name, then parse) beside panoramisk's parse and dispatch.

    python -m bench.ami_wire [RECORDING]

RECORDING is a raw AMI stream (``gateway trace record``); without one a stand-in with the shares of a recorded hall is
made. Both sides get the same bytes in reads of 64 KiB, in one process, alternating, best CPU time of several rounds.
"Events" are all events of the stream, dropped ones included: that is what a hall sends and what has to be read.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from gateway.asterisk.ami.wire import Frame, FrameReader

READ = 65536

WANTED: frozenset[str] = frozenset(
    {
        "AgentCalled",
        "AgentComplete",
        "AgentConnect",
        "AgentRingNoAnswer",
        "AttendedTransfer",
        "BlindTransfer",
        "BridgeEnter",
        "BridgeLeave",
        "DeviceStateChange",
        "Hangup",
        "Hold",
        "MixMonitorStart",
        "Newchannel",
        "Newstate",
        "QueueCallerAbandon",
        "QueueCallerJoin",
        "QueueCallerLeave",
        "QueueMemberAdded",
        "QueueMemberPause",
        "QueueMemberRemoved",
        "QueueMemberStatus",
        "Unhold",
        "UserEvent",
    }
)
"""What a gateway follows, when translate's own list is not given."""


def measure(stream: bytes, wanted: frozenset[str] = WANTED, rounds: int = 5) -> dict[str, Any]:
    """Events a second of both, and their ratio. ``kept`` is how many events our callback got (of ``events``)."""
    reads = [stream[at : at + READ] for at in range(0, len(stream), READ)]
    ours, peer = float("inf"), float("inf")
    kept = dispatched = 0
    for _ in range(rounds):
        seconds, kept = _timed(_ours(wanted), reads)
        ours = min(ours, seconds)
        seconds, dispatched = _timed(_panoramisk(), reads)
        peer = min(peer, seconds)
    counter = FrameReader(frozenset(), joined=True)
    for read in reads:
        counter.feed(read)
    events = counter.dropped
    return {
        "bytes": len(stream),
        "events": events,
        "kept": kept,
        "panoramisk_dispatched": dispatched,
        "gateway_events_per_s": round(events / ours),
        "panoramisk_events_per_s": round(events / peer),
        "ratio": round(peer / ours, 1),
    }


Side = tuple[Callable[[bytes], None], list[int]]


def _timed(side: Side, reads: Iterable[bytes]) -> tuple[float, int]:
    feed, count = side
    begin = time.process_time()
    for read in reads:
        feed(read)
    return time.process_time() - begin, count[0]


def _ours(wanted: frozenset[str]) -> Side:
    reader, count = FrameReader(wanted, joined=True), [0]

    def callback(frames: list[Frame], at: float) -> None:
        count[0] += len(frames)

    return lambda data: callback(reader.feed(data), 0.0), count


def _panoramisk() -> Side:
    """panoramisk's protocol as it runs in production, with one callback for all events and no logging."""
    count = [0]

    def callback(manager: Manager, event: Any) -> None:
        count[0] += 1

    manager = Manager(log=logging.getLogger("panoramisk.bench"))
    manager.register_event("*", callback)
    protocol = AMIProtocol()
    protocol.connection_made(mock.Mock())
    protocol.factory, protocol.encoding = manager, "utf8"
    protocol.connection_lost = lambda exc: None  # a recorded Shutdown must not end the measurement
    return protocol.data_received, count


def stand_in(calls: int = 400) -> bytes:
    """A stream with the events of a queue call in their shares: 150 a call, of which 105 VarSet."""
    return b"Asterisk Call Manager/11.0.0\r\n" + b"".join(_call(n) for n in range(calls))


_OTHERS = (
    *("Newchannel", "Newstate", "Newexten", "Newexten", "UserEvent", "NewCallerid", "Newexten", "QueueCallerJoin"),
    *("AgentCalled", "Newchannel", "Newstate", "DialBegin", "DialState", "DialEnd", "QueueCallerLeave", "AgentConnect"),
    *("BridgeCreate", "BridgeEnter", "BridgeEnter", "MixMonitorStart", "QueueMemberStatus", "DeviceStateChange"),
    *("RTCPSent", "RTCPReceived", "RTCPSent", "RTCPReceived", "QueueMemberStatus", "AgentComplete", "BridgeLeave"),
    *("BridgeLeave", "BridgeDestroy", "HangupRequest", "SoftHangupRequest", "Hangup", "Hangup", "DeviceStateChange"),
    *("Newexten", "Newexten", "UserEvent", "Cdr", "NewConnectedLine", "NewConnectedLine", "TestEvent"),
)


def _call(n: int) -> bytes:
    others = iter(_OTHERS)
    names = ["VarSet" if at % 10 in (0, 1, 3, 4, 6, 7, 9) else next(others, "VarSet") for at in range(150)]
    return b"".join(_event(name, n, at) for at, name in enumerate(names))


def _event(name: str, call: int, at: int) -> bytes:
    unique = f"17953{call:05d}.{call * 2}"
    head = f"Event: {name}\r\nPrivilege: call,all\r\nTimestamp: 17953{call:05d}.{at:06d}\r\n"
    channel = (
        f"Channel: PJSIP/trunk-{call:08x}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 139{call:08d}\r\n"
        "CallerIDName: 王芳\r\nConnectedLineNum: 8001\r\nConnectedLineName: 热线员\r\nLanguage: zh\r\nAccountCode: \r\n"
        f"Context: from-trunk\r\nExten: 12345\r\nPriority: 5\r\nUniqueid: {unique}\r\nLinkedid: {unique}\r\n"
    )
    if name == "VarSet":
        return f"{head}{channel}Variable: QUEUEPOSITION\r\nValue: {at}\r\n\r\n".encode()
    return f"{head}{channel}Queue: hotline\r\nInterface: PJSIP/8001\r\nMemberName: 1001\r\nPosition: 1\r\n\r\n".encode()


def main(arguments: list[str]) -> int:
    stream = Path(arguments[0]).read_bytes() if arguments else stand_in()
    print(json.dumps(measure(stream), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
