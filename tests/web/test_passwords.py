"""Hashing: right, bounded, and as long for nobody as for somebody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from gateway.web.passwords import Busy, Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(workers=2, waiting=2)
    yield made
    made.close()


async def test_only_the_right_password_of_an_existing_account_is_right(
    passwords: Passwords, stored_password: str, fakes: Any
) -> None:
    assert await passwords.verify(stored_password, fakes.password)
    assert not await passwords.verify(stored_password, "wrong")
    assert not await passwords.verify("", fakes.password)
    assert not await passwords.verify("not a hash", fakes.password)


async def test_decoys_password_opens_no_account(passwords: Passwords) -> None:
    assert not await passwords.verify("", "nobody has this password")


async def test_unknown_login_costs_the_same_hash(passwords: Passwords, stored_password: str, monkeypatch: Any) -> None:
    seen = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        seen.append(stored.split("$")[2:4])
        return real(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    await passwords.verify(stored_password, "wrong")
    await passwords.verify("", "wrong")
    assert len(seen) == 2 and seen[0] == seen[1]  # version and cost


async def test_weaker_hash_is_made_anew_at_log_in(passwords: Passwords, stored_password: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    stronger = await passwords.upgraded(weak, "x")
    assert stronger is not None and await passwords.verify(stronger, "x")
    assert await passwords.upgraded(stored_password, "x") is None


async def test_few_run_at_once_few_wait_and_the_rest_are_turned_away(passwords: Passwords, monkeypatch: Any) -> None:
    release, running, most = threading.Event(), [], []

    def slow(self: Passwords, stored: str, password: str) -> bool:
        running.append(1)
        most.append(len(running))
        release.wait(60)
        running.pop()
        return True

    monkeypatch.setattr(Passwords, "_verify", slow)
    tasks = [asyncio.create_task(passwords.verify("x", "y")) for _ in range(6)]
    done, pending = await asyncio.wait(tasks, timeout=0.2)
    assert len(done) == 2 and all(isinstance(task.exception(), Busy) for task in done)
    for task in list(pending)[:1]:
        task.cancel()  # its place is taken until its thread is done
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await passwords.verify("x", "y")
    release.set()
    await asyncio.gather(*pending, return_exceptions=True)
    assert max(most) <= 2
    async with asyncio.timeout(30):
        while True:  # the last thread may still be handing in its result
            try:
                assert await passwords.verify("x", "y")
                break
            except Busy:
                await asyncio.sleep(0.01)
