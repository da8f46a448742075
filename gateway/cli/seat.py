"""``gateway seat``: the hall from a terminal. Lists seats and queues; signs agents in and out, ready and not ready.

It speaks to the running gateway's API with a staff login, so the same rules, checks and audit hold as on the pages. The
state that it prints afterwards is the one that came back from Asterisk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from typing import Any

from gateway.cli.common import add_config, settings_or_say
from gateway.cli.run import FIRST_LOGINS
from gateway.demo.hotline import Hotline, HotlineRefused, read_logins, shift_lead
from gateway.settings import Settings

_SETTLE_S = 3.0
_LOOK_S = 0.1

_PRESENCE = {"signed_out": "签出", "ready": "就绪", "not_ready": "示忙", "wrap_up": "话后"}
_ACTIVITY = {
    "idle": "空闲", "reserved": "预占", "ringing": "振铃", "talking": "通话", "held": "保持", "consulting": "咨询",
    "three_way": "三方", "outbound": "外呼", "monitored": "被监听",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The acts, and who does them."""
    add_config(parser)
    parser.add_argument("--url", help="address of the gateway (default: that of the configuration)")
    parser.add_argument("--login", help=f"staff login (default: the shift lead of {FIRST_LOGINS})")
    parser.add_argument("--password", help="its password; GATEWAY_PASSWORD does not show in the process list")
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="every seat with its state")
    acts.add_parser("queues", help="every queue with its callers and seats")
    sign_in = acts.add_parser("sign-in", help="an agent sits down")
    sign_in.add_argument("seat")
    sign_in.add_argument("agent", nargs="?", default="", help="the agent's login (default: your own)")
    for name, what in (("sign-out", "the agent leaves"), ("ready", "take calls")):
        acts.add_parser(name, help=what).add_argument("seat")
    not_ready = acts.add_parser("not-ready", help="take no calls, for a reason")
    not_ready.add_argument("seat")
    not_ready.add_argument("reason", help="id of a rest reason in config/halls")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when the gateway refused or is not there."""
    settings = settings_or_say(args.config)
    if settings is None:
        return 1
    try:
        return asyncio.run(_act(args, settings))
    except HotlineRefused as refused:
        print(f"gateway seat: {refused}", file=sys.stderr)
        return 1


def _who(args: argparse.Namespace, settings: Settings) -> tuple[str, str]:
    password = args.password or os.environ.get("GATEWAY_PASSWORD", "")
    logins = read_logins(settings.state_dir / FIRST_LOGINS)
    if not args.login:
        lead = shift_lead(logins)
        if lead is None:
            raise HotlineRefused("谁在操作？请给出 --login / who acts? give --login and GATEWAY_PASSWORD")
        return lead.login, lead.password
    if not password:
        password = next((one.password for one in logins if one.login == args.login), "")
    if not password:
        raise HotlineRefused(f"缺少密码 / no password for {args.login}: set GATEWAY_PASSWORD")
    return args.login, password


async def _act(args: argparse.Namespace, settings: Settings) -> int:
    url = args.url or f"http://{settings.web.host}:{settings.web.port}"
    async with Hotline(url, *_who(args, settings)) as hotline:
        match args.act:
            case "list":
                print("\n".join(seat_line(seat, time.time()) for seat in await hotline.seats()))
                return 0
            case "queues":
                print("\n".join(queue_line(queue, time.time()) for queue in await hotline.queues()))
                return 0
            case "sign-in":
                await hotline.sign_in(args.seat, args.agent)
                expected = {"not_ready", "ready"}
            case "sign-out":
                await hotline.sign_out(args.seat)
                expected = {"signed_out"}
            case "ready":
                await hotline.ready(args.seat)
                expected = {"ready"}
            case _:
                await hotline.not_ready(args.seat, args.reason)
                expected = {"not_ready"}
        return await _confirm(hotline, args.seat, expected)


async def _confirm(hotline: Hotline, seat_id: str, expected: set[str]) -> int:
    """Wait for Asterisk's own fact; an accepted order that shows no effect is said, not hidden."""
    end = time.monotonic() + _SETTLE_S
    while True:
        seat = next((seat for seat in await hotline.seats() if seat["id"] == seat_id), None)
        if seat is not None and seat["presence"] in expected:
            print(seat_line(seat, time.time()))
            return 0
        if time.monotonic() > end:
            print(f"gateway seat: 已受理但未见生效 / accepted, but {seat_id} shows no change yet", file=sys.stderr)
            return 1
        await asyncio.sleep(_LOOK_S)


def seat_line(seat: dict[str, Any], now: float) -> str:
    """One seat on one line: id, agent, presence and reason, activity, how long, queue, caller (masked)."""
    since = max(seat["since"], seat["presence_since"])
    lasts = f"{int(now - since)}s" if since else "-"
    presence = _PRESENCE[seat["presence"]] + (f"({seat['reason']})" if seat["reason"] else "")
    parts = [
        seat["id"],
        seat["agent"] or "-",
        seat["presence"],
        presence,
        seat["activity"],
        _ACTIVITY[seat["activity"]],
    ]
    parts += [lasts, seat["queue"] or "-", seat["caller"] or "-", "" if seat["reachable"] else "话机离线 no phone"]
    return "\t".join(parts).rstrip()


def queue_line(queue: dict[str, Any], now: float) -> str:
    """One queue on one line: id, name, waiting with the longest wait, seats, today's counts."""
    longest = f"{int(now - queue['longest_since'])}s" if queue["longest_since"] else "-"
    return (
        f"{queue['id']}\t{queue['name']}\t等候 waiting {len(queue['waiting'])} ({longest})\t"
        f"就绪 ready {queue['ready']}\t通话 talking {queue['talking']}\t签入 signed in {queue['signed_in']}\t"
        f"接通 answered {queue['answered_today']}\t呼损 lost {queue['lost_today']}"
    )
