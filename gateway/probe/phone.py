"""pyVoIP's telephone with its traps closed, for one outgoing call in a process of its own.

pyVoIP 1.6.8 gives the messages, the digest, SDP and RTP. What is replaced here, each seen against Asterisk 22:

- its waits have no limit, and a reply other than 100, 180 or 401 to the first INVITE blocks for ever: one ``pump`` with
  a deadline receives everything, in the main thread;
- nothing is ever sent twice over UDP: ``_ask`` repeats at 0.5, 1, 2 ... s (RFC 3261, timer A and E);
- an OPTIONS (any server that qualifies its contacts) raises in the middle of a call: answered instead;
- refusals other than 404 and 503 never reach the caller: every final status is kept and acknowledged;
- the ACK carries an invented To tag, so Asterisk repeats its 200 and cuts the call after 32 s: made anew;
- Call-ID and branch come from a counter that starts at 1, so a second probe looks like a retransmission of the first;
- a call that still rings cannot be given up, and would stay in the queue: ``cancel``;
- a jump of the RTP clock (Asterisk changes its source between two prompts) fills the gap with loud zero bytes, up to
  4 GB of them: ``Ear`` measures the packets and keeps none.
"""

from __future__ import annotations

import audioop
import contextlib
import math
import re
import secrets
import select
import socket
import time
from typing import Any

import pyVoIP.VoIP  # before its siblings: pyVoIP's modules import each other in a circle
from pyVoIP import RTP, SIP

LOUD_RMS = 200
"""RMS of a 20 ms frame in 16-bit steps: -44 dBFS. Digital silence is 0, comfort noise about 30, speech above 1,000."""
ENOUGH_FRAMES = 10
"""Loud frames that count as audio: 0.2 s, longer than any click."""
T1_S = 0.5
"""First interval of repetition (RFC 3261, 17.1.1.1)."""
NO_REPLY_S = 8.0
"""Silence of a server after which it counts as gone. Timer B's 32 s are for networks; a probe sits near its server."""


class NoReply(Exception):
    """The server sent nothing in answer to a request."""


class Ear(RTP.RTPClient):
    """An RTP end that listens: counts frames and loud frames, stores none."""

    frames = 0
    loud_frames = 0
    enough_at: float | None = None

    def parse_packet(self, packet: bytes) -> None:
        """Measure one packet (RTP thread). Payload types other than PCMU and PCMA are counted nowhere."""
        if len(packet) <= 12 or packet[1] & 0x7F not in (0, 8):
            return
        payload = packet[12 + 4 * (packet[0] & 0x0F) :]
        decode = audioop.ulaw2lin if packet[1] & 0x7F == 0 else audioop.alaw2lin
        self.frames += 1
        if audioop.rms(decode(payload, 2), 2) >= LOUD_RMS:
            self.loud_frames += 1
            if self.loud_frames == ENOUGH_FRAMES:
                self.enough_at = time.monotonic()


class ProbeCall(pyVoIP.VoIP.VoIPCall):
    """A call whose media end is an Ear."""

    def create_rtp_clients(self, codecs: Any, ip: str, port: int, request: Any, baseport: int) -> None:
        """One Ear for the first media address of the answer."""
        address = request.body["c"][0]["address"]
        self.RTPClients.append(Ear(codecs, ip, port, address, baseport, self.sendmode, dtmf=self.dtmf_callback))

    @property
    def ear(self) -> Ear | None:
        found = self.RTPClients[0] if self.RTPClients else None
        return found if isinstance(found, Ear) else None


class ProbeSip(SIP.SIPClient):
    """SIP over one UDP socket, driven by ``pump`` from the main thread; no thread and no wait of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for counter in (self.callID, self.sessID):
            counter.x = secrets.randbelow(1 << 30) + 1
        self.statuses: dict[tuple[str, str], SIP.SIPMessage] = {}
        self.sent_invite = ""
        self.register_status = 0
        self.give_up_at = math.inf  # of the monotonic clock: no request waits beyond it, except those that clear up

    def start(self) -> None:
        """Bind, and register once. A refusal is kept in ``register_status``; raises NoReply when nobody is there."""
        self.NSD = True
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((self.myIP, self.myPort))
        self._register(deregister=False, limit_s=self._patience())

    def _patience(self) -> float:
        return max(0.1, min(NO_REPLY_S, self.give_up_at - time.monotonic()))

    def stop(self) -> None:
        """Take the registration back, at most a second, and close."""
        if self.NSD and self.register_status == 200:
            with contextlib.suppress(NoReply):  # the contact then expires by itself after 120 s
                self._register(deregister=True, limit_s=1.0)
        self.NSD = False
        self._close_sockets()

    def _register(self, deregister: bool, limit_s: float) -> None:
        reply = self._ask(self.gen_first_response(deregister=deregister), limit_s)
        if int(reply.status) == 401:
            reply = self._ask(self.gen_register(reply, deregister=deregister), limit_s)
        if not deregister:
            self.register_status = int(reply.status)

    def invite(self, number: str, ms: Any, sendtype: Any) -> tuple[SIP.SIPMessage, str, int]:
        """Send the INVITE, with the digest when asked, and return once the server has it in hand."""
        call_id, session = self.gen_call_id(), self.sessID.next()
        text = self.gen_invite(number, str(session), ms, sendtype, self._branch(), call_id)
        reply = self._ask(text, self._patience())
        if int(reply.status) == 401:
            auth = self._authorization(reply)
            text = self.gen_invite(number, str(session), ms, sendtype, self._branch(), call_id)
            text = text.replace("\r\nContent-Length", f"\r\n{auth}\r\nContent-Length", 1)
            self._ask(text, self._patience())
        self.sent_invite = text
        return SIP.SIPMessage(text.encode()), call_id, session

    def _branch(self) -> str:
        return f"z9hG4bK{secrets.token_hex(12)}"

    def _authorization(self, reply: SIP.SIPMessage) -> str:
        digest = self.gen_authorization(reply).decode()
        realm, nonce = reply.authentication["realm"], reply.authentication["nonce"]
        return (
            f'Authorization: Digest username="{self.username}",realm="{realm}",nonce="{nonce}",'
            f'uri="sip:{self.server};transport=UDP",response="{digest}",algorithm=MD5'
        )

    def _ask(self, text: str, limit_s: float) -> SIP.SIPMessage:
        """Send a request, again and again until any reply to it has come. Raises NoReply after ``limit_s``."""
        key = _transaction(text)
        self.statuses.pop(key, None)
        deadline = time.monotonic() + limit_s
        interval = T1_S
        while key not in self.statuses:
            now = time.monotonic()
            if now >= deadline:
                raise NoReply(f"no reply to {key[1]} within {limit_s:.1f} s")
            self.out.sendto(text.encode(), (self.server, self.port))
            self._pump_until(key, min(now + interval, deadline))
            interval = min(interval * 2, 4.0)
        return self.statuses[key]

    def _pump_until(self, key: tuple[str, str], until: float) -> None:
        while key not in self.statuses and (left := until - time.monotonic()) > 0:
            self.pump(min(left, 0.1))

    def pump(self, wait_s: float) -> None:
        """Receive and handle what arrives within ``wait_s`` seconds, at most one datagram."""
        ready, _, _ = select.select([self.s], [], [], wait_s)
        if not ready:
            return
        self.s.setblocking(False)
        try:
            raw, _ = self.s.recvfrom(8192)
        except OSError:  # a datagram with a bad checksum, or an ICMP error: nothing to read after all
            return
        if raw.startswith(b"OPTIONS "):
            self.out.sendto(_plain_ok(raw), (self.server, self.port))
            return
        try:
            message = SIP.SIPMessage(raw)
        except Exception:  # pyVoIP's parser raises anything; a datagram that it cannot read is no reply
            return
        self.parse_message(message)

    def parse_message(self, message: SIP.SIPMessage) -> None:
        """Keep the status of a reply, acknowledge a refusal; leave 200 and BYE to pyVoIP."""
        if message.type != SIP.SIPMessageType.MESSAGE:
            key = (message.headers["CSeq"]["check"], message.headers["CSeq"]["method"])
            self.statuses[key] = message
            if key[1] != "INVITE":
                return
            if int(message.status) >= 300:
                self.out.sendto(self.gen_ack(message).encode(), (self.server, self.port))
                return
            if int(message.status) != 200:
                return
        super().parse_message(message)

    def gen_ack(self, request: SIP.SIPMessage) -> str:
        """The ACK of a final reply: its own To tag, and for a 200 a new branch to the contact (RFC 3261, 13.2.2.4)."""
        target = f"sip:{request.headers['To']['address']}"
        via = self._gen_response_via_header(request)
        if int(request.status) == 200:
            target = _uri(request.headers["Contact"])
            via = f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={self._branch()}\r\n"
        return (
            f"ACK {target} SIP/2.0\r\n{via}Max-Forwards: 70\r\n"
            f"From: {request.headers['From']['raw']};tag={request.headers['From']['tag']}\r\n"
            f"To: {request.headers['To']['raw']};tag={request.headers['To']['tag']}\r\n"
            f"Call-ID: {request.headers['Call-ID']}\r\nCSeq: {request.headers['CSeq']['check']} ACK\r\n"
            "Content-Length: 0\r\n\r\n"
        )

    def bye(self, request: SIP.SIPMessage) -> None:
        """End an answered call and wait for the confirmation, so that no channel stays behind a lost datagram."""
        text = re.sub(r"branch=[^;\r]+", f"branch={self._branch()}", self.gen_bye(request), count=1)
        with contextlib.suppress(NoReply):  # the server is gone; so is its end of the call
            self._ask(text, 2.0)

    def cancel(self) -> None:
        """Give up a call that has not been answered (RFC 3261, 9.1): same branch, CSeq number, From, To and Call-ID."""
        head = self.sent_invite.split("\r\n\r\n", 1)[0].split("\r\n")
        kept = [line for line in head if line.startswith(("Via:", "From:", "To:", "Call-ID:", "Max-Forwards:"))]
        number = _transaction(self.sent_invite)[0]
        start = head[0].replace("INVITE", "CANCEL", 1)
        text = "\r\n".join([start, *kept, f"CSeq: {number} CANCEL", "Content-Length: 0", "", ""])
        try:
            self._ask(text, 2.0)
        except NoReply:
            return
        self._await_final(2.0)

    def _await_final(self, limit_s: float) -> None:
        """After a CANCEL comes a 487, which ``parse_message`` acknowledges; or a 200 that crossed it."""
        deadline = time.monotonic() + limit_s
        while self.call_status() < 200 and time.monotonic() < deadline:
            self.pump(0.1)

    def call_status(self) -> int:
        """The latest status of the call itself, 0 before any."""
        reply = self.statuses.get(_transaction(self.sent_invite)) if self.sent_invite else None
        return int(reply.status) if reply else 0


class ProbePhone(pyVoIP.VoIP.VoIPPhone):
    """A telephone for one call. ``sip.pump`` must be called for anything to happen."""

    sip: ProbeSip

    def __init__(self, server: str, port: int, user: str, password: str, local: str, sip_port: int, rtp_port: int):
        super().__init__(
            server, port, user, password, myIP=local, sipPort=sip_port, rtpPortLow=rtp_port, rtpPortHigh=rtp_port
        )
        self.sip = ProbeSip(
            server, port, user, password, phone=self, myIP=local, myPort=sip_port, callCallback=self.callback
        )

    def call(self, number: str) -> ProbeCall:
        """Dial. Raises NoReply."""
        media: Any = {self.request_port(): {0: RTP.PayloadType.PCMU, 101: RTP.PayloadType.EVENT}}
        request, call_id, session = self.sip.invite(number, media, RTP.TransmitType.SENDRECV)
        call = ProbeCall(
            self, pyVoIP.VoIP.CallState.DIALING, request, session, self.myIP, ms=media, sendmode=self.sendmode
        )
        self.calls[call_id] = call
        reply = self.sip.statuses.get(_transaction(self.sip.sent_invite))
        if reply is not None and int(reply.status) == 200:  # came before pyVoIP knew of the call
            self.callback(reply)
        return call

    def give_up(self, call: ProbeCall) -> None:
        """Leave the call in whatever state it is, so that nobody's telephone goes on ringing for a probe."""
        if call.state == pyVoIP.VoIP.CallState.DIALING and self.sip.call_status() < 300:
            self.sip.cancel()
        if call.state == pyVoIP.VoIP.CallState.ANSWERED:  # also when the answer crossed the CANCEL
            call.hangup()


def _transaction(text: str) -> tuple[str, str]:
    """CSeq number and method of a request as text."""
    found = re.search(r"^CSeq: (\d+) ([A-Z]+)", text, re.MULTILINE)
    if not found:
        raise ValueError("a request without CSeq")
    return found.group(1), found.group(2)


def _uri(contact: str) -> str:
    """The URI inside a Contact header."""
    found = re.search(r"<([^>]+)>", contact)
    return found.group(1) if found else contact.partition(";")[0].strip()


def _plain_ok(raw: bytes) -> bytes:
    """200 to a request outside any dialogue, from its own headers."""
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]
    kept = [line for line in lines if line.lower().startswith((b"via:", b"from:", b"to:", b"call-id:", b"cseq:"))]
    return b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""])
