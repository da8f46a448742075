"""``gateway replay``: runs kept originals through reading and intake again, after a mend of ours or of the keys.

What could not be read when it came is a ticket with the flag ``unreadable``. Read again, its message joins that ticket
and fills it; a message that never had a ticket opens one. Nobody is told anything by it: the citizen had their receipt.
Originals are named by their id (``raw_id`` of a ticket), or by channel and time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pwd
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.cli.mending import Mender, is_unreadable
from gateway.cli.rereading import NotRead, Rereader
from gateway.cli.rules import rules_of
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import open_ledger
from gateway.model.messages import KeptMessage, Message, Raw
from gateway.settings import Secrets, Settings
from gateway.tickets.ports import Ledger

_PAGE = 500
_SPAN = re.compile(r"([0-9]{1,6})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_CHANNELS = ("wechat", "weibo", "partner", "email", "sms", "web", "app")


class NotDone(Exception):
    """What was asked cannot be done. The message is for the operator."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ids, or --channel with --since."""
    add_config(parser)
    parser.description = (
        "Reads kept originals again and puts the new reading beside the old: a ticket that was unreadable gets title, "
        "content, place and files, save where somebody has corrected them; a message that never had a ticket opens "
        "one. No ticket is opened twice and no citizen is written to. Prints one line an original; audited."
    )
    parser.add_argument("ids", nargs="*", metavar="RAW_ID", help="originals, by raw_id of their tickets")
    parser.add_argument("--channel", choices=_CHANNELS, help="all originals of a channel, with --since")
    parser.add_argument("--since", help="received at or after: 2026-11-21, 2026-11-21T08:00 (hall's time), 90m, 6h, 3d")
    parser.add_argument("--unreadable", action="store_true", help="only those whose last reading was not understood")


def run(args: argparse.Namespace) -> int:
    """0 when every original was found and read, 1 when one was not or the ledger cannot be opened."""
    if bool(args.ids) == bool(args.channel) or bool(args.channel) != bool(args.since):
        print("gateway replay: give either RAW_IDs, or --channel with --since", file=sys.stderr)
        return 2
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    try:
        return asyncio.run(_run(args, *loaded))
    except (NotDone, LedgerError) as error:
        print(f"gateway replay: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gateway replay: {reason(error)}", file=sys.stderr)
    return 1


async def _run(args: argparse.Namespace, settings: Settings, secrets: Secrets) -> int:
    since = moment(args.since, ZoneInfo(settings.zone), time.time()) if args.since else 0.0
    policy = await asyncio.to_thread(rules_of, settings)
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        work = _Replay(ledger, Rereader(settings, secrets), Mender(ledger, policy, author()), args.unreadable)
        ids = args.ids or [id async for id in originals(ledger, args.channel, since)]
        done = [await work.one(id) for id in dict.fromkeys(ids)]
    print(f"{len(done)} originals, {done.count(False)} not read", file=sys.stderr)
    return 0 if all(done) else 1


class _Replay:
    def __init__(self, ledger: Ledger, rereader: Rereader, mender: Mender, only_unreadable: bool) -> None:
        self._ledger, self._rereader, self._mender = ledger, rereader, mender
        self._only_unreadable = only_unreadable

    async def one(self, id: str) -> bool:
        """Run one original again and print what became of it. False when it was not found or not read."""
        raw = await self._ledger.raw(id)
        if raw is None:
            print(f"{id}\tnot found")
            return False
        kept = await self._ledger.messages(raw_id=id)
        if self._only_unreadable and not is_unreadable(kept):
            print(f"{id}\tread before")
            return True
        try:
            message = await self._read(raw, kept)
        except NotRead as error:
            print(f"{id}\tnot read: {error}")
            return False
        outcome = await self._mender.mend(raw, kept, message)
        told = [id, outcome.became, outcome.ticket_no, ",".join(outcome.changed)]
        print("\t".join(part for part in told if part))
        return True

    async def _read(self, raw: Raw, kept: Sequence[KeptMessage]) -> Message:
        """Read an original again. A large mail lies in the file store, and a mail's files are in it. Raises NotRead."""
        if raw.channel != "email":
            return self._rereader.read(raw)
        try:
            raw = await self._rereader.mail.whole(raw)
            return await self._rereader.mail.with_files(raw, self._rereader.read(raw), kept)
        except OSError as error:
            raise NotRead(reason(error)) from None


async def originals(ledger: Ledger, channel: str, since: float) -> AsyncIterator[str]:
    """The originals of a channel received since then, in the order of the feed, which tells of every message."""
    last = await ledger.last_sequence()
    after, seen = await _before(ledger, since, last), set[str]()
    while after < last:
        page = await ledger.events(after, _PAGE)
        if not page:
            return
        after = page[-1].sequence
        for event in page:
            id = event.data.get("message_id")
            if not isinstance(id, str) or id in seen:
                continue
            seen.add(id)
            kept = await ledger.message(id)
            if kept is not None and kept.message.channel == channel and kept.message.received_at >= since:
                yield kept.raw_id


async def _before(ledger: Ledger, at: float, last: int) -> int:
    """A sequence before the first event at or after a time. Events stand in the order of their commits, so their times
    may differ from it by a little: a minute is added."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        page = await ledger.events(middle, 1)
        if page and page[0].time < at - 60:
            low = middle + 1
        else:
            high = middle
    return max(0, low - 1)


def moment(text: str, zone: ZoneInfo, now: float) -> float:
    """Epoch seconds of ``--since``. Raises NotDone."""
    span = _SPAN.fullmatch(text.strip())
    if span is not None:
        return now - int(span[1]) * _SECONDS[span[2]]
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise NotDone(f"--since: {text!r} is neither a date, a time nor a span such as 6h or 3d") from None


def author() -> str:
    """The system's user of this process, as the audit names it."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container's user without a name
        return f"cli:uid {os.getuid()}"
