from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.config import LikenessConfig
from gateway.tickets.likeness import Likeness, Matter, alike, shingles, told
from tests.tickets.conftest import AT

LAMP = "海甸岛人民大道三号楼门口的路灯坏了一个星期"
LIKENESS = Likeness(LikenessConfig(urges=("催", "怎么还没")))


def ticket(n: int, content: str = LAMP, **fields) -> Ticket:
    number = TicketNo(f"460000-20261121-{n:07d}")
    base = {"state": "received", "received_at": AT, **fields}
    return Ticket(
        number, str(n), 1, channel="web", account="", entry_number="", track="own", area_code="460000", occurred_at=AT,
        content=content, **base,
    )  # fmt: skip


def relation(matter: Matter, *tickets: Ticket, at: float = AT + 3600) -> tuple[str, str] | None:
    link = LIKENESS.first_of(matter, at, tickets)
    return (link.relation, str(link.other)) if link else None


def no(n: int) -> str:
    return f"460000-20261121-{n:07d}"


def test_the_same_words_within_hours_are_a_duplicate():
    assert relation(Matter(LAMP + "！"), ticket(1)) == ("duplicate_of", no(1))
    assert relation(Matter(LAMP + "！"), ticket(1, state="closed")) == ("duplicate_of", no(1))


def test_the_same_words_a_day_later_urge_while_it_is_open_and_are_related_after():
    later = AT + 25 * 3600
    assert relation(Matter(LAMP), ticket(1), at=later) == ("urge_of", no(1))
    assert relation(Matter(LAMP), ticket(1, state="closed"), at=later) == ("related_nos", no(1))


def test_what_joined_later_does_not_make_a_ticket_another():
    assert told(ticket(1, LAMP + "\n补充 12:01：是最高的那盏")) == LAMP
    assert told(ticket(1, "", title="路灯")) == "路灯"


def test_links_have_one_level():
    assert relation(Matter(LAMP), ticket(2, urge_of=no(1))) == ("duplicate_of", no(1))
    assert relation(Matter(LAMP), ticket(3, duplicate_of=no(1)), at=AT + 25 * 3600) == ("urge_of", no(1))


def test_the_same_category_at_the_same_address_is_the_same_matter():
    first = ticket(1, "路灯不亮", address="人民大道1号", proposed={"category": {"value": "0402"}})
    assert relation(Matter("灯杆倒了", "0402", "人民大道1号"), first) == ("urge_of", no(1))
    assert relation(Matter("灯杆倒了", "0402", "人民大道2号"), first) is None
    assert relation(Matter("灯杆倒了", "0402"), ticket(1, "路灯不亮", category="0402")) is None


def test_urging_without_saying_what_means_the_most_alike_open_one_else_the_newest():
    closed = ticket(1, "小区停水", state="closed")
    assert relation(Matter("怎么还没处理"), closed) is None
    assert relation(Matter("怎么还没处理"), ticket(3, "井盖"), ticket(2, "噪音"), closed) == ("urge_of", no(3))
    assert relation(Matter("催一下井盖的事"), ticket(3, "噪音"), ticket(2, "井盖丢了")) == ("urge_of", no(2))


def test_the_new_is_new():
    assert relation(Matter("公交车不停站"), ticket(1)) is None
    assert relation(Matter(LAMP)) is None
    assert relation(Matter(""), ticket(1, "")) is None


def test_short_texts_are_no_duplicates():
    assert relation(Matter("你好"), ticket(1, "你好")) == ("urge_of", no(1))


def test_no_more_are_compared_than_configured():
    few = Likeness(LikenessConfig(compare=2))
    many = [ticket(n, "公交车不停站") for n in (9, 8)] + [ticket(1)]
    assert few.first_of(Matter(LAMP), AT, many) is None
    assert (few.compare, few.days) == (2, 15)


def test_a_link_says_which_field_it_fills():
    link = LIKENESS.first_of(Matter(LAMP), AT + 25 * 3600, [ticket(1, state="closed")])
    assert link.fields() == {"related_nos": [no(1)]}
    assert "已办结" in link.why


def test_without_urging_words_nobody_urges():
    assert not Likeness(LikenessConfig()).urges("催")


@pytest.mark.parametrize(
    ("one", "other", "share"), [("路灯坏了", "路灯，坏了！", 1.0), ("abc", "xyz", 0.0), ("", "", 0.0)]
)
def test_punctuation_does_not_count(one, other, share):
    assert alike(shingles(one), shingles(other)) == share


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_a_share_and_the_same_both_ways(one, other):
    score = alike(shingles(one), shingles(other))
    assert 0.0 <= score <= 1.0
    assert score == alike(shingles(other), shingles(one))
    assert alike(shingles(one), shingles(one)) == (1.0 if shingles(one) else 0.0)
