"""The doors that all partners share: /partners/{number}/tickets and /partners/{number}/feedback.

The gate decides who may come in: an unknown partner is 404, one without the right to send data 403, a wrong or old
signature 401. What passed is ``inbound``'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog

from gateway.channels.partner import inbound, wire
from gateway.channels.partner.channel import PartnerChannel
from gateway.model.http import Door, HttpAnswer, HttpAsked

log = structlog.get_logger(__name__)

MOST_BODY: Final = 1_048_576

Take = Callable[[PartnerChannel, HttpAsked, str], Awaitable[HttpAnswer]]


class PartnerGate:
    """Lets signed pushes of known partners in. ``others`` are numbers of partners that exchange no tickets."""

    def __init__(self, channels: Iterable[PartnerChannel], others: Iterable[str] = ()) -> None:
        self._channels = {channel.account: channel for channel in channels}
        self._others = frozenset(others)

    def doors(self) -> Sequence[Door]:
        return (
            Door(
                "POST", "/partners/{number}/tickets", self._tickets, "partner_tickets",
                "A partner pushes a ticket (联动单位推送工单): signed JSON, its own number is the key",
                MOST_BODY,
            ),
            Door(
                "POST", "/partners/{number}/feedback", self._feedback, "partner_feedback",
                "A partner reports on a ticket (联动单位反馈): acknowledged, progress, result or returned; signed JSON",
                MOST_BODY,
            ),
        )  # fmt: skip

    async def _tickets(self, asked: HttpAsked) -> HttpAnswer:
        return await self._enter(asked, inbound.take_ticket)

    async def _feedback(self, asked: HttpAsked) -> HttpAnswer:
        return await self._enter(asked, inbound.take_feedback)

    async def _enter(self, asked: HttpAsked, take: Take) -> HttpAnswer:
        number = asked.path.get("number", "")
        channel = self._channels.get(number)
        if channel is None and number not in self._others:
            return wire.problem(404, "没有该联动单位", "there is no such partner")
        if channel is None or not channel.config.takes or not channel.in_secret:
            return wire.problem(403, "该联动单位不推送工单", "this partner has no right to send tickets")
        config = channel.config
        try:
            webhook_id = wire.verify(
                asked.headers,
                asked.body,
                secret=channel.in_secret,
                algorithm=config.push.algorithm,
                now=channel.means.clock(),
                window_s=config.push.window_s,
            )
        except wire.BadSignature as error:
            log.warning("push refused", partner=channel.account, why=str(error), address=asked.address)
            return wire.problem(401, "签名不正确或已过期", str(error))
        return await take(channel, asked, webhook_id)
