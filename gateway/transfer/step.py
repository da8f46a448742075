"""The pure step of a transfer: ``begin`` at the press, ``step`` at every fact, act, answer of the switch and timer,
``reconcile`` when a snapshot shows what happened while nobody watched. Nothing here waits, writes or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.model.facts import LegEnded, LegImage, LegJoinedRoom, LegLeftRoom, LegRang, Snapshot
from gateway.model.ids import LegId
from gateway.model.orders import Order
from gateway.model.transfers import Transfer
from gateway.transfer import moves
from gateway.transfer.inputs import PARTIES, Elsewhere, Input, Party, Together, party_of, told
from gateway.transfer.limits import Limits
from gateway.transfer.table import row_for
from gateway.transfer.work import Work

_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Step:
    """``transfer`` as it is then, and the orders to give, in this sequence. ``event`` is the input's name, None when it
    was not about this transfer; ``known`` is false when the table has no row for it: nothing was changed then."""

    transfer: Transfer
    orders: tuple[Order, ...] = ()
    event: str | None = None
    known: bool = True


def begin(transfer: Transfer, limits: Limits = _LIMITS) -> Step:
    """The first step: version 1 with its orders."""
    work = Work(transfer, transfer.started_at, limits)
    moves.begin(work)
    return Step(work.result(), tuple(work.orders), "press")


def step(transfer: Transfer, given: Input, limits: Limits = _LIMITS) -> Step:
    """What follows from ``given``. An ended transfer never moves again."""
    event = None if transfer.phase == "ended" else told(transfer, given)
    if event is None:
        return Step(transfer)
    row = row_for(transfer, event)
    if row is None:
        return Step(transfer, (), event, known=False)
    work = Work(transfer, given.at, limits)
    if event in ("moved", "move refused"):
        work.set(answered=transfer.ordered, moved_at=given.at)
    row.do(work, given)
    if work.t == transfer and not work.orders:
        return Step(transfer, (), event)
    return Step(work.result(), tuple(work.orders), event)


def reconcile(transfer: Transfer, seen: Snapshot, limits: Limits = _LIMITS) -> Step:
    """Settle a transfer with what Asterisk has now: what must have happened meanwhile is told as if it just did.

    Not for a transfer that still has orders on their way: a picture from before them says nothing of after.
    """
    orders: list[Order] = []
    now = transfer
    if transfer.phase != "ended" and transfer.answered < transfer.ordered:
        now = replace(transfer, answered=transfer.ordered, version=transfer.version + 1)  # no answer comes any more
    for given in _missed(transfer, seen):
        done = step(now, given, limits)
        now = done.transfer
        orders += done.orders
    return Step(now, tuple(orders), "snapshot")


def _missed(transfer: Transfer, seen: Snapshot) -> Iterator[Input]:
    images: dict[Party, LegImage] = {}
    for image in seen.legs:
        party = party_of(transfer, image.leg, image.channel)
        if party is not None:
            images[party] = image
    # Where people are comes before who is gone, or an order would be made from a place that is out of date.
    yield from _caller_elsewhere(transfer, images, seen)
    for party, image in images.items():
        yield from _in_the_room(transfer, party, image, seen.at)
    for party in PARTIES:
        if party not in images and getattr(transfer, f"{party}_at") not in ("", "gone"):
            leg, channel = LegId(getattr(transfer, f"{party}_leg")), getattr(transfer, f"{party}_channel")
            yield LegEnded(seen.at, leg, transfer.call_id, channel, 0, "unseen")


def _caller_elsewhere(transfer: Transfer, images: dict[Party, LegImage], seen: Snapshot) -> Iterator[Input]:
    caller, agent = images.get("caller"), images.get("agent")
    if caller is None:
        return
    if any(waiting.leg == caller.leg for waiting in seen.waiting):
        yield Elsewhere(seen.at)
    elif caller.bridge and caller.room != transfer.room:
        if agent is not None and agent.bridge == caller.bridge:
            yield Together(seen.at)
        else:
            yield Elsewhere(seen.at)


def _in_the_room(transfer: Transfer, party: Party, image: LegImage, at: float) -> Iterator[Input]:
    place = getattr(transfer, f"{party}_at")
    if image.room == transfer.room:
        if place != "room":
            yield LegJoinedRoom(at, image.leg, transfer.call_id, image.channel, image.room)
    elif place == "room":
        yield LegLeftRoom(at, image.leg, transfer.call_id, image.channel, transfer.room)
    elif party == "target" and place in ("dialled", "ending"):
        yield LegRang(at, image.leg, transfer.call_id, image.channel)
