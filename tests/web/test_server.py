"""The server's life: a free port, a taken port, and a close that leaves nobody hanging."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest


async def test_port_zero_takes_a_free_port_that_can_be_read(site: Any) -> None:
    assert 1024 <= site.port <= 65535
    assert (await site.client().get("/healthz"))[0] == 200


async def test_taken_port_is_an_os_error(open_site: Any) -> None:
    async with open_site() as site:
        with pytest.raises(OSError, match="address already in use"):
            async with open_site(port=site.port):
                pass


async def test_what_is_no_http_is_answered_400_and_its_cookie_is_not_logged(
    site: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: gw_session=sesame\0\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    said = caplog.text + "".join(capsys.readouterr())
    assert "malformed request" in said
    assert "sesame" not in said and "Traceback" not in said


async def test_close_says_goodbye_to_sockets_and_ends_streams_quickly(open_site: Any) -> None:
    """They would have a minute."""
    async with open_site(shutdown_s=60.0) as site:
        lead = await site.logged_in("lead")
        machine = site.client(token=site.tokens["machine"])
        async with lead.http.ws_connect("/api/v1/live") as ws, machine.http.get("/api/v1/feed/stream") as stream:
            await ws.receive_json(timeout=30)
            await stream.content.readline()
            async with asyncio.timeout(30):
                closing = asyncio.create_task(site.server.close())
                message = await ws.receive()
                assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
                while await stream.content.readline():
                    pass
                await closing
        with pytest.raises(RuntimeError, match="not started"):
            _ = site.server.port


async def test_close_twice_and_close_before_start_are_harmless(site: Any) -> None:
    await site.server.close()
    await site.server.close()


async def test_run_watches_the_loop_until_cancelled(site: Any) -> None:
    running = asyncio.create_task(site.server.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
