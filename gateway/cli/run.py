"""``gateway run``: the service itself."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from gateway.app import Node
from gateway.cli.common import add_config, load_or_say
from gateway.logs import configure
from gateway.model.orders import OrderRefused
from gateway.settings import ConfigErrors, Secrets, SecretsRefused, Settings
from gateway.web.staff import FirstLogin, logins_text

FIRST_LOGINS = "first-logins.txt"
PID_FILE = "gateway.pid"

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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, secrets))


def _raise_file_limit() -> None:
    """Sockets of sessions, pages and followers need descriptors: take all that this user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(settings: Settings, secrets: Secrets) -> int:
    try:
        async with Node(settings, secrets, dict(os.environ)) as node:
            _tell_first_logins(settings.state_dir, node.first_logins)
            pid_file = settings.state_dir / PID_FILE
            pid_file.write_text(f"{os.getpid()}\n")
            _obey_signals(node)
            try:
                await node.run(lambda: _say_ready(settings, node))
            finally:
                pid_file.unlink(missing_ok=True)
    except OSError as error:
        print(f"gateway: cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _obey_signals(node: Node) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, node.stop)
    reloading = asyncio.Lock()

    async def reload() -> None:
        async with reloading:
            await reload_and_log(node)

    # The handle is kept by the lock's waiters; a second SIGHUP waits for the first.
    tasks: set[asyncio.Task[None]] = set()

    def hup() -> None:
        task = loop.create_task(reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, hup)


async def reload_and_log(node: Node) -> bool:
    """Reload; False, with the reasons in the log, when the old configuration was kept."""
    try:
        await node.reload()
    except ConfigErrors as errors:
        for error in errors.errors:
            _log.error("reload.refused", file=error.file, key=error.key, why=error.message)
    except (SecretsRefused, OrderRefused, OSError) as error:
        _log.error("reload.refused", why=str(error))
    else:
        return True
    return False


def _tell_first_logins(state_dir: Path, first: list[FirstLogin]) -> None:
    if not first:
        return
    path = state_dir / FIRST_LOGINS
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(logins_text(first))
    print(f"首次启动已生成账号，见 {path} / first logins are in {path} (keep it, then delete it):", file=sys.stderr)
    for one in first[:3]:
        print(f"  {one.account.login}  {one.password}  {one.account.role}", file=sys.stderr)


def _say_ready(settings: Settings, node: Node) -> None:
    print(f"gateway: http://{settings.web.host}:{node.web.port}/seats", file=sys.stderr, flush=True)
