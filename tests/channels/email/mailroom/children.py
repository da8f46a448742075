"""Processes that the tests of ``Mailroom`` start in the place of a mailroom: ``python children.py KIND --fd N``."""

from __future__ import annotations

import asyncio
import socket
import sys
import time

from gateway.channels.email.mailroom.link import Link, MailBroken
from gateway.channels.email.port import Handed
from gateway.model.messages import Message, Raw


async def _hands_over(fd: int, count: int) -> None:
    """Hands ``count`` mails over at once, remembers a place, tells figures, and ends with the gateway."""
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd))
    link = Link(reader, writer, 20)
    running = asyncio.create_task(link.run())
    told = dict.fromkeys(("taken", "later", "broken"), 0)

    async def one(n: int) -> None:
        raw = Raw(f"r{n}", "email", "hall", 1.0, "message/rfc822", b"x" * 1000)
        try:
            await link.take("hall", Handed(raw, Message(f"k{n}", "email", "hall", "text", 1.0, 1.0)))
        except OSError:
            told["later"] += 1
        except MailBroken:
            told["broken"] += 1
        else:
            told["taken"] += 1

    await asyncio.gather(*(one(n) for n in range(count)))
    before = await link.cursor("hall", "box")
    await link.keep_cursor("hall", "box", {"lives": (before or {"lives": 0})["lives"] + 1})
    await link.tell({**told, "received": count, "mailboxes": 2})
    if "dies" in sys.argv[1]:
        writer.close()
        return
    await running
    writer.close()


def main() -> int:
    kind, fd = sys.argv[1], int(sys.argv[sys.argv.index("--fd") + 1])
    if kind == "ends":
        return 3
    if kind == "silent":
        time.sleep(600)
    if kind == "deaf":  # neither speaks nor ends with the gateway
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        socket.socket(fileno=fd).sendall(b"\xff" * 100)
        time.sleep(600)
    asyncio.run(_hands_over(fd, 100))
    return 0


if __name__ == "__main__":
    sys.exit(main())
