"""``gateway mailroom``: the process that receives and reads mail. The gateway starts it; nobody types it.

It reads the configuration and secrets itself, runs at a lower priority than the gateway (a telephone call goes before a
mail), and ends when the gateway's end of the socket that it inherited closes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys

import structlog
import uvloop

from gateway.channels.email.mailroom.office import Account, Kept, work
from gateway.cli.common import add_config, load_or_say
from gateway.logs import configure
from gateway.settings import Secrets, Settings

_NICER = 5

_log = structlog.get_logger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--config, --fd."""
    add_config(parser)
    parser.add_argument("--fd", type=int, required=True, help="the inherited socket to the gateway")


def run(args: argparse.Namespace) -> int:
    """0 when the gateway has gone, 1 when a part died."""
    try:
        gateway = socket.socket(fileno=args.fd)
    except (OSError, ValueError) as error:
        print(f"gateway mailroom: --fd {args.fd}: {error} (the gateway starts this itself)", file=sys.stderr)
        return 2
    with gateway:
        loaded = load_or_say(args.config)
        return 1 if loaded is None else _run(*loaded, gateway)


def _run(settings: Settings, secrets: Secrets, gateway: socket.socket) -> int:
    configure(settings.log.level, settings.log.format)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's, which logs addresses
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway, which ends us
    os.nice(_NICER)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_work(settings, secrets, gateway))


async def _work(settings: Settings, secrets: Secrets, gateway: socket.socket) -> int:
    channels = settings.channels
    accounts = [
        Account(one, secrets.of(one.reply_key), [secrets.of(box.password) for box in one.imap])
        for one in channels.email
        if one.enabled
    ]
    kept = Kept(settings.state_dir / "files", secrets.files_key, settings.files)
    gateway.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=gateway)
    try:
        await work(channels.mailroom, accounts, kept, reader, writer)
    except Exception:
        _log.critical("mailroom_died", exc_info=True)
        return 1
    finally:
        writer.close()
    return 0
