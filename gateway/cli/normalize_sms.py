"""SMS for ``gateway normalize``: a vendor's callback, which may hold several messages, as the tickets that they open.

The messages of a file go through the same code as those that arrive; parts of one long message in one file are joined.
Status reports open no ticket, so a file that holds nothing else is named as such.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.channels.sms.aliyun.normalise import pieces as aliyun_pieces
from gateway.channels.sms.byhttp.door import Pieces
from gateway.channels.sms.normalise import in_area
from gateway.channels.sms.originals import raw_of
from gateway.channels.sms.port import Arrived
from gateway.channels.sms.reading import read_raw
from gateway.channels.sms.tencent.normalise import pieces as tencent_pieces
from gateway.cli.entry import BadInput, Configured, Normalizer, Read, WrongUse, account_named
from gateway.model.messages import Message

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Line:
    """What an account adds to what a file says: its name, its number, its area."""

    account: str = "cli"
    number: str = ""
    area_code: str = ""


def add_account(parser: argparse.ArgumentParser) -> None:
    """The options that every SMS entry has."""
    parser.add_argument(
        "--account", default="", help="the account's name in channels.toml: its number and area are used"
    )
    parser.add_argument("--number", default="", help="our number (接入号), for messages that do not name it")


def line_of(args: argparse.Namespace, configured: Configured, kind: str) -> Line:
    """The account that the options name; ``kind`` is what its table must say. Raises WrongUse."""
    if not args.account:
        return Line(number=args.number)
    if args.number:
        raise WrongUse("--account brings its own number: leave out --number")
    settings, _ = configured()
    config = account_named(args.account, settings.channels.sms, "sms")
    if config.kind != kind:
        raise WrongUse(f'--account: the sms account {args.account} is of kind "{config.kind}", not "{kind}"')
    return Line(config.account, config.number, config.area_code)


def messages_of(arrived: Sequence[Arrived], line: Line) -> tuple[Message, ...]:
    """The messages of what arrived, in order; parts of one long message are one, where its first part stands."""
    together: dict[object, list[Arrived]] = {}
    for n, one in enumerate(arrived):
        alone = one.part is None or one.port is not None
        together.setdefault(n if alone else _group(one), []).append(one)
    return tuple(
        in_area(read_raw(raw_of(pieces, line.account)), line.area_code)
        for group in together.values()
        for pieces in _whole(group)
    )


def _group(one: Arrived) -> tuple[object, ...]:
    part = one.part
    assert part is not None
    return (one.sender, one.receiver, part.reference, part.bits, part.total)


def _whole(group: Sequence[Arrived]) -> Iterable[list[Arrived]]:
    """The parts of one message in order, each once; what comes twice with another content stands alone."""
    by_n: dict[int, Arrived] = {}
    others: list[list[Arrived]] = []
    for one in group:
        n = one.part.n if one.part is not None else 0
        known = by_n.setdefault(n, one)
        if known is not one and (known.data, known.text) != (one.data, one.text):
            others.append([one])
    return [[by_n[n] for n in sorted(by_n)], *others]


def _callback(what: str, kind: str, read: Callable[[bytes, str, str, float], Pieces]) -> Normalizer:
    def reader(args: argparse.Namespace, configured: Configured) -> Read:
        line = line_of(args, configured, kind)

        def messages(body: bytes, at: float) -> Sequence[Message]:
            found = read(body, JSON, line.number, at)
            if not found.arrived:
                reports = len(found.told) + len(found.passed)
                raise BadInput("body", f"holds no message ({reports} status reports, which open no ticket)")
            return messages_of(found.arrived, line)

        return messages

    return Normalizer(what, add_account, reader, strict=True)


SMS: Mapping[str, Normalizer] = {
    "aliyun-sms": _callback("a callback of Aliyun's SMS (SmsUp), JSON", "aliyun", aliyun_pieces),
    "tencent-sms": _callback("a callback of Tencent's SMS (回复), JSON", "tencent", tencent_pieces),
}
"""The entries of ``gateway.cli.normalizers``."""
