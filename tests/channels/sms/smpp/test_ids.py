"""Ids of messages in answers and reports, spelt alike or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.smpp.config import Ids
from gateway.channels.sms.smpp.ids import MessageIds, canonical, to_decimal, to_hex


def ids(spelling: Ids = "auto", *known: str) -> MessageIds:
    async def knows(id: str) -> bool:
        return id in known

    return MessageIds(spelling, knows)


@pytest.mark.parametrize(
    ("spelling", "given_", "told"),
    [
        ("auto", "17", "17"),
        ("auto", "0000A1", "161"),
        ("auto", "0000a1", "A1"),
        ("auto", "161", "000000A1"),
        ("auto", "F81D4FAE-7DEC", "f81d4fae-7dec"),
        ("same", "00A1", "a1"),
        ("hex_decimal", "10", "16"),
        ("hex_decimal", "uuid-1", "UUID-1"),
        ("decimal_hex", "16", "10"),
        ("auto", "0", "000"),
    ],
)
async def test_a_report_names_the_message_that_the_answer_named(spelling: Ids, given_: str, told: str) -> None:
    one = ids(spelling)
    known_as = one.given(given_)
    assert await one.named(told) == known_as


async def test_the_ledger_is_asked_for_what_memory_does_not_hold() -> None:
    assert await ids("auto", "a1").named("161") == "a1"
    assert await ids("auto", "161").named("A1") == "161"
    assert await ids("auto").named("161") == "161"
    assert await ids("same", "a1").named("161") == "161"


async def test_of_two_messages_the_spelling_decides_that_was_seen() -> None:
    one = ids()
    for id in ("A", "10", "16"):  # hexadecimal: 10, 16 and 22
        one.given(id)
    assert [await one.named(told) for told in ("10", "16", "22")] == ["a", "10", "16"]


async def test_the_same_the_other_way_round() -> None:
    one = ids()
    for id in ("10", "16", "22"):
        one.given(id)
    assert [await one.named(told) for told in ("A", "10", "16")] == ["10", "16", "22"]


async def test_only_the_last_are_remembered() -> None:
    one = ids("auto")
    for n in range(10_001):
        one.given(f"x{n}")
    assert await one.named("X1") == "x1"
    assert len(one._given) == 10_000


@given(st.text(max_size=70))
def test_any_text_is_an_id(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    assert to_hex(text) == "" or int(to_hex(text), 16) == int(text)
    assert to_decimal(text) == "" or int(to_decimal(text)) == int(text, 16)


async def test_what_nobody_knows_keeps_its_spelling() -> None:
    assert await ids().named("00A1") == "a1"
