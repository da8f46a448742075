"""SMS in carriers' binary protocols for ``gateway normalize``: smpp, cmpp20, cmpp30.

A file holds PDUs as octets, one behind the other, or as hexadecimal text, a PDU a line (blanks and colons between the
digits and lines that begin with # are let through). Messages become the tickets that they would open, parts of a long
one joined; status reports and PDUs that are no message are named on stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from zoneinfo import ZoneInfo

from gateway.channels.sms.cmpp import wire as cmpp
from gateway.channels.sms.cmpp.normalise import read_raw as read_cmpp
from gateway.channels.sms.cmpp.units import Version
from gateway.channels.sms.coding import Alphabet
from gateway.channels.sms.frames import ANSWER, FrameReader, WireError
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.smpp import wire as smpp
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.smpp.normalise import read_raw as read_smpp
from gateway.cli.entry import BadInput, Configured, Normalizer, Read, WrongUse, account_named
from gateway.cli.normalize_sms import add_account, line_of, messages_of
from gateway.model.messages import Message

_ZONE = ZoneInfo("Asia/Shanghai")
_HEX = frozenset(b"0123456789abcdefABCDEF \t:\r\n")
_CMPP = {
    cmpp.CONNECT: "CONNECT", cmpp.TERMINATE: "TERMINATE", cmpp.SUBMIT: "SUBMIT", cmpp.QUERY: "QUERY",
    cmpp.CANCEL: "CANCEL", cmpp.ACTIVE_TEST: "ACTIVE_TEST", cmpp.DELIVER: "DELIVER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pdus:
    """A protocol: its framing, the commands that hand something over, what any command is called, and the reading."""

    reader: Callable[[], FrameReader]
    handing: Container[int]
    name_of: Callable[[int], str]
    read: Callable[[bytes, float], Arrived | Told]


def pdus_of(body: bytes, reader: Callable[[], FrameReader]) -> Sequence[bytes]:
    """The PDUs of a file; what is no whole PDU comes as it is, and last. Raises BadInput."""
    if not body.strip():
        raise BadInput("body", "is empty")
    if _is_text(body):
        return list(_of_lines(body))
    feed, whole = reader(), []
    try:
        whole = [frame.raw for frame in feed.feed(body)]
    except WireError as error:
        whole = [frame.raw for frame in error.frames]
    rest = body[sum(map(len, whole)) :]
    return [*whole, rest] if rest else whole


def _is_text(body: bytes) -> bool:
    """A PDU begins with the high octet of its length, which is 0."""
    return all(line.startswith(b"#") or _HEX.issuperset(line) for line in body.splitlines())


def _of_lines(body: bytes) -> Iterator[bytes]:
    for n, line in enumerate(body.splitlines(), 1):
        digits = b"" if line.startswith(b"#") else line.translate(None, b" \t:\r")
        if len(digits) % 2:
            raise BadInput(f"line {n}", f"{len(digits)} hexadecimal digits are no octets")
        if digits:
            yield bytes.fromhex(digits.decode("ascii"))


def arrived_of(body: bytes, pdus: Pdus, at: float, tell: Callable[[str], None]) -> Sequence[Arrived]:
    """The messages and parts of a file, in order. What is none is told of in words. Raises BadInput."""
    found: list[Arrived] = []
    for n, raw in enumerate(pdus_of(body, pdus.reader), 1):
        command = int.from_bytes(raw[4:8])
        if int.from_bytes(raw[:4]) == len(raw) and command not in pdus.handing:
            tell(f"PDU {n}: {pdus.name_of(command)}, no message")
            continue
        handed = pdus.read(raw, at)
        if isinstance(handed, Arrived):
            found.append(handed)
        else:
            tell(f"PDU {n}: status report {handed.code} ({handed.state}) of message {handed.external_id}, no message")
    return found


def cmpp_pdus(version: Version, zone: ZoneInfo = _ZONE) -> Pdus:
    """CMPP of a version; times in ids and reports are the carrier's."""
    return Pdus(FrameReader, (cmpp.DELIVER,), _cmpp_name, lambda raw, at: read_cmpp(raw, version, at, zone))


def _cmpp_name(command: int) -> str:
    known = _CMPP.get(command & ~ANSWER)
    return f"command 0x{command:08x}" if known is None else known + ("_RESP" if command & ANSWER else "")


def smpp_pdus(alphabet: Alphabet = "gsm7", zone: ZoneInfo = _ZONE) -> Pdus:
    """SMPP of a centre whose data_coding 0 means ``alphabet``."""
    handing = (smpp.DELIVER_SM, smpp.DATA_SM)
    return Pdus(smpp.reader, handing, smpp.name_of, lambda raw, at: read_smpp(raw, at, zone, alphabet))


def _entry(
    what: str, kind: str, add: Callable[[argparse.ArgumentParser], None], made: Callable[..., Pdus]
) -> Normalizer:
    def reader(args: argparse.Namespace, configured: Configured) -> Read:
        line = line_of(args, configured, kind)
        pdus = made(args, configured)

        def messages(body: bytes, at: float) -> Sequence[Message]:
            return messages_of(arrived_of(body, pdus, at, _tell), line)

        return messages

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        add_account(parser)
        add(parser)

    return Normalizer(
        f"{what}: as octets, or as hexadecimal text with one PDU a line", add_arguments, reader, strict=True
    )


def _tell(words: str) -> None:
    print(f"gateway normalize: {words}", file=sys.stderr)


def _alphabet_argument(parser: argparse.ArgumentParser) -> None:
    what = "what data_coding 0 means at the centre (the account's, else gsm7)"
    parser.add_argument("--alphabet", choices=get_args(Alphabet), default=None, help=what)


def _smpp(args: argparse.Namespace, configured: Configured) -> Pdus:
    if not args.account:
        return smpp_pdus(args.alphabet or "gsm7")
    if args.alphabet:
        raise WrongUse("--account brings its own alphabet: leave out --alphabet")
    settings, _ = configured()
    config = account_named(args.account, settings.channels.sms, "sms")
    assert isinstance(config, SmppSms)  # line_of has looked
    return smpp_pdus(config.alphabet, ZoneInfo(settings.zone))


def _cmpp(version: Version) -> Callable[[argparse.Namespace, Configured], Pdus]:
    def made(args: argparse.Namespace, configured: Configured) -> Pdus:
        return cmpp_pdus(version, ZoneInfo(configured()[0].zone) if args.account else _ZONE)

    return made


def _nothing(parser: argparse.ArgumentParser) -> None:
    """CMPP has no options of its own."""


PDUS: Mapping[str, Normalizer] = {
    "smpp": _entry("PDUs of SMPP 3.4 (deliver_sm, data_sm)", "smpp", _alphabet_argument, _smpp),
    "cmpp20": _entry("PDUs of CMPP 2.0 (DELIVER)", "cmpp", _nothing, _cmpp("2.0")),
    "cmpp30": _entry("PDUs of CMPP 3.0 (DELIVER)", "cmpp", _nothing, _cmpp("3.0")),
}
"""The entries of ``gateway.cli.normalizers``."""
