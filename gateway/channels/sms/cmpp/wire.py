"""CMPP 2.0 and 3.0 without IO: octets of a frame's body to values and back.

Source: China Mobile, 中国移动通信互联网短信网关接口协议 V2.0 (April 2002) and V3.0.0 (2003), chapter "消息定义". Field
names are the standard's. Fixed-width texts end at their first NUL. The versions differ in widths: terminal numbers have
21 or 32 octets, results 1 or 4, and 3.0 has kinds of numbers and a LinkID of 20 octets where 2.0 has 8 reserved ones.

What real gateways do beside the standard, and is read: more octets behind the last field, the reserved tail left away,
and bodies of the other version than the one agreed on; answers are told apart by their length alone. Whatever cannot be
read is a WireError that says where; no octets raise anything else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from gateway.channels.sms.cmpp.units import (
    ActiveTest,
    ActiveTestResp,
    Cancel,
    CancelResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Query,
    QueryResp,
    Report,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Unit,
    Version,
)
from gateway.channels.sms.frames import ANSWER, Frame, WireError, octets_of, pack_frame, text_of

CONNECT, TERMINATE, SUBMIT, DELIVER, QUERY, CANCEL, ACTIVE_TEST = 1, 2, 4, 5, 6, 7, 8
NUMBERS: dict[Version, int] = {"2.0": 0x20, "3.0": 0x30}
"""The Version octet: high half main, low half sub."""

_HEAD = 12
_WIDTH: dict[Version, int] = {"2.0": 21, "3.0": 32}
_TAIL: dict[Version, int] = {"2.0": 8, "3.0": 20}


# -- reading

_CONNECT = struct.Struct(">6s16sBI")
_CONNECT_RESP = {18: struct.Struct(">B16sB"), 21: struct.Struct(">I16sB")}
_ID_RESULT = {9: struct.Struct(">QB"), 12: struct.Struct(">QI")}
_CANCEL_RESP = {1: struct.Struct(">B"), 4: struct.Struct(">I")}
_QUERY = struct.Struct(">8sB10s8s")
_QUERY_RESP = struct.Struct(">8sB10s8I")
_DELIVER: dict[Version, struct.Struct] = {
    "2.0": struct.Struct(">Q21s10sBBB21sBB"),
    "3.0": struct.Struct(">Q21s10sBBB32sBBB"),
}
_SUBMIT: dict[Version, struct.Struct] = {
    "2.0": struct.Struct(">QBBBB10sB21sBBB6s2s6s17s17s21sB"),
    "3.0": struct.Struct(">QBBBB10sB32sBBBB6s2s6s17s17s21sB"),
}
_OTHER: dict[Version, Version] = {"2.0": "3.0", "3.0": "2.0"}


def read(frame: Frame, version: Version) -> Unit:
    """What a frame says. Raises WireError for a command that is none and for a body that cannot be read."""
    reader = _READERS.get(frame.command)
    if reader is None:
        raise WireError(f"command 0x{frame.command:08x} is none of CMPP")
    return reader(frame.raw, version)


def _longest(raw: bytes, layouts: dict[int, struct.Struct], name: str) -> tuple[Any, ...]:
    """The fields of an answer whose versions differ by length: the longest that fits."""
    have = len(raw) - _HEAD
    for size in sorted(layouts, reverse=True):
        if have >= size:
            return layouts[size].unpack_from(raw, _HEAD)
    raise WireError(f"{name}: {have} octets, it has at least {min(layouts)}")


def _fixed(raw: bytes, layout: struct.Struct, name: str) -> tuple[Any, ...]:
    if len(raw) - _HEAD < layout.size:
        raise WireError(f"{name}: {len(raw) - _HEAD} octets, it has {layout.size}")
    return layout.unpack_from(raw, _HEAD)


def _read_connect(raw: bytes, version: Version) -> Connect:
    source, authenticator, number, stamp = _fixed(raw, _CONNECT, "CONNECT")
    return Connect(text_of(source), authenticator, number, stamp)


def _read_submit(raw: bytes, version: Version) -> Submit:
    layout, width = _SUBMIT[version], _WIDTH[version]
    f = _fixed(raw, layout, "SUBMIT")
    if version == "2.0":
        f = (*f[:8], 0, *f[8:])
    at, have, count = _HEAD + layout.size, len(raw), f[-1]
    kinds = 1 if version == "3.0" else 0
    if have < at + count * width + kinds + 1:
        raise WireError(f"SUBMIT: {have - at} octets behind DestUsr_tl {count}, it has {count * width + kinds + 1}")
    dest = tuple(text_of(raw[at + n * width : at + (n + 1) * width]) for n in range(count))
    at += count * width
    kind = raw[at] if kinds else 0
    at += kinds
    content, tail = _content(raw, at, "SUBMIT")
    return Submit(
        dest, content, f[11], text_of(f[17]), text_of(f[12]), text_of(f[5]), f[0], f[1], f[2], f[3], f[4], f[6],
        text_of(f[7]), f[8], f[9], f[10], text_of(f[13]), text_of(f[14]), text_of(f[15]), text_of(f[16]), kind,
        text_of(raw[tail : tail + 20]) if kinds else "",
    )  # fmt: skip


def _content(raw: bytes, at: int, name: str) -> tuple[bytes, int]:
    """What Msg_Length at ``at`` announces, and where it ends."""
    end = at + 1 + raw[at]
    if len(raw) < end:
        raise WireError(f"{name}: Msg_Length {raw[at]} at octet {at}, {len(raw) - at - 1} octets are there")
    return raw[at + 1 : end], end


def _spare(raw: bytes, version: Version) -> int | None:
    """Octets beyond what a DELIVER of this version has; None when its content would be cut."""
    head = _HEAD + _DELIVER[version].size
    if len(raw) < head or len(raw) < head + raw[head - 1]:
        return None
    return len(raw) - head - raw[head - 1] - _TAIL[version]


def _read_deliver(raw: bytes, version: Version) -> Deliver:
    spare = _spare(raw, version)
    if spare != 0 and _spare(raw, _OTHER[version]) == 0:
        version, spare = _OTHER[version], 0
    if spare is None:
        raise _cut_deliver(raw, version)
    layout = _DELIVER[version]
    at = _HEAD + layout.size
    if version == "2.0":
        msg_id, dest, service, pid, udhi, fmt, src, report, size = layout.unpack_from(raw, _HEAD)
        kind, link = 0, ""
    else:
        msg_id, dest, service, pid, udhi, fmt, src, kind, report, size = layout.unpack_from(raw, _HEAD)
        link = text_of(raw[at + size : at + size + 20])
    return Deliver(
        msg_id, text_of(dest), text_of(service), pid, udhi, fmt, text_of(src), kind, report, raw[at : at + size], link,
        version, spare,
    )  # fmt: skip


def _cut_deliver(raw: bytes, version: Version) -> WireError:
    size, have = _DELIVER[version].size, len(raw) - _HEAD
    if have < size:
        return WireError(f"DELIVER of {version}: {have} octets, its fixed part has {size}")
    return WireError(f"DELIVER of {version}: Msg_Length {raw[_HEAD + size - 1]}, {have - size} octets are there")


def _read_query_resp(raw: bytes, version: Version) -> QueryResp:
    time, kind, code, *counts = _fixed(raw, _QUERY_RESP, "QUERY_RESP")
    return QueryResp(text_of(time), kind, text_of(code), tuple(counts))


def _read_query(raw: bytes, version: Version) -> Query:
    time, kind, code, _ = _fixed(raw, _QUERY, "QUERY")
    return Query(text_of(time), kind, text_of(code))


_MSG_ID = struct.Struct(">Q")
_READERS: dict[int, Callable[[bytes, Version], Unit]] = {
    CONNECT: _read_connect,
    CONNECT | ANSWER: lambda raw, _: ConnectResp(*_longest(raw, _CONNECT_RESP, "CONNECT_RESP")),
    TERMINATE: lambda raw, _: Terminate(),
    TERMINATE | ANSWER: lambda raw, _: TerminateResp(),
    SUBMIT: _read_submit,
    SUBMIT | ANSWER: lambda raw, _: SubmitResp(*_longest(raw, _ID_RESULT, "SUBMIT_RESP")),
    DELIVER: _read_deliver,
    DELIVER | ANSWER: lambda raw, _: DeliverResp(*_longest(raw, _ID_RESULT, "DELIVER_RESP")),
    QUERY: _read_query,
    QUERY | ANSWER: _read_query_resp,
    CANCEL: lambda raw, _: Cancel(*_fixed(raw, _MSG_ID, "CANCEL")),
    CANCEL | ANSWER: lambda raw, _: CancelResp(*_longest(raw, _CANCEL_RESP, "CANCEL_RESP")),
    ACTIVE_TEST: lambda raw, _: ActiveTest(),
    ACTIVE_TEST | ANSWER: lambda raw, _: ActiveTestResp(),
}

_REPORT = struct.Struct(">Q7s10s10s")


def read_report(content: bytes) -> Report:
    """A DELIVER's content when it is a status report: 60 octets in 2.0, 71 in 3.0, and what comes between them.

    The receiver takes what is left before the last four octets. Raises WireError below 15 octets: no id, no state.
    """
    if len(content) < 15:
        raise WireError(f"status report: {len(content)} octets, Msg_Id and Stat have 15")
    msg_id, stat, submitted, done = _REPORT.unpack_from(content.ljust(_REPORT.size, b"\0"))
    rest = content[_REPORT.size :]
    width = max(0, len(rest) - 4)
    number = int.from_bytes(rest[width:], "big") if len(rest) >= 4 else 0
    return Report(msg_id, text_of(stat), text_of(submitted), text_of(done), text_of(rest[:width]), number)


def write_report(report: Report, version: Version) -> bytes:
    """The content of a status report."""
    width = _WIDTH[version]
    head = _REPORT.pack(
        report.msg_id, octets_of(report.stat, 7, "Stat"), octets_of(report.submit_time, 10, "Submit_time"),
        octets_of(report.done_time, 10, "Done_time"),
    )  # fmt: skip
    number = octets_of(report.dest_terminal_id, width, "Dest_terminal_Id")
    return head + number.ljust(width, b"\0") + report.smsc_sequence.to_bytes(4, "big")


# -- writing


def write(unit: Unit, sequence: int, version: Version) -> bytes:
    """A whole frame. Raises ValueError, naming the field, for what does not fit into its width."""
    command, writer = _WRITERS[type(unit)]
    try:
        return pack_frame(command, sequence, writer(unit, version))
    except struct.error as error:
        raise ValueError(f"{type(unit).__name__}: {error}") from None


def _write_submit(unit: Submit, version: Version) -> bytes:
    width = _WIDTH[version]
    if not 1 <= len(unit.dest) <= 100:
        raise ValueError(f"Dest_terminal_Id: 1 to 100 receivers, not {len(unit.dest)}")
    kinds = version == "3.0"
    head = _SUBMIT[version].pack(
        unit.msg_id, unit.pk_total, unit.pk_number, unit.registered_delivery, unit.msg_level,
        octets_of(unit.service_id, 10, "Service_Id"), unit.fee_user_type,
        octets_of(unit.fee_terminal_id, width, "Fee_terminal_Id"), *((unit.fee_terminal_type,) if kinds else ()),
        unit.tp_pid, unit.tp_udhi, unit.msg_fmt, octets_of(unit.msg_src, 6, "Msg_src"),
        octets_of(unit.fee_type, 2, "FeeType"), octets_of(unit.fee_code, 6, "FeeCode"),
        octets_of(unit.valid_time, 17, "ValId_Time"), octets_of(unit.at_time, 17, "At_Time"),
        octets_of(unit.src_id, 21, "Src_Id"), len(unit.dest),
    )  # fmt: skip
    dest = b"".join(octets_of(one, width, "Dest_terminal_Id").ljust(width, b"\0") for one in unit.dest)
    kind = bytes((unit.dest_terminal_type,)) if kinds else b""
    return head + dest + kind + _lengthy(unit.content) + _tail(unit.link_id, version)


def _write_deliver(unit: Deliver, version: Version) -> bytes:
    head = _DELIVER[version].pack(
        unit.msg_id, octets_of(unit.dest_id, 21, "Dest_Id"), octets_of(unit.service_id, 10, "Service_Id"),
        unit.tp_pid, unit.tp_udhi, unit.msg_fmt, octets_of(unit.src_terminal_id, _WIDTH[version], "Src_terminal_Id"),
        *((unit.src_terminal_type,) if version == "3.0" else ()), unit.registered_delivery, len(unit.content),
    )  # fmt: skip
    return head + unit.content + _tail(unit.link_id, version)


def _lengthy(content: bytes) -> bytes:
    if len(content) > 255:
        raise ValueError(f"Msg_Content: at most 255 octets, not {len(content)}")
    return bytes((len(content),)) + content


def _tail(link_id: str, version: Version) -> bytes:
    return octets_of(link_id, 20, "LinkID").ljust(20, b"\0") if version == "3.0" else bytes(8)


def _small(layouts: dict[int, struct.Struct], version: Version) -> struct.Struct:
    """The shorter layout is 2.0's."""
    return layouts[(min if version == "2.0" else max)(layouts)]


def _write_query(unit: Query, version: Version) -> bytes:
    return _QUERY.pack(
        octets_of(unit.time, 8, "Time"), unit.query_type, octets_of(unit.query_code, 10, "Query_Code"), b""
    )


def _write_query_resp(unit: QueryResp, version: Version) -> bytes:
    return _QUERY_RESP.pack(
        octets_of(unit.time, 8, "Time"), unit.query_type, octets_of(unit.query_code, 10, "Query_Code"), *unit.counts
    )


def _write_connect(unit: Connect, version: Version) -> bytes:
    return _CONNECT.pack(
        octets_of(unit.source_addr, 6, "Source_Addr"), unit.authenticator, unit.version, unit.timestamp
    )


_WRITERS: dict[type, tuple[int, Callable[[Any, Version], bytes]]] = {
    Connect: (CONNECT, _write_connect),
    ConnectResp: (CONNECT | ANSWER, lambda unit, version: _small(_CONNECT_RESP, version).pack(*unit)),
    Terminate: (TERMINATE, lambda unit, version: b""),
    TerminateResp: (TERMINATE | ANSWER, lambda unit, version: b""),
    Submit: (SUBMIT, _write_submit),
    SubmitResp: (SUBMIT | ANSWER, lambda unit, version: _small(_ID_RESULT, version).pack(*unit)),
    Deliver: (DELIVER, _write_deliver),
    DeliverResp: (DELIVER | ANSWER, lambda unit, version: _small(_ID_RESULT, version).pack(*unit)),
    Query: (QUERY, _write_query),
    QueryResp: (QUERY | ANSWER, _write_query_resp),
    Cancel: (CANCEL, lambda unit, version: _MSG_ID.pack(unit.msg_id)),
    CancelResp: (CANCEL | ANSWER, lambda unit, version: _small(_CANCEL_RESP, version).pack(*unit)),
    ActiveTest: (ACTIVE_TEST, lambda unit, version: b""),
    ActiveTestResp: (ACTIVE_TEST | ANSWER, lambda unit, version: b"\0"),
}
