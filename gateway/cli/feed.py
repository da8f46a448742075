"""``gateway feed``: what happens at the hotline, in a terminal: the latest events, or each as it comes.

It reads the feed of a running gateway through the API, with a machine token or as the shift lead, so it shows what
that account may see: numbers are masked. ``--json`` prints the CloudEvents as they are, one a line.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson

from gateway.cli.common import add_config, settings_or_say
from gateway.cli.run import FIRST_LOGINS
from gateway.cli.sse import FeedClient
from gateway.demo.hotline import LIMIT_S, HotlineRefused, read_logins, shift_lead
from gateway.settings import Settings
from gateway.web.events import events_by_type

_SHOWN = 20
_PAGE = 500
_ZONE = "Asia/Shanghai"
_COLOURS = {
    "call": "36",
    "ticket": "32",
    "line": "33",
    "delivery": "34",
    "push": "35",
    "follower": "33",
    "sender": "33",
}
_BAD = ("lost", "failed", "overdue", "failing", "denied")
_RED, _DIM, _PLAIN = "31", "2", ""
_GIST = (
    "caller", "entry_number", "channel", "account", "partner", "follower", "queue", "seat", "agent", "kind", "category",
    "urgency", "from", "to", "relation", "outcome", "wait_s", "talk_s", "state", "score", "author", "title",
    "department", "changed", "attempts", "reason", "why", "error", "note",
)  # fmt: skip
_IMPLIED = {"state": ("to",), "urgency": ("from",)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to begin, what to show, and as whom."""
    add_config(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on with each event as it comes, until Ctrl-C")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--after", type=_cursor, metavar="SEQ", help="begin behind this sequence; 0 is the beginning")
    start.add_argument("-n", "--last", type=_cursor, metavar="N", help=f"begin N events before the end ({_SHOWN})")
    parser.add_argument("--types", nargs="+", metavar="TYPE", default=[], help="only these, as 'hotline.ticket.*'")
    parser.add_argument("--json", action="store_true", help="the CloudEvents as they are, one a line")
    parser.add_argument("--url", help="address of the gateway (default: that of the configuration)")
    parser.add_argument("--token", help="a machine token; GATEWAY_TOKEN does not show in the process list")
    parser.add_argument("--login", help=f"staff login instead of a token (default: the shift lead of {FIRST_LOGINS})")


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise argparse.ArgumentTypeError("a number from 0")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0 when all was shown, 1 when the gateway refused or is not there; Ctrl-C ends it quietly."""
    token = args.token or os.environ.get("GATEWAY_TOKEN", "")
    settings = None
    if not (args.url and token):  # with both it shows a gateway elsewhere, without a configuration here
        settings = settings_or_say(args.config)
        if settings is None:
            return 1
    try:
        asyncio.run(_show(args, token, settings))
        return 0
    except HotlineRefused as refused:
        print(f"gateway feed: {refused}", file=sys.stderr)
        return 1


async def _show(args: argparse.Namespace, token: str, settings: Settings | None) -> None:
    url = args.url or (f"http://{settings.web.host}:{settings.web.port}" if settings else "")
    zone = ZoneInfo(settings.zone if settings else _ZONE)
    put = _printer(args.json, zone, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def enter() -> None:
            if not token and settings is not None:
                await _log_in(http, url, *_who(args.login, settings.state_dir))

        await enter()
        client = FeedClient(http, url, enter, lambda said: print(f"gateway feed: {said}", file=sys.stderr))
        await _tell(args, client, put)


async def _tell(args: argparse.Namespace, client: FeedClient, put: Callable[[dict[str, Any]], None]) -> None:
    after = args.after
    if after is None:
        end = (await client.batch(0, 1)).last
        last = args.last if args.last is not None else (0 if args.follow else _SHOWN)
        after = max(0, end - last)
    if args.follow:
        async with aclosing(client.follow(after)) as events:
            async for event in events:
                if _wanted(event["type"], args.types):
                    put(event)
        return
    while True:
        batch = await client.batch(after, _PAGE)
        for event in batch.events:
            if _wanted(event["type"], args.types):
                put(event)
        after = batch.cursor
        if not batch.events:
            return


def _wanted(type: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(type, pattern) for pattern in patterns)


def _who(login: str | None, state_dir: Path) -> tuple[str, str]:
    """Login and password: the environment's, or those of the first logins."""
    password = os.environ.get("GATEWAY_PASSWORD", "")
    logins = read_logins(state_dir / FIRST_LOGINS)
    if login:
        password = password or next((one.password for one in logins if one.login == login), "")
        if not password:
            raise HotlineRefused(f"缺少密码 / no password for {login}: set GATEWAY_PASSWORD")
        return login, password
    lead = shift_lead(logins)
    if lead is None:
        raise HotlineRefused("以谁的身份查看？请给出 --token 或 --login / who looks? give --token or --login")
    return lead.login, lead.password


async def _log_in(http: aiohttp.ClientSession, url: str, login: str, password: str) -> None:
    try:
        body, limit = {"login": login, "password": password}, aiohttp.ClientTimeout(total=LIMIT_S)
        async with http.post(f"{url.rstrip('/')}/api/v1/login", json=body, timeout=limit) as answer:
            if answer.status >= 400:
                raise HotlineRefused(f"{login} 未能登录 / could not log in: HTTP {answer.status}", answer.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise HotlineRefused(f"{url} 无法访问 / cannot be reached: {error or 'timeout'}") from error


# -- what is printed --------------------------------------------------------------------------------------------------


def _printer(as_json: bool, zone: ZoneInfo, *, colour: bool) -> Callable[[dict[str, Any]], None]:
    titles = {name: kind.zh for name, kind in events_by_type().items()}

    def put(event: dict[str, Any]) -> None:
        text = orjson.dumps(event).decode() if as_json else line(event, zone, titles, colour=colour)
        print(text, flush=True)

    return put


def line(event: dict[str, Any], zone: ZoneInfo, titles: dict[str, str], *, colour: bool = False) -> str:
    """One event on one line: sequence, time in the hall's zone, type in both languages, subject, the gist."""
    at = datetime.fromisoformat(event["time"].replace("Z", "+00:00")).astimezone(zone)
    short = event["type"].removeprefix("hotline.").removesuffix(".v1")
    area, _, what = short.partition(".")
    hue = _RED if what in _BAD else _COLOURS.get(area, _PLAIN)
    parts = [
        _painted(str(int(event["sequence"])), _DIM, colour),
        at.strftime("%m-%d %H:%M:%S"),
        _painted(f"{titles.get(event['type'], '')} {short}".strip(), hue, colour),
        _clean(event.get("subject", "")),
        gist(event.get("data", {})),
    ]
    return "  ".join(part for part in parts if part)


def gist(data: dict[str, Any]) -> str:
    """The fields that tell an operator what happened, as ``name=value``."""
    told = []
    for name in _GIST:
        value = data.get(name)
        if value in (None, "", [], {}) or any(other in data for other in _IMPLIED.get(name, ())):
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else f"{value:g}" if _real(value) else str(value)
        told.append(f"{name}={_clean(text)}")
    return " ".join(told)


def _real(value: Any) -> bool:
    return isinstance(value, float)


def _clean(text: str) -> str:
    """Without what would move the cursor or colour the terminal: a citizen may have written it."""
    return "".join(character if character.isprintable() else " " for character in text)


def _painted(text: str, hue: str, colour: bool) -> str:
    return f"\x1b[{hue}m{text}\x1b[0m" if colour and hue else text
