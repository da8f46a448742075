"""``gateway run``: the service itself."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from gateway.app import Node
from gateway.asterisk.deploy import write_atomic
from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.cli.pidfile import AlreadyRuns, claimed
from gateway.ledger.errors import LedgerError
from gateway.logs import configure
from gateway.reload import ReloadRefused
from gateway.settings import ConfigErrors, Secrets, SecretsRefused, Settings
from gateway.web.staff import FirstLogin, logins_text

FIRST_LOGINS = "first-logins.txt"

_M_MMAP_THRESHOLD = -3  # malloc.h
_LOOKS = 10_000, 2, 2
"""Objects that may hold others, made and not yet freed, before the collector looks at the young ones; and how many such
looks before a wider one, which keeps a look at all of them about as frequent as with Python's own 700, 10, 10."""

_log = structlog.get_logger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--config."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """0 after a clean stop, 1 when it could not start or died."""
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    settings, secrets = loaded
    configure(settings.log.level, settings.log.format)
    _raise_file_limit()
    _give_memory_back()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, secrets))


def _raise_file_limit() -> None:
    """Sockets of sessions, pages and followers need descriptors: take all that this user may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a container may forbid it; what there is must do
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _give_memory_back() -> None:
    """Let large blocks go back to the system as soon as they are free: a password's hash takes 19 MiB for a moment.

    glibc raises its threshold for such blocks after the first one and keeps them (40 MB here, seen); naming the
    threshold (M_MMAP_THRESHOLD, mallopt(3)) stops that. Other C libraries have no mallopt and need none.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


def _settle() -> None:
    """What has been made by now stays: the collector need not look at it again, which takes some 50 ms each time while
    the loop stands still.

    What is made from now on is looked at when there is more of it than many requests hold at once: with Python's own
    700 each submission paid 22 us of its 390 for looks that found nothing, since what is served well leaves no cycles.
    A request that is refused or cut off leaves some 50 objects in them, so some 200 such wait for a look.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_LOOKS)


async def _serve(settings: Settings, secrets: Secrets) -> int:
    node = Node(settings, secrets, dict(os.environ))
    try:
        with claimed(settings.state_dir):
            # Before the file names us: until then a SIGHUP would end this process.
            _obey_signals(node)
            async with node:
                _tell_first_logins(settings.state_dir, node.first_logins)
                _settle()
                await node.run(lambda: _say_ready(settings, node))
    except (AlreadyRuns, LedgerError) as error:
        print(f"gateway: cannot start: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gateway: cannot start: {reason(error)}", file=sys.stderr)
    except Exception:
        # A part that runs has died. The supervisor starts us again; callers are in the static queue meanwhile.
        _log.critical("gateway.died", exc_info=True)
    else:
        return 0
    return 1


def _obey_signals(node: Node) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, node.stop)
    reloading = asyncio.Lock()
    tasks: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        async with reloading:
            await reload_and_log(node)

    def hup() -> None:
        if len(tasks) > 1:
            return  # one runs, and the one that waits will read the newest files
        task = loop.create_task(reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, hup)


async def reload_and_log(node: Node) -> bool:
    """Reload; False, with the reasons in the log, when the old configuration was kept."""
    if not node.started:
        _log.error("reload.refused", why="the gateway is still starting: try again")
        return False
    try:
        await node.reload()
    except ConfigErrors as errors:
        for error in errors.errors:
            _log.error("reload.refused", file=error.file, key=error.key, why=error.message)
    except (SecretsRefused, ReloadRefused, OSError) as error:
        _log.error("reload.refused", why=str(error))
    except Exception as error:
        _log.exception("reload.failed", error=str(error))
    else:
        return True
    return False


def _tell_first_logins(state_dir: Path, first: list[FirstLogin]) -> None:
    if not first:
        return
    path = state_dir / FIRST_LOGINS
    write_atomic(path, logins_text(first), 0o600)
    print(f"首次启动已生成账号，见 {path} / first logins are in {path} (keep it, then delete it):", file=sys.stderr)
    for one in first[:3]:
        print(f"  {one.account.login}  {one.password}  {one.account.role}", file=sys.stderr)


def _say_ready(settings: Settings, node: Node) -> None:
    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    print(f"gateway: http://{host}:{node.web.port}/seats", file=sys.stderr, flush=True)
