"""Records what a real Asterisk sends while a hall works: once to an AMI user as anybody would make one (every class of
events, no filter), once to the gateway's own user (filtered at the source), both from the same calls.

    python -m bench.record_stream [EVENTS]

60 seats with 2 s of wrap-up, calls of a second at 10 a second until the unfiltered stream has EVENTS (50,000) events:
about a minute. Kept in .cache/bench/, which is not committed: ``streams()`` gives them and records them when missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.site import bench_site, callers, gateway_on, phones
from tools.lab.site import ROOT, Site

CACHE = ROOT / ".cache" / "bench"
EVENTS = 50_000
SEATS = 60
RATE = 10
LIMIT_S = 240.0
_USER, _SECRET = "bench", "only-on-loopback"
_SECTION = f"""
[{_USER}]
secret = {_SECRET}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1
read = all
write = system
writetimeout = 5000
"""


@dataclass(frozen=True, slots=True)
class Streams:
    """Raw AMI bytes: ``plain`` as any client sees them, cut to the wanted number of events, ``filtered`` as we do."""

    plain: bytes
    filtered: bytes


def streams(events: int = EVENTS) -> Streams:
    """From the cache, or recorded now."""
    plain, filtered = CACHE / f"plain-{events}.ami", CACHE / f"filtered-{events}.ami"
    if not (plain.exists() and filtered.exists()):
        print(f"recording {events} events from a real Asterisk (about a minute) ...", file=sys.stderr)
        recorded = asyncio.run(record(events))
        CACHE.mkdir(parents=True, exist_ok=True)
        for path, data in ((plain, recorded.plain), (filtered, recorded.filtered)):
            path.with_suffix(".part").write_bytes(data)
            path.with_suffix(".part").replace(path)
    return Streams(plain.read_bytes(), filtered.read_bytes())


class Tap:
    """One AMI session that only keeps what comes."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.events = 0

    async def follow(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1 << 18):
            self.chunks.append(data)
            self.events += data.count(b"Event: ")  # near enough to know when to stop; cut() counts exactly


@asynccontextmanager
async def tap(port: int, user: str, secret: str) -> AsyncIterator[Tap]:
    """A logged-in session, kept until the block ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    kept = Tap()
    async with asyncio.TaskGroup() as group:
        following = group.create_task(kept.follow(reader))
        writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n".encode())
        try:
            yield kept
        finally:
            following.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _plain_user(site: Site) -> None:
    """A user as anybody would make one, on an Asterisk that keeps back nothing: ours makes fewer events (render)."""
    manager, stasis = site.paths.etc / "manager.conf", site.paths.etc / "stasis.conf"
    for file, silenced in ((manager, "disabledevents"), (stasis, "decline")):
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(x for x in lines if not x.startswith(silenced)) + "\n", encoding="utf-8")
    with (site.paths.etc / "manager.conf").open("a", encoding="utf-8") as file:
        file.write(_SECTION)


async def record(events: int) -> Streams:
    """Both streams, from before the first agent signs in."""
    with bench_site(SEATS, wrap_up_s=2, after_write=_plain_user) as site:
        await asyncio.to_thread(site.prompts)
        site.asterisk.start()
        port = site.settings.asterisk.ami_port
        async with (
            gateway_on(site) as hall,
            tap(port, _USER, _SECRET) as plain,
            tap(port, "gw-events", site.secrets.ami_events) as filtered,
            phones(site, SEATS, talk_ms=1_000, ring_ms=300),
        ):
            await hall.sign_in(SEATS)
            async with callers(site, rate=RATE, calls=100_000), asyncio.timeout(LIMIT_S):
                while plain.events < events:
                    await asyncio.sleep(0.2)
            await asyncio.sleep(4.0)  # the last calls and their wrap-up
    return Streams(cut(b"".join(plain.chunks), events), cut(b"".join(filtered.chunks), events))


def cut(stream: bytes, events: int) -> bytes:
    """The stream up to its ``events``-th event, or to its last whole frame; answers to actions do not count."""
    at = count = 0
    while count < events:
        end = stream.find(b"\r\n\r\n", at)
        if end < 0:
            break
        count += stream[at : at + 16].lstrip().startswith(b"Event: ")  # some have a stray line end before them (seen)
        at = end + 4
    return stream[:at]


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    kept = streams(events)
    for name, data in (("plain", kept.plain), ("filtered", kept.filtered)):
        count = data.count(b"\r\nEvent: ")
        print(f"{name:9} {count:6} events, {len(data) / 1e6:.1f} MB in {CACHE / f'{name}-{events}.ami'}")


if __name__ == "__main__":
    main()
