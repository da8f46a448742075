"""``gateway trace record FILE`` and ``gateway trace replay FILE...``: a hall's AMI stream kept, and read again.

Recording opens an AMI session of its own beside the gateway's, first asks for a snapshot so that a replay knows who was
talking when it began, then writes what comes. Replay needs no server and no configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link, LinkConfig
from gateway.asterisk.trace import Recorder, Replay, frames_of, replay
from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.model.records import CallRecord
from gateway.settings import Secrets, Settings

_FIRST_LIMIT_S = 15.0
"""Asterisk must have let a recording in within this many seconds; a link lost later is taken up again for ever."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two sub-commands and their options."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    record = acts.add_parser("record", help="keep the raw AMI stream in FILE")
    record.add_argument("file", type=Path)
    record.add_argument("--mask", action="store_true", help="hide telephone numbers and names")
    record.add_argument("--seconds", type=_seconds, default=0.0, help="stop after this long (default: on Ctrl-C)")
    add_config(record)
    play = acts.add_parser("replay", help="print one JSON line a call and the last seat state")
    play.add_argument("files", type=Path, nargs="+")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when the file or the link was bad (said on stderr)."""
    if args.act == "replay":
        return _replay(args.files)
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    try:
        return asyncio.run(Recording(args.file, masked=args.mask).run(*loaded, args.seconds or None))
    except OSError as error:
        print(f"gateway trace: {reason(error)}", file=sys.stderr)
        return 1


def _line(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")


def call_line(call: CallRecord, told: Replay, *, is_open: bool) -> dict[str, object]:
    """A call as ``trace replay`` prints it: the record with its waits and outcome, its legs, who was handed where, and
    whether it was still going on at the trace's end.
    """
    legs = list(told.legs.get(call.call_id, {}).values())
    return {"call": asdict(call), "legs": legs, "transfers": told.transfers.get(call.call_id, []), "open": is_open}


def _replay(files: list[Path]) -> int:
    try:
        for file in files:
            if next(frames_of([file]), None) is None:
                print(f"gateway trace: {file}: there is no AMI event in it", file=sys.stderr)
                return 1
        result = replay(files)
    except OSError as error:
        print(f"gateway trace: {reason(error)}", file=sys.stderr)
        return 1
    except (AmiError, ValueError) as error:  # ValueError: a header that should be a number is none
        print(f"gateway trace: {', '.join(map(str, files))}: {error}", file=sys.stderr)
        return 1
    for call in result.calls.values():
        _line(call_line(call, result, is_open=False))
    for call in result.open_calls():
        _line(call_line(call, result, is_open=True))
    for seat in result.hall.seat_views():
        keep = ("extension", "presence", "activity", "reason", "agent", "since", "presence_since", "call_id", "queue")
        _line({"seat": {name: seat[name] for name in keep}})
    sys.stdout.buffer.flush()
    return 0


class Recording:
    """One recording into ``file``, which only this user may read: it holds citizens' numbers."""

    def __init__(self, file: Path, *, masked: bool) -> None:
        self._file = file
        self._recorder = Recorder(masked=masked)
        self._ended = asyncio.Event()
        self._moved = asyncio.Event()
        self._began = False
        self._why = ""
        self._broken: OSError | None = None

    async def run(self, settings: Settings, secrets: Secrets, seconds: float | None) -> int:
        """Record until ``seconds`` are over or a signal comes. Raises OSError when the file cannot be written."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        asterisk = settings.asterisk
        config = LinkConfig(asterisk.host, asterisk.ami_port, "gw-events", secrets.ami_events, wanted=frozenset())
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb", buffering=1 << 16) as out:

            def tap(data: bytes, at: float) -> None:
                try:
                    out.write(self._recorder.feed(data, at))
                    out.flush()  # who looks at it meanwhile sees what there is, and a kill costs nothing
                except OSError as error:  # the disk is full: what follows would have a hole before it
                    self._broken = error
                    self._end()

            link = Link(config, on_up=self._up, tap=tap)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(link.run())
                await self._until_ended(seconds)
                self._why = link.why
                link.close()
                await asyncio.wait({running}, timeout=5.0)
                running.cancel()
        if self._broken is not None:
            raise OSError(self._broken.errno, self._broken.strerror, str(self._file))
        return self._told()

    async def _up(self, link: Link) -> None:
        for action in (actions.core_show_channels(), actions.queue_status()):
            await link.send_list(action, timeout=5.0)
        print(f"recording to {self._file}; Ctrl-C stops", file=sys.stderr)
        self._began = True
        self._moved.set()

    async def _until_ended(self, seconds: float | None) -> None:
        """Wait until the recording has begun (or could not), then until it is to end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_LIMIT_S):
                await self._moved.wait()
        if self._began and not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._ended.wait()

    def _end(self) -> None:
        self._ended.set()
        self._moved.set()

    def _told(self) -> int:
        if not self._began:
            print(f"gateway trace: nothing was recorded: {self._why}", file=sys.stderr)
            return 1
        print(f"{self._recorder.frames} frames in {self._file}", file=sys.stderr)
        return 0
