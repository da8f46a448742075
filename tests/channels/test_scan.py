"""The clamd client, against a server that speaks INSTREAM for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.channels.scan import Clamd, NoVerdict
from tests.channels.clamd_fake import EICAR, ClamdFake, clamd_at, clamd_on_tcp


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
async def test_a_clean_file_of_any_size_arrives_whole_and_is_clean(tmp_path: Path, size: int) -> None:
    fake = ClamdFake()
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    async with clamd_at(tmp_path / "clamd", fake) as address:
        assert await Clamd(address).found_in(body) == ""
    assert fake.seen == [body]


async def test_what_is_found_is_named(tmp_path: Path) -> None:
    async with clamd_at(tmp_path / "clamd", ClamdFake()) as address:
        assert await Clamd(address).found_in(b"x" * 70_000 + EICAR) == "Eicar-Test-Signature"


async def test_it_works_over_tcp() -> None:
    async with clamd_on_tcp(ClamdFake()) as address:
        assert await Clamd(address).found_in(EICAR) == "Eicar-Test-Signature"


async def test_a_scanner_that_is_not_there_gives_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(NoVerdict, match="clamd"):
        await Clamd(f"unix:{tmp_path}/none").found_in(b"x")


@pytest.mark.parametrize(("mood", "why"), [("mute", "within 0.05 s"), ("rude", "clamd"), ("odd", "UNKNOWN COMMAND")])
async def test_a_scanner_that_does_not_answer_as_it_should_gives_no_verdict(
    tmp_path: Path, mood: str, why: str
) -> None:
    async with clamd_at(tmp_path / "clamd", ClamdFake(mood)) as address:
        with pytest.raises(NoVerdict, match=why):
            await Clamd(address, limit_s=0.05 if mood == "mute" else 60).found_in(b"x" * 200_000)


async def test_a_file_over_the_scanners_own_limit_gives_no_verdict(tmp_path: Path) -> None:
    async with clamd_at(tmp_path / "clamd", ClamdFake(most=100_000)) as address:
        with pytest.raises(NoVerdict):
            await Clamd(address).found_in(b"x" * 5_000_000)
