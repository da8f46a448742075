"""SMGP as a ``Dialect``: the login with its proof, and which frame is what."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.channels.sms import dialect
from gateway.channels.sms.dialect import Part, Role, Submitted
from gateway.channels.sms.frames import ANSWER, Frame
from gateway.channels.sms.outbox import parts_of
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.smgp import words
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smgp.normalise import external_id, handed
from gateway.channels.sms.smgp.units import (
    MSG_SRC,
    PK_NUMBER,
    PK_TOTAL,
    TP_UDHI,
    ActiveTest,
    ActiveTestResp,
    DeliverResp,
    Exit,
    ExitResp,
    Login,
    LoginResp,
    Submit,
    SubmitResp,
)
from gateway.channels.sms.smgp.wire import ACTIVE_TEST, DELIVER, EXIT, LOGIN, SUBMIT, VERSION, read, write
from gateway.channels.sms.split import References

ROLES = {
    LOGIN | ANSWER: Role.LOGIN_ANSWER,
    SUBMIT | ANSWER: Role.SUBMIT_ANSWER,
    DELIVER: Role.DELIVER,
    ACTIVE_TEST: Role.TEST,
    ACTIVE_TEST | ANSWER: Role.TEST_ANSWER,
    EXIT: Role.LEAVE,
    EXIT | ANSWER: Role.LEAVE_ANSWER,
}
_BOTH_WAYS = 2


def authenticator(client_id: str, secret: str, stamp: str) -> bytes:
    """AuthenticatorClient: MD5 of ClientID, seven NULs, the shared secret and MMDDHHMMSS."""
    word = client_id.encode() + bytes(7) + secret.encode() + stamp.encode()
    return hashlib.md5(word, usedforsecurity=False).digest()  # the standard knows no better


class SmgpDialect:
    """One connection."""

    def __init__(self, config: SmgpSms, secret: str, zone: ZoneInfo, clock: Callable[[], float]) -> None:
        self.name = "SMGP"
        self._config, self._secret, self._zone, self._clock = config, secret, zone, clock
        self._shown = b""

    def role(self, frame: Frame) -> Role:
        return ROLES.get(frame.command, Role.ODD)

    def login(self, sequence: int) -> bytes:
        stamp = datetime.fromtimestamp(self._clock(), self._zone).strftime("%m%d%H%M%S")
        client = self._config.client_id
        self._shown = authenticator(client, self._secret, stamp)
        return write(Login(client, self._shown, _BOTH_WAYS, int(stamp), VERSION), sequence)

    def logged_in(self, frame: Frame) -> dialect.Login:
        answer = read(frame)
        assert isinstance(answer, LoginResp)
        if answer.status:
            return dialect.Login(False, words.login_words(answer.status))
        word = answer.status.to_bytes(4) + self._shown + self._secret.encode()
        proof = hashlib.md5(word, usedforsecurity=False).digest()
        return dialect.Login(True, "", hmac.compare_digest(proof, answer.authenticator))

    def submit(self, sequence: int, part: Part) -> bytes:
        config = self._config
        options = {TP_UDHI: b"\1"} if part.headed else {}
        if part.total > 1:
            options |= {PK_TOTAL: bytes((part.total,)), PK_NUMBER: bytes((part.n,))}
        if config.sp_code:
            options[MSG_SRC] = config.sp_code.encode().ljust(8, b"\0")
        submit = Submit(
            (part.target,), part.content, part.coding, config.source, config.service_id, fee_type=config.fee_type,
            fee_code=config.fee_code, fixed_fee=config.fixed_fee, options=options,
        )  # fmt: skip
        return write(submit, sequence)

    def submitted(self, frame: Frame, sends: int) -> Submitted:
        answer = read(frame)
        assert isinstance(answer, SubmitResp)
        return Submitted(external_id(answer.msg_id), words.submit_error(answer.status, sends))

    def handed(self, frame: Frame, at: float) -> Arrived | Told:
        return handed(frame, at, self._zone)

    def received(self, frame: Frame) -> bytes:
        """The answer names the message; of one too short for a name the rest is zeros."""
        return write(DeliverResp(frame.raw[12:22].ljust(10, b"\0"), 0), frame.sequence)

    def refused(self, frame: Frame) -> bytes:
        """There is no such answer, and no frame has that role."""
        return b""

    def test(self, sequence: int) -> bytes:
        return write(ActiveTest(), sequence)

    def tested(self, sequence: int) -> bytes:
        return write(ActiveTestResp(), sequence)

    def leave(self, sequence: int) -> bytes:
        return write(Exit(), sequence)

    def left(self, sequence: int) -> bytes:
        return write(ExitResp(), sequence)


@dataclass(slots=True)
class Smgp:
    """An account's way of speaking."""

    config: SmgpSms
    secret: str
    zone: ZoneInfo
    clock: Callable[[], float]
    references: References
    name: str = "smgp"

    def dialect(self) -> SmgpDialect:
        return SmgpDialect(self.config, self.secret, self.zone, self.clock)

    def parts(self, target: str, text: str, key: str) -> Sequence[Part]:
        return parts_of(target, text, self.references)
