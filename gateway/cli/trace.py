"""``gateway trace record FILE`` and ``gateway trace replay FILE...``: a hall's AMI stream kept, and read again.

Recording opens an AMI session of its own beside the gateway's, first asks for a snapshot so that a replay knows who was
talking when it began, then writes what comes. Replay needs no server and no configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link, LinkConfig
from gateway.asterisk.trace import Recorder, replay
from gateway.cli.common import load_or_say
from gateway.model.records import CallRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two sub-commands and their options."""
    acts = parser.add_subparsers(dest="act", required=True)
    record = acts.add_parser("record", help="keep the raw AMI stream in FILE")
    record.add_argument("file", type=Path)
    record.add_argument("--mask", action="store_true", help="hide telephone numbers and names")
    record.add_argument("--seconds", type=float, default=0.0, help="stop after this long (default: on Ctrl-C)")
    record.add_argument("--config", type=Path, default=Path("config"), help="configuration directory")
    play = acts.add_parser("replay", help="print one JSON line a call and the last seat state")
    play.add_argument("files", type=Path, nargs="+")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when the file or the link was bad (said on stderr)."""
    return asyncio.run(_record(args)) if args.act == "record" else _replay(args.files)


def _line(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")


def call_line(call: CallRecord, *, is_open: bool) -> dict[str, object]:
    """A call as ``trace replay`` prints it: the record, and whether it was still going on at the trace's end."""
    return {"call": asdict(call), "open": is_open}


def _replay(files: list[Path]) -> int:
    try:
        result = replay(files)
    except OSError as error:
        print(f"gateway trace: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except AmiError as error:
        print(f"gateway trace: {', '.join(map(str, files))}: {error}", file=sys.stderr)
        return 1
    for call in result.calls.values():
        _line(call_line(call, is_open=False))
    for call in result.open_calls():
        _line(call_line(call, is_open=True))
    for seat in result.hall.seat_views():
        keep = ("extension", "presence", "activity", "reason", "agent", "since", "presence_since", "call_id", "queue")
        _line({"seat": {name: seat[name] for name in keep}})
    sys.stdout.buffer.flush()
    return 0


async def _record(args: argparse.Namespace) -> int:
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    settings, secrets = loaded
    recorder = Recorder(masked=args.mask)
    with args.file.open("wb", buffering=1 << 16) as out:

        def tap(data: bytes, at: float) -> None:
            out.write(recorder.feed(data, at))

        async def up(link: Link) -> None:
            for action in (actions.core_show_channels(), actions.queue_status()):
                await link.send_list(action, timeout=5.0)
            print(f"recording to {args.file}; Ctrl-C stops", file=sys.stderr)

        asterisk = settings.asterisk
        config = LinkConfig(asterisk.host, asterisk.ami_port, "gw-events", secrets.ami_events, wanted=frozenset())
        link = Link(config, on_up=up, tap=tap)
        try:
            async with asyncio.timeout(args.seconds or None):
                await link.run()
        except TimeoutError:
            link.close()
    print(f"{recorder.frames} frames in {args.file}", file=sys.stderr)
    return 0
