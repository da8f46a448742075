"""Supervision over AMI: the actions that let a shift lead into an agent's conversation and take the citizen over, and
the extensions that they name (``gateway.asterisk.templates.supervision``).

An extension says all that its leg does: ``l_<leg>_<agent>`` listens to the seat's leg, ``w_`` whispers, ``b_`` barges,
with the number of the agent who supervises. So ChanSpyStart and a snapshot's list of channels tell who monitors whom,
also to a gateway that was away when it began. Another way of monitoring is another extension for the same leg.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.asterisk.dialling import AUTO_ANSWER
from gateway.model.facts import Watching
from gateway.model.ids import LegId
from gateway.model.orders import Monitor, MonitorMode, SwitchMonitor, TakeOver

CONTEXT, TAKEN, FREED = "gw-spy", "gw-take", "gw-free"
LETTERS: Mapping[MonitorMode, str] = {"listen": "l", "whisper": "w", "barge": "b"}

_MODES: Mapping[str, MonitorMode] = {letter: mode for mode, letter in LETTERS.items()}
_LEG = re.compile(r"[0-9A-Za-z.-]{1,60}")
_SEAT = re.compile(r"PJSIP/([0-9A-Za-z]{1,20})")
_AGENT = re.compile(r"[0-9A-Za-z_-]{0,40}")
_EXTEN = re.compile(rf"([lwb])_({_LEG.pattern})_({_AGENT.pattern})")
_LONGEST = 79
"""Characters of an extension's name in Asterisk (AST_MAX_EXTENSION)."""


def watching_of(exten: str) -> Watching | None:
    """What the extension of a leg in ``CONTEXT`` says that it does; None for one that is not of ours."""
    found = _EXTEN.fullmatch(exten)
    return Watching(LegId(found[2]), _MODES[found[1]], found[3]) if found else None


def monitor(order: Monitor) -> Action:
    """Originate towards the supervisor's telephone, which takes up by itself if it can. Raises ValueError."""
    headers = {f"PJSIP_HEADER(add,{name})": text for name, text in AUTO_ANSWER.items()}
    return actions.originate(
        f"PJSIP/{_seat(order.interface)}",
        CONTEXT,
        _extension(order.mode, order.watched, order.agent),
        timeout_s=order.ring_s,
        caller_id='"监听 Monitor" <0>',
        variables={"FORWARD_CONTEXT": "gw-nowhere", "PJSIP_HEADER(add,X-Call-Id)": order.leg, **headers},
        channel_id=_fit("leg", order.leg, _LEG),
    )


def switch_monitor(order: SwitchMonitor) -> Action:
    """Send the supervisor's leg on to another extension: nobody but them hears of it. Raises ValueError."""
    exten = _extension(order.mode, order.watched, order.agent)
    return actions.redirect(_fit("leg", order.leg, _LEG), CONTEXT, exten)


def take_over(order: TakeOver) -> Action:
    """One Redirect for the citizen and the agent, whom app_queue must be told of (see gw-free). Raises ValueError."""
    parts = (
        "t", _fit("leg", order.leg, _LEG), _seat(order.interface), _seat(order.back), _fit("agent", order.agent, _AGENT)
    )  # fmt: skip
    return actions.redirect(
        _fit("caller_leg", order.caller_leg, _LEG), TAKEN, _short("_".join(parts)),
        extra_channel=_fit("agent_leg", order.agent_leg, _LEG), extra_context=FREED, extra_exten="s",
    )  # fmt: skip


def _extension(mode: MonitorMode, watched: LegId, agent: str) -> str:
    return _short(f"{LETTERS[mode]}_{_fit('watched', watched, _LEG)}_{_fit('agent', agent, _AGENT)}")


def _seat(interface: str) -> str:
    found = _SEAT.fullmatch(interface)
    if found is None:
        raise ValueError(f"interface: {interface[:80]!r} is not a seat's")
    return found[1]


def _short(exten: str) -> str:
    if len(exten) > _LONGEST:
        raise ValueError("agent: too long a number for Asterisk")
    return exten


def _fit(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{field}: {value[:80]!r} is not allowed here")
    return value
