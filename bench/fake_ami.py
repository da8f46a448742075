"""An AMI server that plays a recorded hall to a gateway as fast as the gateway takes it.

It speaks what the gateway asks for (challenge, login, ping, the lists of a snapshot; every order is accepted) and
sends the recorded events of whole calls over and over, each time with Uniqueids and times of its own, so that to the
gateway they are new calls. TCP's backpressure paces it. For what a real Asterisk on two cores cannot make in a
benchmark's time: ten thousand calls.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import suppress

from bench.site import FIRST_EXTENSION, QUEUE
from gateway.asterisk.ami.wire import FrameReader
from gateway.asterisk.translate import EVENT_NAMES, translate

_STAMP = re.compile(rb"\b(\d{10})(\.\d+)")
_END = b"\r\n\r\n"


class Tape:
    """The calls of a recording (filtered stream), to be played any number of times."""

    def __init__(self, recording: bytes) -> None:
        frames = [frame.lstrip() for frame in recording.split(_END)]
        first = next(at for at, frame in enumerate(frames) if frame.startswith(b"Event: Newchannel"))
        self._body = _END.join(frame for frame in frames[first:] if frame.startswith(b"Event: ")) + _END
        stamps = [int(match[1]) for match in _STAMP.finditer(self._body)]
        self.first_s, self.span_s = min(stamps), max(stamps) - min(stamps) + 5
        self.calls = self._body.count(b"UserEvent: GWEntered")
        self.events = self._body.count(b"Event: ") - self._body.count(b"UserEvent: ")
        wanted = FrameReader(EVENT_NAMES, joined=True)
        self.facts = sum(translate(frame, 0.0) is not None for frame in wanted.feed(self._body))

    def round(self, at: int) -> bytes:
        """The calls as if the first had come at ``at`` (epoch seconds)."""
        shift = at - self.first_s
        return _STAMP.sub(lambda match: b"%d%s" % (int(match[1]) + shift, match[2]), self._body)


class FakeAmi:
    """One server, for the gateway's two sessions. ``play`` sends to the event session."""

    def __init__(self, port: int, members: int) -> None:
        self._port, self._members = port, members
        self._server: asyncio.Server | None = None
        self._events: asyncio.StreamWriter | None = None
        self.orders = 0

    async def __aenter__(self) -> FakeAmi:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def play(self, data: bytes) -> None:
        """Send events; returns when the socket has taken all but its buffer's worth."""
        assert self._events is not None, "the gateway has not logged in"
        for at in range(0, len(data), 1 << 16):
            self._events.write(data[at : at + (1 << 16)])
            await self._events.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                raw = await reader.readuntil(_END)
                action = dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if ": " in line)
                for frame in self._answer(action):
                    writer.write(_frame(frame, action["ActionID"]))
                if action["Action"] == "Login" and action.get("Events") == "on":
                    writer.write(_frame({"Event": "FullyBooted", "Status": "Fully Booted"}))
                    self._events = writer
        writer.close()

    def _answer(self, action: dict[str, str]) -> Iterator[dict[str, str]]:
        name, listed = action["Action"], {"EventList": "start", "Message": "will follow"}
        if name == "Challenge":
            yield {"Response": "Success", "Challenge": "4711"}
        elif name == "Ping":
            yield {"Response": "Success", "Ping": "Pong", "Timestamp": f"{time.time():.6f}"}
        elif name == "CoreShowChannels":
            yield {"Response": "Success", **listed}
            yield _complete("CoreShowChannelsComplete", 0)
        elif name == "PJSIPShowContacts":
            yield {"Response": "Success", **listed}
            yield _complete("ContactListComplete", 0)
        elif name == "QueueStatus":
            yield {"Response": "Success", **listed}
            yield {"Event": "QueueParams", "Queue": QUEUE, "Calls": "0"}
            yield from (_member(n) for n in range(self._members))
            yield _complete("QueueStatusComplete", self._members + 1)
        else:
            self.orders += name.startswith("Queue")
            yield {"Response": "Success", "Message": "done"}


def _member(n: int) -> dict[str, str]:
    interface = f"PJSIP/{FIRST_EXTENSION + n}"
    head = {"Event": "QueueMember", "Queue": QUEUE, "Name": str(1001 + n), "Location": interface}
    return head | {
        "StateInterface": interface,
        "Membership": "dynamic",
        "Paused": "0",
        "Status": "1",
        "CallsTaken": "0",
    }


def _complete(name: str, items: int) -> dict[str, str]:
    return {"Event": name, "EventList": "Complete", "ListItems": str(items)}


def _frame(headers: dict[str, str], action_id: str = "") -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if action_id:
        lines.insert(1, f"ActionID: {action_id}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
