"""A telephone in a few hundred lines: places, takes and refuses calls over SIP, speaks a tone, and tells whom it hears.

SIPp plays fixed scenarios. What must hold of a transfer is said by ear: after this order the citizen hears the partner
and nobody else, and hears something at all. So each telephone here sends a tone of its own (G.711 A-law, 20 ms) and
looks for those of the others in what it receives (``tools.lab.tones``), and it can be told to hang up at any moment.
For tests on loopback only: it repeats nothing by itself, but answers what Asterisk repeats.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Self

from tools.lab.tones import LINEAR, PACKET, TONES, tone, tones_in

PATIENCE_S = 40.0
"""How long a telephone waits for what should come at once: what takes 3 s here takes 15 s on a slower machine."""
_TAPED = 3000
"""Packets since ``forget`` that are kept to be looked through: a minute."""
_LISTENED = 16
"""Packets that an ear remembers: 320 ms."""
_FRESH_S = 0.5
"""What is older is not heard any more: a stream that has stopped is silence."""

Line = Literal["idle", "calling", "ringing", "up", "ended"]


class PhoneFailed(Exception):
    """The telephone did not get where the test wanted it. The message has its last SIP messages."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a telephone takes a call: after ``ring_s`` it answers, or with ``status`` refuses. ``ring_s`` None rings for
    ever. ``contact`` goes with a 3xx. ``talk_s`` hangs up so long after its answer. ``mute`` never sends audio."""

    ring_s: float | None = 0.05
    status: int = 200
    reason: str = "OK"
    contact: str = ""
    talk_s: float | None = None
    mute: bool = False


@dataclass(slots=True)
class _Message:
    """One SIP message, received. Header names are lower-case; Via may come several times."""

    first: str
    headers: dict[str, str]
    vias: list[str]
    body: str

    @classmethod
    def parse(cls, data: bytes) -> _Message:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *rows = head.split("\r\n")
        headers: dict[str, str] = {}
        vias: list[str] = []
        for row in rows:
            name, _, value = row.partition(":")
            if name.strip().lower() in ("via", "v"):
                vias.append(value.strip())
            headers[name.strip().lower()] = value.strip()
        return cls(first, headers, vias, body)

    @property
    def method(self) -> str:
        return self.headers.get("cseq", "").rpartition(" ")[2]

    @property
    def status(self) -> int:
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0


@dataclass(slots=True)
class _Dialog:
    """The one call of a telephone: our and their side as header values, and where requests go."""

    call_id: str
    ours: str
    theirs: str
    target: str
    cseq: int = 1
    invite: _Message | None = None
    branch: str = ""
    last_answer: bytes = b""


class _Sip(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data)


class Phone:
    """One telephone with one line. Open it with ``Phone.open``; everything is over when the block ends."""

    def __init__(self, party: str, number: str, server_port: int, manner: Manner) -> None:
        self.party, self.number, self.manner = party, number, manner
        self.invites: list[dict[str, str]] = []
        """The headers of every INVITE that reached it, names in lower case."""
        self.deaf = False
        """Takes no notice of anything that comes, like a carrier that is down."""
        self.line: Line = "idle"
        self.ended_by: Literal["", "us", "them"] = ""
        self.final_status = 0
        self.sent = self.received = 0
        self._server = ("127.0.0.1", server_port)
        self._moved, self._sound = asyncio.Event(), asyncio.Event()
        self._dialog: _Dialog | None = None
        self._answers: dict[str, asyncio.Future[_Message]] = {}
        self._log: deque[str] = deque(maxlen=12)
        self._ear: deque[tuple[float, bytes]] = deque(maxlen=_LISTENED)
        self._tape: list[bytes] = []
        self._peer_media: tuple[str, int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sip: Any = None
        self._rtp: Any = None
        self._tone = tone(TONES[party])
        self._described = 1
        """The version of what our SDP says: an offer that differs from the last has a higher one (RFC 3264)."""
        self._turned_away: deque[list[str]] = deque(maxlen=8)
        """The Vias of INVITEs that it was too busy for: one that is repeated is no second one."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        party: str,
        number: str,
        server_port: int,
        *,
        manner: Manner | None = None,
        port: int = 0,
        shared: asyncio.DatagramTransport | None = None,
    ) -> AsyncIterator[Self]:
        """A telephone of ``party`` (its tone) on a free port, or on ``port``. It hangs up when the block ends.

        One behind a carrier sends by the carrier's socket (``shared``), and is given by ``take`` what is for it.
        """
        phone = cls(party, number, server_port, manner or Manner())
        loop = asyncio.get_running_loop()
        if shared is None:
            own = loop.create_datagram_endpoint(lambda: _Sip(phone.take), local_addr=("127.0.0.1", port))
            phone._sip, _ = await own
        else:
            phone._sip = shared
        phone._rtp, _ = await loop.create_datagram_endpoint(lambda: _Sip(phone._hear), local_addr=("127.0.0.1", 0))
        try:
            yield phone
        finally:
            with suppress(PhoneFailed):
                await phone.hang_up(limit_s=5.0)  # it may be a dead Asterisk that is told
            for task in phone._tasks:
                task.cancel()
            await asyncio.gather(*phone._tasks, return_exceptions=True)
            if shared is None:
                phone._sip.close()
            phone._rtp.close()
            await asyncio.sleep(0)

    @property
    def port(self) -> int:
        return int(self._sip.get_extra_info("sockname")[1])

    # -- what a person does --------------------------------------------------------------------------------------------

    async def call(self, dialled: str, limit_s: float = PATIENCE_S) -> None:
        """Dial and wait for the answer. PhoneFailed when it is refused or nobody answers."""
        ours = f"<sip:{self.number}@127.0.0.1:{self.port}>;tag={secrets.token_hex(4)}"
        uri = f"sip:{dialled}@127.0.0.1:{self._server[1]}"
        self._dialog = dialog = _Dialog(secrets.token_hex(8), ours, f"<{uri}>", uri)
        self._go("calling")
        answer = await self._ask("INVITE", body=self._sdp(), limit_s=limit_s)
        dialog.theirs = answer.headers["to"]
        if answer.status != 200:
            self._send_request("ACK", cseq=dialog.cseq, branch=dialog.branch)
            self.final_status = answer.status
            self._go("ended")
            raise PhoneFailed(f"{self.party}: refused with {answer.status}\n{self.said()}")
        dialog.target = _uri(answer.headers["contact"])
        self._send_request("ACK", cseq=dialog.cseq)
        self._connect(answer.body)

    async def register(self, password: str, limit_s: float = PATIENCE_S) -> None:
        """Register as ``number`` with digest authentication (RFC 3261 section 22, MD5 as Asterisk asks)."""
        uri = f"sip:127.0.0.1:{self._server[1]}"
        ours = f"<sip:{self.number}@127.0.0.1>;tag={secrets.token_hex(4)}"
        dialog = self._dialog = _Dialog(secrets.token_hex(8), ours, f"<sip:{self.number}@127.0.0.1>", uri, cseq=0)
        more = {"Expires": "600"}
        challenge = await self._ask("REGISTER", more=more, limit_s=limit_s)
        if challenge.status == 401:
            asked = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge.headers["www-authenticate"]))
            more["Authorization"] = _digest(self.number, password, uri, asked)
            challenge = await self._ask("REGISTER", more=more, limit_s=limit_s)
        self._dialog = None
        if challenge.status != 200:
            raise PhoneFailed(f"{self.party}: not registered: {challenge.status}\n{self.said()}")
        assert dialog

    async def hang_up(self, limit_s: float = PATIENCE_S) -> None:
        """End the call, or refuse it while it rings. Nothing when there is none."""
        if self.line == "up":
            self.ended_by = "us"
            self._go("ended")
            await self._ask("BYE", limit_s=limit_s)
        elif self.line == "ringing" and self._dialog and self._dialog.invite:
            self._answer(self._dialog.invite, 486, "Busy Here")
            self._go("ended")
        elif self.line == "calling" and self._dialog:
            self._send_request("CANCEL", cseq=self._dialog.cseq, branch=self._dialog.branch)

    async def hold(self, limit_s: float = PATIENCE_S) -> None:
        """Put the other side on hold, as telephones do: a re-INVITE with sendonly. Returns when it has agreed."""
        await self._renegotiate("sendonly", limit_s)

    async def resume(self, limit_s: float = PATIENCE_S) -> None:
        """Take the other side back from hold."""
        await self._renegotiate("sendrecv", limit_s)

    async def _renegotiate(self, direction: str, limit_s: float) -> None:
        self._described += 1
        answer = await self._ask("INVITE", body=self._sdp(direction), limit_s=limit_s)
        dialog = self._dialog
        assert dialog is not None
        self._send_request("ACK", cseq=dialog.cseq, branch="" if answer.status == 200 else dialog.branch)
        if answer.status != 200:
            raise PhoneFailed(f"{self.party}: {direction} was refused with {answer.status}\n{self.said()}")

    def pick_up(self) -> None:
        """Answer what rings. PhoneFailed when nothing does."""
        if self.line != "ringing" or self._dialog is None or self._dialog.invite is None:
            raise PhoneFailed(f"{self.party}: nothing rings, the line is {self.line}\n{self.said()}")
        invite = self._dialog.invite
        self._answer(invite, 200, "OK", body=self._sdp())
        self._connect(invite.body)

    async def until(self, line: Line, limit_s: float = PATIENCE_S) -> None:
        """Return when the line is so. PhoneFailed after ``limit_s`` seconds."""
        try:
            async with asyncio.timeout(limit_s):
                while self.line != line:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise PhoneFailed(f"{self.party}: is {self.line}, not {line}\n{self.said()}") from None

    # -- what it hears -------------------------------------------------------------------------------------------------

    def hears(self) -> set[str]:
        """The parties whose tones were in what came in the last 320 ms; ``{"something"}`` when only other sound was
        (music, words, a ringing tone), nothing when it was silent."""
        since = asyncio.get_running_loop().time() - _FRESH_S
        samples = [LINEAR[byte] for at, packet in self._ear if at > since for byte in packet]
        return tones_in(samples, self.party) if len(samples) >= PACKET * 8 else set()

    async def until_hears(self, *parties: str, limit_s: float = PATIENCE_S) -> None:
        """Return when it hears exactly these. PhoneFailed after ``limit_s`` seconds."""
        heard: set[str] = set()
        try:
            async with asyncio.timeout(limit_s):
                while (heard := self.hears()) != set(parties):
                    with suppress(TimeoutError):  # silence too must be noticed, and it brings no packet
                        await asyncio.wait_for(self._packet(), 0.1)
        except TimeoutError:
            raise PhoneFailed(f"{self.party}: hears {heard}, not {set(parties)}\n{self.said()}") from None

    async def until_has_heard(self, *parties: str, limit_s: float = PATIENCE_S) -> None:
        """Return when it hears exactly these or has since ``forget``: for words that may be over before anybody looks.

        PhoneFailed after ``limit_s`` seconds.
        """
        looked, heard = 0, [set[str]()]
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    while looked + 8 <= len(self._tape):
                        samples = [LINEAR[byte] for packet in self._tape[looked : looked + 8] for byte in packet]
                        if (found := tones_in(samples, self.party)) == set(parties):
                            return
                        heard += [found] if found != heard[-1] else []
                        looked += 4
                    await self._packet()
        except TimeoutError:
            raise PhoneFailed(f"{self.party}: has heard {heard}, never {set(parties)}\n{self.said()}") from None

    async def _packet(self) -> None:
        """Return after the next five packets (100 ms): listening to each would cost more than it tells."""
        until = self.received + 5
        while self.received < until:
            self._sound.clear()
            await self._sound.wait()

    def forget(self) -> None:
        """Forget what was heard: what is heard from now on is new."""
        self._ear.clear()
        self._tape.clear()

    def said(self) -> str:
        """Its last SIP messages, one line each."""
        return "\n".join(self._log)

    # -- SIP -----------------------------------------------------------------------------------------------------------

    def _go(self, line: Line) -> None:
        self.line = line
        self._moved.set()

    def take(self, data: bytes) -> None:
        """One datagram of SIP."""
        if self.deaf or not data.strip():
            return
        message = _Message.parse(data)
        self._log.append(f"< {message.first}")
        if message.status:
            waiting = self._answers.get(f"{message.headers.get('call-id')} {message.headers.get('cseq')}")
            if waiting is not None and message.status >= 200 and not waiting.done():
                waiting.set_result(message)
            elif message.status == 180 and self.line == "calling":
                self._moved.set()
            return
        self._take_request(message)

    def _take_request(self, message: _Message) -> None:
        dialog, method = self._dialog, message.method
        known = dialog is not None and message.headers.get("call-id") == dialog.call_id
        if method == "INVITE" and not known:
            self._rung(message)
        elif method == "INVITE" and dialog:
            if dialog.invite and dialog.invite.vias == message.vias:  # the same again: we were slow to answer it
                if dialog.last_answer:
                    self._sip.sendto(dialog.last_answer, self._server)
            else:
                self._answer(message, 200, "OK", body=self._sdp())
        elif method == "ACK":
            return
        elif method == "CANCEL" and known and dialog and dialog.invite:
            self._answer(message, 200, "OK")
            if self.line == "ringing":
                self._answer(dialog.invite, 487, "Request Terminated")
                self.ended_by = "them"
                self._go("ended")
        else:
            self._answer(message, 200, "OK")
            if method == "BYE" and known and self.line != "ended":
                self.ended_by = "them"
                self._go("ended")

    def _rung(self, invite: _Message) -> None:
        repeated = invite.vias in self._turned_away
        if not repeated:
            self.invites.append(invite.headers)
        if repeated or self.line in ("calling", "ringing", "up"):
            self._turned_away.append(invite.vias)
            self._answer(invite, 486, "Busy Here")
            return
        ours = f"{invite.headers['to']};tag={secrets.token_hex(4)}"
        target = _uri(invite.headers["contact"])
        self._dialog = _Dialog(invite.headers["call-id"], ours, invite.headers["from"], target, 1, invite)
        self.ended_by = ""
        self._go("ringing")
        task = asyncio.get_running_loop().create_task(self._serve(invite, self.manner))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, invite: _Message, manner: Manner) -> None:
        """Take one call as ``manner`` says."""
        dialog = self._dialog
        if manner.status < 300:
            self._answer(invite, 180, "Ringing")
        if manner.ring_s is None:
            return
        await asyncio.sleep(manner.ring_s)
        if self._dialog is not dialog or self.line != "ringing":
            return
        if manner.status >= 300:
            self._answer(invite, manner.status, manner.reason, contact=manner.contact)
            self._go("ended")
            return
        self._answer(invite, 200, "OK", body=self._sdp())
        self._connect(invite.body)
        if manner.talk_s is not None:
            await asyncio.sleep(manner.talk_s)
            if self._dialog is dialog:
                await self.hang_up()

    def _answer(self, to: _Message, status: int, reason: str, *, body: str = "", contact: str = "") -> None:
        ours = self._dialog.ours if self._dialog and self._dialog.call_id == to.headers["call-id"] else ""
        rows = [f"SIP/2.0 {status} {reason}", *(f"Via: {via}" for via in to.vias)]
        theirs = to.headers["to"]
        rows += [f"From: {to.headers['from']}", f"To: {theirs if 'tag=' in theirs else ours or theirs}"]
        rows += [f"Call-ID: {to.headers['call-id']}", f"CSeq: {to.headers['cseq']}"]
        rows += [f"Contact: {contact or f'<sip:{self.number}@127.0.0.1:{self.port}>'}"]
        data = _assemble(rows, body)
        if to.method == "INVITE" and self._dialog and self._dialog.invite is to:
            self._dialog.last_answer = data
        self._log.append(f"> {status} {reason} ({to.method})")
        self._sip.sendto(data, self._server)

    async def _ask(
        self, method: str, *, body: str = "", more: Mapping[str, str] | None = None, limit_s: float
    ) -> _Message:
        """Send a request and wait for its final answer."""
        dialog = self._dialog
        assert dialog is not None
        dialog.cseq += 1
        key = f"{dialog.call_id} {dialog.cseq} {method}"
        waiting: asyncio.Future[_Message] = asyncio.get_running_loop().create_future()
        self._answers[key] = waiting
        dialog.branch = self._send_request(method, cseq=dialog.cseq, body=body, more=more or {})
        try:
            async with asyncio.timeout(limit_s):
                return await waiting
        except TimeoutError:
            raise PhoneFailed(f"{self.party}: no answer to {method}\n{self.said()}") from None
        finally:
            del self._answers[key]

    def _send_request(
        self, method: str, *, cseq: int, body: str = "", more: Mapping[str, str] | None = None, branch: str = ""
    ) -> str:
        dialog = self._dialog
        assert dialog is not None
        branch = branch or f"z9hG4bK{secrets.token_hex(6)}"
        rows = [f"{method} {dialog.target} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}"]
        rows += [f"From: {dialog.ours}", f"To: {dialog.theirs}", f"Call-ID: {dialog.call_id}", f"CSeq: {cseq} {method}"]
        rows += [f"Contact: <sip:{self.number}@127.0.0.1:{self.port}>", "Max-Forwards: 70"]
        rows += [f"{name}: {value}" for name, value in (more or {}).items()]
        self._log.append(f"> {method}")
        self._sip.sendto(_assemble(rows, body), self._server)
        return branch

    # -- media ---------------------------------------------------------------------------------------------------------

    def _sdp(self, direction: str = "sendrecv") -> str:
        port = self._rtp.get_extra_info("sockname")[1]
        rows = ["v=0", f"o=phone 1 {self._described} IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        rows += [f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", f"a={direction}"]
        return "\r\n".join(rows) + "\r\n"

    def _connect(self, sdp: str) -> None:
        port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
        if port is None:
            raise PhoneFailed(f"{self.party}: an answer without media\n{self.said()}")
        self._peer_media = ("127.0.0.1", int(port[1]))
        self._go("up")
        if not self.manner.mute:
            self.speak()

    def speak(self) -> None:
        """Send audio from now on: for a telephone that was mute when it answered."""
        task = asyncio.get_running_loop().create_task(self._speak(self._dialog))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speak(self, dialog: _Dialog | None) -> None:
        """The tone, a packet every 20 ms by the loop's clock, while the call is up."""
        loop = asyncio.get_running_loop()
        number, begun, source = 0, loop.time(), secrets.randbits(32)
        while self.line == "up" and self._dialog is dialog:
            head = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * PACKET & 0xFFFFFFFF, source)
            self._rtp.sendto(head + self._tone, self._peer_media)
            self.sent += 1
            number += 1
            await asyncio.sleep(max(0.0, begun + number * 0.02 - loop.time()))

    def _hear(self, data: bytes) -> None:
        if len(data) > 12 and data[1] & 0x7F == 8:
            self.received += 1
            self._sound.set()
            self._ear.append((asyncio.get_running_loop().time(), data[12:]))
            if len(self._tape) < _TAPED:
                self._tape.append(data[12:])


def _assemble(rows: Iterable[str], body: str) -> bytes:
    kind = ["Content-Type: application/sdp"] if body else []
    return "\r\n".join([*rows, *kind, f"Content-Length: {len(body)}", "", body]).encode()


def _uri(contact: str) -> str:
    found = re.search(r"<([^>]+)>", contact)
    return found[1] if found else contact.partition(";")[0].strip()


def _digest(user: str, password: str, uri: str, asked: Mapping[str, str]) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    once = secrets.token_hex(4)
    inner, outer = md5(f"{user}:{asked['realm']}:{password}"), md5(f"REGISTER:{uri}")
    response = md5(f"{inner}:{asked['nonce']}:00000001:{once}:auth:{outer}")
    parts = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri, "response": response}
    parts |= {"cnonce": once, "opaque": asked.get("opaque", "")}
    return "Digest " + ", ".join(f'{k}="{v}"' for k, v in parts.items()) + ", qop=auth, nc=00000001, algorithm=MD5"
