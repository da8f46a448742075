"""Orders about queues as AMI actions: what leaves, what is refused before, and what Asterisk is asked to have kept."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.queueing import QueueMemory, move_waiting, pick_up
from gateway.asterisk.switch import action_of
from gateway.model.ids import QueueId
from gateway.model.orders import Forget, MoveWaiting, OrderRefused, PickUp, Remember

LEG, HOTLINE = "PJSIP/trunk-0000001a", QueueId("hotline")


def sent(action: Action) -> dict[str, Any]:
    return dict(action.headers)


@pytest.mark.parametrize(("front", "info"), [(True, "f_legal-aid"), (False, "b_legal-aid")])
def test_a_move_is_a_withdrawal_with_a_word_of_where_to(front: bool, info: str) -> None:
    order = MoveWaiting(LEG, HOTLINE, QueueId("legal-aid"), front)
    assert sent(action_of(order)) == {
        "Action": "QueueWithdrawCaller", "Queue": "hotline", "Caller": LEG, "WithdrawInfo": info,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "info"), [("8100", "p_8001w_15_8100"), ("", "p_8001w_15_"), ("a_b", "p_8001w_15_a_b")]
)
def test_a_pick_up_says_which_telephone_how_long_and_who(agent: str, info: str) -> None:
    assert sent(action_of(PickUp(LEG, HOTLINE, "PJSIP/8001w", agent, 15)))["WithdrawInfo"] == info


@pytest.mark.parametrize(
    ("interface", "agent", "ring_s"),
    [("Local/1@x", "1", 15), ("PJSIP/110@trunk", "1", 15), ("PJSIP/8001", "1,2", 15), ("PJSIP/8001", "1", 0)],
)
def test_nothing_that_does_not_belong_into_an_extension_gets_there(interface: str, agent: str, ring_s: int) -> None:
    with pytest.raises(ValueError, match=r"interface|agent"):
        pick_up(PickUp(LEG, HOTLINE, interface, agent, ring_s))


def test_a_queue_with_a_foreign_character_is_refused() -> None:
    with pytest.raises(ValueError, match="to"):
        move_waiting(MoveWaiting(LEG, HOTLINE, QueueId("a,b"), True))


def test_what_is_to_be_remembered_goes_to_astdb() -> None:
    assert sent(action_of(Remember("gw-notice", "q_legal-aid", "1:b1:gw/notice/b1"))) == {
        "Action": "DBPut", "Family": "gw-notice", "Key": "q_legal-aid", "Val": "1:b1:gw/notice/b1",
    }  # fmt: skip
    assert sent(action_of(Forget("gw-note", "closed_legal"))) == {
        "Action": "DBDel", "Family": "gw-note", "Key": "closed_legal",
    }  # fmt: skip


class OneList:
    def __init__(self, rows: list[dict[str, str]] | AmiError) -> None:
        self.rows = rows
        self.asked: list[str] = []

    async def send_list(self, action: Action, timeout: float) -> list[dict[str, str]]:
        await asyncio.sleep(0)
        self.asked.append(str(dict(action.headers)["Family"]))
        if isinstance(self.rows, AmiError):
            raise self.rows
        return self.rows


async def test_what_is_kept_comes_by_key() -> None:
    link = OneList([{"Key": "/gw-closed/legal", "Val": "9:hotline:"}, {"Key": "/gw-closed/a_b", "Val": ""}, {}])
    kept = await QueueMemory(lambda: link).kept("gw-closed")  # type: ignore[arg-type,return-value]
    assert kept == {"legal": "9:hotline:", "a_b": ""}
    assert link.asked == ["gw-closed"]


async def test_a_link_that_fails_is_told_as_a_refusal() -> None:
    with pytest.raises(OrderRefused, match="gone"):
        await QueueMemory(lambda: OneList(AmiError("gone"))).kept("gw-closed")  # type: ignore[arg-type,return-value]
