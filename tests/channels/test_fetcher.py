"""Wanted attachments: fetched at once, tried again until they expire, taken in, told. On a real SQLite ledger."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.config import FilesConfig
from gateway.channels.enclosures import Enclosures
from gateway.channels.fetcher import Fetcher
from gateway.channels.files import FileStore
from gateway.channels.port import Channel, Fetched, Permanent, Retryable
from gateway.ledger import SqlLedger
from gateway.model.ids import TicketNo
from gateway.model.messages import KeptAttachment
from tests.channels.outgoing_stage import (
    NOW,
    Clock,
    Gate,
    ScriptedChannel,
    events,
    ledger_in,
    open_a_ticket,
    put_wanted,
    until,
)
from tests.channels.pictures_made import EXE, photo

CONFIG = FilesConfig()
PHOTO = Fetched(photo(), "IMG.jpg", "image/jpeg")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with ledger_in(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ticket(ledger: SqlLedger) -> TicketNo:
    return await open_a_ticket(ledger)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(tmp_path: Path) -> Enclosures:
    return Enclosures(FileStore(tmp_path / "files", b"k" * 32), CONFIG)


def _fetcher(ledger: Any, clock: Clock, files: Enclosures, *channels: ScriptedChannel, **config: Any) -> Fetcher:
    by_name: dict[tuple[str, str], Channel] = {(one.name, one.account): one for one in channels}
    made = FilesConfig.model_validate(config)
    return Fetcher(ledger, by_name, files, made, clock=clock, rng=random.Random(1))


async def _now(ledger: SqlLedger, kept: KeptAttachment) -> KeptAttachment:
    found = await ledger.attachment(kept.attachment.id)
    assert found is not None
    return found


async def test_a_wanted_photo_is_fetched_cleaned_kept_and_told(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    channel = ScriptedChannel(fetches=[PHOTO])
    wanted = await put_wanted(ledger, ticket)
    fetcher = _fetcher(ledger, clock, files, channel)
    await fetcher.once()
    await fetcher.once()
    assert [one.attachment.source for one in channel.fetched] == [{"media_id": "M1"}]
    now = await _now(ledger, wanted)
    kept = now.attachment
    assert (kept.id, kept.state, kept.mime, kept.name) == (wanted.attachment.id, "kept", "image/jpeg", "IMG.jpg")
    assert (now.due_at, now.attempts, kept.source) == (None, 1, {"media_id": "M1"})
    assert await files.read(kept.original) == PHOTO.body
    [event] = await events(ledger, "hotline.attachment.")
    assert (event.type, event.subject) == ("hotline.attachment.kept.v1", ticket)
    assert event.data["attachment_id"] == wanted.attachment.id
    assert event.data["message_id"] == wanted.message_id
    assert (event.data["sha256"], event.data["size"]) == (kept.sha256, kept.size)
    assert "IMG" not in str(event.data)
    assert fetcher.kept == 1


async def test_a_failure_is_tried_again_until_the_media_have_expired(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    channel = ScriptedChannel(fetches=[Retryable("system busy")])
    wanted = await put_wanted(ledger, ticket)
    fetcher = _fetcher(ledger, clock, files, channel)
    while (now := await _now(ledger, wanted)).due_at is not None:
        assert now.attachment.state == "wanted"
        clock.now = max(clock.now, now.due_at)
        await fetcher.once()
        assert now.attempts < 300
    assert (now.attachment.state, now.attachment.note) == ("gone", "system busy")
    assert clock.now == NOW + CONFIG.fetch_give_up_s
    assert now.attempts == len(channel.fetched) > 50
    [event] = await events(ledger, "hotline.attachment.")
    assert (event.type, event.data["state"], event.data["note"]) == (
        "hotline.attachment.lost.v1",
        "gone",
        "system busy",
    )
    assert (fetcher.gone, fetcher.retried) == (1, now.attempts - 1)


async def test_after_a_failure_it_comes(ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures) -> None:
    channel = ScriptedChannel(fetches=[Retryable("busy", after_s=50), PHOTO])
    wanted = await put_wanted(ledger, ticket)
    fetcher = _fetcher(ledger, clock, files, channel)
    await fetcher.once()
    assert (await _now(ledger, wanted)).due_at == NOW + 50
    clock.forward(50)
    await fetcher.once()
    now = await _now(ledger, wanted)
    assert (now.attachment.state, now.attachment.note, now.attempts) == ("kept", "", 2)


async def test_what_the_platform_has_no_more_is_gone_at_once(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    wanted = await put_wanted(ledger, ticket)
    await _fetcher(ledger, clock, files, ScriptedChannel(fetches=[Permanent("media expired")])).once()
    now = await _now(ledger, wanted)
    assert (now.attachment.state, now.attachment.note, now.due_at) == ("gone", "media expired", None)


async def test_an_account_that_is_not_configured_gives_nothing(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    wanted = await put_wanted(ledger, ticket, account="gone")
    await _fetcher(ledger, clock, files).once()
    assert (await _now(ledger, wanted)).attachment.state == "gone"


async def test_what_our_limits_refuse_is_refused_and_told_as_lost(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    wanted = await put_wanted(ledger, ticket)
    fetcher = _fetcher(ledger, clock, files, ScriptedChannel(fetches=[Fetched(EXE, "photo.jpg", "image/jpeg")]))
    await fetcher.once()
    now = await _now(ledger, wanted)
    assert (now.attachment.state, now.due_at) == ("refused", None)
    [event] = await events(ledger, "hotline.attachment.")
    assert (event.type, event.data["state"]) == ("hotline.attachment.lost.v1", "refused")
    assert fetcher.refused == 1


@pytest.mark.parametrize("trouble", [ZeroDivisionError("oops"), OSError(28, "No space left"), TimeoutError()])
async def test_a_mistake_of_the_channel_or_a_full_disk_is_tried_again(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures, trouble: Exception
) -> None:
    wanted = await put_wanted(ledger, ticket)
    await _fetcher(ledger, clock, files, ScriptedChannel(fetches=[trouble])).once()
    now = await _now(ledger, wanted)
    assert now.attachment.state == "wanted"
    assert now.due_at is not None
    assert NOW < now.due_at <= NOW + CONFIG.fetch_first_s
    assert now.attachment.note


async def test_killed_while_fetching_it_is_fetched_again_when_the_lease_is_over(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    gate = Gate(PHOTO)
    channel = ScriptedChannel(fetches=[gate, PHOTO])
    wanted = await put_wanted(ledger, ticket)
    running = asyncio.ensure_future(_fetcher(ledger, clock, files, channel).run())
    await gate.entered.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    leased = await _now(ledger, wanted)
    assert (leased.attachment.state, leased.attempts) == ("wanted", 1)
    assert leased.due_at is not None
    assert leased.due_at > NOW + CONFIG.fetch_s
    clock.now = leased.due_at
    await _fetcher(ledger, clock, files, channel).once()
    assert (await _now(ledger, wanted)).attachment.state == "kept"
    assert len(await events(ledger, "hotline.attachment.")) == 1


async def test_a_message_that_moved_to_another_ticket_takes_its_file_along(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    wanted, other = await put_wanted(ledger, ticket), await open_a_ticket(ledger)

    async def moved(_: object) -> Fetched:
        await ledger.write(lambda tx: tx.move_message(wanted.message_id, other))
        return PHOTO

    await _fetcher(ledger, clock, files, ScriptedChannel(fetches=[moved])).once()
    now = await _now(ledger, wanted)
    assert (now.ticket_no, now.attachment.state) == (other, "kept")
    assert (await events(ledger, "hotline.attachment."))[0].subject == other


async def test_a_platform_that_hangs_does_not_stop_the_files_of_others(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, files: Enclosures
) -> None:
    gate = Gate(PHOTO)
    hanging, quick = ScriptedChannel(fetches=[gate]), ScriptedChannel(account="quick", fetches=[PHOTO])
    for _ in range(6):
        await put_wanted(ledger, ticket)
    for _ in range(3):
        await put_wanted(ledger, ticket, account="quick")
    fetcher = _fetcher(ledger, clock, files, hanging, quick, fetchers=4)
    running = asyncio.ensure_future(fetcher.run())
    await until(lambda: fetcher.kept == 3)
    assert hanging.now == 2
    gate.opened.set()
    await until(lambda: fetcher.kept == 9)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert hanging.most == 2
