"""A row of what comes in or goes out has exactly its table's columns, and none of them shows what is sealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table

from gateway.ledger import LedgerError, LedgerKeys, tables
from gateway.ledger import rows_messages as rows
from gateway.ledger.personal import Seal
from gateway.model.ids import TicketNo
from gateway.model.messages import (
    Attachment,
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Message,
    Person,
    Place,
    Raw,
    Reply,
)

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
NO = TicketNo("460000-20261121-0000001")
SECRET = "oSECRET"
MESSAGE = Message(
    SECRET, "web", "", "text", 1.0, 2.0, SECRET, SECRET, Person(SECRET), SECRET, SECRET, place=Place(SECRET),
    attachments=(Attachment("a", SECRET),),
)  # fmt: skip

EACH: list[tuple[Table, Callable[[Any, Seal], Any], Callable[[Any, Seal], Any], Any]] = [
    (tables.raws, rows.raw_row, rows.raw_of, Raw("r", "web", "", 1.0, "a/b", SECRET.encode(), {"a": SECRET})),
    (tables.messages, rows.message_row, rows.message_of, KeptMessage("m", "r", NO, MESSAGE)),
    (
        tables.attachments,
        rows.attachment_row,
        rows.attachment_of,
        KeptAttachment(
            Attachment("a", SECRET, "a/b", 1, "ab", "wanted", "cd", {"url": SECRET}, SECRET), "m", NO, "w", "", 2, 3.0
        ),
    ),
    (
        tables.conversations,
        rows.conversation_row,
        rows.conversation_of,
        Conversation(f"wechat:a:{SECRET}", "wechat", "a", SECRET, NO, 1.0, 2.0, 3, "where", True, {"a": SECRET}),
    ),
    (tables.denials, rows.denial_row, rows.denial_of, Denial("x", "web", SECRET, SECRET, "chief", 1.0, 2.0)),
    (tables.replies, rows.reply_row, rows.reply_of, Reply("y", NO, 1.0, "chief", SECRET, "closed")),
    (
        tables.deliveries,
        rows.delivery_row,
        rows.delivery_of,
        Delivery(
            "d", "push", NO, "w", "a", SECRET, 1.0, "sent", "y", SECRET, 1, 2.0, 3.0, "9", SECRET, 4.0, {"a": SECRET}
        ),
    ),
    (
        tables.followers,
        rows.follower_row,
        rows.follower_of,
        Follower("f", "省", SECRET, (SECRET, SECRET), (SECRET,), "failing", 7, 2, 1.0, 2.0, SECRET, 3.0),
    ),
    (tables.dead_letters, rows.dead_letter_row, rows.dead_letter_of, DeadLetter("f", 7, 1.0, SECRET)),
]


@pytest.mark.parametrize(("table", "to", "of", "record"), EACH, ids=[one[0].name for one in EACH])
def test_a_record_comes_back_from_its_columns_and_none_shows_what_is_sealed(
    table: Table, to: Callable[[Any, Seal], Any], of: Callable[[Any, Seal], Any], record: Any
) -> None:
    row = to(record, SEAL)
    assert set(row) == set(table.columns.keys())
    assert SECRET not in str(row)
    assert of([row[column.name] for column in table.columns], SEAL) == record


@pytest.mark.parametrize(("table", "to", "of", "record"), EACH, ids=[one[0].name for one in EACH])
def test_what_is_sealed_does_not_open_in_another_row(
    table: Table, to: Callable[[Any, Seal], Any], of: Callable[[Any, Seal], Any], record: Any
) -> None:
    row = to(record, SEAL)
    first = next(iter(table.primary_key.columns)).name
    moved = row | {first: row[first] + (b"x" if isinstance(row[first], bytes) else "x")}
    with pytest.raises(LedgerError, match="do not open"):
        of([moved[column.name] for column in table.columns], SEAL)


@given(st.binary(max_size=200), st.dictionaries(st.text(st.characters(codec="utf-8")), st.just("v")))
def test_any_body_comes_back_byte_for_byte(body: bytes, meta: dict[str, str]) -> None:
    raw = Raw("r", "web", "", 1.0, "a/b", body, meta)
    row = rows.raw_row(raw, SEAL)
    assert rows.raw_of([row[column.name] for column in tables.raws.columns], SEAL) == raw


def test_a_sender_is_a_sender_of_one_channel() -> None:
    keys = {rows.sender_key(*who, SEAL) for who in (("web", "a"), ("weba", ""), ("we", "ba"), ("wechat", "a"))}
    assert len(keys) == 4
    assert None in keys
