"""SMPP as a ``Dialect``: the bind, and which PDU is what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.channels.port import Permanent
from gateway.channels.sms.dialect import Login, Part, Role, Submitted
from gateway.channels.sms.frames import ANSWER, Frame
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.smpp import pdus, words
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.smpp.ids import MessageIds
from gateway.channels.sms.smpp.normalise import handed, key_of
from gateway.channels.sms.smpp.repeats import AGAIN, Answered
from gateway.channels.sms.smpp.wire import (
    ALERT_NOTIFICATION,
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    OUTBIND,
    SUBMIT_SM,
    UNBIND,
    read_id,
    status_of,
)
from gateway.channels.sms.split import References, TooLong, segments

Mode = Literal["transceiver", "transmitter", "receiver"]

ROLES = {
    BIND_TRANSCEIVER | ANSWER: Role.LOGIN_ANSWER,
    BIND_TRANSMITTER | ANSWER: Role.LOGIN_ANSWER,
    BIND_RECEIVER | ANSWER: Role.LOGIN_ANSWER,
    SUBMIT_SM | ANSWER: Role.SUBMIT_ANSWER,
    DELIVER_SM: Role.DELIVER,
    DATA_SM: Role.DELIVER,
    ENQUIRE_LINK: Role.TEST,
    ENQUIRE_LINK | ANSWER: Role.TEST_ANSWER,
    UNBIND: Role.LEAVE,
    UNBIND | ANSWER: Role.LEAVE_ANSWER,
    ALERT_NOTIFICATION: Role.ODD,
    OUTBIND: Role.ODD,
}
"""alert_notification and outbind have no answer (4.12.1, 4.1.7); any other request that we do not know is refused."""


class SmppDialect:
    """One connection."""

    def __init__(
        self, config: SmppSms, password: str, mode: Mode, ids: MessageIds, zone: ZoneInfo, clock: Callable[[], float]
    ) -> None:
        self.name = "SMPP"
        self._config, self._password, self._mode = config, password, mode
        self._ids, self._zone, self._clock = ids, zone, clock
        self._answered = Answered()
        self._bound = False

    def role(self, frame: Frame) -> Role:
        if frame.command == GENERIC_NACK:
            return Role.SUBMIT_ANSWER if self._bound else Role.LOGIN_ANSWER
        unknown = Role.ODD if frame.command & ANSWER else Role.REFUSE
        return ROLES.get(frame.command, unknown)

    def login(self, sequence: int) -> bytes:
        return pdus.bind(self._config, self._password, self._mode, sequence)

    def logged_in(self, frame: Frame) -> Login:
        status = status_of(frame)
        if status or frame.command == GENERIC_NACK:
            return Login(False, words.bind_words(status))
        self._bound = True
        return Login(True, "")

    def submit(self, sequence: int, part: Part) -> bytes:
        return pdus.submit(self._config, part, sequence)

    def submitted(self, frame: Frame, sends: int) -> Submitted:
        """The id is made known here, at once: the report may follow in the same segment."""
        status = status_of(frame)
        if frame.command == GENERIC_NACK:
            return Submitted(error=words.submit_error(status) or Permanent("短信中心不识别该请求 / generic_nack"))
        error = words.submit_error(status)
        id = "" if error else read_id(frame)
        return Submitted(self._ids.given(id) if id else "", error)

    def handed(self, frame: Frame, at: float) -> Arrived | Told:
        given = handed(frame, at, self._zone, self._config.alphabet)
        if isinstance(given, Arrived) and self._answered.is_again(key_of(frame), at):
            return replace(given, meta={**given.meta, AGAIN: "1"})
        return given

    def received(self, frame: Frame) -> bytes:
        self._answered.note(key_of(frame), self._clock())
        return pdus.delivered(frame.command, frame.sequence)

    def refused(self, frame: Frame) -> bytes:
        return pdus.refused(frame.sequence)

    def test(self, sequence: int) -> bytes:
        return pdus.enquire(sequence)

    def tested(self, sequence: int) -> bytes:
        return pdus.enquired(sequence)

    def leave(self, sequence: int) -> bytes:
        return pdus.unbind(sequence)

    def left(self, sequence: int) -> bytes:
        return pdus.unbound(sequence)


@dataclass(slots=True)
class Smpp:
    """An account's way of speaking."""

    config: SmppSms
    password: str
    mode: Mode
    ids: MessageIds
    zone: ZoneInfo
    clock: Callable[[], float]
    references: References
    name: str = "smpp"

    def dialect(self) -> SmppDialect:
        return SmppDialect(self.config, self.password, self.mode, self.ids, self.zone, self.clock)

    def parts(self, target: str, text: str, key: str) -> Sequence[Part]:
        """Long texts are cut with a header in the user data, which every telephone knows. Raises Permanent."""
        if not text:
            raise Permanent("短信内容为空")
        try:
            cut = segments(text, self.references.take(), alphabet=self.config.alphabet)
        except TooLong as error:
            raise Permanent(f"短信内容过长：{error}") from None
        return [Part(target, cut.coding, one, cut.headed, cut.total, n) for n, one in enumerate(cut.parts, 1)]
