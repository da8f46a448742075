"""CMPP as a ``Dialect``: the login with its proof and version, and which frame is what."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.channels.sms.cmpp import words
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.normalise import external_id, handed
from gateway.channels.sms.cmpp.units import (
    ActiveTest,
    ActiveTestResp,
    Connect,
    ConnectResp,
    DeliverResp,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
)
from gateway.channels.sms.cmpp.wire import ACTIVE_TEST, CONNECT, DELIVER, NUMBERS, SUBMIT, TERMINATE, read, write
from gateway.channels.sms.dialect import Login, Part, Role, Submitted
from gateway.channels.sms.frames import ANSWER, Frame
from gateway.channels.sms.outbox import parts_of
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.split import References

ROLES = {
    CONNECT | ANSWER: Role.LOGIN_ANSWER,
    SUBMIT | ANSWER: Role.SUBMIT_ANSWER,
    DELIVER: Role.DELIVER,
    ACTIVE_TEST: Role.TEST,
    ACTIVE_TEST | ANSWER: Role.TEST_ANSWER,
    TERMINATE: Role.LEAVE,
    TERMINATE | ANSWER: Role.LEAVE_ANSWER,
}
_TOO_HIGH = 4


def authenticator(source_addr: str, secret: str, stamp: str) -> bytes:
    """AuthenticatorSource: MD5 of Source_Addr, nine NULs, the shared secret and MMDDHHMMSS."""
    word = source_addr.encode() + bytes(9) + secret.encode() + stamp.encode()
    return hashlib.md5(word, usedforsecurity=False).digest()  # the standard knows no better


class CmppDialect:
    """One connection. ``use`` is told of a lower version that the other side wants."""

    def __init__(
        self, config: CmppSms, secret: str, version: Version, zone: ZoneInfo, clock: Callable[[], float],
        use: Callable[[Version], None],
    ) -> None:  # fmt: skip
        self.name = "CMPP"
        self.version = version
        self._config, self._secret, self._zone, self._clock, self._use = config, secret, zone, clock, use
        self._shown = b""

    def role(self, frame: Frame) -> Role:
        return ROLES.get(frame.command, Role.ODD)

    def login(self, sequence: int) -> bytes:
        stamp = datetime.fromtimestamp(self._clock(), self._zone).strftime("%m%d%H%M%S")
        source = self._config.source_addr
        self._shown = authenticator(source, self._secret, stamp)
        return write(Connect(source, self._shown, NUMBERS[self.version], int(stamp)), sequence, self.version)

    def logged_in(self, frame: Frame) -> Login:
        answer = read(frame, self.version)
        assert isinstance(answer, ConnectResp)
        lower = self.version == "3.0" and 0 < answer.version < NUMBERS["3.0"]
        if lower:
            self.version = "2.0"
            self._use("2.0")
        if answer.status:
            return Login(False, words.login_words(answer.status), again=lower and answer.status == _TOO_HIGH)
        return Login(True, "", self._proves(answer, len(frame.raw)))

    def _proves(self, answer: ConnectResp, octets: int) -> bool:
        """AuthenticatorISMG: MD5 of Status, AuthenticatorSource and the secret; Status is as wide as it came."""
        for width in (1, 4) if octets < 33 else (4, 1):
            word = answer.status.to_bytes(width) + self._shown + self._secret.encode()
            if hmac.compare_digest(hashlib.md5(word, usedforsecurity=False).digest(), answer.authenticator):
                return True
        return False

    def submit(self, sequence: int, part: Part) -> bytes:
        config = self._config
        submit = Submit(
            (part.target,), part.content, part.coding, config.source, config.source_addr, config.service_id,
            pk_total=part.total, pk_number=part.n, tp_udhi=int(part.headed), fee_user_type=config.fee_user_type,
            fee_terminal_id=config.fee_terminal_id, fee_type=config.fee_type, fee_code=config.fee_code,
        )  # fmt: skip
        return write(submit, sequence, self.version)

    def submitted(self, frame: Frame, sends: int) -> Submitted:
        answer = read(frame, self.version)
        assert isinstance(answer, SubmitResp)
        return Submitted(external_id(answer.msg_id), words.submit_error(answer.result, sends))

    def handed(self, frame: Frame, at: float) -> Arrived | Told:
        return handed(frame, self.version, at, self._zone)

    def received(self, frame: Frame) -> bytes:
        """The answer names the message; of one too short for a name the rest is zeros."""
        msg_id = int.from_bytes(frame.raw[12:20].ljust(8, b"\0"))
        return write(DeliverResp(msg_id, 0), frame.sequence, self.version)

    def refused(self, frame: Frame) -> bytes:
        """There is no such answer, and no frame has that role."""
        return b""

    def test(self, sequence: int) -> bytes:
        return write(ActiveTest(), sequence, self.version)

    def tested(self, sequence: int) -> bytes:
        return write(ActiveTestResp(), sequence, self.version)

    def leave(self, sequence: int) -> bytes:
        return write(Terminate(), sequence, self.version)

    def left(self, sequence: int) -> bytes:
        return write(TerminateResp(), sequence, self.version)


@dataclass(slots=True)
class Cmpp:
    """An account's way of speaking. ``version`` is lowered for good when the carrier's gateway asks for it."""

    config: CmppSms
    secret: str
    zone: ZoneInfo
    clock: Callable[[], float]
    references: References
    version: Version
    name: str = "cmpp"

    def dialect(self) -> CmppDialect:
        return CmppDialect(self.config, self.secret, self.version, self.zone, self.clock, self._lower)

    def _lower(self, version: Version) -> None:
        self.version = version

    def parts(self, target: str, text: str, key: str) -> Sequence[Part]:
        return parts_of(target, text, self.references)
