"""The loops that hear late lose nothing, keep the order of a connection, and are late."""

from __future__ import annotations

import asyncio
import os
import random
import selectors
import subprocess
import sys
import time
from pathlib import Path

from tools.lab.site import ROOT
from tools.late.late_loop import LateSelector


def test_what_is_sent_over_a_connection_arrives_whole_and_in_order() -> None:
    async def story() -> bytes:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while piece := await reader.read(7):
                writer.write(piece)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(bytes(range(256)))
            writer.write_eof()
            heard = await reader.read()
            writer.close()
            await writer.wait_closed()
        return heard

    selector = LateSelector(random.Random(1), share=0.9, most_s=0.01)
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        assert runner.run(story()) == bytes(range(256))


def test_it_is_late_and_a_time_limit_is_kept() -> None:
    reading, writing = os.pipe()
    selector = LateSelector(random.Random(1), share=1.0, most_s=30.0)
    selector.register(reading, selectors.EVENT_READ)
    os.write(writing, b"x")
    began = time.monotonic()
    assert selector.select(0.05) == [] and time.monotonic() - began >= 0.05
    selector._until = dict.fromkeys(selector._until, 0.0)
    assert [key.fd for key, _ in selector.select(0)] == [reading]
    selector.close()
    os.close(reading)
    os.close(writing)


def test_a_process_with_a_seed_has_such_loops_and_one_without_has_not(tmp_path: Path) -> None:
    say = "import asyncio; loop = asyncio.new_event_loop(); print(type(loop._selector).__name__); loop.close()"
    for seed, name in (("7", "LateSelector"), ("0", "EpollSelector")):
        environ = {**os.environ, "LATE_SEED": seed, "PYTHONPATH": str(ROOT / "tools" / "late")}
        said = subprocess.run([sys.executable, "-c", say], env=environ, cwd=tmp_path, capture_output=True, check=True)
        assert said.stdout.decode().strip() == name
