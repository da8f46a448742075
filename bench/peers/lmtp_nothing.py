"""aiosmtpd's LMTP with a handler that does nothing, on the event loop that the gateway runs on: what ``bench.mail``
compares with. ``python -m bench.peers.lmtp_nothing PORT``."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiosmtpd.lmtp import LMTP


class _Nothing:
    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        return "250 OK"


async def serve(port: int) -> None:
    """Until it is killed. 35 MB a mail, as the mailroom announces."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: LMTP(_Nothing(), data_size_limit=36_700_160, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
