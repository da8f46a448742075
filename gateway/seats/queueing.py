"""What shift leads do to those who wait: put a caller forward, back or into another queue, or answer one themselves.

Checks first, then one order; nothing changes here. The order holds all that is to be done, so a gateway that dies after
it changes nothing either: the caller is in a queue, or rings at the lead's telephone and goes back to the front of the
queue when nobody takes up (``gateway.asterisk.templates.queueing``). The live stream shows it when Asterisk says that
the caller has left and joined.
"""

from __future__ import annotations

from typing import Literal

from gateway.model.ids import CallId, QueueId, SeatId
from gateway.model.orders import MoveWaiting, PickUp
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.ports import Switch
from gateway.seats.queues import Queue, Waiting

Kind = Literal["unknown", "not_allowed", "not_now"]
"""Why an act is refused: what it names does not exist; it may not be; it cannot be now."""


class QueueRefused(Exception):
    """An act that was not done. ``zh``, ``en`` say why; ``field`` is the part of the request that is at fault."""

    def __init__(self, kind: Kind, zh: str, en: str, field: str = "") -> None:
        super().__init__(en)
        self.kind, self.zh, self.en, self.field = kind, zh, en, field


class QueueActs:
    """Acts on callers who wait. Raises QueueRefused, and OrderRefused for Asterisk's no."""

    def __init__(self, hall: Hall, switch: Switch) -> None:
        self._hall = hall
        self._switch = switch

    async def move(self, call_id: str, queue: str, position: Literal["front", "back"]) -> None:
        """Put a waiting caller to the front or the end of a queue, the present one or another that is open."""
        now_in, waiting = self._waiting(call_id)
        target = self.queue(queue)
        if target.closed is not None and target is not now_in:
            raise QueueRefused("not_now", f"队列“{target.config.name}”已关闭", f"the queue {queue} is closed", "queue")
        if target is not now_in:
            _check_room(target)
        ids = QueueId(now_in.config.id), QueueId(target.config.id)
        await self._switch.carry_out(MoveWaiting(waiting.channel, *ids, front=position == "front"))

    async def pick_up(self, call_id: str, seat_id: str, agent: str) -> None:
        """Ring the seat's telephone for a waiting caller, for as long as the queue lets a seat ring. ``agent`` is the
        number of who will speak, "" for somebody without one."""
        queue, waiting = self._waiting(call_id)
        seat = self._free(seat_id)
        if seat.agent and seat.agent != agent:
            raise QueueRefused("not_allowed", f"座席 {seat_id} 由他人使用", f"{seat_id} is somebody else's", "seat")
        id, ring_s = QueueId(queue.config.id), queue.config.ring_s
        await self._switch.carry_out(PickUp(waiting.channel, id, seat.interface, agent, ring_s))

    def queue(self, queue_id: str, field: str = "queue") -> Queue:
        """A queue of ours. Raises QueueRefused."""
        found = self._hall.queues.get(QueueId(queue_id))
        if found is None:
            raise QueueRefused("unknown", f"没有队列 {queue_id}", f"there is no queue {queue_id}", field)
        return found

    def _waiting(self, call_id: str) -> tuple[Queue, Waiting]:
        for queue in self._hall.queues.queues.values():
            for waiting in queue.waiting.values():
                if waiting.call == call_id and waiting.channel:
                    return queue, waiting
        if self._hall.calls.record(CallId(call_id)) is None:
            raise QueueRefused("unknown", "没有这个通话", "there is no such call", "call_id")
        raise QueueRefused("not_now", "该来电不在排队", "this caller does not wait in a queue", "call_id")

    def _free(self, seat_id: str) -> Seat:
        """The seat, when its telephone can be rung now."""
        seat = self._hall.seats.by_id.get(SeatId(seat_id))
        if seat is None:
            raise QueueRefused("unknown", f"没有座席 {seat_id}", f"there is no seat {seat_id}", "seat")
        if seat.activity != "idle":
            raise QueueRefused("not_now", "该座席正在通话或振铃", "the seat is on a call, or rings", "seat")
        if not seat.reachable:
            raise QueueRefused("not_now", "该座席的话机不在线", "the seat's telephone is not there", "seat")
        return seat


def _check_room(queue: Queue) -> None:
    """Asterisk would not let anybody in; the caller would come back to where he was."""
    config = queue.config
    if config.max_length and len(queue.waiting) >= config.max_length:
        raise QueueRefused("not_now", f"队列“{config.name}”已满", f"the queue {config.id} is full", "queue")
    if not config.join_empty and not queue.signed_in:
        raise QueueRefused("not_now", f"队列“{config.name}”无人在岗", f"nobody is signed in to {config.id}", "queue")
