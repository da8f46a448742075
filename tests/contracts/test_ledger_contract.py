"""What ``gateway.tickets.ports`` promises of a ledger, held against SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, QueueId, SeatId, TicketNo
from gateway.model.records import Account, AuditEntry, CallRecord, Stretch, Ticket
from gateway.tickets.ports import NotFound, StaleRevision, TicketDraft, Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
NOON = 1_795_233_600.0  # 2026-11-21 12:00 in Shanghai
DAY = 86_400.0


class Broken(Exception):
    """Raised by work that is meant to be rolled back."""


def a_call(n: int = 1, **fields: object) -> CallRecord:
    values = {"call_id": CallId(f"{int(NOON)}.{n}"), "started_at": NOON + n, "entry_number": "12345", **fields}
    return CallRecord(**values)  # type: ignore[arg-type]


def a_draft(at: float = NOON, area: str = "460000", **fields: object) -> TicketDraft:
    return TicketDraft("phone", area, at, at, entry_number="12345", account="trunk", fields=fields)


async def put_call(ledger: SqlLedger, call: CallRecord) -> None:
    await ledger.write(lambda tx: tx.save_call(call))


async def put_ticket(ledger: SqlLedger, key: str, draft: TicketDraft | None = None) -> Ticket:
    ticket, _ = await ledger.write(lambda tx: tx.open_ticket(draft or a_draft(), key))
    return ticket


# Calls ---------------------------------------------------------------------------------------------------------------


async def test_a_call_comes_back_as_it_was_saved(ledger: SqlLedger) -> None:
    call = a_call(
        caller_number="13812345678",
        caller_name="王小明",
        queue=QueueId("hotline"),
        seat=SeatId("A001"),
        agent=AgentId("1001"),
        queued_at=NOON + 2.25,
        answered_at=NOON + 5.5,
        ended_at=NOON + 65,
        wait_s=3.25,
        ring_s=1.5,
        talk_s=59.5,
        hold_s=0.0,
        outcome="answered",
        ended_by="caller",
        recording_id="20261121/1.wav",
        stretches=[
            Stretch("waiting", NOON + 2.25, NOON + 5.5, queue=QueueId("hotline")),
            Stretch("talking", NOON + 5.5),
        ],
    )
    await put_call(ledger, call)
    assert await ledger.call(call.call_id) == call
    assert await ledger.write(lambda tx: tx.call(call.call_id)) == call


async def test_saving_a_call_again_replaces_it(ledger: SqlLedger) -> None:
    await put_call(ledger, a_call(caller_number="13812345678"))
    later = a_call(caller_number="13987654321", ended_at=NOON + 9, outcome="abandoned_queue")
    await put_call(ledger, later)
    assert await ledger.calls() == [later]
    assert await ledger.calls(number="13812345678") == []


async def test_open_calls_are_those_without_an_end_oldest_first(ledger: SqlLedger) -> None:
    for call in (a_call(3), a_call(1), a_call(2, ended_at=NOON + 3)):
        await put_call(ledger, call)
    assert [call.call_id for call in await ledger.open_calls()] == [a_call(1).call_id, a_call(3).call_id]


async def test_calls_are_paged_newest_first_without_loss_or_repeat(ledger: SqlLedger) -> None:
    for n in range(1, 8):
        await put_call(ledger, a_call(n, started_at=NOON + n // 3))  # several start at the same time
    whole = await ledger.calls()
    assert [call.started_at for call in whole] == sorted((call.started_at for call in whole), reverse=True)
    paged: list[CallRecord] = []
    while page := await ledger.calls(after=paged[-1].call_id if paged else None, limit=2):
        paged += page
    assert paged == whole
    assert len(paged) == 7


async def test_a_page_after_an_unknown_call_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(NotFound, match="no-such-call"):
        await ledger.calls(after="no-such-call")


async def test_calls_are_found_by_time_outcome_and_queue(ledger: SqlLedger) -> None:
    await put_call(ledger, a_call(1, outcome="answered", queue="hotline"))
    await put_call(ledger, a_call(2, outcome="no_answer", queue="hotline"))
    await put_call(ledger, a_call(3, outcome="answered", queue="law"))

    async def found(**filters: object) -> list[float]:
        return [call.started_at - NOON for call in await ledger.calls(**filters)]  # type: ignore[arg-type]

    assert await found(outcome="answered") == [3, 1]
    assert await found(queue="hotline") == [2, 1]
    assert await found(queue="hotline", outcome="answered") == [1]
    assert await found(since=NOON + 2) == [3, 2]
    assert await found(since=NOON + 1, until=NOON + 3) == [2, 1]
    assert await found(limit=1) == [3]


# Personal data -------------------------------------------------------------------------------------------------------


async def everything_at_rest(url: str) -> bytes:
    """All that the database has written about its rows."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        dump = [await connection.fetch(f'SELECT t::text, t.* FROM "{name}" t') for (name,) in tables]
    finally:
        await connection.close()
    values = [value for rows in dump for row in rows for value in row]
    return b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


async def test_personal_fields_are_nowhere_in_plain_on_disk(ledger: SqlLedger, ledger_url: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.save_call(a_call(caller_number="13812345678", caller_name="王小明"))
        ticket, _ = await tx.open_ticket(
            a_draft(calling_number="13812345678", contact_number="13987654321", name="李大红", title="路灯不亮"), "k"
        )
        await tx.update_ticket(ticket.ticket_no, {"contact_number": "13700001111", "more": {"email": "li@example.cn"}})
        await tx.emit("hotline.call.lost.v1", "c", {"number": "13812345678"}, NOON)

    await ledger.write(work)
    rest = await everything_at_rest(ledger_url)
    assert "路灯不亮".encode() in rest  # the search looks in the right place
    for secret in ("13812345678", "13987654321", "13700001111", "王小明", "李大红", "li@example.cn"):
        assert secret.encode() not in rest
        assert secret.encode().hex().encode() not in rest
    [event] = await ledger.events(0)
    assert event.data == {"number": "13812345678"}


@pytest.mark.parametrize("spelling", ["13812345678", "+86 138-1234-5678", "0138 1234 5678", "１３８１２３４５６７８"])
async def test_a_number_finds_its_calls_and_tickets_however_it_is_spelt(ledger: SqlLedger, spelling: str) -> None:
    await put_call(ledger, a_call(1, caller_number="+8613812345678"))
    await put_call(ledger, a_call(2, caller_number="13900000000"))
    await put_call(ledger, a_call(3, caller_number=""))
    calling = await put_ticket(ledger, "1", a_draft(calling_number="13812345678"))
    contact = await put_ticket(ledger, "2", a_draft(contact_number="138 1234 5678"))
    await put_ticket(ledger, "3", a_draft(calling_number="13900000000"))
    assert [call.call_id for call in await ledger.calls(number=spelling)] == [a_call(1).call_id]
    assert await ledger.tickets(number=spelling) == [contact, calling]


async def test_an_empty_number_finds_nobody(ledger: SqlLedger) -> None:
    await put_call(ledger, a_call(caller_number=""))
    await put_ticket(ledger, "1")
    assert await ledger.calls(number="") == []
    assert await ledger.tickets(number=" ") == []


async def test_a_call_that_one_piece_of_work_saves_twice_is_seen_there_and_stays_as_it_was_last(
    ledger: SqlLedger,
) -> None:
    async def work(tx: Tx) -> list[CallRecord | None]:
        seen = [await tx.call(a_call().call_id)]
        await tx.save_call(a_call(caller_number="13812345678"))
        seen.append(await tx.call(a_call().call_id))
        await tx.save_call(a_call(seat=SeatId("A001")))
        await tx.save_call(a_call(seat=SeatId("A002"), ended_at=NOON + 9))
        return seen

    assert await ledger.write(work) == [None, a_call(caller_number="13812345678")]
    assert await ledger.calls() == [a_call(seat=SeatId("A002"), ended_at=NOON + 9)]


# Tickets -------------------------------------------------------------------------------------------------------------


async def test_a_ticket_has_the_draft_s_fields_and_its_day_s_next_number(ledger: SqlLedger) -> None:
    draft = a_draft(calling_number="13812345678", name="王小明", is_secret=True, wait_s=3.5, more={"a": [1, "二"]})
    ticket, new = await ledger.write(lambda tx: tx.open_ticket(draft, "call/1"))
    assert new
    assert ticket.ticket_no == "460000-20261121-0000001"
    assert (ticket.revision, ticket.state, ticket.channel, ticket.entry_number) == (1, "received", "phone", "12345")
    assert (ticket.is_secret, ticket.wait_s, ticket.more) == (True, 3.5, {"a": [1, "二"]})
    assert await ledger.ticket(ticket.ticket_no) == ticket
    assert (await put_ticket(ledger, "call/2")).ticket_no == "460000-20261121-0000002"


async def test_a_known_key_gives_the_first_ticket_and_takes_no_number(ledger: SqlLedger) -> None:
    first = await put_ticket(ledger, "same", a_draft(title="first"))
    again, new = await ledger.write(lambda tx: tx.open_ticket(a_draft(title="second"), "same"))
    assert (again, new) == (first, False)
    assert await ledger.write(lambda tx: tx.ticket_by_key("same")) == first
    assert await ledger.write(lambda tx: tx.ticket_by_key("other")) is None
    assert (await put_ticket(ledger, "next")).ticket_no.endswith("-0000002")


async def test_without_a_key_each_is_a_ticket_of_its_own(ledger: SqlLedger) -> None:
    first, second = [await ledger.write(lambda tx: tx.open_ticket(a_draft(), None)) for _ in range(2)]
    assert first[1] and second[1]
    assert [ticket.ticket_no[-7:] for ticket, _ in (first, second)] == ["0000001", "0000002"]


async def test_the_same_key_at_the_same_time_opens_one_ticket(ledger: SqlLedger) -> None:
    results = await asyncio.gather(*(ledger.write(lambda tx: tx.open_ticket(a_draft(), "same")) for _ in range(20)))
    assert len({ticket.ticket_no for ticket, _ in results}) == 1
    assert [new for _, new in results].count(True) == 1


async def test_a_day_begins_at_midnight_in_the_hall_and_each_area_counts_alone(ledger: SqlLedger) -> None:
    midnight = NOON + DAY / 2
    numbers = [
        (await put_ticket(ledger, str(i), a_draft(at, area))).ticket_no
        for i, (at, area) in enumerate(
            [(midnight - 0.001, "460000"), (midnight, "460000"), (midnight, "460100"), (midnight + 1, "460000")]
        )
    ]
    assert numbers == [
        "460000-20261121-0000001",
        "460000-20261122-0000001",
        "460100-20261122-0000001",
        "460000-20261122-0000002",
    ]


async def test_work_that_is_rolled_back_takes_no_number(ledger: SqlLedger) -> None:
    async def broken(tx: Tx) -> None:
        await tx.open_ticket(a_draft(), "lost")
        raise Broken

    with pytest.raises(Broken):
        await ledger.write(broken)
    assert (await put_ticket(ledger, "kept")).ticket_no.endswith("-0000001")
    assert await ledger.write(lambda tx: tx.ticket_by_key("lost")) is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"no_such": 1}, "no_such"),
        ({"revision": 7}, "revision"),
        ({"ticket_no": "x"}, "ticket_no"),
        ({"title": None}, "title"),
        ({"title": 5}, "title"),
        ({"wait_s": "long"}, "wait_s"),
        ({"is_secret": 1}, "is_secret"),
        ({"state": "gone"}, "state"),
        ({"more": []}, "more"),
    ],
)
async def test_a_field_that_cannot_be_set_is_named_and_nothing_is_written(
    ledger: SqlLedger, fields: dict[str, object], named: str
) -> None:
    ticket = await put_ticket(ledger, "k")
    with pytest.raises(ValueError, match=named):
        await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, fields))
    with pytest.raises(ValueError, match=named):
        await ledger.write(lambda tx: tx.open_ticket(a_draft(**fields), "k2"))
    assert await ledger.tickets() == [ticket]


async def test_an_update_sets_fields_and_raises_the_revision(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "k")
    changes = {"title": "噪音", "talk_s": 12, "deadline_at": NOON + DAY, "name": "王小明", "state": "accepted"}
    changed = await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, changes, revision=1))
    assert (changed.revision, changed.title, changed.talk_s, changed.name) == (2, "噪音", 12, "王小明")
    assert await ledger.ticket(ticket.ticket_no) == changed
    assert (await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, {}))).revision == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"talk_s": 59.5, "hold_s": 0.0, "wrap_s": None, "recording_id": "20261121/1.wav", "queue": "hotline"},
        {"talk_s": 12, "more": {"figures": [2]}},
        {"title": "噪音", "talk_s": 12},
        {"contact_number": "13987654321", "state": "accepted", "category": "0101"},
    ],
)
async def test_an_amended_ticket_is_found_as_it_is_now_by_whatever_it_is_looked_for(
    ledger: SqlLedger, changes: dict[str, object]
) -> None:
    async def work(tx: Tx) -> list[Ticket | None]:
        opened, _ = await tx.open_ticket(a_draft(calling_number="13812345678"), "call:1")
        first = await tx.amend_ticket("call:1", lambda _: {"ring_s": 1.5})
        assert first is not None
        assert (first.ring_s, first.revision) == (1.5, 2)
        return [
            await tx.amend_ticket("call:1", lambda ticket: changes if ticket == first else {}),
            await tx.ticket(opened.ticket_no),
            await tx.amend_ticket("call:1", lambda _: {"ring_s": 1.5}) and await tx.ticket_by_key("call:1"),
            *await tx.tickets_of(number="13812345678", since=0.0),
        ]

    amended, by_number, by_key, of_person = await ledger.write(work)
    assert amended is not None
    assert all(getattr(amended, name) == value for name, value in changes.items())
    assert (amended.ring_s, amended.revision) == (1.5, 3)
    assert by_number == amended
    assert by_key is not None
    assert by_key.revision == 4
    assert of_person == by_key
    assert await ledger.tickets() == [by_key]


async def test_a_ticket_is_amended_that_another_piece_of_the_group_opens(ledger: SqlLedger) -> None:
    async def amend(tx: Tx) -> Ticket | None:
        return await tx.amend_ticket("call:1", lambda ticket: {"wrap_s": ticket.revision})

    opened, *amended = await asyncio.gather(put_ticket(ledger, "call:1"), *(ledger.write(amend) for _ in range(3)))
    assert [ticket and (ticket.revision, ticket.wrap_s) for ticket in amended] == [(2, 1), (3, 2), (4, 3)]
    assert await ledger.ticket(opened.ticket_no) == amended[-1]


async def test_nothing_is_written_where_there_is_nothing_to_amend(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "k")
    assert await ledger.write(lambda tx: tx.amend_ticket("none", lambda _: {"talk_s": 1.0})) is None
    assert await ledger.write(lambda tx: tx.amend_ticket("k", lambda _: {})) is None
    with pytest.raises(ValueError, match="revision"):
        await ledger.write(lambda tx: tx.amend_ticket("k", lambda _: {"revision": 7}))
    assert await ledger.tickets() == [ticket]


async def test_a_stale_revision_is_refused_and_nothing_is_written(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "k")
    await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, {"title": "one"}, revision=1))
    with pytest.raises(StaleRevision) as caught:
        await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, {"title": "two"}, revision=1))
    assert (caught.value.given, caught.value.current) == (1, 2)
    kept = await ledger.ticket(ticket.ticket_no)
    assert kept is not None
    assert kept.title == "one"


async def test_of_many_updates_with_one_revision_one_wins(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "k")

    async def change(n: int) -> str:
        try:
            await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, {"title": str(n)}, revision=1))
        except StaleRevision:
            return "stale"
        return "won"

    assert sorted(await asyncio.gather(*(change(n) for n in range(9)))) == ["stale"] * 8 + ["won"]


async def test_a_ticket_that_is_not_there(ledger: SqlLedger) -> None:
    with pytest.raises(NotFound, match="460000-20261121-0000009"):
        await ledger.write(lambda tx: tx.update_ticket(TicketNo("460000-20261121-0000009"), {}))
    assert await ledger.ticket(TicketNo("460000-20261121-0000009")) is None


async def test_tickets_are_paged_newest_first_over_days_and_areas(ledger: SqlLedger) -> None:
    for i, (day, area) in enumerate([(0, "460000"), (1, "460000"), (0, "460100"), (1, "460100"), (1, "460000")]):
        await put_ticket(ledger, str(i), a_draft(NOON + day * DAY, area))
    whole = await ledger.tickets()
    assert [ticket.ticket_no for ticket in whole] == [
        "460000-20261122-0000002",
        "460100-20261122-0000001",
        "460000-20261122-0000001",
        "460100-20261121-0000001",
        "460000-20261121-0000001",
    ]
    paged: list[Ticket] = []
    while page := await ledger.tickets(after=paged[-1].ticket_no if paged else None, limit=2):
        paged += page
    assert paged == whole
    with pytest.raises(NotFound):
        await ledger.tickets(after="nonsense")


async def test_tickets_are_found_by_each_filter(ledger: SqlLedger) -> None:
    phone = await put_ticket(ledger, "1", a_draft(NOON, call_id="c1"))
    web, _ = await ledger.write(lambda tx: tx.open_ticket(TicketDraft("web", "460000", NOON + 5, NOON + 5), "2"))
    web = await ledger.write(lambda tx: tx.update_ticket(web.ticket_no, {"state": "closed"}))
    assert await ledger.tickets(channel="web") == [web]
    assert await ledger.tickets(state="received") == [phone]
    assert await ledger.tickets(call_id="c1") == [phone]
    assert await ledger.tickets(since=NOON + 1) == [web]
    assert await ledger.tickets(until=NOON + 5) == [phone]
    assert await ledger.tickets(channel="web", state="received") == []


async def test_text_that_databases_refuse_is_kept_with_replacement_characters(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "k\0", a_draft(content="a\0b\ud800c", name="n\0\udc00", title="正常"))
    kept = await ledger.ticket(ticket.ticket_no)
    assert kept is not None
    assert kept.content == "a\ufffdb\ufffdc"
    assert kept.title == "正常"
    await ledger.write(lambda tx: tx.emit("t", "s\0", {"text": "x\ud800\0"}, NOON))
    [event] = await ledger.events(0)
    assert (event.subject, event.data) == ("s\ufffd", {"text": "x\ufffd\ufffd"})


# Transactions --------------------------------------------------------------------------------------------------------


async def test_work_sees_what_it_wrote_before_and_others_only_after_the_commit(ledger: SqlLedger) -> None:
    inside, outside = asyncio.Event(), asyncio.Event()

    async def work(tx: Tx) -> None:
        ticket, _ = await tx.open_ticket(a_draft(), "k")
        await tx.save_call(a_call())
        assert await tx.ticket(ticket.ticket_no) == ticket
        assert await tx.call(a_call().call_id) == a_call()
        inside.set()
        await outside.wait()

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(ledger.write(work))
        await inside.wait()
        assert await ledger.call(a_call().call_id) is None
        assert await ledger.tickets() == []
        assert await ledger.last_sequence() == 0
        assert not writing.done()
        outside.set()
    assert await ledger.call(a_call().call_id) == a_call()


async def test_work_that_raises_is_rolled_back_alone(ledger: SqlLedger) -> None:
    async def work(n: int, tx: Tx) -> int:
        await tx.save_call(a_call(n))
        await tx.emit("t", str(n), {}, NOON)
        if n % 3 == 0:
            raise Broken
        return n

    results = await asyncio.gather(
        *(ledger.write(lambda tx, n=n: work(n, tx)) for n in range(30)), return_exceptions=True
    )
    good = [n for n in range(30) if n % 3]
    assert [r for r in results if not isinstance(r, Broken)] == good
    assert len([r for r in results if isinstance(r, Broken)]) == 10
    assert [call.started_at - NOON for call in await ledger.calls()] == good[::-1]
    assert [event.subject for event in await ledger.events(0)] == [str(n) for n in good]


async def test_work_that_swallows_a_database_error_does_not_take_others_with_it(ledger: SqlLedger) -> None:
    async def stubborn(tx: Tx) -> str:
        try:
            await tx.save_token("nobody", "ff", "token of an account that is not there", NOON)
        except Exception:
            return "went on"
        return "no error"

    async def good(tx: Tx) -> str:
        await tx.save_state("good", {"n": 1})
        return "good"

    results = await asyncio.gather(
        ledger.write(good), ledger.write(stubborn), ledger.write(good), return_exceptions=True
    )
    assert (results[0], results[2]) == ("good", "good")
    assert await ledger.state("good") == {"n": 1}
    assert await ledger.account_by_token("ff") is None


async def test_work_that_never_ends_is_cut_off_and_the_rest_goes_on(ledger_url: str, tmp_path: Path) -> None:
    async def endless(tx: Tx) -> None:
        await tx.save_state("endless", {})
        await asyncio.Event().wait()

    async with open_ledger(LedgerConfig(url=ledger_url, work_s=2.5), tmp_path, KEYS) as ledger:  # a ticket takes 0.01 s
        results = await asyncio.gather(ledger.write(endless), put_ticket(ledger, "k"), return_exceptions=True)
        assert isinstance(results[0], TimeoutError)
        assert isinstance(results[1], Ticket)
        assert await ledger.state("endless") is None


# Feed ----------------------------------------------------------------------------------------------------------------


async def test_the_feed_reads_on_from_a_sequence(ledger: SqlLedger) -> None:
    async def work(tx: Tx) -> None:
        for n in range(5):
            await tx.emit("hotline.ticket.opened.v1", f"s{n}", {"n": n}, NOON + n)

    await ledger.write(work)
    feed = await ledger.events(0)
    assert [(e.sequence, e.subject, e.time, e.data) for e in feed] == [
        (n + 1, f"s{n}", NOON + n, {"n": n}) for n in range(5)
    ]
    assert [e.sequence for e in await ledger.events(2, limit=2)] == [3, 4]
    assert await ledger.events(5) == []
    assert await ledger.last_sequence() == 5
    assert len({e.id for e in feed}) == 5


async def test_an_event_that_is_not_json_fails_its_own_work(ledger: SqlLedger) -> None:
    bad, good = await asyncio.gather(
        ledger.write(lambda tx: tx.emit("t", "bad", {"x": object()}, NOON)),
        ledger.write(lambda tx: tx.emit("t", "good", {"x": 1}, NOON)),
        return_exceptions=True,
    )
    assert isinstance(bad, TypeError)
    assert good is None
    assert [event.subject for event in await ledger.events(0)] == ["good"]


async def test_listeners_are_told_the_last_sequence_once_it_can_be_read(ledger: SqlLedger) -> None:
    told: list[int] = []

    def broken(_: int) -> None:
        raise Broken

    ledger.on_commit(broken)
    ledger.on_commit(told.append)
    await ledger.write(lambda tx: tx.save_state("no event", {}))
    assert told == []
    await ledger.write(lambda tx: tx.emit("t", "1", {}, NOON))
    await ledger.write(lambda tx: tx.emit("t", "2", {}, NOON))
    assert told == [1, 2]


async def test_no_reader_ever_sees_a_gap_while_two_gateways_write_and_roll_back(
    ledger_url: str, tmp_path: Path
) -> None:
    """Eight writers over two ledgers on one database, three in ten rolled back, readers polling all the while."""
    chance, done, kept = random.Random(12345), asyncio.Event(), []

    async def work(tx: Tx, name: str, fail: bool) -> TicketNo:
        ticket, _ = await tx.open_ticket(a_draft(), name)
        for part in ("a", "b"):
            await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, {"part": part}, NOON)
        if fail:
            raise Broken
        return ticket.ticket_no

    async def writer(ledger: SqlLedger, name: str) -> None:
        for n in range(25):
            try:
                kept.append(await ledger.write(lambda tx, n=n: work(tx, f"{name}/{n}", chance.random() < 0.3)))
            except Broken:
                await asyncio.sleep(0)

    async def reader(ledger: SqlLedger) -> list[int]:
        seen: list[int] = []
        while True:
            last = done.is_set()
            page = await ledger.events(seen[-1] if seen else 0, limit=7)
            seen += [event.sequence for event in page]
            assert seen == list(range(1, len(seen) + 1))
            if last and not page:
                return seen
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        config = LedgerConfig(url=ledger_url, busy_s=20)
        gateways = [await stack.enter_async_context(open_ledger(config, tmp_path, KEYS)) for _ in range(2)]
        async with asyncio.TaskGroup() as readers:
            reading = [readers.create_task(reader(gateway)) for gateway in gateways]
            async with asyncio.TaskGroup() as writers:
                for n in range(8):
                    writers.create_task(writer(gateways[n % 2], f"w{n}"))
            done.set()
        assert 0 < len(kept) < 200
        assert all(len(task.result()) == 2 * len(kept) for task in reading)
    assert sorted(kept) == [f"460000-20261121-{n:07d}" for n in range(1, len(kept) + 1)]


async def test_sequence_and_numbers_go_on_after_a_restart(ledger_url: str, tmp_path: Path) -> None:
    for n in (1, 2):
        async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS) as ledger:
            ticket = await put_ticket(ledger, f"k{n}")
            await ledger.write(lambda tx: tx.emit("t", "s", {}, NOON))
            assert (ticket.ticket_no[-7:], await ledger.last_sequence()) == (f"{n:07d}", n)


# Staff, audit, state -------------------------------------------------------------------------------------------------


async def test_an_account_keeps_its_password_when_changed_without_one(ledger: SqlLedger) -> None:
    agent = Account("wang", "王小明", "agent", AgentId("1001"))
    await ledger.write(lambda tx: tx.save_account(agent, "$argon2id$1"))
    promoted = Account("wang", "王小明", "supervisor", AgentId("1001"), disabled=True)
    await ledger.write(lambda tx: tx.save_account(promoted))
    assert await ledger.account("wang") == (promoted, "$argon2id$1")
    await ledger.write(lambda tx: tx.save_account(agent, "$argon2id$2"))
    assert await ledger.account("wang") == (agent, "$argon2id$2")
    assert await ledger.account("nobody") is None


async def test_a_token_leads_to_its_account(ledger: SqlLedger) -> None:
    reader = Account("feed", "省平台", "reader", AgentId(""))
    await ledger.write(lambda tx: tx.save_account(reader))
    await ledger.write(lambda tx: tx.save_token("feed", "ab" * 32, "省平台", NOON))
    assert await ledger.account_by_token("ab" * 32) == reader
    assert await ledger.account_by_token("cd" * 32) is None
    assert await ledger.account("feed") == (reader, "")
    assert await ledger.accounts() == [reader]


async def test_audit_entries_are_found_newest_first(ledger: SqlLedger) -> None:
    entries = [AuditEntry(NOON + n, f"u{n % 2}", "reveal", f"c{n}", "127.0.0.1", {"n": n}) for n in range(4)]
    for entry in entries:
        await ledger.write(lambda tx, entry=entry: tx.audit(entry))
    assert await ledger.audits() == entries[::-1]
    assert await ledger.audits(login="u1") == [entries[3], entries[1]]
    assert await ledger.audits(subject="c2") == [entries[2]]
    assert await ledger.audits(limit=1) == [entries[3]]


async def test_a_named_state_is_kept_and_replaced(ledger: SqlLedger) -> None:
    assert await ledger.state("cursor") is None
    await ledger.write(lambda tx: tx.save_state("cursor", {"at": 1}))
    await ledger.write(lambda tx: tx.save_state("cursor", {"at": 2, "名": "二"}))
    assert await ledger.state("cursor") == {"at": 2, "名": "二"}


async def test_a_working_ledger_is_healthy(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ledger.store._HEALTH_S", 60.0)
    assert await ledger.healthy()


# Crash ---------------------------------------------------------------------------------------------------------------

ACKNOWLEDGING_WRITER = """
import asyncio, sys
from pathlib import Path
from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.tickets.ports import TicketDraft

async def work(tx, key):
    ticket, _ = await tx.open_ticket(TicketDraft("web", "460000", 1795233600.0, 1795233600.0), key)
    await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, {}, 1795233600.0)
    return ticket.ticket_no

async def submit(ledger, name):
    n = 0
    while True:
        n += 1
        number = await ledger.write(lambda tx: work(tx, f"{name}/{n}"))
        print(number, flush=True)

async def main():
    keys = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
    async with open_ledger(LedgerConfig(url=sys.argv[1]), Path(sys.argv[2]), keys) as ledger:
        await asyncio.gather(*(submit(ledger, name) for name in range(8)))

asyncio.run(main())
"""


def killed_after(lines: int, command: list[str]) -> list[str]:
    """Run a process, kill -9 it once it has printed so many lines, return all the whole lines it printed."""
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root}
    ) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        printed += process.stdout.readlines()
    return [line.strip() for line in printed if line.endswith("\n")]


async def nobody_else_writes(url: str) -> None:
    """Return when PostgreSQL has noticed that its client is gone: until then it may finish what that had asked for."""
    if not url.startswith("postgresql"):
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval(others):
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def test_all_that_a_killed_gateway_had_acknowledged_is_there(ledger_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ACKNOWLEDGING_WRITER, ledger_url, str(tmp_path)]
    acknowledged = await asyncio.to_thread(killed_after, 300, command)
    assert len(acknowledged) >= 300
    await nobody_else_writes(ledger_url)
    async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS) as ledger:
        kept = [ticket.ticket_no for ticket in await ledger.tickets(limit=10_000)]
        assert set(acknowledged) <= set(kept)
        assert kept == [f"460000-20261121-{n:07d}" for n in range(len(kept), 0, -1)]
        assert await ledger.last_sequence() == len(kept)
        assert (await put_ticket(ledger, "after")).ticket_no == f"460000-20261121-{len(kept) + 1:07d}"
