"""Who may do what: log-in and log-out, the identity behind a request (cookie or bearer token), and the audit of both.

Roles of people rise from agent over supervisor to admin; a reader is a machine with a token that follows the feed. A
request that changes something and is known by its cookie must carry the session's CSRF token and, if the browser names
an origin, come from our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from gateway.model.records import Account, AuditEntry
from gateway.tickets.ports import Ledger, Tx
from gateway.web.address import client_address
from gateway.web.config import WebConfig
from gateway.web.passwords import Busy, Passwords
from gateway.web.problem import Problem
from gateway.web.sessions import Session, Sessions, token_hash
from gateway.web.throttle import LoginThrottle

log = structlog.get_logger(__name__)

AGENTS = frozenset({"agent", "supervisor", "admin"})
SUPERVISORS = frozenset({"supervisor", "admin"})
ADMINS = frozenset({"admin"})
FOLLOWERS = frozenset({"reader", "supervisor", "admin"})
EVERYONE = frozenset({"agent", "supervisor", "admin", "reader"})
WALLS = frozenset({"wall", "supervisor", "admin"})
"""Who may look at the wall. A wall is in none of the others: it may read its own few addresses and nothing else."""

REVOKED = "web.revoked_sessions"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who makes a request. ``session`` is None for a machine known by its token, whose hash is ``token``."""

    account: Account
    session: Session | None = None
    token: str = ""

    @property
    def supervises(self) -> bool:
        return self.account.role in SUPERVISORS


class Gate:
    """The one place that decides whether a request is let in."""

    def __init__(
        self, config: WebConfig, ledger: Ledger, sessions: Sessions, passwords: Passwords, throttle: LoginThrottle
    ) -> None:
        self._config, self._ledger = config, ledger
        self.sessions, self._passwords, self._throttle = sessions, passwords, throttle
        self.cookie = "__Host-gw_session" if config.cookie_secure else "gw_session"
        self.wall_cookie = "__Host-gw_wall" if config.cookie_secure else "gw_wall"

    async def start(self) -> None:
        """Take up the log-outs of an earlier run."""
        self.sessions.restore(await self._ledger.state(REVOKED) or {})

    # -- log-in and log-out

    async def log_in(self, request: web.Request, login: str, password: str, at: float) -> tuple[Identity, str]:
        """The identity and the cookie's value. Raises Problem 401 or 429; both take no notice of why it failed."""
        address = client_address(request, self._config.trusted_proxies)
        wait = self._throttle.attempt(login, address)
        if wait > 0:
            log.warning("log-in throttled", login=login, address=address, wait_s=round(wait, 1))
            raise _too_many(wait)
        found = await self._ledger.account(login)
        account, stored = found if found is not None else (None, "")
        try:
            right = await self._passwords.verify(stored, password)
        except Busy:
            raise Problem(
                503, "登录请求过多，请稍候", "too many log-ins at once", headers={"Retry-After": "2"}
            ) from None
        if account is None or account.disabled or not right:
            self._throttle.failed(address)
            await self.audit(AuditEntry(at, login, "login.failed", login, address))
            raise Problem(401, "账号或密码不正确", "wrong login or password")
        self._throttle.succeeded(login)
        stored = await self._welcome(account, stored, password, AuditEntry(at, login, "login", login, address))
        session, cookie = self.sessions.open(login, stored)
        return Identity(account, session), cookie

    async def _welcome(self, account: Account, stored: str, password: str, entry: AuditEntry) -> str:
        upgraded = await self._passwords.upgraded(stored, password)

        async def work(tx: Tx) -> None:
            await tx.audit(entry)
            if upgraded is not None:
                await tx.save_account(account, upgraded)

        await self._ledger.write(work)
        return upgraded or stored

    async def let_wall_in(self, request: web.Request, token: str, at: float) -> Identity:
        """The screen whose token this is. Raises Problem 401 or 429; both are audited, or throttled by address."""
        address = client_address(request, self._config.trusted_proxies)
        wait = self._throttle.attempt(f"wall {address}", address)
        if wait > 0:
            raise _too_many(wait)
        who = await self._by_token(token_hash(token))
        if who is None or who.account.role != "wall":
            self._throttle.failed(address)
            await self.audit(AuditEntry(at, "wall", "wall.refused", "", address))
            raise Problem(401, "大屏令牌无效或已停用", "no wall has this token, or it is disabled")
        self._throttle.succeeded(f"wall {address}")
        await self.audit(AuditEntry(at, who.account.login, "wall.opened", who.account.login, address))
        return who

    async def log_out(self, request: web.Request, who: Identity, at: float) -> None:
        if who.session is None:
            return
        revoked = self.sessions.revoke(who.session)
        address = client_address(request, self._config.trusted_proxies)

        async def work(tx: Tx) -> None:
            await tx.save_state(REVOKED, revoked)
            await tx.audit(AuditEntry(at, who.account.login, "logout", who.account.login, address))

        await self._ledger.write(work)

    # -- identity

    async def identify(self, request: web.Request) -> Identity | None:
        """Who makes the request, or None. A bearer token wins over a cookie; a wrong one is not forgiven by it."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._by_token(token_hash(token.strip()))
        session = self.sessions.read(request.cookies.get(self.cookie, ""))
        who = None if session is None else await self._by_session(session)
        return who or await self._by_wall(request)

    async def _by_wall(self, request: web.Request) -> Identity | None:
        """A screen known by its cookie, which holds its token: for reading alone, and of no other role."""
        token = request.cookies.get(self.wall_cookie, "")
        if not token or request.method not in SAFE:
            return None
        who = await self._by_token(token_hash(token))
        return who if who is not None and who.account.role == "wall" else None

    async def _by_token(self, hashed: str) -> Identity | None:
        account = await self._ledger.account_by_token(hashed)
        return None if account is None or account.disabled else Identity(account, token=hashed)

    async def _by_session(self, session: Session) -> Identity | None:
        found = await self._ledger.account(session.login)
        if found is None or found[0].disabled or not self.sessions.matches(session, found[1]):
            return None
        return Identity(found[0], session)

    async def still(self, who: Identity, roles: frozenset[str]) -> bool:
        """Whether a stream opened by ``who`` may go on: the log-in still holds, with one of these roles."""
        if who.session is None:
            now = await self._by_token(who.token)
        else:
            now = await self._by_session(who.session) if self.sessions.live(who.session) else None
        return now is not None and now.account.role in roles

    async def admit(self, request: web.Request, roles: frozenset[str]) -> Identity:
        """The identity, if it may make this request. Raises Problem 401 or 403."""
        who = await self.identify(request)
        if who is None:
            headers = {"WWW-Authenticate": 'Bearer realm="gateway"'}
            raise Problem(401, "请先登录", "log in first", headers=headers)
        if who.account.role not in roles:
            raise Problem(403, "您的角色无权进行此操作", f"not allowed for the role {who.account.role}")
        if who.session is not None and request.method not in SAFE:
            self.check_origin(request)
            if not self.sessions.csrf_matches(who.session, request.headers.get("X-CSRF-Token", "")):
                raise Problem(403, "缺少或错误的 CSRF 令牌", "the X-CSRF-Token header is missing or wrong")
        return who

    def check_origin(self, request: web.Request) -> None:
        """Refuse a browser that acts for another site's page. Raises Problem 403."""
        origin = request.headers.get("Origin")
        if origin is None or origin in self._config.allowed_origins:
            return
        if urlsplit(origin).netloc != request.host:
            raise Problem(403, "不接受来自其他网站的请求", "requests from other origins are refused")

    # -- audit

    async def audit(self, entry: AuditEntry) -> None:
        """Returns when the entry is committed."""
        await self._ledger.write(lambda tx: tx.audit(entry))

    async def note(self, request: web.Request, who: Identity, act: str, subject: str, at: float, **detail: Any) -> None:
        """Audit an act of ``who``; returns when it is committed."""
        address = client_address(request, self._config.trusted_proxies)
        await self.audit(AuditEntry(at, who.account.login, act, subject, address, detail))


def _too_many(wait: float) -> Problem:
    seconds = int(wait) + 1
    return Problem(
        429,
        f"尝试次数过多，请在 {seconds} 秒后再试",
        f"too many attempts, try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
