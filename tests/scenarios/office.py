"""An office for stories of what is written: a gateway process that can be killed, without telephones, with accounts on
fake platforms. Its ports stay the same over restarts, so platforms find it again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from gateway.demo.hotline import Hotline, read_logins
from tests.events_held import holds
from tests.fakes.tencent import FakeTencent
from tools.lab.process import Child
from tools.lab.site import Site

PATIENCE_S = 60.0
LOOPBACK = {
    "GATEWAY__GUARD__ALLOW": '["127.0.0.0/8"]',
    "GATEWAY__FOLLOWERS__ALLOW_HTTP": "true",
    "GATEWAY__FOLLOWERS__FIRST_S": "0.2",
    "GATEWAY__FOLLOWERS__MOST_S": "1",
    "GATEWAY__WEB__FORM_LEAST_S": "0",
}
"""What lets a story be told on one machine: addresses of ours may be reached, and waits are short."""


def wechat_account(tencent: FakeTencent) -> tuple[str, dict[str, str]]:
    """channels.toml with the fake's official account, and the variables that hold its secrets."""
    official = tencent.official
    text = f"""
[[wechat]]
account = "hainan"
app_id = "{official.app_id}"
mode = "{official.mode}"
token = "env:FAKE_WECHAT_TOKEN"
aes_key = "env:FAKE_WECHAT_KEY"
app_secret = "env:FAKE_WECHAT_SECRET"
api_base = "{tencent.base}"
"""
    secrets = {
        "FAKE_WECHAT_TOKEN": official.token,
        "FAKE_WECHAT_KEY": official.key,
        "FAKE_WECHAT_SECRET": official.secret,
    }
    return text, secrets


class Office:
    """One gateway on a site of its own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.child: Child | None = None
        self.http: aiohttp.ClientSession
        self.lead: Hotline

    @property
    def url(self) -> str:
        return self.site.web_url

    async def start(self) -> None:
        """Start the gateway and wait until it answers. What is ready is the ledger: there is no telephone."""
        self.child = await asyncio.to_thread(self.site.gateway)
        await self.until(self._answers, "the gateway answers")

    async def _answers(self) -> bool:
        assert self.child is not None
        self.child.check()
        try:
            async with self.http.get(f"{self.url}/healthz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()

    async def stop(self) -> None:
        if self.child is not None:
            await asyncio.to_thread(self.child.stop)

    def log(self) -> str:
        return (self.site.state_dir / "gateway.log").read_text(encoding="utf-8", errors="replace")

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As the administrator."""
        return await self.lead._ask(method, path, body)

    async def tickets(self) -> list[dict[str, Any]]:
        """All tickets, newest first."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = await self.ask("GET", f"/api/v1/tickets?limit=500{f'&after={after}' if after else ''}")
            found += page["items"]
            after = page["next"] or ""
            if not after:
                return found

    async def ticket(self, number: str) -> dict[str, Any]:
        """One ticket with its messages, replies and deliveries."""
        return await self.ask("GET", f"/api/v1/tickets/{number}")

    async def feed(self, kind: str = "") -> list[dict[str, Any]]:
        """The feed from its beginning, or its events of one type."""
        events: list[dict[str, Any]] = []
        after = 0
        assert self.lead._session is not None
        while True:
            async with self.lead._session.get(f"{self.url}/api/v1/feed?after={after}&limit=1000") as answer:
                page = await answer.json(content_type=None)
            if not page:
                return [event for event in events if not kind or event["type"] == f"hotline.{kind}.v1"]
            events += page
            after = int(page[-1]["sequence"])

    async def told(self) -> list[dict[str, Any]]:
        """The whole feed, held against the registry of events: known types with known data, no sequence missing."""
        events = await self.feed()
        for event in events:
            holds(event["type"], event["data"])
        assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))
        return events

    async def file(self, text: str, key: str = "", **fields: Any) -> dict[str, Any]:
        """A citizen's app files a request by the API, and again until it is answered: the key makes that safe."""
        headers = {"Idempotency-Key": key or f"story-{secrets.token_hex(12)}"}
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                async with self.http.post(
                    f"{self.url}/api/v1/tickets", json={"text": text, **fields}, headers=headers
                ) as answer:
                    assert answer.status in (200, 201), await answer.text()
                    return dict(await answer.json())
            except (aiohttp.ClientError, TimeoutError):
                assert time.monotonic() < end, "the gateway did not come back"
                await asyncio.sleep(0.1)

    async def figure(self, name: str) -> float:
        """A figure of /metrics by its name without prefix and ending."""
        async with self.http.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        names = (f"gateway_{name}", f"gateway_{name}_total")
        return next(float(line.split()[1]) for line in lines if line.split()[0] in names)

    async def download(self, path: str) -> bytes:
        """A file or an original, as the administrator."""
        assert self.lead._session is not None
        async with self.lead._session.get(f"{self.url}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def until(self, true: Callable[[], Any], what: str, limit_s: float = PATIENCE_S) -> Any:
        """Wait until ``true()`` (awaited when it is a coroutine) is truthy; fails with ``what`` after the limit."""
        end = time.monotonic() + limit_s
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(
                    f"did not come within {limit_s:.0f} s: {what}\n{self.child and self.child.tail(15)}"
                )
            await asyncio.sleep(0.05)


@asynccontextmanager
async def office_on(site: Site) -> AsyncIterator[Office]:
    """An office whose gateway runs, the administrator logged in."""
    office = Office(site)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as office.http:
        try:
            await office.start()
            logins = read_logins(site.state_dir / "first-logins.txt")
            admin = next(login for login in logins if login.role == "admin")
            async with Hotline(office.url, admin.login, admin.password) as office.lead:
                yield office
        finally:
            await office.stop()


def with_channels(config: Path, text: str) -> Path:
    """The configuration with these accounts instead of the shipped ones."""
    (config / "channels.toml").write_text(text, encoding="utf-8")
    return config
