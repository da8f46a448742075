"""The messages of SMGP 3.0 as values, with the standard's field names (China Telecom, SMGP 协议 V3.0).

``wire`` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

NONE: Mapping[int, bytes] = MappingProxyType({})

TP_PID, TP_UDHI, LINK_ID, PK_TOTAL, PK_NUMBER, SUBMIT_MSG_TYPE, SP_DEAL_RESULT, SRC_TERM_PSEUDO, MSG_SRC = (
    0x0001, 0x0002, 0x0003, 0x0009, 0x000A, 0x000B, 0x000C, 0x000E, 0x0010,
)  # fmt: skip
"""Tags of optional parameters."""


class Login(NamedTuple):
    """``login_mode``: 0 sends, 1 receives, 2 both. ``client_version`` 0x30."""

    client_id: str
    authenticator: bytes
    login_mode: int
    timestamp: int
    client_version: int


class LoginResp(NamedTuple):
    status: int
    authenticator: bytes
    server_version: int


class Submit(NamedTuple):
    """``msg_type`` 6 is a message to a telephone; ``options`` are the optional parameters by tag."""

    dest: tuple[str, ...]
    content: bytes
    msg_format: int = 8
    src_term_id: str = ""
    service_id: str = ""
    msg_type: int = 6
    need_report: int = 1
    priority: int = 1
    fee_type: str = "00"
    fee_code: str = "0"
    fixed_fee: str = "0"
    valid_time: str = ""
    at_time: str = ""
    charge_term_id: str = ""
    options: Mapping[int, bytes] = NONE


class SubmitResp(NamedTuple):
    msg_id: bytes
    status: int


class Deliver(NamedTuple):
    """A message of a citizen, or with ``is_report`` 1 a status report. ``recv_time`` is YYYYMMDDHHMMSS."""

    msg_id: bytes
    is_report: int
    msg_format: int
    recv_time: str
    src_term_id: str
    dest_term_id: str
    content: bytes
    options: Mapping[int, bytes] = NONE


class DeliverResp(NamedTuple):
    msg_id: bytes
    status: int


class ActiveTest(NamedTuple):
    pass


class ActiveTestResp(NamedTuple):
    pass


class Exit(NamedTuple):
    pass


class ExitResp(NamedTuple):
    pass


class Report(NamedTuple):
    """A status report: ten octets of id, a state of seven, times YYMMDDHHMM."""

    msg_id: bytes
    stat: str
    submit_date: str = ""
    done_date: str = ""
    err: str = ""
    text: str = ""


Unit = (
    Login | LoginResp | Submit | SubmitResp | Deliver | DeliverResp | ActiveTest | ActiveTestResp | Exit | ExitResp
)  # fmt: skip
