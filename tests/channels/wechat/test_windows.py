"""The platform's windows: 48 hours and five messages, a minute and three after a tap; counts are kept."""

from __future__ import annotations

import pytest

from gateway.channels.wechat.windows import count_out, why_closed
from gateway.model.messages import Conversation
from tests.fakes.gate import Gate

NOW = 1_000_000.0
H48 = 48 * 3600.0


def talk(**more: object) -> Conversation:
    return Conversation("wechat:a:o", "wechat", "a", "o", last_in_at=NOW, more=more)


@pytest.mark.parametrize(
    ("conversation", "why"),
    [
        (None, ""),
        (talk(), ""),
        (talk(spoke_at=NOW - H48 + 1, out=4), ""),
        (talk(spoke_at=NOW - H48), "48"),
        (talk(spoke_at=NOW - 5, out=5), "5"),
        (talk(spoke_at=NOW - H48, nudged_at=NOW - 59, nudge_out=2), ""),
        (talk(spoke_at=NOW - H48, nudged_at=NOW - 59, nudge_out=3), "48"),
        (talk(spoke_at=NOW - H48, nudged_at=NOW - 61), "48"),
        (Conversation("c", "wechat", "a", "o"), "48"),
        (Conversation("c", "wechat", "a", "o", last_in_at=NOW, out_since_in=5), "5"),
        (Conversation("c", "wechat", "a", "o", last_in_at=NOW, stopped=True), "取消关注"),
    ],
)
def test_why_a_window_is_closed(conversation: Conversation | None, why: str) -> None:
    found = why_closed(conversation, NOW)
    assert (why in found) if why else found == ""


async def test_messages_are_counted_on_what_is_kept_now(gate: Gate) -> None:
    seen = talk(spoke_at=NOW, out=0)
    await gate.ledger.write(lambda tx: tx.save_conversation(seen))
    await count_out(gate.means, seen, ("d1", 1))
    await count_out(gate.means, seen)
    kept = await gate.ledger.conversation(seen.id)
    assert kept is not None
    assert (kept.more["out"], kept.out_since_in, kept.last_out_at, kept.more["parts"]) == (2, 2, gate.clock(), None)
    await count_out(gate.means, None)
