"""Pieces of SMS become a ``Message``. Pure, and never raises: what cannot be understood is marked and kept.

Neighbouring parts of one format are decoded together, since a character may be cut between two; missing ones leave a
mark in the text (……[缺第2条]……).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.channels.sms.coding import BINARY, UCS2, Alphabet, Decoded, decode
from gateway.channels.sms.numbers import folded
from gateway.channels.sms.originals import CHANNEL
from gateway.channels.sms.port import Arrived
from gateway.channels.tidy import moment_of, text_of
from gateway.model.ids import TicketNo
from gateway.model.messages import Message, MessageKind, Person

INCOMPLETE, PORT_DATA, LATE, IMPOSSIBLE, REUSED, UNREADABLE = (
    "incomplete", "port_data", "late_part", "part_impossible", "reference_reused", "unreadable",
)  # fmt: skip

_LONGEST_HEX = 4096
_UNREAD = "（收到一条无法读取的短信，原件已保存 / An SMS that cannot be read; the original is kept）"


def single(piece: Arrived, account: str, flags: Sequence[str] = ()) -> Message:
    """The message of an SMS that stands alone; port-addressed data is an event that opens no ticket."""
    if piece.port is not None:
        more = {"event": PORT_DATA, "port": piece.port, "hex": piece.data.hex()[:_LONGEST_HEX]}
        return _message([piece], account, piece.key, "event", "", (*flags, PORT_DATA), more)
    return _worded([piece], account, piece.key, _decoded(piece.data, piece), flags)


def joined(parts: Mapping[int, Arrived], total: int, account: str, key: str, flags: Sequence[str] = ()) -> Message:
    """The message of a long SMS; ``parts`` by their number, perhaps not all of ``total``."""
    pieces = [parts[n] for n in sorted(parts)]
    texts: list[str] = []
    odd: list[str] = []
    for missing, run in _runs(parts, total):
        if not run:
            texts.append(_gap(missing))
            continue
        decoded = _run(run, parts)
        texts.append(decoded.text)
        odd += decoded.flags
    gaps = [INCOMPLETE] if len(parts) < total else []
    return _worded(pieces, account, key, Decoded("".join(texts), tuple(odd)), (*flags, *gaps))


def late(piece: Arrived, account: str, ticket_no: str) -> Message:
    """The message of a part that came when the others had been released: it names the ticket that it belongs to."""
    assert piece.part is not None
    decoded = _run([piece], {piece.part.n: piece})
    worded = Decoded(f"[第{piece.part.n}条] {decoded.text}", decoded.flags)
    return _worded([piece], account, piece.key, worded, (LATE,), reply_to=ticket_no)


def unread(pieces: Sequence[Arrived], account: str, key: str, flags: Sequence[str] = ()) -> Message:
    """What is kept of pieces that the code above has failed on."""
    return _message(pieces, account, key, "unreadable", _UNREAD, (*flags, UNREADABLE), {})


def in_area(message: Message, area_code: str) -> Message:
    """With the account's area."""
    return replace(message, given={**message.given, "area_code": area_code}) if area_code else message


def _runs(parts: Mapping[int, Arrived], total: int) -> Iterable[tuple[list[int], list[Arrived]]]:
    """Numbers that are missing in a row, or pieces in a row that are decoded alike; in order."""
    for _, numbers in itertools.groupby(range(1, total + 1), lambda n: _kind(parts.get(n))):
        together = list(numbers)
        pieces = [parts[n] for n in together if n in parts]
        yield ([] if pieces else together), pieces


def _kind(piece: Arrived | None) -> tuple[Any, ...]:
    if piece is None:
        return ("missing",)
    return ("text",) if piece.text is not None else ("data", piece.coding, _alphabet(piece))


def _run(run: Sequence[Arrived], parts: Mapping[int, Arrived]) -> Decoded:
    if run[0].text is not None:
        return Decoded("".join(piece.text or "" for piece in run))
    data = b"".join(piece.data for piece in run)
    first = run[0].part
    if first is not None and run[0].coding == UCS2 and _begins_inside(first.n, parts):
        rest = _decoded(data[1:], run[0])
        return Decoded("\ufffd" + rest.text, rest.flags)
    return _decoded(data, run[0])


def _begins_inside(n: int, parts: Mapping[int, Arrived]) -> bool:
    """True when a part begins in the middle of a character: what is before it has an odd number of octets, the parts
    being of one size but for the last."""
    if n == 1 or n - 1 in parts:
        return False
    size = max((len(piece.data) for k, piece in parts.items() if k < n), default=0)
    known = [len(parts[k].data) if k in parts else size or _size_of_others(parts) for k in range(1, n)]
    return sum(known) % 2 == 1


def _size_of_others(parts: Mapping[int, Arrived]) -> int:
    return max(len(piece.data) for piece in parts.values())


def _decoded(data: bytes, piece: Arrived) -> Decoded:
    if piece.text is not None:
        return Decoded(piece.text)
    return decode(data, piece.coding, _alphabet(piece))


def _alphabet(piece: Arrived) -> Alphabet:
    """What format 0 means: the link says so under ``alphabet``, ASCII when it does not."""
    return "gsm7" if piece.meta.get("alphabet") == "gsm7" else "ascii"


def _gap(missing: Sequence[int]) -> str:
    numbers = str(missing[0]) if len(missing) == 1 else f"{missing[0]}-{missing[-1]}"
    return f"……[缺第{numbers}条]……"


def _worded(
    pieces: Sequence[Arrived], account: str, key: str, said: Decoded, flags: Sequence[str], reply_to: str = ""
) -> Message:
    """Octets that are no text (format 4) are kept in hexadecimal beside the message, and the ticket says so."""
    every = list(dict.fromkeys([*(flag for piece in pieces for flag in piece.flags), *flags, *said.flags]))
    if BINARY in said.flags and not said.text.strip():
        more = {"hex": b"".join(piece.data for piece in pieces).hex()[:_LONGEST_HEX]}
        return _message(pieces, account, key, "unreadable", _UNREAD, every, more, reply_to)
    kind: MessageKind = "unreadable" if UNREADABLE in every else "text"
    text = text_of(said.text) or (_UNREAD if kind == "unreadable" else "")
    return _message(pieces, account, key, kind, text, every, {}, reply_to)


def _message(
    pieces: Sequence[Arrived], account: str, key: str, kind: MessageKind, text: str, flags: Sequence[str],
    more: Mapping[str, Any], reply_to: str = "",
) -> Message:  # fmt: skip
    first = min(pieces, key=lambda piece: piece.sent_at or piece.received_at)
    received_at = max(piece.received_at for piece in pieces)
    occurred_at = received_at if first.sent_at is None else moment_of(first.sent_at, received_at)[0]
    number = folded(pieces[0].sender)
    if whys := [piece.meta["why"] for piece in pieces if piece.meta.get("why")]:
        more = {**more, "why": whys[0]}
    return Message(
        key=f"{CHANNEL}:{account}:{text_of(key, 300)}",
        channel=CHANNEL,
        account=account,
        kind=kind,
        occurred_at=occurred_at,
        received_at=received_at,
        external_id=text_of(pieces[0].key, 200),
        conversation=f"{CHANNEL}:{account}:{number}" if number else "",
        person=Person(user_id=number, number=number),
        text=text,
        reply_to=TicketNo(reply_to) if reply_to else "",
        flags=tuple(text_of(flag, 60) for flag in dict.fromkeys(flags)),
        more={**more, "receiver": text_of(pieces[0].receiver, 40)},
    )
