"""Who is told of an alarm, by which way, and with which words. Pure: alarms and contacts in, messages out.

Not more than needed: whoever was told of an alarm at this level hears of it again only after ``interval_s``; what is
owed to one person at one moment goes in one message; in quiet hours only the levels that may wake somebody leave, the
rest waits while the alarm stands. Whoever cannot be told is not passed over: that is a notice as well, with the
reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from gateway.alarms.config import NotifyConfig
from gateway.alarms.ports import Contact
from gateway.model.alarms import Alarm, Notice
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Delivery

LEVELS = {1: ("一级", "level 1"), 2: ("二级", "level 2"), 3: ("三级", "level 3")}
NO_WAY = "none"
"""State of a notice for which there is no way: nobody has the role, or no account sends by the channel."""

MARK, SUBJECT = "alarms", "subject"
"""In ``Delivery.more``: the alarms that it tells of, and a mail's subject (gateway.channels.email.outgoing)."""

_MOST_NOTICES = 20
_LONGEST = 480


@dataclass(slots=True)
class Planned:
    """``alarms`` as they are with what is told now; ``deliveries`` that tell it."""

    alarms: list[Alarm] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class _Letter:
    """All that one person is told by one way. ``name`` is theirs."""

    name: str
    delivery_id: str
    alarms: list[Alarm] = field(default_factory=list)


def plan(
    alarms: Sequence[Alarm], contacts: Mapping[str, Sequence[Contact]], config: NotifyConfig, at: float, zone: tzinfo
) -> Planned:
    """What leaves at ``at``. ``contacts`` by role; a role that is not in it could not be asked for and stays owed."""
    made, letters = Planned(), dict[tuple[str, str], _Letter]()
    hushed = is_quiet(config.quiet, at, zone)
    for alarm in sorted((one for one in alarms if one.owed), key=lambda it: (it.level, it.since, it.id)):
        if alarm.state not in ("open", "cleared") or (hushed and alarm.level not in config.quiet_levels):
            continue
        tell = _tell if alarm.state == "open" else _tell_end
        told = tell(alarm, contacts, config, at, letters)
        if told != alarm:
            made.alarms.append(told)
    made.deliveries = [_delivery(letter, way, config, at, zone) for way, letter in letters.items()]
    return made


def _tell(
    alarm: Alarm,
    contacts: Mapping[str, Sequence[Contact]],
    config: NotifyConfig,
    at: float,
    letters: dict[tuple[str, str], _Letter],
) -> Alarm:
    told, notices = dict(alarm.told), list(alarm.notices)
    left = tuple(role for role in alarm.owed if role not in contacts)
    for role in dict.fromkeys(role for role in alarm.owed if role in contacts):
        if not contacts[role]:
            notices.append(Notice(role, "", at, "", NO_WAY, f"无人担任 {role} / nobody has the role {role}"))
        for contact in contacts[role]:
            mark = f"{role}/{contact.name}/{alarm.level}"
            if alarm.level not in contact.levels or at - told.get(mark, -1e18) < config.interval_s:
                continue
            told[mark] = at
            ways = [way for way in contact.ways if way[0] in config.accounts]
            notices += [_notice(alarm, contact, way, at, letters) for way in ways]
            if not ways:
                named = "、".join(channel for channel, _ in contact.ways) or "-"
                why = f"没有可用的通知方式（{named}） / no account of [notify.accounts] reaches them by {named}"
                notices.append(Notice(contact.name, "", at, "", NO_WAY, why))
    return replace(alarm, owed=left, told=told, notices=tuple(notices[-_MOST_NOTICES:]))


def _tell_end(
    alarm: Alarm,
    contacts: Mapping[str, Sequence[Contact]],
    config: NotifyConfig,
    at: float,
    letters: dict[tuple[str, str], _Letter],
) -> Alarm:
    """It is over: those who were told of it hear so, once it has stayed so for a while; then they may be told anew."""
    if alarm.level not in config.recovered_levels:
        return replace(alarm, owed=())
    if at - (alarm.cleared_at or at) < config.recovered_after_s or not set(alarm.owed) <= set(contacts):
        return alarm
    notices = list(alarm.notices)
    asked = [(role, contact) for role in alarm.owed for contact in contacts[role]]
    for role, contact in asked:
        if any(mark.startswith(f"{role}/{contact.name}/") for mark in alarm.told):
            ways = [way for way in contact.ways if way[0] in config.accounts]
            notices += [_notice(alarm, contact, way, at, letters) for way in ways]
    return replace(alarm, owed=(), told={}, notices=tuple(notices[-_MOST_NOTICES:]))


def _notice(
    alarm: Alarm, contact: Contact, way: tuple[str, str], at: float, letters: dict[tuple[str, str], _Letter]
) -> Notice:
    letter = letters.setdefault(way, _Letter(contact.name, new_id()))
    if alarm.id not in [one.id for one in letter.alarms]:
        letter.alarms.append(alarm)
    return Notice(contact.name, way[0], at, letter.delivery_id)


def _delivery(letter: _Letter, way: tuple[str, str], config: NotifyConfig, at: float, zone: tzinfo) -> Delivery:
    channel, address = way
    accounts: Mapping[str, str] = {str(name): account for name, account in config.accounts.items()}
    return Delivery(
        id=letter.delivery_id, kind="reply", ticket_no=TicketNo(""), channel=channel, account=accounts[channel],
        target=address, created_at=at, text=message(letter.alarms, config.lines, zone), due_at=at,
        more={MARK: [one.id for one in letter.alarms], "to": letter.name, SUBJECT: _subject(letter.alarms)},
    )  # fmt: skip


def _subject(alarms: Sequence[Alarm]) -> str:
    more = f" 等 {len(alarms)} 项" if len(alarms) > 1 else ""
    return f"【12345告警·{LEVELS[alarms[0].level][0]}】{alarms[0].title}{more}"


def message(alarms: Sequence[Alarm], lines: int, zone: tzinfo) -> str:
    """The words: one alarm in a sentence, several in a list of the worst."""
    if len(alarms) == 1:
        return f"【12345告警·{LEVELS[alarms[0].level][0]}】{_line(alarms[0], zone)}"[:_LONGEST]
    told = [f"{n}. {LEVELS[one.level][0]} {_line(one, zone)}" for n, one in enumerate(alarms[:lines], 1)]
    more = [f"另有 {len(alarms) - lines} 项，请查看告警页"] if len(alarms) > lines else []
    return "\n".join([f"【12345告警】{len(alarms)} 项：", *told, *more])[:_LONGEST]


def _line(alarm: Alarm, zone: tzinfo) -> str:
    since = datetime.fromtimestamp(alarm.since, zone).strftime("%m-%d %H:%M")
    if alarm.cleared_at is not None:
        end = datetime.fromtimestamp(alarm.cleared_at, zone).strftime("%H:%M")
        return f"{alarm.title}已恢复（{since} 起，{end} 解除）"
    again = f"，第 {alarm.count} 次" if alarm.count > 1 else ""
    return f"{alarm.title}：{alarm.text}（{since} 起{again}）"


def is_quiet(hours: str, at: float, zone: tzinfo) -> bool:
    """Whether a time lies in ``22:00-07:00``, which may go over midnight; "" is never."""
    if not hours:
        return False
    start, end = (int(one[:2]) * 60 + int(one[3:]) for one in hours.split("-"))
    local = datetime.fromtimestamp(at, zone)
    now = local.hour * 60 + local.minute
    return start <= now < end if start <= end else now >= start or now < end
