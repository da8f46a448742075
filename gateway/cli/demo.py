"""``gateway demo``: simulated citizens and agents (SIPp) against a running gateway, and the ledger held against them.

Exit status: 0 every call is in the ledger with the right outcome; 1 some differ; 2 the play could not begin.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from gateway import logs
from gateway.demo.hotline import HotlineRefused, read_logins, shift_lead
from gateway.demo.plan import Wishes
from gateway.demo.show import Stage, play, summary
from gateway.demo.sippers import SippFailed
from gateway.settings import ConfigErrors, SecretsRefused, Settings, load, load_secrets

LOGINS = "first-logins.txt"
INTERRUPTED = 130


class Unusable(Exception):
    """The play cannot begin. The message is for the user."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--seats", type=int, default=8, help="how many seats to fill (default 8)")
    parser.add_argument("--rate", type=float, default=0.2, help="calls a second, on average (default 0.2)")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long calls come in (default 2)")
    parser.add_argument("--calls", type=int, default=0, help="this many calls instead of --minutes")
    parser.add_argument("--talk", type=float, default=15.0, help="mean talk in seconds (default 15)")
    parser.add_argument("--seed", type=int, default=12345, help="the same seed gives the same play")
    parser.add_argument("--no-audio", action="store_true", help="citizens send no sound: for high rates")
    parser.add_argument("--url", help="address of the gateway (default: that of the configuration)")
    parser.add_argument("--login", help=f"a supervisor's login (default: the first of {LOGINS})")
    parser.add_argument("--password", help="and password; GATEWAY_DEMO_PASSWORD does not show in the process list")
    parser.add_argument("--agents", nargs="*", metavar="LOGIN", help=f"agents to use (default: those of {LOGINS})")
    parser.add_argument("--state-dir", type=Path, help="state directory (default: that of the configuration)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep SIPp's files in DIR")
    parser.add_argument("--config", type=Path, default=Path("config"), help="configuration directory")


def run(args: argparse.Namespace) -> int:
    """Play, and print how it goes and how it went."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `timeout` and service managers end it as Ctrl-C does
    wishes = Wishes(args.seats, args.rate, args.minutes, args.calls, args.talk, args.seed)
    try:
        stage = stage_of(args, wishes)
        logs.configure("warning", "console")
        found = asyncio.run(play(stage, wishes, lambda line: print(line, flush=True)))
    except (Unusable, HotlineRefused, SippFailed) as wrong:
        print(f"gateway demo: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("已停止：来电已挂断，座席已签出 / stopped: calls hung up, seats signed out")
        return INTERRUPTED
    print("\n".join(summary(found)))
    return 1 if found.differences else 0


def stage_of(args: argparse.Namespace, wishes: Wishes) -> Stage:
    """Everything the play needs to know of the gateway. Raises Unusable."""
    if wrong := wishes.wrong():
        raise Unusable(wrong)
    try:
        settings = load(args.config, os.environ)
        state_dir = args.state_dir or settings.state_dir
        if not (state_dir / "secrets.toml").exists():
            raise Unusable(f"{state_dir}/secrets.toml 不存在 / is missing: is this the gateway's state directory?")
        passwords = load_secrets(state_dir, settings).seats
    except (ConfigErrors, SecretsRefused, OSError) as wrong_config:
        raise Unusable(str(wrong_config)) from None
    login, password = _who(args, state_dir)
    return Stage(
        url=args.url or _address(settings),
        login=login,
        password=password,
        agents=_agents(args, state_dir),
        passwords=passwords,
        sip_host=settings.asterisk.host,
        sip_port=settings.asterisk.sip_port,
        audio=not args.no_audio,
        keep=args.keep,
    )


def _who(args: argparse.Namespace, state_dir: Path) -> tuple[str, str]:
    given = args.password or os.environ.get("GATEWAY_DEMO_PASSWORD", "")
    if args.login and given:
        return args.login, given
    for known in read_logins(state_dir / LOGINS):
        if args.login == known.login:
            return known.login, known.password
    lead = None if args.login else shift_lead(read_logins(state_dir / LOGINS))
    if lead is None:
        raise Unusable(f"no supervisor's login in {state_dir / LOGINS}: give --login and --password")
    return lead.login, lead.password


def _agents(args: argparse.Namespace, state_dir: Path) -> tuple[str, ...]:
    if args.agents:
        return tuple(args.agents)
    found = tuple(known.login for known in read_logins(state_dir / LOGINS) if known.role == "agent")
    if not found:
        raise Unusable(f"no agent in {state_dir / LOGINS}: give --agents LOGIN ...")
    return found


def _address(settings: Settings) -> str:
    """The gateway's own address as seen from this machine."""
    host = "127.0.0.1" if settings.web.host in ("0.0.0.0", "::", "") else settings.web.host  # noqa: S104
    return f"http://{host}:{settings.web.port}"
