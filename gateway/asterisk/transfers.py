"""Transfers over AMI: the actions that dial a target and move legs, the extensions that they name, and which word of a
failed target counts.

An extension of ``gateway.asterisk.templates.transfers`` says what its leg needs: a letter, the transfer's id, and what
belongs to it, with ``_`` between.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.model.facts import Fact, LegCreated, TargetFailed
from gateway.model.ids import LegId
from gateway.model.orders import DialTarget, MoveLegs

_ID = re.compile(r"[0-9A-Za-z-]{1,40}")
_LEG = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,79}")
_BY_ASTERISK = re.compile(r"[0-9]+\.[0-9]+")
_SEAT = re.compile(r"PJSIP/([0-9A-Za-z]{1,20})")
_ENDPOINT = re.compile(r"PJSIP/[0-9A-Za-z*#+]{1,40}(@[0-9A-Za-z_-]{1,60})?")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,60}")
_DIALLED = re.compile(r"[0-9*#+]{1,32}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_ROOM = re.compile(rf"r_({_ID.pattern})")
_QUOTES = str.maketrans("", "", '"<>\\')

_REMEMBERED = 1000

Where = tuple[str, str]
"""A context and an extension in it."""


def transfer_of(exten: str) -> str:
    """The transfer that the extension of a dialled target names, "" for another extension."""
    found = _ROOM.fullmatch(exten)
    return found[1] if found else ""


class Targets:
    """Which of the two words of a target that failed counts. OriginateResponse says only that it failed, sometimes
    before and sometimes after the end of its leg, which says why (Q.850): Reason is 0 for busy, refused and all else
    (seen on 22.10). So it counts only when there never was a leg, as for a telephone that is not registered.
    """

    def __init__(self) -> None:
        self._had_leg: OrderedDict[LegId, None] = OrderedDict()

    def passes(self, fact: Fact) -> bool:
        """False for a failure that the leg's own end tells better."""
        if type(fact) is TargetFailed:
            return fact.leg not in self._had_leg
        if type(fact) is LegCreated and not _BY_ASTERISK.fullmatch(fact.leg):
            self._had_leg[fact.leg] = None
            if len(self._had_leg) > _REMEMBERED:
                self._had_leg.popitem(last=False)
        return True


def dial_target(order: DialTarget) -> Action:
    """Originate towards the target; it enters the room by itself when it answers.

    The headers ride on the INVITE: PJSIP_HEADER is applied to the new channel before it is called (seen on 22.10).
    Raises ValueError for a value that does not fit.
    """
    headers = {f"PJSIP_HEADER(add,{_fit('header', name, _HEADER)})": text for name, text in order.headers.items()}
    number = _fit("caller_number", order.caller_number, _DIALLED)
    return actions.originate(
        _fit("endpoint", order.endpoint, _ENDPOINT),
        "gw-room",
        f"r_{_fit('transfer', order.transfer, _ID)}",
        timeout_s=order.ring_s,
        caller_id=f'"{order.caller_name.translate(_QUOTES)}" <{number}>',
        variables={
            "GW_TRANSFER": order.transfer,
            "FORWARD_CONTEXT": "gw-nowhere",  # whoever answers 3xx gets nobody dialled at our cost
            "CHANNEL(language)": order.language,
            **headers,
        },
        channel_id=_fit("leg", order.leg, _LEG),
    )


def move_legs(order: MoveLegs, behind: str = "") -> tuple[Action, ...]:
    """Redirects, two legs in each: Asterisk holds on to both while it moves them, so that the bridge which they leave
    does not end the second. ``behind`` is the channel of an agent whom a single leg leaves behind in app_queue: it is
    let go in the same breath (gw-free). Raises ValueError for a place or a detail that does not fit, or for no legs.
    """
    if not order.moves:
        raise ValueError("moves: nobody to move")
    transfer = _fit("transfer", order.transfer, _ID)
    found = [(channel, _PLACES[place](transfer, detail)) for channel, place, detail in order.moves]
    if behind:
        found.append((behind, ("gw-free", "s")))
    return tuple(_redirect(found[i : i + 2]) for i in range(0, len(found), 2))


def leaves_behind(order: MoveLegs) -> str:
    """The channel whose partner in app_queue's bridge, if it has one, is to be let go: that of a leg moved alone."""
    return order.moves[0][0] if len(order.moves) == 1 else ""


RECEIVED = "CHANNEL(rtcp,rxcount,audio)"
"""How many RTP packets of audio have come from a PJSIP channel's far end; seen on Asterisk 22.10 to count without RTCP
reports of that end."""

PLACE, PEER = "GW_AT", "BRIDGEPEER"
"""Channel variables: where the dialplan of transfers has the leg ("" outside it), and with whom Asterisk has bridged
it. In a room or on hold, others stay as they are when one is moved."""


def _redirect(pair: list[tuple[str, Where]]) -> Action:
    (channel, (context, exten)), *more = pair
    if not more:
        return actions.redirect(channel, context, exten)
    ((other, (other_context, other_exten)),) = more
    return actions.redirect(
        channel, context, exten, extra_channel=other, extra_context=other_context, extra_exten=other_exten
    )


def _back(transfer: str, detail: str) -> Where:
    if not detail:
        return "gw-back", f"b_{transfer}"
    seat = _SEAT.fullmatch(detail)
    if seat is None:
        raise ValueError(f"interface: {detail[:80]!r} is not a seat's")
    return "gw-back", f"b_{transfer}_{seat[1]}"


_PLACES: Mapping[str, Callable[[str, str], Where]] = {
    "room": lambda transfer, _: ("gw-room", f"r_{transfer}"),
    "hold": lambda transfer, _: ("gw-hold", f"w_{transfer}"),
    "back": _back,
    "queue": lambda _, queue: ("gw-move", f"q_{_fit('queue', queue, _KEY)}"),
    "flow": lambda _, flow: ("gw-move", f"f_{_fit('flow', flow, _KEY)}"),
    "dial": lambda _, number: ("gw-move", f"d_{_fit('number', number, _DIALLED)}"),
}


def _fit(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{field}: {value[:80]!r} is not allowed here")
    return value
