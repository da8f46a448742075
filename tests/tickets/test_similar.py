"""What looks like the matter that is being typed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.likeness import Likeness
from gateway.tickets.similar import Similar, similar
from tests.tickets.conftest import AT, shipped_intake

CONFIG = shipped_intake().likeness
LAMP = "龙昆南路与南海大道路口的路灯坏了三盏，晚上很黑，老人摔倒了。"


def a_ticket(number: int, content: str, **fields: Any) -> Ticket:
    return Ticket(
        TicketNo(f"460000-20261121-{number:07d}"), str(number), 1, "accepted", "phone", "", "12345", "own", "460000",
        AT - number * 3600, AT, content=content, **fields,
    )  # fmt: skip


def look(text: str, own: list[Ticket], others: list[Ticket] | None = None) -> list[Similar]:
    return similar(text, AT, own, others or [], Likeness(CONFIG), CONFIG.alike)


def test_the_callers_own_repeat_comes_first_with_the_intakes_link() -> None:
    own = [a_ticket(1, "医保卡怎么办理？"), a_ticket(2, LAMP)]
    found = look(LAMP, own, [a_ticket(3, LAMP)])
    assert [one.ticket.id for one in found] == ["2", "3"]
    assert (found[0].relation, found[0].own, found[1].relation, found[1].own) == ("duplicate_of", True, "", False)
    assert "相同的文字" in found[0].why and "相似" in found[1].why


def test_an_urging_names_the_open_ticket_though_no_word_is_alike() -> None:
    [found] = look("怎么还没有处理，都一个星期了", [a_ticket(1, LAMP)])
    assert (found.relation, found.ticket.id, found.why) == ("urge_of", "1", "催办用语")


def test_a_few_typed_words_are_found_in_a_whole_text() -> None:
    [found] = look("路口的路灯坏了", [], [a_ticket(1, LAMP), a_ticket(2, "地铁站口有人摆摊占道经营，影响通行。")])
    assert found.ticket.id == "1" and "见于此单" in found.why and not found.own


def test_nothing_typed_is_like_nothing() -> None:
    assert look("", [a_ticket(1, LAMP)], [a_ticket(2, LAMP)]) == []
    assert look("路灯", [a_ticket(1, LAMP)], [a_ticket(2, LAMP)]) == []


def test_a_ticket_of_the_caller_is_not_shown_twice() -> None:
    own = a_ticket(1, LAMP)
    assert [one.own for one in look(LAMP, [own], [own, a_ticket(2, LAMP)])] == [True, False]


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=12), st.lists(st.text(max_size=80), max_size=12))
def test_any_texts_give_at_most_eight_each_once_and_own_before_others(
    text: str, own: list[str], others: list[str]
) -> None:
    found = look(text, [a_ticket(n, one) for n, one in enumerate(own, 1)], [
        a_ticket(n, one) for n, one in enumerate(others, 100)
    ])  # fmt: skip
    assert len(found) <= 8 and len({one.ticket.ticket_no for one in found}) == len(found)
    assert [one.own for one in found] == sorted((one.own for one in found), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)
