"""When Weibo allows an answer."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.weibo.window import why_closed
from gateway.model.messages import Conversation

NOW = 1_795_233_600.0
DAY = 86_400.0


def conversation(**changes: Any) -> Conversation:
    more: dict[str, Any] = {
        name: changes.pop(name) for name in ("wrote_at", "mentioned_at", "mention_out") if name in changes
    }
    return Conversation("weibo:hainan:7", "weibo", "hainan", "7", more=more, **changes)


@pytest.mark.parametrize(
    "known",
    [
        None, conversation(wrote_at=NOW - DAY), conversation(last_in_at=NOW - DAY), conversation(mentioned_at=NOW - 1),
        conversation(wrote_at=NOW - 3 * DAY, mentioned_at=NOW - DAY, mention_out=0),
        conversation(wrote_at=NOW - DAY, mentioned_at=NOW - DAY, mention_out=9),
    ],
)  # fmt: skip
def test_it_is_open(known: Conversation | None) -> None:
    assert why_closed(known, NOW) == ""


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (conversation(wrote_at=NOW - 2 * DAY), "48小时"), (conversation(last_in_at=NOW - 2 * DAY), "48小时"),
        (conversation(), "48小时"), (conversation(mentioned_at=NOW - 2 * DAY), "48小时"),
        (conversation(mentioned_at=NOW - 1, mention_out=1), "@了本账号"),
        (conversation(wrote_at=NOW, stopped=True), "取消关注"),
    ],
)  # fmt: skip
def test_it_is_closed_and_says_why(known: Conversation, words: str) -> None:
    assert words in why_closed(known, NOW)
