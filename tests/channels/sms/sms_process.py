"""A gateway's SMS side as a process of its own, to be killed: pieces come in as lines of JSON, each one's key goes out
when it may be acknowledged. ``python sms_process.py FOLDER``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).parents[3]))

from gateway.channels.sms.originals import from_json
from tests.channels.sms.sms_stage import SmsStage, open_sms


async def take(stage: SmsStage, line: bytes) -> None:
    piece = from_json(orjson.loads(line))
    await stage.channel.arrived(piece)
    sys.stdout.write(piece.key + "\n")
    sys.stdout.flush()


async def main(folder: Path) -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with open_sms(folder) as stage, asyncio.TaskGroup() as group:
        await stage.channel.sweep()
        window = asyncio.Semaphore(16)
        while line := await reader.readline():
            await window.acquire()
            group.create_task(take(stage, line)).add_done_callback(lambda _: window.release())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
