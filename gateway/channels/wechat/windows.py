"""When the platform lets us write to a citizen, and how often: 48 hours and five messages after theirs.

A tap on the menu, a scan or a subscription opens a window of its own: three messages within a minute
(客服消息下发规则, developers.weixin.qq.com). WeCom customer service knows the first rule only. The counts stand on the
``Conversation``, so that they hold over restarts and several gateways.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.channels.port import ChannelMeans
from gateway.model.messages import Conversation
from gateway.tickets.ports import Tx

WINDOW_S, MESSAGES = 48 * 3600.0, 5
TAP_WINDOW_S, TAP_MESSAGES = 60.0, 3


def why_closed(conversation: Conversation | None, now: float) -> str:
    """Why no customer-service message may be sent now, in words fit for agents; "" when one may.

    A conversation that is not known (imported tickets) is tried: the platform has the last word anyway.
    """
    if conversation is None:
        return ""
    more = conversation.more
    if conversation.stopped:
        return "对方已取消关注 / the citizen has unsubscribed"
    if now - float(more.get("nudged_at", 0)) < TAP_WINDOW_S and int(more.get("nudge_out", 0)) < TAP_MESSAGES:
        return ""
    spoke = more.get("spoke_at", conversation.last_in_at)
    if spoke is None or now - float(spoke) >= WINDOW_S:
        return "距对方上次来信已超过48小时 / more than 48 h since the citizen's last message"
    if int(more.get("out", conversation.out_since_in)) >= MESSAGES:
        return "对方每条来信只能回复5条，已用完 / the five messages per inbound message are used up"
    return ""


async def count_out(
    means: ChannelMeans, conversation: Conversation | None, part: tuple[str, int] | None = None
) -> None:
    """Count a message that went out. ``part`` is a delivery's id and how many of its messages are out so far."""
    if conversation is None:
        return
    now = means.clock()

    async def count(tx: Tx) -> None:
        kept = await tx.conversation(conversation.id)
        if kept is None:
            return
        more: dict[str, Any] = {**kept.more, "out": int(kept.more.get("out", kept.out_since_in)) + 1}
        more["nudge_out"] = int(more.get("nudge_out", 0)) + 1
        more["parts"] = list(part) if part else None
        await tx.save_conversation(replace(kept, more=more, last_out_at=now, out_since_in=kept.out_since_in + 1))

    await means.ledger.write(count)
