"""SMGP 3.0 without IO: octets of a frame's body to values and back.

Source: China Telecom, 中国电信 SMGP 协议 V3.0 (2005): Login, Submit, Deliver, Active_Test, Exit and their answers,
optional parameters as tag, length, value behind the 8 reserved octets. Read beside the standard: a missing reserve,
optional parameters that are cut (they are left out), a status report whose id is in hexadecimal digits instead of ten
octets. Whatever cannot be read is a WireError that says where; no octets raise anything else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

from gateway.channels.sms.frames import ANSWER, Frame, WireError, octets_of, pack_frame, text_of
from gateway.channels.sms.smgp.units import (
    NONE,
    ActiveTest,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Login,
    LoginResp,
    Report,
    Submit,
    SubmitResp,
    Unit,
)

LOGIN, SUBMIT, DELIVER, ACTIVE_TEST, EXIT = 1, 2, 3, 4, 6
VERSION = 0x30

_HEAD, _RESERVE = 12, 8
_LOGIN = struct.Struct(">8s16sBIB")
_LOGIN_RESP = struct.Struct(">I16sB")
_ID_STATUS = struct.Struct(">10sI")
_DELIVER = struct.Struct(">10sBB14s21s21sB")
_SUBMIT = struct.Struct(">BBB10s2s6s6sB17s17s21s21sB")
_OPTION = struct.Struct(">HH")
_WIDTH = 21


def read(frame: Frame) -> Unit:
    """What a frame says. Raises WireError for a command that is none and for a body that cannot be read."""
    reader = _READERS.get(frame.command)
    if reader is None:
        raise WireError(f"command 0x{frame.command:08x} is none of SMGP")
    return reader(frame.raw)


def _fixed(raw: bytes, layout: struct.Struct, name: str) -> tuple[Any, ...]:
    if len(raw) - _HEAD < layout.size:
        raise WireError(f"{name}: {len(raw) - _HEAD} octets, its fixed part has {layout.size}")
    return layout.unpack_from(raw, _HEAD)


def _read_login(raw: bytes) -> Login:
    client, proof, mode, stamp, version = _fixed(raw, _LOGIN, "Login")
    return Login(text_of(client), proof, mode, stamp, version)


def _read_submit(raw: bytes) -> Submit:
    f = _fixed(raw, _SUBMIT, "Submit")
    at, count = _HEAD + _SUBMIT.size, f[-1]
    if len(raw) < at + count * _WIDTH + 1:
        raise WireError(f"Submit: {len(raw) - at} octets behind DestTermIDCount {count}")
    dest = tuple(text_of(raw[at + n * _WIDTH : at + (n + 1) * _WIDTH]) for n in range(count))
    content, end = _content(raw, at + count * _WIDTH, "Submit")
    return Submit(
        dest, content, f[7], text_of(f[10]), text_of(f[3]), f[0], f[1], f[2], text_of(f[4]), text_of(f[5]),
        text_of(f[6]), text_of(f[8]), text_of(f[9]), text_of(f[11]), _options(raw, end + _RESERVE),
    )  # fmt: skip


def _read_deliver(raw: bytes) -> Deliver:
    msg_id, report, fmt, received, source, dest, _ = _fixed(raw, _DELIVER, "Deliver")
    content, end = _content(raw, _HEAD + _DELIVER.size - 1, "Deliver")
    return Deliver(
        msg_id, report, fmt, text_of(received), text_of(source), text_of(dest), content, _options(raw, end + _RESERVE)
    )


def _content(raw: bytes, at: int, name: str) -> tuple[bytes, int]:
    """What MsgLength at ``at`` announces, and where it ends."""
    end = at + 1 + raw[at]
    if len(raw) < end:
        raise WireError(f"{name}: MsgLength {raw[at]} at octet {at}, {len(raw) - at - 1} octets are there")
    return raw[at + 1 : end], end


def _options(raw: bytes, at: int) -> Mapping[int, bytes]:
    """Optional parameters; one that is cut and what follows it say nothing, the message before them is whole."""
    if at >= len(raw):
        return NONE
    found: dict[int, bytes] = {}
    while at + _OPTION.size <= len(raw):
        tag, length = _OPTION.unpack_from(raw, at)
        at += _OPTION.size
        if at + length > len(raw):
            break
        found[tag] = raw[at : at + length]
        at += length
    return found


_READERS: dict[int, Callable[[bytes], Unit]] = {
    LOGIN: _read_login,
    LOGIN | ANSWER: lambda raw: LoginResp(*_fixed(raw, _LOGIN_RESP, "Login_Resp")),
    SUBMIT: _read_submit,
    SUBMIT | ANSWER: lambda raw: SubmitResp(*_fixed(raw, _ID_STATUS, "Submit_Resp")),
    DELIVER: _read_deliver,
    DELIVER | ANSWER: lambda raw: DeliverResp(*_fixed(raw, _ID_STATUS, "Deliver_Resp")),
    ACTIVE_TEST: lambda raw: ActiveTest(),
    ACTIVE_TEST | ANSWER: lambda raw: ActiveTestResp(),
    EXIT: lambda raw: Exit(),
    EXIT | ANSWER: lambda raw: ExitResp(),
}

# -- status reports: "id:IIIIIIIIII sub:SSS dlvrd:DDD Submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:EEE
#    Text:....................", 122 octets

_STAT = re.compile(rb"stat:\s*([^\s\0]{1,7})", re.IGNORECASE)
_DATES = {
    "submit": re.compile(rb"submit[ _]?date:\s*([0-9]{10,14})", re.IGNORECASE),
    "done": re.compile(rb"done[ _]?date:\s*([0-9]{10,14})", re.IGNORECASE),
}
_ERR = re.compile(rb"err:\s*([^\s\0]{1,8})", re.IGNORECASE)
_HEX_ID = re.compile(rb"id:\s*([0-9A-Fa-f]{20})[\s\0]", re.IGNORECASE)


def read_report(content: bytes) -> Report:
    """A Deliver's content when it is a status report. Raises WireError without an id or a state."""
    if digits := _HEX_ID.match(content):
        msg_id, rest = bytes.fromhex(digits[1].decode("ascii")), content[digits.end() :]
    elif content[:3].lower() == b"id:" and len(content) >= 13:
        msg_id, rest = content[3:13], content[13:]
    else:
        raise WireError(f"status report: {len(content)} octets that do not begin with an id")
    stat = _STAT.search(rest)
    if stat is None:
        raise WireError("status report: no stat")
    found = {name: pattern.search(rest) for name, pattern in _DATES.items()} | {"err": _ERR.search(rest)}
    words = {name: match[1].decode("ascii", "replace") if match else "" for name, match in found.items()}
    text = rest.lower().rfind(b" text:")
    told = text_of(rest[text + 6 :]) if text >= 0 else ""
    return Report(
        msg_id, stat[1].decode("ascii", "backslashreplace"), words["submit"], words["done"], words["err"], told
    )


def write_report(report: Report) -> bytes:
    """The content of a status report, 122 octets."""
    parts = (
        (b"id:", report.msg_id, 10), (b" sub:", b"001", 3), (b" dlvrd:", b"001", 3),
        (b" Submit date:", octets_of(report.submit_date, 10, "Submit date"), 10),
        (b" done date:", octets_of(report.done_date, 10, "done date"), 10),
        (b" stat:", octets_of(report.stat, 7, "stat"), 7), (b" err:", octets_of(report.err, 3, "err"), 3),
        (b" Text:", octets_of(report.text, 20, "Text"), 20),
    )  # fmt: skip
    return b"".join(name + value.ljust(width, b"\0") for name, value, width in parts)


# -- writing


def write(unit: Unit, sequence: int) -> bytes:
    """A whole frame. Raises ValueError, naming the field, for what does not fit into its width."""
    command, writer = _WRITERS[type(unit)]
    try:
        return pack_frame(command, sequence, writer(unit))
    except struct.error as error:
        raise ValueError(f"{type(unit).__name__}: {error}") from None


def _write_login(unit: Login) -> bytes:
    return _LOGIN.pack(octets_of(unit.client_id, 8, "ClientID"), *unit[1:])


def _write_submit(unit: Submit) -> bytes:
    if not 1 <= len(unit.dest) <= 100:
        raise ValueError(f"DestTermID: 1 to 100 receivers, not {len(unit.dest)}")
    head = _SUBMIT.pack(
        unit.msg_type, unit.need_report, unit.priority, octets_of(unit.service_id, 10, "ServiceID"),
        octets_of(unit.fee_type, 2, "FeeType"), octets_of(unit.fee_code, 6, "FeeCode"),
        octets_of(unit.fixed_fee, 6, "FixedFee"), unit.msg_format, octets_of(unit.valid_time, 17, "ValidTime"),
        octets_of(unit.at_time, 17, "AtTime"), octets_of(unit.src_term_id, _WIDTH, "SrcTermID"),
        octets_of(unit.charge_term_id, _WIDTH, "ChargeTermID"), len(unit.dest),
    )  # fmt: skip
    dest = b"".join(octets_of(one, _WIDTH, "DestTermID").ljust(_WIDTH, b"\0") for one in unit.dest)
    return head + dest + _lengthy(unit.content) + bytes(_RESERVE) + _packed(unit.options)


def _write_deliver(unit: Deliver) -> bytes:
    head = _DELIVER.pack(
        unit.msg_id, unit.is_report, unit.msg_format, octets_of(unit.recv_time, 14, "RecvTime"),
        octets_of(unit.src_term_id, _WIDTH, "SrcTermID"), octets_of(unit.dest_term_id, _WIDTH, "DestTermID"),
        len(unit.content),
    )  # fmt: skip
    return head + unit.content + bytes(_RESERVE) + _packed(unit.options)


def _lengthy(content: bytes) -> bytes:
    if len(content) > 255:
        raise ValueError(f"MsgContent: at most 255 octets, not {len(content)}")
    return bytes((len(content),)) + content


def _packed(options: Mapping[int, bytes]) -> bytes:
    return b"".join(_OPTION.pack(tag, len(value)) + value for tag, value in options.items())


_WRITERS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    Login: (LOGIN, _write_login),
    LoginResp: (LOGIN | ANSWER, lambda unit: _LOGIN_RESP.pack(*unit)),
    Submit: (SUBMIT, _write_submit),
    SubmitResp: (SUBMIT | ANSWER, lambda unit: _ID_STATUS.pack(*unit)),
    Deliver: (DELIVER, _write_deliver),
    DeliverResp: (DELIVER | ANSWER, lambda unit: _ID_STATUS.pack(*unit)),
    ActiveTest: (ACTIVE_TEST, lambda unit: b""),
    ActiveTestResp: (ACTIVE_TEST | ANSWER, lambda unit: b""),
    Exit: (EXIT, lambda unit: b""),
    ExitResp: (EXIT | ANSWER, lambda unit: b""),
}
