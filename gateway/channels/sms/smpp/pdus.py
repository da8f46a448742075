"""What we say in SMPP, written by aiosmpplib's codec. It keeps the widths of the standard and raises ValueError."""

from __future__ import annotations

from dataclasses import dataclass

from aiosmpplib import protocol
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommand, SmppCommandStatus

from gateway.channels.sms.dialect import Part
from gateway.channels.sms.smpp.config import SmppSms

LONGEST_PASSWORD = 64
_UDHI = 0x40
_CODINGS = {0: None, 1: "ascii", 3: "latin_1", 8: "ucs2"}
_BINDS = {
    "transceiver": protocol.BindTransceiver,
    "transmitter": protocol.BindTransmitter,
    "receiver": protocol.BindReceiver,
}


def bind(config: SmppSms, password: str, mode: str, sequence: int) -> bytes:
    """``mode`` is transceiver, transmitter or receiver."""
    made = _BINDS[mode](
        sequence_num=sequence, system_id=config.system_id, system_type=config.system_type,
        addr_ton=TON(config.address_ton), addr_npi=NPI(config.address_npi), address_range=config.address_range,
    )  # fmt: skip
    made.password = password  # past the codec's check: centres hand out longer ones than the standard's eight octets
    return bytes(made.pdu())


def check_password(password: str) -> str:
    """Raises ValueError for one that cannot be sent."""
    if not password.isascii() or not password.isprintable() or len(password) > LONGEST_PASSWORD:
        raise ValueError(f"password: at most {LONGEST_PASSWORD} printable ASCII characters")
    return password


def submit(config: SmppSms, part: Part, sequence: int) -> bytes:
    """submit_sm of one part, with a status report asked for."""
    target = part.target
    if len(target) == 11 and target.startswith("1"):
        target = config.target_prefix + target
    made = protocol.SubmitSm(
        sequence_num=sequence,
        short_message="-",  # the codec wants a text; the octets below stand in its place
        source=PhoneNumber(config.source or config.number[:20], TON(config.source_ton), NPI(config.source_npi)),
        destination=PhoneNumber(target, TON(config.target_ton), NPI(config.target_npi)),
        service_type=config.service_type,
        esm_class=_UDHI if part.headed else 0,
        registered_delivery=1,
        encoding=_CODINGS[part.coding],
    )
    made.set_encoded_message(part.content)
    return bytes(made.pdu())


@dataclass
class _DataSmResp(protocol.DeliverSmResp):  # type: ignore[misc]
    """The codec has no data_sm; its answer is built as deliver_sm's is."""

    @property
    def smpp_command(self) -> SmppCommand:
        return SmppCommand.DATA_SM_RESP


def delivered(command: int, sequence: int) -> bytes:
    """The answer to a deliver_sm or data_sm that is kept."""
    kind = _DataSmResp if command == SmppCommand.DATA_SM else protocol.DeliverSmResp
    return bytes(kind(sequence).pdu())


def refused(sequence: int) -> bytes:
    """generic_nack: a command that is not served."""
    return bytes(protocol.GenericNack(sequence, SmppCommandStatus.ESME_RINVCMDID).pdu())


def enquire(sequence: int) -> bytes:
    return bytes(protocol.EnquireLink(sequence).pdu())


def enquired(sequence: int) -> bytes:
    return bytes(protocol.EnquireLinkResp(sequence).pdu())


def unbind(sequence: int) -> bytes:
    return bytes(protocol.Unbind(sequence).pdu())


def unbound(sequence: int) -> bytes:
    return bytes(protocol.UnbindResp(sequence).pdu())
