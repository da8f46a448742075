"""Signed reply addresses and Message-IDs: what mail servers do to them does no harm, what others make up is refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.tags import ReplyTags, ticket_in
from gateway.model.ids import TicketNo, new_id, ticket_no

TAGS, OTHER = ReplyTags("k" * 16), ReplyTags("another key, long")
BASE, NO = "12345@example.gov.cn", TicketNo("460000-20261121-0000001")
NUMBERS = st.builds(
    ticket_no,
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2179, 1, 1)),
    st.integers(1, 9_999_999),
)


@given(NUMBERS)
def test_a_ticket_is_found_in_its_address(number: TicketNo) -> None:
    address = TAGS.address(BASE, number)
    assert address == address.lower() and len(address.partition("@")[0]) <= 64
    assert TAGS.ticket_of(address) == number and OTHER.ticket_of(address) == ""


@given(NUMBERS, st.uuids().map(str) | st.text(min_size=1, max_size=30))
def test_ticket_and_delivery_are_found_in_a_message_id(number: TicketNo, delivery: str) -> None:
    delivery = delivery.encode("utf-8", "replace").decode()
    assert TAGS.ours(TAGS.message_id(number, delivery, "example.gov.cn")) == (number, delivery)


@pytest.mark.parametrize(
    "mangled",
    [
        "{0}", "<{0}>", '"12345 热线" <{0}>', "12345: {0};", " {0} ", "SRS0=ab12=XY=example.gov.cn={0}",
        "prvs=1234abcdef={0}",
    ],
)  # fmt: skip
def test_what_servers_do_to_an_address_does_no_harm(mangled: str) -> None:
    address = mangled.format(TAGS.address(BASE, NO))
    assert TAGS.ticket_of(address) == TAGS.ticket_of(address.upper()) == NO
    wrapped = address[:30] + "\r\n " + address[30:]
    assert TAGS.ticket_of(wrapped) == NO


def test_a_message_id_is_found_in_any_case_with_brackets_and_wrapped() -> None:
    id, delivery = new_id(), TAGS.message_id(NO, "d", "example.gov.cn")
    assert TAGS.ours(f"<{TAGS.message_id(NO, id, 'a.cn').upper()}>") == (NO, id)
    assert TAGS.ours(f"<{delivery[:20]}\r\n\t{delivery[20:]}>") == (NO, "d")
    assert len(TAGS.message_id(NO, id, "mail.example.gov.cn")) < 100


def test_a_changed_character_is_refused() -> None:
    address, id = TAGS.address(BASE, NO), TAGS.message_id(NO, new_id(), "a.cn")
    at = address.index("+")
    for place in range(at + 1, address.index("@")):
        changed = "a" if address[place] != "a" else "b"
        assert TAGS.ticket_of(address[:place] + changed + address[place + 1 :]) == ""
    for place in (4, 20, id.index("@") - 1):
        changed = "a" if id[place] != "a" else "b"
        assert TAGS.ours(id[:place] + changed + id[place + 1 :]) is None


def test_an_address_tag_is_no_message_id_tag() -> None:
    tag = TAGS.address(BASE, NO).partition("+")[2].partition("@")[0]
    assert TAGS.ours(f"gw.{tag[:12]}.uaaaaaaaaaaaaaaaaaaaaaaaaaa.{tag[12:]}@a.cn") is None


@pytest.mark.parametrize("number", ["", "460000-20261399-0000001", "123", "460000-19991231-0000001"])
def test_a_number_that_is_none_of_ours_leaves_the_address_as_it_is(number: str) -> None:
    assert TAGS.address(BASE, number) == BASE
    with pytest.raises(ValueError, match="ticket's number"):
        TAGS.message_id(number, "d", "a.cn")


def test_an_address_that_would_be_too_long_is_left_as_it_is() -> None:
    base = f"{'h' * 40}@example.gov.cn"
    assert TAGS.address(base, NO) == base


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        ReplyTags("short")


@given(st.text(max_size=200) | st.from_regex(r"\+[a-z2-7]{28}@x|gw\.[a-z2-7]{12}\.u[a-z2-7]{26}\.[a-z2-7]{16}@x"))
def test_nothing_made_up_is_ours(text: str) -> None:
    assert TAGS.ticket_of(text) == "" and TAGS.ours(text) is None


def test_a_ticket_number_is_seen_in_a_subject() -> None:
    assert ticket_in("关于工单 460000-20261121-0000001 的补充") == NO
    assert ticket_in("460000-20261399-0000001 电话 0898-66001234") == ""
