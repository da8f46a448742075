"""People of the hall and their duties (排班): who is on when, as what, and what one shift hands to the next (交接班).

A duty's times are minutes from the midnight of its day by the hall's clock, so that they mean what the roster on the
wall says also when clocks are changed; ``gateway.people.times`` makes moments of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from gateway.model.ids import AgentId

DutyRole = Literal["lead", "agent", "standby", "leader", "lawyer"]
"""值班长, 热线员, 备班, 接听领导 (a leader who takes calls by roster), 律师."""
DUTY_ROLES: tuple[DutyRole, ...] = get_args(DutyRole)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on duty. ``agent`` is the agent's number (工号), "" for who has none; contacts are sealed."""

    id: str
    name: str
    agent: AgentId | Literal[""] = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    wechat: str = field(default="", repr=False)
    """The openid, or the user id in WeCom, that a message can be sent to."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One person, one day, one stretch. ``end_min`` over 1440 is the morning after. ``shift`` names a configured shift,
    or is the times themselves (``09:00-11:00``)."""

    id: str
    day: date
    person_id: str
    role: DutyRole
    shift: str
    start_min: int
    end_min: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """What a shift tells the next. ``author`` and ``read_by`` are logins; ``read_at`` None: nobody has yet."""

    id: str
    at: float
    day: date
    shift: str
    author: str
    text: str
    read_by: str = ""
    read_at: float | None = None
