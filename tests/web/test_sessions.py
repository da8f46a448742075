"""Session cookies: only ours are read, and only while they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.sessions import MAX_REVOKED, Sessions, new_token, token_hash

KEY = b"0" * 32


def make(now: float = 1000.0, key: bytes = KEY) -> Sessions:
    return Sessions(key, hours=1, clock=lambda: now)


def test_cookie_is_read_back_by_the_same_key_after_a_restart_only() -> None:
    session, cookie = make().open("王小芳", "hash")
    assert make().read(cookie) == session
    assert make(key=b"1" * 32).read(cookie) is None
    assert make(now=1000.0 + 3601).read(cookie) is None


@given(st.integers(0, 400), st.characters())
def test_no_changed_cookie_is_believed(place: int, character: str) -> None:
    sessions = make()
    _, cookie = sessions.open("a", "hash")
    place %= len(cookie)
    changed = cookie[:place] + character + cookie[place + 1 :]
    assert changed == cookie or sessions.read(changed) is None


@given(st.text(max_size=80))
def test_nonsense_is_no_session(cookie: str) -> None:
    assert make().read(cookie) is None


def test_revoked_session_stays_revoked_and_others_live() -> None:
    sessions = make()
    gone, gone_cookie = sessions.open("a", "hash")
    _, cookie = sessions.open("a", "hash")
    kept = sessions.revoke(gone)
    assert sessions.read(gone_cookie) is None and sessions.read(cookie) is not None
    later = make()
    later.restore(kept)
    assert later.read(gone_cookie) is None


def test_revocations_are_bounded_and_pruned() -> None:
    sessions = make()
    sessions.restore({f"sid{number}": 2000.0 + number for number in range(MAX_REVOKED)} | {"ended": 999.0})
    session, _ = sessions.open("a", "hash")
    kept = sessions.revoke(session)
    assert len(kept) == MAX_REVOKED and "ended" not in kept and session.sid in kept and "sid0" not in kept


def test_csrf_token_belongs_to_one_session() -> None:
    sessions = make()
    first, _ = sessions.open("a", "hash")
    second, _ = sessions.open("a", "hash")
    assert sessions.csrf_matches(first, sessions.csrf(first))
    assert not sessions.csrf_matches(second, sessions.csrf(first))
    assert not sessions.csrf_matches(first, "")


def test_session_is_bound_to_the_password_of_its_login() -> None:
    sessions = make()
    session, _ = sessions.open("a", "hash")
    assert sessions.matches(session, "hash") and not sessions.matches(session, "other")


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        make(key=b"short")


def test_tokens_are_long_random_and_kept_as_their_hash() -> None:
    token, hashed = new_token()
    assert token_hash(token) == hashed and token not in hashed
    assert len(token) >= 43 and new_token()[0] != token
