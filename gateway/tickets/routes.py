"""The way back: over which channel a reply leaves, to whom, and not before when. Pure.

A reply goes the way the request came. Channels that cannot be spoken to (a web form, a telephone call) have the page
/progress, and an SMS where the configuration names an account for it and the ticket a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from gateway.model.messages import Conversation
from gateway.model.records import Ticket
from gateway.tickets.config import RepliesConfig
from gateway.tickets.opening import FROM_TEXT

WAYS_BACK: MappingProxyType[str, str] = MappingProxyType(
    {"wechat": "user_id", "weibo": "user_id", "sms": "sender", "email": "email", "partner": "account"}
)
"""Channels that can be spoken to, and what of the ticket says to whom. ``sender`` is the contact number, unless it was
only found in the text (it may be the accused's): then who wrote."""

NO_WAY = "该渠道没有主动送达的方式，市民可凭编号和查询码在进度页查看"
NO_TARGET = "工单上没有可以送达的号码、邮箱或账号"
STOPPED = "市民已退订或取消关注，不再主动发送"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a reply goes; ``problem`` says why it cannot, for agents."""

    channel: str
    account: str
    target: str
    problem: str = ""

    @property
    def conversation(self) -> str:
        """The conversation that the route belongs to (its id)."""
        return f"{self.channel}:{self.account}:{self.target}"


def route(ticket: Ticket, config: RepliesConfig) -> Route | None:
    """The way back of a ticket. None for a call without one: the agent speaks to the citizen."""
    way = WAYS_BACK.get(ticket.channel)
    number = ticket.contact_number or ticket.calling_number
    if way is None:
        if config.fallback_sms and number:
            return Route("sms", config.fallback_sms, number)
        return None if ticket.channel == "phone" else Route(ticket.channel, ticket.account, "", NO_WAY)
    found = FROM_TEXT in ticket.flags
    sender = ticket.calling_number if found and ticket.calling_number else number
    target = {"user_id": ticket.user_id, "sender": sender, "email": ticket.email, "account": ticket.account}[way]
    return Route(ticket.channel, ticket.account, target, "" if target else NO_TARGET)


class QuietHours:
    """When a channel does not disturb people. ``zone`` is the hall's."""

    def __init__(self, config: RepliesConfig, zone: tzinfo) -> None:
        self._zone = zone
        self._hours = {quiet.channel: quiet.minutes for quiet in config.quiet}
        self._exempt = frozenset(config.quiet_exempt)
        self._awake_s = config.awake_minutes * 60

    def due_at(self, channel: str, urgency: str, at: float, conversation: Conversation | None) -> float:
        """``at``, or the end of the quiet hours that it lies in. Urgent matters and people who just wrote are told at
        once."""
        hours = self._hours.get(channel)
        if hours is None or urgency in self._exempt or self._is_awake(at, conversation):
            return at
        start, end = hours
        local = datetime.fromtimestamp(at, self._zone)
        minute = local.hour * 60 + local.minute
        if start < end:
            return self._at(local, end) if start <= minute < end else at
        if minute >= start:
            return self._at(local + timedelta(days=1), end)
        return self._at(local, end) if minute < end else at

    def _is_awake(self, at: float, conversation: Conversation | None) -> bool:
        last = conversation.last_in_at if conversation is not None else None
        return last is not None and at - last <= self._awake_s

    def _at(self, day: datetime, minute: int) -> float:
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(hour=minute // 60, minute=minute % 60).timestamp()
