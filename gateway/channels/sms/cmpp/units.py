"""The messages of CMPP as values, with the standard's field names (V2.0, 2002, and V3.0.0, 2003), and the parts of a
Msg_Id. ``wire`` reads and writes them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Version = Literal["2.0", "3.0"]


class Connect(NamedTuple):
    source_addr: str
    authenticator: bytes
    version: int
    timestamp: int


class ConnectResp(NamedTuple):
    """``status``: 0 right, else see ``words.LOGIN``."""

    status: int
    authenticator: bytes
    version: int


class Terminate(NamedTuple):
    pass


class TerminateResp(NamedTuple):
    pass


class Submit(NamedTuple):
    """``dest`` are 1 to 100 receivers; the kinds (``*_type``: 0 number, 1 pseudonym) and ``link_id`` are of 3.0."""

    dest: tuple[str, ...]
    content: bytes
    msg_fmt: int = 8
    src_id: str = ""
    msg_src: str = ""
    service_id: str = ""
    msg_id: int = 0
    pk_total: int = 1
    pk_number: int = 1
    registered_delivery: int = 1
    msg_level: int = 0
    fee_user_type: int = 0
    fee_terminal_id: str = ""
    fee_terminal_type: int = 0
    tp_pid: int = 0
    tp_udhi: int = 0
    fee_type: str = "01"
    fee_code: str = "0"
    valid_time: str = ""
    at_time: str = ""
    dest_terminal_type: int = 0
    link_id: str = ""


class SubmitResp(NamedTuple):
    msg_id: int
    result: int


class Deliver(NamedTuple):
    """A message of a citizen, or with ``registered_delivery`` 1 a status report (``read_report``).

    ``version`` is the form that it came in, ``odd`` counts octets too many (negative: reserved ones that lack).
    """

    msg_id: int
    dest_id: str
    service_id: str
    tp_pid: int
    tp_udhi: int
    msg_fmt: int
    src_terminal_id: str
    src_terminal_type: int
    registered_delivery: int
    content: bytes
    link_id: str = ""
    version: Version = "2.0"
    odd: int = 0


class DeliverResp(NamedTuple):
    msg_id: int
    result: int


class Query(NamedTuple):
    """``time`` YYYYMMDD, ``query_type`` 0 all, 1 by ``query_code`` (Service_Id)."""

    time: str
    query_type: int
    query_code: str


class QueryResp(NamedTuple):
    """``counts``: MT_TLMsg, MT_Tlusr, MT_Scs, MT_WT, MT_FL, MO_Scs, MO_WT, MO_FL."""

    time: str
    query_type: int
    query_code: str
    counts: tuple[int, ...]


class Cancel(NamedTuple):
    msg_id: int


class CancelResp(NamedTuple):
    """``success_id``: 0 cancelled, 1 failed."""

    success_id: int


class ActiveTest(NamedTuple):
    pass


class ActiveTestResp(NamedTuple):
    pass


class Report(NamedTuple):
    """A status report. Times are YYMMDDHHMM as given; ``stat`` has 7 octets, DELIVRD when it arrived."""

    msg_id: int
    stat: str
    submit_time: str
    done_time: str
    dest_terminal_id: str
    smsc_sequence: int


Unit = (
    Connect | ConnectResp | Terminate | TerminateResp | Submit | SubmitResp | Deliver | DeliverResp | Query | QueryResp
    | Cancel | CancelResp | ActiveTest | ActiveTestResp
)  # fmt: skip


class MsgId(NamedTuple):
    """The parts of a Msg_Id: when it was made (bits 64 to 39, no year), by which gateway (38 to 17), its number."""

    month: int
    day: int
    hour: int
    minute: int
    second: int
    gateway: int
    number: int


def read_msg_id(value: int) -> MsgId:
    """Its bit fields, whether or not they make a time."""
    return MsgId(
        value >> 60 & 15, value >> 55 & 31, value >> 50 & 31, value >> 44 & 63, value >> 38 & 63,
        value >> 16 & 0x3FFFFF, value & 0xFFFF,
    )  # fmt: skip


def write_msg_id(parts: MsgId) -> int:
    """The inverse of ``read_msg_id``."""
    return (
        parts.month << 60 | parts.day << 55 | parts.hour << 50 | parts.minute << 44 | parts.second << 38
        | parts.gateway << 16 | parts.number
    )  # fmt: skip
