"""The gateway as the play sees it: its HTTP API, with one shift lead's log-in. Every request has a time limit.

The accounts come from ``first-logins.txt`` in the state directory, one a line: login, password, role, anything more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

ROLES = ("agent", "supervisor", "admin", "reader")
LIMIT_S = 30.0


class HotlineRefused(Exception):
    """The gateway did not do what was asked, or is not there. The message is fit for the user."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Login:
    """One account of first-logins.txt."""

    login: str
    password: str
    role: str


def read_logins(file: Path) -> list[Login]:
    """The accounts of ``first-logins.txt``: login, password and role, parted by blanks or tabs, in this order.

    Lines that start with ``#`` and lines without a role are passed over; a missing file holds no account.
    """
    if not file.exists():
        return []
    logins = []
    for line in file.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) >= 3 and not line.startswith("#") and words[2] in ROLES:
            logins.append(Login(words[0], words[1], words[2]))
    return logins


def shift_lead(logins: Sequence[Login]) -> Login | None:
    """Who may act on every seat: the first supervisor, or else the first admin."""
    for role in ("supervisor", "admin"):
        for login in logins:
            if login.role == role:
                return login
    return None


class Hotline:
    """A logged-in session. Use as an async context manager; raises HotlineRefused."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._url, self._login, self._password = url.rstrip("/"), login, password
        self._csrf = ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # the cookie must also be kept for an address without a name
        jar = aiohttp.CookieJar(unsafe=True)
        self._session = aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=LIMIT_S))
        try:
            me = await self._ask("POST", "/api/v1/login", {"login": self._login, "password": self._password})
        except BaseException:
            await self._session.close()
            raise
        self._csrf = str(me.get("csrf") or "")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def seats(self) -> list[dict[str, Any]]:
        """Every seat as it is now."""
        return list((await self._ask("GET", "/api/v1/seats"))["seats"])

    async def queues(self) -> list[dict[str, Any]]:
        """Every queue as it is now."""
        return list((await self._ask("GET", "/api/v1/queues"))["queues"])

    async def plan(self) -> dict[str, Any]:
        """Halls with their reasons of rest, and the names of entry numbers."""
        return await self._ask("GET", "/api/v1/plan")

    async def sign_in(self, seat: str, login: str = "") -> None:
        """Sign an agent in; without ``login`` oneself."""
        await self._ask("POST", f"/api/v1/seats/{seat}/sign-in", {"login": login} if login else {})

    async def sign_out(self, seat: str) -> None:
        await self._ask("POST", f"/api/v1/seats/{seat}/sign-out", {})

    async def ready(self, seat: str) -> None:
        await self._ask("POST", f"/api/v1/seats/{seat}/ready", {})

    async def not_ready(self, seat: str, reason: str) -> None:
        await self._ask("POST", f"/api/v1/seats/{seat}/not-ready", {"reason": reason})

    async def calls(self, since: float) -> list[dict[str, Any]]:
        """All calls of the ledger that started at ``since`` (epoch seconds) or later, page by page."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = f"&after={after}" if after else ""
            answer = await self._ask("GET", f"/api/v1/calls?since={since:.3f}&limit=500{page}")
            found += answer["items"]
            after = answer["next"] or ""
            if not after:
                return found

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if self._session is None:
            raise RuntimeError("not logged in")
        headers = {"X-CSRF-Token": self._csrf} if self._csrf else {}
        try:
            async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
                if answer.status >= 400:
                    raise HotlineRefused(f"{path}: {await _why(answer)}", answer.status)
                return dict(await answer.json())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HotlineRefused(f"{self._url} 无法访问 / cannot be reached: {error or 'timeout'}") from error


async def _why(answer: aiohttp.ClientResponse) -> str:
    """The detail of a problem document, or the bare status."""
    try:
        problem = await answer.json(content_type=None)
        return str(problem.get("detail") or problem.get("title") or answer.status)
    except (ValueError, AttributeError):
        return f"HTTP {answer.status}"
