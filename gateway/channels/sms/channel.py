"""An SMS account as a ``Channel``: between a carrier's link, which knows a protocol, and the tickets.

What arrives is acknowledged after its commit: a single SMS with its ticket and receipt in one transaction; a part of a
long one when it is kept, and the part that completes it when the ticket is there too. A gateway killed between the two
finds the complete message at its next look (``sweep``), as it finds those whose parts stayed away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from gateway.channels.answering import ARRIVED_AT, is_answer
from gateway.channels.port import ChannelMeans, Fetched, Permanent, Report, Sent
from gateway.channels.sms import normalise
from gateway.channels.sms.config import SmsBase
from gateway.channels.sms.conversation import Conversing
from gateway.channels.sms.joining import Joining, Whole
from gateway.channels.sms.numbers import can_receive, folded
from gateway.channels.sms.originals import CHANNEL, raw_of
from gateway.channels.sms.parts import is_possible
from gateway.channels.sms.port import Arrived, Inbox, Link, Told
from gateway.channels.sms.reports import EARLY, Reports
from gateway.channels.talk import Also
from gateway.model.gatherings import Gathering
from gateway.model.http import Door
from gateway.model.messages import Conversation, Delivery, KeptAttachment, Message
from gateway.tickets.ports import Taken, Tx

_log = structlog.get_logger(__name__)

ANSWER_LIMIT_S = 180.0
"""SMS is to be answered within three minutes (GB/T 33358-2016)."""
_LOOK_S = 2.0
_PAGE = 50


class SmsChannel:
    """Implements ``Channel`` and ``Inbox``. ``make_link`` gets this inbox; ``report`` is ``Dispatcher.report``.

    Counters only rise: ``unread`` are pieces that only our own mistake kept from being read, ``troubles`` looks that
    failed. Times to answer run from the arrival of the last piece until the carrier has taken the answer.
    """

    name = CHANNEL

    def __init__(
        self, config: SmsBase, means: ChannelMeans, make_link: Callable[[Inbox], Link], report: Report
    ) -> None:
        self.account, self._config, self._means = config.account, config, means
        self._conversing = Conversing(config, means)
        self._joining = Joining(means.ledger, config.account, config.join_s, means.clock)
        self._reports = Reports(means.ledger, config.account, report, means.clock)
        self.unread = self.troubles = self.in_time = self.too_late = 0
        self.answer_s = 0.0
        self.link = make_link(self)

    def figures(self) -> Mapping[str, float]:
        """For /metrics, with the link's: seconds from arrival to hand-over of answers in all, how many within three
        minutes and how many not."""
        return {
            **self.link.figures(),
            "sms_answer_seconds": self.answer_s,
            "sms_answers_in_time": self.in_time,
            "sms_answers_late": self.too_late,
            "sms_reports_unmatched": self._reports.unmatched,
            "sms_unread": self.unread,
        }

    # -- in ------------------------------------------------------------------------------------------------------------

    def doors(self) -> Sequence[Door]:
        """The link's."""
        return self.link.doors()

    async def arrived(self, message: Arrived) -> None:
        """See ``Inbox``. Raises OSError only; what a mistake of ours fails on is kept unread."""
        async with asyncio.timeout(self._config.answer_s):
            try:
                await self._arrived(message)
            except OSError:
                raise
            except Exception:
                await self._keep_unread([message], message.key)

    async def _keep_unread(
        self, pieces: Sequence[Arrived], key: str, also: Callable[[Tx, Taken], Awaitable[None]] | None = None
    ) -> None:
        """A mistake of ours must not make the carrier send the same for ever: kept as a ticket that says so."""
        self.unread += 1
        _log.exception("sms_not_understood", account=self.account)
        message = self._placed(normalise.unread(pieces, self.account, key))
        await self._means.intake.take(raw_of(pieces, self.account), message, also)

    async def _arrived(self, piece: Arrived) -> None:
        part = piece.part
        if piece.port is not None or part is None or part.total == 1 == part.n:
            await self._hear([piece], normalise.single(piece, self.account))
        elif not is_possible(part):
            await self._hear([piece], normalise.single(piece, self.account, [normalise.IMPOSSIBLE]))
        else:
            await self._part(piece)

    async def _part(self, piece: Arrived) -> None:
        fate, key = await self._joining.put(piece)
        for whole in fate.ready:
            await self._whole(whole)
        if fate.late:
            ticket_no = await self._joining.ticket_of(key, fate.late)
            also = self._joining.noticing(key, fate.late, piece)
            await self._hear([piece], normalise.late(piece, self.account, ticket_no), also)

    async def _whole(self, whole: Whole) -> None:
        group = whole.group
        flags = [normalise.REUSED] if group.reused else []
        message = normalise.joined(group.parts, group.total, self.account, group.key, flags)
        pieces, also = [group.parts[n] for n in sorted(group.parts)], self._joining.taking(whole)
        try:
            await self._hear(pieces, message, also)
        except OSError:
            raise
        except Exception:

            async def within(tx: Tx, taken: Taken) -> None:
                await also(tx, taken, "")

            await self._keep_unread(pieces, group.key, within)

    async def _hear(self, pieces: Sequence[Arrived], message: Message, also: Also | None = None) -> Taken:
        return await self._conversing.hear(raw_of(pieces, self.account), self._placed(message), also)

    def _placed(self, message: Message) -> Message:
        return normalise.in_area(message, self._config.area_code)

    async def told(self, report: Told) -> None:
        """See ``Inbox``."""
        async with asyncio.timeout(self._config.answer_s):
            await self._reports.told(report)

    # -- out -----------------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """See ``Channel``. Whoever has opted out gets only what they have just asked for."""
        number = folded(delivery.target)
        if not can_receive(number):
            raise Permanent("该号码收不到短信（固定电话或服务号码） / no SMS can be sent to this number")
        if number != delivery.target:
            conversation = await self._means.ledger.conversation(f"{CHANNEL}:{self.account}:{number}")
        if conversation is not None and conversation.stopped and not is_answer(delivery):
            raise Permanent("对方已退订短信 / the receiver has opted out of SMS")
        if not delivery.text.strip():
            raise Permanent("回复内容为空 / the reply has no text")
        ids = await self.link.submit(number, self._signed(delivery.text), delivery.id)
        self._measure(delivery)
        return Sent(await self._remembered(ids), final=not any(ids))

    def _signed(self, text: str) -> str:
        return f"【{self._config.signature}】{text}" if self._config.signature else text

    async def _remembered(self, ids: Sequence[str]) -> str:
        """The delivery's id at the carrier. The message is out: a ledger that is away must not send it again."""
        try:
            return await self._reports.sent(ids)
        except OSError as error:
            _log.warning("sms_part_ids_lost", account=self.account, parts=len(ids), error=str(error))
            return ids[-1]

    def _measure(self, delivery: Delivery) -> None:
        arrived_at = delivery.more.get(ARRIVED_AT)
        if not isinstance(arrived_at, int | float):
            return
        took = max(0.0, self._means.clock() - arrived_at)
        self.answer_s += took
        if took <= ANSWER_LIMIT_S:
            self.in_time += 1
        else:
            self.too_late += 1

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """SMS has no files."""
        raise Permanent("短信没有附件 / SMS has no files")

    # -- background ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the link and look for what is due, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.link.run(), name=f"sms link {self.account}")
            group.create_task(self._look(), name=f"sms look {self.account}")

    async def _look(self) -> None:
        while True:
            done = 0
            try:
                done = await self.sweep()
            except OSError as error:
                self.troubles += 1
                _log.warning("sms_look_waits", account=self.account, error=str(error))
            await asyncio.sleep(_LOOK_S if done < _PAGE else 0)

    async def sweep(self) -> int:
        """Do what is due now: messages that are complete or whose time is up, reports, what need not be remembered any
        longer. Returns how much it was. One that fails does not hold up the others."""
        due = await self._means.ledger.due_gatherings(CHANNEL, self.account, self._means.clock(), _PAGE)
        for gathering in due:
            try:
                await self._due(gathering)
            except OSError:
                raise
            except Exception:
                self.troubles += 1
                _log.exception("sms_look_failed", account=self.account)
                await self._joining.put_off(gathering.key)
        return len(due)

    async def _due(self, gathering: Gathering) -> None:
        if gathering.key.startswith(EARLY):
            await self._reports.again(gathering)
        elif gathering.key.startswith("parts:"):
            for whole in await self._joining.due(gathering.key):
                await self._whole(whole)
        else:

            async def drop(tx: Tx) -> bool:
                return await tx.drop_gathering(gathering.key)

            await self._means.ledger.write(drop)
