"""What the feed tells about written tickets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo
from gateway.tickets.config import WrittenConfig
from gateway.tickets.hearing import HEARD, JOINED, OPENED, REPLIED, STATE, Told, hear

NO = TicketNo("460000-20261121-0000001")
RULES = WrittenConfig()
WECHAT = {"channel": "wechat", "account": "hainan"}


def told(type_: str, sequence: int = 7, at: float = 1000.0, **data: Any) -> Told:
    return Told(sequence, type_, NO, at, data)


def kept(state: str = "taken", **fields: Any) -> Assignment:
    made = Assignment(
        NO, "wechat", "hainan", "waiting", 500.0, AgentId("8001"), first_at=500.0, due_at=680.0, last_at=500.0,
        unread=1, sequence=3, version=4,
    )  # fmt: skip
    return replace(made, state=state, **fields)


def test_a_written_ticket_waits_from_its_first_message_with_its_channels_limit() -> None:
    one = hear(None, told(OPENED, **WECHAT), RULES)
    assert one is not None
    assert (one.state, one.account, one.since, one.due_at, one.unread) == ("waiting", "hainan", 1000.0, 1180.0, 1)
    assert (one.sequence, one.version) == (7, 1)
    mail = hear(None, told(OPENED, channel="email", account="x"), RULES)
    assert mail is not None
    assert mail.due_at == 1000.0 + 86_400


@pytest.mark.parametrize("channel", ["phone", "partner"])
def test_other_channels_are_not_the_desks(channel: str) -> None:
    assert hear(None, told(OPENED, channel=channel), RULES) is None


@pytest.mark.parametrize("type_", [REPLIED, STATE])
def test_what_is_not_at_the_desk_is_not_moved(type_: str) -> None:
    assert hear(None, told(type_, author="agent1", to="closed"), RULES) is None


def test_the_next_message_is_unread_with_whoever_has_it_and_the_clock_goes_on() -> None:
    one = hear(kept(), told(JOINED, **WECHAT), RULES)
    assert one is not None
    assert (one.state, one.agent, one.unread, one.first_at, one.due_at) == ("taken", "8001", 2, 500.0, 680.0)
    answered = hear(kept(first_at=None, due_at=None), told(JOINED, **WECHAT), RULES)
    assert answered is not None
    assert (answered.first_at, answered.due_at) == (1000.0, 1180.0)


def test_a_message_after_all_was_done_waits_for_the_same_agent_first() -> None:
    done = kept("done", first_at=None, due_at=None, unread=0, passed=(AgentId("8002"),))
    one = hear(done, told(JOINED, **WECHAT), RULES)
    assert one is not None
    assert (one.state, one.agent, one.since, one.due_at, one.unread, one.passed) == (
        "waiting", "8001", 1000.0, 1180.0, 1, (),
    )  # fmt: skip


def test_a_reply_stops_the_clock_and_one_from_elsewhere_takes_the_ticket_off_the_desk() -> None:
    one = hear(kept(), told(REPLIED, author="agent1"), RULES)
    assert one is not None
    assert (one.state, one.first_at, one.due_at) == ("taken", None, None)
    elsewhere = hear(kept("offered"), told(REPLIED, author="orders"), RULES)
    assert elsewhere is not None
    assert elsewhere.state == "done"


def test_automatic_words_are_no_answer() -> None:
    assert hear(kept(), told(REPLIED, author="system"), RULES) is None


@pytest.mark.parametrize(
    ("state", "to", "after"),
    [
        ("taken", "closed", "done"), ("waiting", "closed", "done"), ("waiting", "sent", "done"),
        ("offered", "acknowledged", "done"), ("taken", "sent", None), ("done", "closed", None),
        ("waiting", "accepted", None), ("taken", "returned", None),
    ],
)  # fmt: skip
def test_a_state_reported(state: str, to: str, after: str | None) -> None:
    one = hear(kept(state), told(STATE, **{"from": "accepted", "to": to}), RULES)
    assert (one.state if one else None) == after


def test_a_closed_one_that_is_opened_again_waits() -> None:
    done = kept("done", first_at=None, due_at=None)
    one = hear(done, told(STATE, **{"from": "closed", "to": "accepted"}), RULES)
    assert one is not None
    assert (one.state, one.due_at) == ("waiting", 1180.0)


_STATES = st.sampled_from(["waiting", "offered", "taken", "done"])
_DATA = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["wechat", "email", "phone"]),
        "author": st.sampled_from(["system", "agent1", "orders"]),
        "from": st.sampled_from(["received", "closed"]),
        "to": st.sampled_from(["accepted", "sent", "closed"]),
    }
)


@given(_STATES, st.sampled_from(sorted(HEARD)), _DATA, st.integers(1, 10))
def test_an_event_counts_once_and_each_change_is_a_newer_version(
    state: str, type_: str, data: dict[str, str], sequence: int
) -> None:
    before = kept(state)
    event = Told(sequence, type_, NO, 1000.0, data)
    after = hear(before, event, RULES)
    if sequence <= before.sequence:
        assert after is None
    if after is not None:
        assert after.version == before.version + 1
        assert hear(after, event, RULES) is None
        assert (after.first_at is None) == (after.due_at is None)
        assert after.agent == before.agent
