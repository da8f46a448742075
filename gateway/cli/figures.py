"""``gateway figures count``: counts the figures of days anew from the ledger's rows and says what was kept otherwise.

The figures keep themselves right (docs/figures.md); this is for whoever wants to see it, and for a ledger that was
written past its triggers (a backup played in with triggers off, cells changed by hand). The gateway may run meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.cli.replay import author
from gateway.figuring import counting_rules
from gateway.kpi.calendar import name_of
from gateway.kpi.recount import Day, OtherRules, recount
from gateway.kpi.settling import Settler
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import SqlLedger, open_ledger
from gateway.model.records import AuditEntry
from gateway.settings import Secrets, Settings

_LONGEST_DAYS = 3_700
_SHOWN = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The act ``count``."""
    add_config(parser)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    what = "count the figures of days anew from the calls, tickets and transfers, and put right what differs"
    count = acts.add_parser("count", help=what)
    count.description = (
        "Counts the figures of whole days of the hall anew from calls, tickets, transfers and agents' time. Prints a "
        "line for each day that was kept otherwise: quarters of an hour and sums that differed, and by how much. "
        "What differed is put right, and audited; the gateway may run meanwhile."
    )
    count.add_argument("--since", type=_day, required=True, metavar="DAY", help="the first day: 2026-11-01")
    count.add_argument("--until", type=_day, metavar="DAY", help="the last day, counted too; default: the first")
    count.add_argument("--dry-run", action="store_true", help="say what differs and leave it as it is")
    add_config(count, again=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-21") from None


def run(args: argparse.Namespace) -> int:
    """0 when all days were counted, 1 when the ledger cannot be opened or its figures are of other rules."""
    first, last = args.since, args.until or args.since
    if not 0 <= (last - first).days < _LONGEST_DAYS:
        print(f"gateway figures: --until must not be before --since, {_LONGEST_DAYS} days at most", file=sys.stderr)
        return 2
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    try:
        return asyncio.run(_count(first, last, not args.dry_run, *loaded))
    except OtherRules as error:
        print(f"gateway figures: {error}: `gateway reload`, or start the gateway, which counts anew", file=sys.stderr)
    except LedgerError as error:
        print(f"gateway figures: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gateway figures: {reason(error)}", file=sys.stderr)
    return 1


async def _count(first: date, last: date, keep: bool, settings: Settings, secrets: Secrets) -> int:
    zone = ZoneInfo(settings.zone)
    since, until = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    rules = counting_rules(settings)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        settler = Settler(ledger, zone, settings.zone, lambda: rules, time.time)
        days: list[Day] = []
        async for day in recount(settler, since, until, keep=keep):
            days.append(day)
            if not day.right:
                print(_line(day, zone), flush=True)
        wrong = [day for day in days if not day.right]
        if wrong and keep:
            await _audit(ledger, first, last, wrong)
    done = "put right" if keep else "left as they are"
    print(f"{len(days)} days counted, {len(wrong)} differed" + (f": {done}" if wrong else ""), file=sys.stderr)
    return 0


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _line(day: Day, zone: ZoneInfo) -> str:
    """2026-11-21, quarters, cells, and the sums by how much the rows have more."""
    by = [f"{name} {n:+d}" for name, n in _worst(day.by).items()]
    more = len(day.by) - len(by)
    told = ", ".join([*by, *([f"{more} more"] if more else [])])
    return "\t".join([name_of("day", day.start, zone), f"{day.quarters} quarters", f"{day.cells} cells", told]).rstrip()


def _worst(by: Mapping[str, int]) -> Mapping[str, int]:
    """Counts first, for they are what people know; times, in milliseconds, behind them."""
    order = sorted(by, key=lambda name: (name.endswith("_ms") or name.startswith("time_"), -abs(by[name])))
    return {name: by[name] for name in order[:_SHOWN]}


async def _audit(ledger: SqlLedger, first: date, last: date, wrong: list[Day]) -> None:
    detail = {"days": len(wrong), "quarters": sum(it.quarters for it in wrong), "cells": sum(it.cells for it in wrong)}
    entry = AuditEntry(time.time(), author(), "figures.counted", f"{first}/{last}", "local", detail)
    await ledger.write(lambda tx: tx.audit(entry))
