"""Words for the desk, and which outcome a target that did not answer has."""

from __future__ import annotations

from typing import get_args

import pytest

from gateway.model.transfers import TransferOutcome
from gateway.transfer.words import OUTCOMES, SILENT, WORDS, outcome_of, say, say_outcome, say_standing
from tests.transfer.telephone import a_transfer


def test_every_word_is_said_in_chinese_first() -> None:
    assert set(OUTCOMES) == set(get_args(TransferOutcome))
    for zh, en in (*WORDS.values(), *OUTCOMES.values(), SILENT):
        assert not zh.isascii() and en.isascii()
    assert say("calling") == "正在呼叫对方 / calling" and say_outcome("busy") == "对方忙 / busy"


@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        ("busy", 0, "busy"), ("failed", 17, "busy"), ("No Answer", None, "no_answer"), ("failed", 21, "refused"),
        ("refused", 16, "refused"), ("congestion", 16, "unreachable"), ("anything", 999, "unreachable"),
        ("no_answer", 34, "unreachable"), ("", 0, "unreachable"), ("failed", 102, "no_answer"),
    ],
)  # fmt: skip
def test_the_cause_counts_before_asterisks_word(status: str, cause: int | None, outcome: str) -> None:
    assert outcome_of(status, cause) == outcome


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"phase": "three_way"}, "three_way"), ({"phase": "released"}, "released"), ({"phase": "joining"}, "joining"),
        ({"phase": "consulting", "with_agent": "target"}, "consulting"),
        ({"phase": "consulting", "with_agent": "caller"}, "with_caller"),
        ({"phase": "consulting", "with_agent": "target", "caller_at": "gone"}, "caller_gone"),
    ],
)  # fmt: skip
def test_how_a_transfer_stands_that_was_answered(fields: dict[str, str], says: str) -> None:
    assert say_standing(a_transfer("consult", **fields)) == say(says)
