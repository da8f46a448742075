"""Sessions of people at browsers: a signed cookie that says who, since when and until when.

Signed rather than stored, so that restarting the gateway in mid-shift logs nobody out. What a signature cannot know is
looked up on each request: whether the account still exists, is enabled and has the same password (the cookie carries a
keyed digest of its hash), and whether the session was logged out (kept by the ledger, so that holds after a restart;
with several nodes each learns of another's log-outs at its own start only).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

MAX_REVOKED = 5_000


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in. ``sid`` is random; times are seconds since the epoch; ``stamp`` binds it to the password."""

    login: str
    sid: str
    issued_at: float
    expires_at: float
    stamp: str


class Sessions:
    """Makes and reads session cookies under ``key`` (at least 32 bytes, from secrets.toml)."""

    def __init__(self, key: bytes, *, hours: float, clock: Callable[[], float]) -> None:
        if len(key) < 32:
            raise ValueError("the session key must be at least 32 bytes")
        self._key = key
        self._lasts_s = hours * 3600
        self._clock = clock
        self._revoked: dict[str, float] = {}

    def open(self, login: str, password_hash: str) -> tuple[Session, str]:
        """A fresh session and the cookie's value."""
        now = self._clock()
        session = Session(login, secrets.token_urlsafe(18), now, now + self._lasts_s, self._stamp(password_hash))
        payload = orjson.dumps([session.login, session.sid, session.issued_at, session.expires_at, session.stamp])
        text = base64.urlsafe_b64encode(payload).decode()
        return session, f"{text}.{self._digest('session', text)}"

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie that we signed, has not ended and was not logged out; else None."""
        text, _, digest = cookie.partition(".")
        if not hmac.compare_digest(digest.encode(), self._digest("session", text).encode()):
            return None
        session = Session(*orjson.loads(base64.urlsafe_b64decode(text)))
        return session if self.live(session) else None

    def live(self, session: Session) -> bool:
        """Neither ended nor logged out."""
        return session.expires_at > self._clock() and session.sid not in self._revoked

    def matches(self, session: Session, password_hash: str) -> bool:
        """False once the account's password is another than at log-in."""
        return hmac.compare_digest(session.stamp.encode(), self._stamp(password_hash).encode())

    def csrf(self, session: Session) -> str:
        """The token that a page must send as X-CSRF-Token with every change."""
        return self._digest("csrf", session.sid)

    def csrf_matches(self, session: Session, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.csrf(session).encode())

    def revoke(self, session: Session) -> Mapping[str, float]:
        """Log the session out. Returns all revoked sids with their expiry, to be kept by the ledger."""
        now = self._clock()
        self._revoked = {sid: until for sid, until in self._revoked.items() if until > now}
        self._revoked[session.sid] = session.expires_at
        while len(self._revoked) > MAX_REVOKED:
            del self._revoked[min(self._revoked, key=self._revoked.__getitem__)]
        return dict(self._revoked)

    def restore(self, revoked: Mapping[str, float]) -> None:
        """Take up what an earlier run revoked."""
        now = self._clock()
        self._revoked.update({sid: float(until) for sid, until in revoked.items() if float(until) > now})

    def _stamp(self, password_hash: str) -> str:
        return self._digest("password", password_hash)[:22]

    def _digest(self, use: str, text: str) -> str:
        made = hmac.new(self._key, f"{use}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


def new_token() -> tuple[str, str]:
    """A machine's bearer token and its SHA-256 for ``Tx.save_token``. The token itself is shown once, never kept."""
    token = f"gw_{secrets.token_urlsafe(32)}"
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """SHA-256 in hex: the tokens are random enough that a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
