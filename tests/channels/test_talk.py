"""What is remembered between messages: answers for repeats, tickets of the person, windows, misses."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.talk import Manner, Talk
from gateway.model.ids import new_id
from gateway.model.messages import Message, Person, Raw
from gateway.tickets.ports import Refused
from tests.fakes.gate import Gate


def raw_of(gate: Gate) -> Raw:
    return Raw(new_id(), "wechat", "a", gate.clock(), "text/plain", b"x")


def message(gate: Gate, text: str, key: str, **more: Any) -> Message:
    return Message(
        key,
        "wechat",
        "a",
        "text",
        gate.clock(),
        gate.clock(),
        conversation="wechat:a:o",
        person=Person("o"),
        text=text,
        **more,
    )


async def test_the_last_answers_are_remembered_and_older_ones_become_joined(gate: Gate) -> None:
    talk = Talk(gate.means, Manner(guided=False))
    first = message(gate, "路灯坏了三天没人修", "k0")
    said = (await talk.hear(raw_of(gate), first)).text
    assert (await talk.hear(raw_of(gate), first)).text == said
    for n in range(1, 6):
        await talk.hear(raw_of(gate), message(gate, f"补充第{n}点情况", f"k{n}"))
    again = await talk.hear(raw_of(gate), first)
    assert (again.taken.outcome, again.text.startswith("已补充")) == ("known", True)


async def test_the_answer_is_part_of_the_transaction(gate: Gate) -> None:
    talk = Talk(gate.means, Manner())
    seen: list[str] = []

    async def also(tx: Any, taken: Any, text: str) -> None:
        seen.append(text)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await talk.hear(raw_of(gate), message(gate, "路灯坏了三天没人修", "k0"), also)
    assert seen
    assert await gate.tickets() == []
    assert await gate.ledger.conversation("wechat:a:o") is None


async def test_a_command_is_kept_as_what_was_written_and_opens_nothing(gate: Gate) -> None:
    talk = Talk(gate.means, Manner(human="拨打12345"))
    heard = await talk.hear(raw_of(gate), message(gate, "人工", "k0"))
    kept = await gate.ledger.message(heard.taken.message_id)
    assert kept is not None
    assert (kept.message.text, kept.message.kind, kept.message.more["act"]) == ("人工", "event", "human")
    assert (heard.text, heard.taken.outcome) == ("拨打12345", "noted")


async def test_a_refused_rating_still_thanks(gate: Gate) -> None:
    talk = Talk(gate.means, Manner(guided=False))
    await talk.hear(raw_of(gate), message(gate, "路灯坏了三天没人修", "k0"))
    (ticket,) = await gate.tickets()
    await gate.ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, {"state": "closed"}))

    async def refuse(number: Any, score: int) -> Any:
        raise Refused("已评价", "rated already")

    gate.ratings.rate = refuse  # type: ignore[method-assign, assignment]
    assert "谢谢" in (await talk.hear(raw_of(gate), message(gate, "1", "k1"))).text


async def test_words_open_the_long_window_and_taps_the_short_one(gate: Gate) -> None:
    talk = Talk(gate.means, Manner())
    await talk.hear(raw_of(gate), message(gate, "帮助", "k0"))
    gate.clock.now += 10
    tap = Message(
        "k1", "wechat", "a", "event", gate.clock(), gate.clock(), conversation="wechat:a:o", person=Person("o"),
        more={"event": "scan", "event_key": "7"},
    )  # fmt: skip
    await talk.hear(raw_of(gate), tap)
    kept = await gate.ledger.conversation("wechat:a:o")
    assert kept is not None
    assert (kept.more["spoke_at"], kept.more["nudged_at"]) == (gate.clock() - 10, gate.clock())


async def test_a_welcome_of_the_account_replaces_the_template(gate: Gate) -> None:
    talk = Talk(gate.means, Manner(welcome="欢迎"))
    follow = Message(
        "k1", "wechat", "a", "event", gate.clock(), gate.clock(), conversation="wechat:a:o", person=Person("o"),
        more={"event": "subscribe"},
    )  # fmt: skip
    assert (await talk.hear(raw_of(gate), follow)).text == "欢迎"


async def test_cancelling_without_a_question_is_a_request(gate: Gate) -> None:
    heard = await Talk(gate.means, Manner()).hear(raw_of(gate), message(gate, "取消", "k0"))
    assert heard.taken.outcome == "opened"
