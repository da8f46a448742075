"""Files on their way in: bounded, in few places at a time, and named only by who brought them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.messages import Attachment
from gateway.web.problem import Problem
from gateway.web.uploads import Spool, Uploads


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Store:
    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        return Attachment("1", name, content_type, len(body), "ab" * 32)

    async def read(self, sha256: str) -> bytes:
        raise FileNotFoundError


def make(clock: Any = None, at_once: int = 2) -> Uploads:
    return Uploads(Store(), b"k" * 32, clock or Clock(), at_once=at_once)


async def test_a_spool_gives_back_what_it_took_and_no_more_than_it_may() -> None:
    spool = Spool(600_000)
    assert spool.add(b"a" * 300_000) and spool.add(b"b" * 300_000)
    assert not spool.add(b"c")
    assert spool.size == 600_000 and spool.read() == b"a" * 300_000 + b"b" * 300_000
    kept = await make().keep(spool, "a.jpg", "image/jpeg")
    assert (kept.size, kept.name) == (600_000, "a.jpg")
    spool.close()


def test_a_handle_stands_for_its_file_for_a_day_under_a_new_id_each_time() -> None:
    clock = Clock()
    uploads = make(clock)
    handle = uploads.handle(Attachment("1", "灯.jpg", "image/jpeg", 5, "cd" * 32, original="ef" * 32))
    first, second = uploads.claim(handle), uploads.claim(handle)
    assert first is not None and second is not None and first.id != second.id
    assert (first.name, first.size, first.sha256, first.original) == ("灯.jpg", 5, "cd" * 32, "ef" * 32)
    assert uploads.claim("cd" * 32) is None and uploads.claim(handle[:-1]) is None
    clock.now += 86_401
    assert uploads.claim(handle) is None


async def test_places_for_reading_are_bounded_and_given_back() -> None:
    uploads = make(at_once=1)
    async with uploads.slot():
        with pytest.raises(Problem) as refused:
            async with uploads.slot():
                pass
        assert refused.value.status == 503
    async with uploads.slot():
        pass
