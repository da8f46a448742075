"""Killed with -9 in the midst of long messages that come out of order with repeats: each is one ticket, one receipt."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import orjson

from gateway.channels.sms.originals import to_json
from gateway.channels.sms.port import Arrived
from tests.channels.sms.sms_stage import open_sms, parts_of

CHILD = Path(__file__).with_name("sms_process.py")
TEXTS = {f"139000000{n:02}": f"{n}号楼漏水，物业一直不管，请派人来看。" * (6 + n) for n in range(12)}


async def feed(child: asyncio.subprocess.Process, pieces: list[Arrived], most: int | None) -> set[str]:
    """Hand pieces to the child and return the keys that it acknowledged; at ``most`` it is killed."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"".join(orjson.dumps(to_json(piece)) + b"\n" for piece in pieces))
    if most is None:
        child.stdin.close()
    acknowledged: set[str] = set()
    while line := await child.stdout.readline():
        acknowledged.add(line.decode().strip())
        if most is not None and len(acknowledged) >= most:
            child.kill()
            break
    await child.wait()
    rest = await child.stdout.read()
    return acknowledged | {key.decode() for key in rest.split()}


async def test_each_message_is_one_ticket(tmp_path: Path) -> None:
    rng = random.Random(12345)
    everything = {piece.key: piece for sender, text in TEXTS.items() for piece in parts_of(text, sender=sender)}
    waiting = dict(everything)
    for most in (5, 9, 13, None):
        pieces = list(waiting.values())
        pieces += rng.choices(list(everything.values()), k=10) if most is not None else list(everything.values())
        rng.shuffle(pieces)
        child = await asyncio.create_subprocess_exec(
            sys.executable, str(CHILD), str(tmp_path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            for key in await feed(child, pieces, most):
                waiting.pop(key, None)
        assert most is not None or child.returncode == 0
    assert waiting == {}
    async with open_sms(tmp_path) as stage:
        tickets = await stage.tickets()
        said = {
            ticket.calling_number: [kept.message.text for kept in await stage.messages(ticket)] for ticket in tickets
        }
        assert len(tickets) == len(TEXTS)
        assert said == {sender: [text] for sender, text in TEXTS.items()}
        assert len(await stage.deliveries()) == len(TEXTS)
