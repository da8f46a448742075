"""Filters and pages of the reads about messages (what they find: tests/contracts/test_messages_contract.py)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.ledger.store_messages import given_filters, made, page
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


def test_a_filter_that_is_none_is_not_given_and_texts_are_made_storable() -> None:
    assert given_filters(a=None, b="x\0", c=0, d="") == {"b": "x\ufffd", "c": 0, "d": ""}


@pytest.mark.parametrize(("asked", "given"), [(-1, 0), (0, 0), (5, 5), (10_001, 10_000)])
def test_a_page_has_a_length_that_the_ledger_can_bear(asked: int, given: int) -> None:
    assert page(asked) == given


@pytest.mark.parametrize("rows", [0, 1, 250, 251, 1000])
async def test_many_rows_are_made_in_their_order_and_others_have_their_turn(rows: int) -> None:
    turns, going = 0, True

    async def other() -> None:
        nonlocal turns
        while going:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    assert await made([(n,) for n in range(rows)], lambda row: row[0]) == list(range(rows))
    going = False
    await beside
    assert turns >= rows // 250


async def test_text_that_databases_refuse_finds_nothing_and_does_no_harm(tmp_path: Path) -> None:
    odd = "a\0\ud800"
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        number = TicketNo("460000-20261121-0000001")
        one = Delivery("d1", "reply", number, "sms", "a", "138", 1.0, external_id=odd)
        await ledger.write(lambda tx: tx.save_delivery(one))
        assert await ledger.write(lambda tx: tx.delivery_by_external("sms", "a", odd)) is not None
        assert (await ledger.raw(odd), await ledger.message(odd), await ledger.attachment(odd)) == (None, None, None)
        assert (await ledger.conversation(odd), await ledger.messages(raw_id=odd)) == (None, [])
        assert (await ledger.deliveries(state=odd), await ledger.dead_letters(odd)) == ([], [])
