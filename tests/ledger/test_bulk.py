"""Rows of several tables in one statement: what is written is what single statements write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.bulk import Bulk
from gateway.ledger.driver import Sql
from gateway.ledger.statements import Statements
from gateway.ledger.tables import conversations, events, ticket_counters
from gateway.model.messages import Attachment, Conversation, KeptAttachment, KeptMessage, Message, Person, Raw
from gateway.tickets.ports import TicketDraft, Tx
from tests.servers import Postgres, fresh_database, postgres_server

__all__ = ["postgres_server"]

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
FULL = {
    "calling_number": "13812345678", "contact_number": "13912345678", "user_id": "u", "title": "路灯\0不亮",
    "limit_days": 5, "is_secret": True, "deadline_at": 9.5, "flags": ["a", "b"], "longitude": 110.3,
}  # fmt: skip


@pytest.fixture
async def ledger(tmp_path: Path, postgres_server: Postgres) -> AsyncIterator[SqlLedger]:
    config = LedgerConfig(url=await fresh_database(postgres_server))
    async with open_ledger(config, tmp_path, KEYS) as opened:
        yield opened


def message(n: int, conversation: str) -> Message:
    return Message(
        f"k{n}", "web", "a", "text", 1.0, 2.0, conversation=conversation, person=Person("u"), text=f"text {n}"
    )


async def take(tx: Tx, n: int) -> str:
    """One of each that may be pending; all pieces write to one conversation."""
    await tx.keep_raw(Raw(f"r{n}", "web", "a", 1.0, "text/plain", b"\x00\xff", {"n": str(n)}))
    ticket, _ = await tx.open_ticket(TicketDraft("web", "460000", 1.0, 1.0, fields=FULL if n % 2 else {}), f"t{n}")
    await tx.add_message(KeptMessage(f"m{n}", f"r{n}", ticket.ticket_no, message(n, "c")))
    photo = Attachment(f"a{n}", "图.jpg", "image/jpeg", state="wanted")
    await tx.save_attachment(KeptAttachment(photo, f"m{n}", ticket.ticket_no, "web", "a", due_at=1.0))
    await tx.save_conversation(Conversation("c", "web", "a", "u", ticket.ticket_no, last_in_at=float(n)))
    await tx.emit("t.v1", ticket.ticket_no, {"n": n}, 1.0)
    return ticket.ticket_no


async def test_a_group_is_kept_whole_and_in_order(ledger: SqlLedger) -> None:
    numbers = await asyncio.gather(*(ledger.write(lambda tx, n=n: take(tx, n)) for n in range(5)))
    assert numbers == [f"460000-19700101-{n:07d}" for n in range(1, 6)]
    events = await ledger.events(0)
    assert [(one.sequence, one.subject, one.data) for one in events] == [
        (n + 1, number, {"n": n}) for n, number in enumerate(numbers)
    ]
    for n, number in enumerate(numbers):
        ticket = await ledger.ticket(number)
        assert ticket is not None
        assert (ticket.title, ticket.flags) == (("路灯\ufffd不亮", ["a", "b"]) if n % 2 else ("", []))
        assert (ticket.limit_days, ticket.deadline_at) == ((5, 9.5) if n % 2 else (None, None))
        raw, kept = await ledger.raw(f"r{n}"), await ledger.message(f"m{n}")
        assert raw is not None
        assert (raw.body, raw.meta) == (b"\x00\xff", {"n": str(n)})
        assert kept is not None
        assert (kept.ticket_no, kept.message) == (number, message(n, "c"))
        assert [one.attachment.name for one in await ledger.attachments(number)] == ["图.jpg"]
    said = await ledger.conversation("c")
    assert said is not None
    assert (said.ticket_no, said.last_in_at) == (numbers[-1], 4.0)  # the last that was written


@pytest.mark.parametrize("odd", ["\x1f", "a\x1fb", "\x1f\x1f", "", "{NULL}", "NULL", '\\"', "\x1e"])
async def test_texts_stay_what_they_are_whatever_is_in_them(ledger: SqlLedger, odd: str) -> None:
    """One with the separator has the whole group sent in another way; alone, first or last in its group."""

    async def work(tx: Tx, title: str) -> str:
        ticket, _ = await tx.open_ticket(TicketDraft("web", "460000", 1.0, 1.0, fields={"title": title}), None)
        await tx.emit("t.v1", title, {}, 1.0)
        return ticket.ticket_no

    titles: list[str] = []
    for group in ([odd], [odd, "x", ""], ["", odd], ["x", odd]):
        titles += group
        await asyncio.gather(*[ledger.write(lambda tx, title=title: work(tx, title)) for title in group])
    kept = sorted(await ledger.tickets(), key=lambda one: one.ticket_no)
    assert [one.title for one in kept] == titles
    assert [one.subject for one in await ledger.events(0)] == titles


def test_texts_with_the_separator_go_as_arrays() -> None:
    sql = Statements(DIALECT)
    sent = [sql.bulks.writing([], [{"key": b"k", "message_id": one} for one in ("a", odd)]) for odd in ("", "b\x1fc")]
    assert [params["message_keys.message_id"] for _, params in sent] == ["\x1fa\x1f", ["a", "b\x1fc"]]
    assert ["CAST($2 AS TEXT[])" in made.text for made, _ in sent] == [False, True]
    assert sql.bulks.writing([], [])[1] == {"message_keys.key": [], "message_keys.message_id": ""}


async def test_numbers_and_sequence_go_on_from_group_to_group(ledger: SqlLedger) -> None:
    for first in (0, 10, 20):
        await asyncio.gather(*(ledger.write(lambda tx, n=n: take(tx, n)) for n in range(first, first + 3)))
    assert [one.sequence for one in await ledger.events(0)] == list(range(1, 10))
    assert len(await ledger.tickets()) == 9


async def test_an_original_that_is_known_stays_as_it_is(ledger: SqlLedger) -> None:
    for body in (b"first", b"second"):
        await ledger.write(lambda tx, body=body: tx.keep_raw(Raw("r", "web", "a", 1.0, "text/plain", body, {})))
    raw = await ledger.raw("r")
    assert raw is not None
    assert raw.body == b"first"


def test_every_kind_that_may_be_pending_has_its_columns_in_the_statement_for_one_row() -> None:
    sql = Statements(DIALECT)
    end = [{"area_code": "a", "day": "d", "running": 1}], [dict.fromkeys(events.columns.keys(), "")]
    kinds = (sql.add_raw, sql.add_ticket, sql.add_opened, sql.add_message, sql.put_attachment, sql.put_conversation)
    for one in (*kinds, sql.put_state):
        for ending in (None, end):
            rows = [(one, [dict.fromkeys(one.names, "")])]
            made, params = sql.bulks.writing(rows, [{"key": b"k", "message_id": "m"}], ending)
            assert set(made.names) == set(params)
            assert len(set(made.names)) == len(made.names)
            assert made.names[:2] == ("message_keys.key", "message_keys.message_id")


def test_of_rows_that_replace_one_another_the_last_is_written_and_all_in_one_order() -> None:
    sql = Sql("", ("id", "data"), {})
    rows = [{"id": b"2", "data": b"b"}, {"id": b"1", "data": b"a"}, {"id": b"1", "data": b"c"}]
    columns = Bulk(conversations, DIALECT, replace=True).columns(sql, rows)
    assert columns == {"conversations.id": [b"1", b"2"], "conversations.data": [b"c", b"b"]}


def test_parameters_are_numbered_from_where_the_part_begins() -> None:
    assert Bulk(ticket_counters, DIALECT).part(4) == (
        "INSERT INTO ticket_counters (area_code, day, running) SELECT * FROM "
        "unnest(CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS BIGINT[]))"
    )


def test_columns_that_are_alike_in_all_rows_stand_in_the_statement() -> None:
    kind = Bulk(ticket_counters, DIALECT, alike={"day": "'20261121'"})
    assert kind.part(1) == (
        "INSERT INTO ticket_counters (area_code, running, day) SELECT *, '20261121' FROM "
        "unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[]))"
    )
    assert not set(kind.parameters()) & set(Bulk(ticket_counters, DIALECT).parameters())  # both may be in a statement
    sql = Sql("", ("running", "area_code"), {})
    rows = [{"area_code": "460000", "running": 1}, {"area_code": "460100", "running": 2}]
    assert list(kind.columns(sql, rows).values()) == [["460000", "460100"], [1, 2]]


def test_where_newer_rows_replace_the_others_stay() -> None:
    made = Bulk(ticket_counters, DIALECT, replace=True, newer="running").alone("day")
    assert made.text.endswith(
        " ON CONFLICT (area_code, day) DO UPDATE SET running = excluded.running "
        "WHERE excluded.running > ticket_counters.running RETURNING day"
    )
    assert made.names == ("ticket_counters.area_code", "ticket_counters.day", "ticket_counters.running")
