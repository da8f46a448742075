"""When Weibo lets us write to a person: 48 hours after they wrote, tapped or followed; once after a mention.

(open.weibo.com/wiki, 2/messages/reply: following, messages, menu taps and scans allow answers for 48 hours without a
number; a mention one answer; nobody who has unfollowed gets any.) What is counted stands on the ``Conversation``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.model.messages import Conversation, Message
from gateway.tickets.ports import Ledger, Tx

WINDOW_S = 48 * 3600.0


def why_closed(conversation: Conversation | None, now: float) -> str:
    """Why no message may be sent now, in words fit for agents; "" when one may.

    A conversation that is not known (imported tickets) is tried: the platform has the last word anyway.
    """
    if conversation is None:
        return ""
    if conversation.stopped:
        return "对方已取消关注 / the person has unfollowed"
    more = conversation.more
    wrote, mentioned = more.get("wrote_at"), more.get("mentioned_at")
    if wrote is None and mentioned is None:
        wrote = conversation.last_in_at
    if wrote is not None and now - float(wrote) < WINDOW_S:
        return ""
    if mentioned is not None and now - float(mentioned) < WINDOW_S:
        if not int(more.get("mention_out", 0)):
            return ""
        return "对方只是@了本账号，只能回复一次，已用完 / a mention allows one answer, which has been given"
    return "距对方上次来信已超过48小时 / more than 48 h since the person's last message"


async def remember_in(tx: Tx, message: Message, answered: bool) -> None:
    """Note which window a message opens; ``answered`` when the push itself is answered."""
    kept = await tx.conversation(message.conversation) if message.conversation else None
    if kept is None:
        return
    more: dict[str, Any] = dict(kept.more)
    if "mention" in message.more:
        more |= {"mentioned_at": message.received_at, "mention_out": int(answered)}
    elif message.more.get("event") != "unsubscribe":
        more["wrote_at"] = message.received_at
    await tx.save_conversation(replace(kept, more=more))


async def remember_out(
    ledger: Ledger, conversation: Conversation | None, at: float, part: tuple[str, int] | None = None
) -> None:
    """Count a message that went out. ``part`` is a delivery's id and how many of its messages are out so far."""
    if conversation is None:
        return

    async def count(tx: Tx) -> None:
        kept = await tx.conversation(conversation.id)
        if kept is None:
            return
        more: dict[str, Any] = {**kept.more, "parts": list(part) if part else None}
        more["mention_out"] = int(more.get("mention_out", 0)) + 1
        await tx.save_conversation(replace(kept, more=more, last_out_at=at, out_since_in=kept.out_since_in + 1))

    await ledger.write(count)
