"""Events a second, from AMI bytes to the live hall: our wire, translate and reduce, beside panoramisk's parse and
dispatch of the same bytes.

    python -m bench.ami [RECORDING]

The bytes are what a real Asterisk sent (``bench.record_stream``): the plain stream that any AMI client sees, and the
one filtered at the source that a gateway in fact reads. Both sides get reads of 64 KiB in one process, in turns; the
best CPU time of several rounds counts. "Events" are all events of a stream, also those that our wire drops by name:
that is what a hall sends and what has to be read. panoramisk is measured twice: with an empty callback for each event
that the gateway uses, which is how a gateway on panoramisk would subscribe (this is the ratio that the target is held
against), and with one empty callback for all events, the least that it can be asked to do. Neither does any of the work
that follows: keeping seats and calls would come on top.
"""

from __future__ import annotations

import gc
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from bench.record_stream import SEATS, streams
from bench.site import make_config
from bench.table import Row, run
from gateway.asterisk.ami.wire import FrameReader
from gateway.asterisk.translate import EVENT_NAMES, HEADERS, translate
from gateway.model.facts import Snapshot
from gateway.seats.hall import Hall
from gateway.settings import Settings, load

READ = 65_536
ROUNDS = 7
STAGES = ("wire", "translate", "reduce")
TARGET = 10.0

Side = tuple[Callable[[bytes], None], list[int]]
"""What takes the bytes, and a count of what came out."""


def ours(settings: Settings, stages: int) -> Side:
    """The gateway's way of an event: the first ``stages`` of STAGES, each as the listener calls it."""
    reader, count = FrameReader(EVENT_NAMES, joined=True, headers=HEADERS), [0]
    reader.listening = False  # no action of ours is under way
    tracks = {entry.number: entry.track for entry in settings.entries}
    hall = Hall(settings.halls, settings.queues, tracks)
    hall.apply(Snapshot(0.0, 1))

    def feed(data: bytes) -> None:
        frames = reader.feed(data)
        if stages == 1:
            count[0] += len(frames)
            return
        for frame in frames:
            fact = translate(frame, 0.0)
            if fact is not None:
                count[0] += 1
                if stages == 3:
                    hall.apply(fact)

    return feed, count


def panoramisk(patterns: Iterable[str]) -> Side:
    """Its protocol as it runs in production, with one empty callback a pattern and no logging."""
    count = [0]

    def callback(manager: Manager, event: Any) -> None:
        count[0] += 1

    manager = Manager(log=logging.getLogger("panoramisk.bench"))
    for pattern in patterns:
        manager.register_event(pattern, callback)
    protocol = AMIProtocol()
    protocol.connection_made(mock.Mock())
    protocol.factory, protocol.encoding = manager, "utf8"
    protocol.connection_lost = lambda exc: None  # a recorded Shutdown must not end the measurement
    return protocol.data_received, count


def _timed(side: Side, reads: Iterable[bytes]) -> tuple[float, int]:
    feed, count = side
    gc.collect()
    begin = time.process_time()
    for read in reads:
        feed(read)
    return time.process_time() - begin, count[0]


def compare(stream: bytes, settings: Settings, rounds: int = ROUNDS) -> dict[str, Any]:
    """Events a second of both, their ratio, and where our time goes (microseconds an event of the stream)."""
    reads = [stream[at : at + READ] for at in range(0, len(stream), READ)]
    makers: dict[str, Callable[[], Side]] = {
        "peer": partial(panoramisk, sorted(EVENT_NAMES)),
        "peer_least": partial(panoramisk, ["*"]),
    }
    makers |= {name: partial(ours, settings, at + 1) for at, name in enumerate(STAGES)}
    best = dict.fromkeys(makers, float("inf"))
    counts: dict[str, int] = {}
    for _ in range(rounds):
        for name, make in makers.items():
            seconds, counts[name] = _timed(make(), reads)
            best[name] = min(best[name], seconds)
    counter = FrameReader(frozenset(), joined=True)
    for read in reads:
        counter.feed(read)
    events = counter.dropped
    upto = [best[name] / events * 1e6 for name in STAGES]
    return {
        "bytes": len(stream),
        "events": events,
        "kept": counts["wire"],
        "facts": counts["reduce"],
        "panoramisk_dispatched": counts["peer"],
        "gateway_events_per_s": events / best["reduce"],
        "wire_events_per_s": events / best["wire"],
        "panoramisk_events_per_s": events / best["peer"],
        "panoramisk_least_events_per_s": events / best["peer_least"],
        "ratio": best["peer"] / best["reduce"],
        "ratio_wire": best["peer"] / best["wire"],
        "ratio_least": best["peer_least"] / best["reduce"],
        "us_an_event": dict(zip(STAGES, [upto[0], upto[1] - upto[0], upto[2] - upto[1]], strict=True)),
        "us_a_fact": {
            "translate": (best["translate"] - best["wire"]) / max(1, counts["wire"]) * 1e6,
            "reduce": (best["reduce"] - best["translate"]) / max(1, counts["reduce"]) * 1e6,
        },
    }


def measure(recording: Path | None = None) -> dict[str, Any]:
    """Both recorded streams, or one given."""
    with tempfile.TemporaryDirectory(prefix="gwb-") as folder:
        settings = load(make_config(Path(folder), SEATS, wrap_up_s=2), {})
    if recording is not None:
        return {recording.name: compare(recording.read_bytes(), settings)}
    kept = streams()
    return {"plain": compare(kept.plain, settings), "filtered": compare(kept.filtered, settings)}


_WHAT = {"plain": "all events of Asterisk", "filtered": "events filtered at the source"}


def rows(result: dict[str, Any]) -> list[Row]:
    """Wire, translate and reduce; and the wire alone."""
    made = []
    for name, one in result.items():
        peer = f"panoramisk {one['panoramisk_events_per_s']:,.0f} events/s"
        aim = name == "plain"
        for stage, rate, ratio in (
            ("wire+translate+reduce", one["gateway_events_per_s"], one["ratio"]),
            ("wire only", one["wire_events_per_s"], one["ratio_wire"]),
            ("beside one callback for all", one["gateway_events_per_s"], one["ratio_least"]),
        ):
            target = aim and stage == "wire+translate+reduce"
            if stage == "beside one callback for all":
                peer = f"panoramisk {one['panoramisk_least_events_per_s']:,.0f} events/s"
            made.append(
                Row(
                    f"ami: {_WHAT.get(name, name)}, {stage}",
                    f"{rate:,.0f} events/s",
                    peer,
                    f"{ratio:.1f}",
                    f">= {TARGET:.0f}" if target else "",
                    ratio >= TARGET if target else None,
                )
            )
    return made


def main() -> None:
    recording = Path(sys.argv.pop()) if len(sys.argv) > 1 and not sys.argv[-1].startswith("-") else None
    run(lambda: measure(recording), rows, __doc__ or "")


if __name__ == "__main__":
    main()
