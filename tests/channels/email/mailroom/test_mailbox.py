"""The story of a mailbox, on a box in memory that breaks as told: no mail lost, none doubled, none in another's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_stage import AT, Stage, ended, mail

from gateway.channels.email.config import ImapConfig
from gateway.channels.email.mailroom import mailbox as module
from gateway.channels.email.mailroom.link import MailBroken
from gateway.channels.email.mailroom.mailbox import BoxLost, BoxSaysNo, Found, Mailbox, Place

CONFIG = ImapConfig(host="imap.example", user="12345", password="env:X", poll_s=3600)
NAME = "imap:hall:imap.example:12345:INBOX"
LARGEST = 5000


@dataclass
class MemoryBox:
    """A mailbox in memory. ``trouble`` is asked before each call with its name and UID: an exception to raise."""

    validity: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    arrived: dict[int, float] = field(default_factory=dict)
    next_uid: int = 1
    moved: list[tuple[int, str]] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    trouble: Callable[[str, int], Exception | None] = lambda _name, _uid: None
    opened: int = 0
    waits: int = 0

    def __post_init__(self) -> None:
        self.bell, self.waiting = asyncio.Event(), asyncio.Event()

    def deliver(self, *contents: bytes, at: float = AT) -> None:
        for content in contents:
            self.mails[self.next_uid], self.arrived[self.next_uid] = content, at
            self.next_uid += 1
        self.bell.set()

    def renumber(self) -> None:
        """As a server does that has lost its index: other UIDs, another UIDVALIDITY."""
        contents = [(self.mails[uid], self.arrived[uid]) for uid in self.mails]
        self.mails, self.arrived, self.validity, self.next_uid = {}, {}, self.validity + 1, 1
        for content, at in contents:
            self.deliver(content, at=at)

    async def open(self) -> MemoryBox:
        self._ask("open", 0)
        self.opened += 1
        return self

    def _ask(self, name: str, uid: int) -> None:
        trouble = self.trouble(name, uid)
        if trouble is not None:
            raise trouble

    async def search(self, first: int, since: float | None) -> list[int]:
        self._ask("search", first)
        return sorted(uid for uid in self.mails if uid >= first)

    async def look(self, uids: Sequence[int]) -> dict[int, Found]:
        return {uid: Found(len(self.mails[uid]), self.arrived[uid]) for uid in uids if uid in self.mails}

    async def mail(self, uid: int) -> bytes | None:
        self._ask("mail", uid)
        return self.mails.get(uid)

    async def head(self, uid: int) -> bytes | None:
        self._ask("head", uid)
        return self.mails[uid].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    async def move(self, uid: int, folder: str) -> None:
        self._ask("move", uid)
        self.moved.append((uid, folder))
        del self.mails[uid]

    async def flag(self, uid: int) -> None:
        self._ask("flag", uid)
        self.flagged.append(uid)

    async def wait(self, _seconds: float) -> None:
        self.waits += 1
        self.waiting.set()
        await self.bell.wait()
        self.bell.clear()

    async def close(self) -> None:
        return


@dataclass
class Reading:
    """A mailbox being read."""

    box: MemoryBox
    stage: Stage
    mailbox: Mailbox

    async def quiet(self) -> None:
        """Wait until all that lies there has been looked at."""
        self.box.waiting.clear()
        self.box.bell.set()
        async with asyncio.timeout(60):
            await self.box.waiting.wait()


@asynccontextmanager
async def read(box: MemoryBox, stage: Stage, config: ImapConfig = CONFIG) -> AsyncIterator[Reading]:
    mailbox = Mailbox(
        "hall", config, box.open, stage.desk, stage.link, stage.counters,
        max_bytes=LARGEST, first_s=0.001, most_s=0.002, clock=lambda: AT,
    )  # fmt: skip
    work = asyncio.create_task(mailbox.run())
    reading = Reading(box, stage, mailbox)
    try:
        yield reading
    finally:
        await ended(work)
        assert (stage.counters.mailboxes_up, mailbox.up) == (0, False)


@pytest.fixture
def box() -> MemoryBox:
    return MemoryBox()


async def first_sight(box: MemoryBox, stage: Stage) -> None:
    """The mailbox has been seen, empty."""
    async with read(box, stage) as reading:
        await reading.quiet()


async def test_what_lies_in_a_mailbox_at_its_first_sight_is_left_alone(box: MemoryBox, stage: Stage) -> None:
    box.deliver(mail("old"))
    async with read(box, stage) as reading:
        await reading.quiet()
        box.deliver(mail(1), mail(2))
        await stage.memory.until(lambda: len(stage.memory.taken) == 2)
    assert stage.memory.titles == ["request 1", "request 2"]
    assert stage.memory.cursors[NAME]["uid"] == 3


async def test_mail_of_the_last_days_is_taken_at_the_first_sight_when_wanted(box: MemoryBox, stage: Stage) -> None:
    box.deliver(mail("too old"), at=AT - 3 * 86_400)
    box.deliver(mail("yesterday"), at=AT - 86_400)
    async with read(box, stage, CONFIG.model_copy(update={"since_days": 2})) as reading:
        await reading.quiet()
    assert stage.memory.titles == ["request yesterday"]


async def test_what_came_while_nobody_looked_is_taken_once(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    for _ in range(3):
        async with read(box, stage) as reading:
            await reading.quiet()
    assert (stage.memory.titles, stage.memory.again) == (["request 1", "request 2"], [])


async def test_a_mailbox_numbered_anew_is_read_again_and_nothing_doubles(box: MemoryBox, stage: Stage) -> None:
    box.deliver(mail("before the first sight"), at=AT - 40 * 86_400)
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    async with read(box, stage) as reading:
        await reading.quiet()
    box.deliver(mail(3))
    box.renumber()
    async with read(box, stage) as reading:
        await reading.quiet()
    assert stage.memory.titles == ["request 1", "request 2", "request 3"]
    assert len(stage.memory.again) == 2
    assert stage.memory.cursors[NAME]["uidvalidity"] == 2


async def test_a_broken_connection_is_made_again(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1))
    broken = {"open": 3, "search": 2, "mail": 1}

    def trouble(name: str, _: int) -> Exception | None:
        broken[name] = broken.get(name, 0) - 1
        return BoxLost("reset") if broken[name] >= 0 else None

    box.trouble = trouble
    async with read(box, stage) as reading:
        await stage.memory.until(lambda: len(stage.memory.taken) == 1)
        await reading.quiet()
    assert stage.memory.again == []


async def test_while_the_ledger_is_away_a_mail_is_kept_in_hand(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    tries = 10

    def script(_: object) -> BaseException | None:
        nonlocal tries
        tries -= 1
        return OSError("database is locked") if tries > 0 else None

    stage.memory.script = script
    async with read(box, stage) as reading:
        await reading.quiet()
    assert (stage.memory.titles, box.opened) == (["request 1", "request 2"], 2)


@pytest.mark.parametrize("failure", [BoxLost("the server breaks at it"), BoxSaysNo("NO [SERVERBUG]")])
async def test_a_mail_that_cannot_be_fetched_does_not_stop_those_behind_it(
    box: MemoryBox, stage: Stage, failure: Exception
) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2), mail(3))
    box.trouble = lambda name, uid: failure if (name, uid) == ("mail", 2) else None
    async with read(box, stage) as reading:
        await stage.memory.until(lambda: len(stage.memory.taken) == 2)
        await reading.quiet()
    assert stage.memory.titles == ["request 1", "request 3"]
    assert stage.memory.cursors[NAME]["owed_2"] >= 1
    assert stage.counters.set_aside == 1
    box.trouble = lambda _name, _uid: None  # the server has been mended: it is owed and comes
    async with read(box, stage) as reading:
        await reading.quiet()
    assert stage.memory.titles == ["request 1", "request 3", "request 2"]
    assert "owed_2" not in stage.memory.cursors[NAME]


async def test_a_mail_at_which_the_gateway_breaks_does_not_stop_those_behind_it(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    stage.memory.script = lambda handed: MailBroken("x") if handed.message.title == "request 1" else None
    async with read(box, stage) as reading:
        await stage.memory.until(lambda: stage.memory.titles == ["request 2"])
        await reading.quiet()
    assert box.flagged == [1]


async def test_what_cannot_be_had_in_a_day_becomes_a_ticket_that_says_so(
    box: MemoryBox, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_OWED_TRIES", 3)
    monkeypatch.setattr(module, "_OWED_AGAIN_S", 0.0)
    await first_sight(box, stage)
    box.deliver(mail(1))
    box.trouble = lambda name, _: BoxSaysNo("NO") if name == "mail" else None
    async with read(box, stage) as reading:
        for _ in range(5):
            await reading.quiet()
    (handed,) = stage.memory.taken.values()
    assert handed.message.flags == ("not_fetched",)
    assert "owed_1" not in stage.memory.cursors[NAME]


async def test_a_server_at_fault_with_every_mail_loses_none(
    box: MemoryBox, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_OWED_MOST", 3)
    await first_sight(box, stage)
    box.deliver(*(mail(n) for n in range(10)))
    box.trouble = lambda name, _: BoxSaysNo("NO [SERVERBUG]") if name == "mail" else None
    async with read(box, stage):
        while box.opened < 6:
            await asyncio.sleep(0.001)
    box.trouble = lambda _name, _uid: None
    async with read(box, stage) as reading:
        await reading.quiet()
    assert sorted(stage.memory.titles) == [f"request {n}" for n in range(10)]


async def test_a_mail_over_the_limit_is_a_ticket_of_its_headers_and_stays(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1, size=LARGEST + 1))
    config = CONFIG.model_copy(update={"done": "done"})
    async with read(box, stage, config) as reading:
        await reading.quiet()
    (handed,) = stage.memory.taken.values()
    assert (handed.message.title, handed.message.flags) == ("request 1", ("too_large",))
    assert "邮箱" in handed.message.text
    assert (box.moved, len(box.mails), stage.counters.too_large) == ([], 1, 1)


async def test_what_was_taken_is_moved_after_the_commit_and_what_was_not_read_elsewhere(
    box: MemoryBox, stage: Stage
) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1))
    config = CONFIG.model_copy(update={"done": "已处理", "failed": "失败"})
    async with read(box, stage, config) as reading:
        await reading.quiet()
        stage.readers["hall"].fails = ValueError("a defect")
        box.deliver(mail(2))
        await reading.quiet()
        await reading.quiet()
    assert box.moved == [(1, "已处理"), (2, "失败")]


async def test_a_folder_that_cannot_be_moved_to_is_no_trouble_for_the_mail(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    box.trouble = lambda name, _: BoxSaysNo("NO no such folder") if name == "move" else None
    async with read(box, stage, CONFIG.model_copy(update={"done": "done"})) as reading:
        await reading.quiet()
    assert len(stage.memory.taken) == 2


async def test_a_mail_taken_away_by_somebody_else_is_passed(box: MemoryBox, stage: Stage) -> None:
    await first_sight(box, stage)
    box.deliver(mail(1), mail(2))
    real = box.look

    async def look(uids: Sequence[int]) -> dict[int, Found]:
        found = await real(uids)
        box.mails.pop(1, None)
        return found

    box.look = look  # type: ignore[method-assign]
    async with read(box, stage) as reading:
        await reading.quiet()
    assert stage.memory.titles == ["request 2"]


@given(
    st.integers(0, 2**32), st.integers(0, 2**32), st.integers(0, 2**32),
    st.dictionaries(st.integers(1, 2**32), st.integers(1, 30), max_size=5),
)  # fmt: skip
def test_a_place_comes_back_from_the_ledger_as_it_went(
    validity: int, uid: int, since: int, owed: dict[int, int]
) -> None:
    place = Place(validity, uid, since, owed)
    assert Place.of(place.value()) == place


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_breaks_when_each_mail_is_taken_once(data: Any) -> None:
    """Any calls fail at any time, mails come at any time, the process is killed and the mailbox renumbered."""

    async def story() -> None:
        box, stage = MemoryBox(), Stage()
        await first_sight(box, stage)
        count = 0
        for _ in range(data.draw(st.integers(1, 4), label="lives")):
            failing = data.draw(st.lists(st.sampled_from(["open", "search", "mail", "take", ""]), max_size=12))
            script = iter(failing)

            def trouble(name: str, _: int, script: Any = script) -> Exception | None:
                return BoxLost(name) if next(script, "") == name else None

            def refuses(_: object, script: Any = script) -> Exception | None:
                return OSError("locked") if next(script, "") == "take" else None

            box.trouble, stage.memory.script = trouble, refuses
            async with read(box, stage) as reading:
                for _ in range(data.draw(st.integers(0, 3), label="mails")):
                    count += 1
                    box.deliver(mail(count))
                if data.draw(st.booleans(), label="killed at once"):
                    await asyncio.sleep(0)
                else:
                    await reading.quiet()
            if data.draw(st.booleans(), label="renumbered"):
                box.renumber()
        box.trouble, stage.memory.script = lambda _name, _uid: None, lambda _: None
        async with read(box, stage) as reading:
            await reading.quiet()
            await reading.quiet()
        assert sorted(stage.memory.titles) == sorted(f"request {n}" for n in range(1, count + 1))

    asyncio.run(story())
