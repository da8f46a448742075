"""What no single table can know: names that must exist, be unique, or keep out of each other's way.

Each check takes the draft and yields errors; ``CHECKS`` lists them all. A check says nothing about what it cannot judge
because another file is broken: that file's own error is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel

from gateway.alarms.config import AlarmsConfig
from gateway.ivr.check import check_flows
from gateway.seats.config import HallConfig, SeatConfig
from gateway.settings.draft import Draft, Placed, error_at
from gateway.settings.errors import ConfigError, nearest
from gateway.settings.floor import check_floor
from gateway.settings.refs import SecretMissing, made_name, outside, refs_in
from gateway.tickets.config import WRITTEN_CHANNELS
from gateway.transfer.config import PartnerConfig
from gateway.web.reports.config import ReportsConfig
from gateway.web.wall_config import WallConfig

M = TypeVar("M", bound=BaseModel)

TRUNKS = ("trunk",)
RESERVED_QUEUES = frozenset({"general"})
RESERVED_REASONS = frozenset({"wrap_up", "system"})


def check(draft: Draft) -> list[ConfigError]:
    """Every error across tables and files."""
    return [error for each in CHECKS for error in each(draft)]


def _queues(draft: Draft) -> Iterator[ConfigError]:
    yield from _twice(draft.queues, lambda queue: queue.id, "id", "queue id")
    folded: dict[str, str] = {}
    for queue in draft.queues:
        name = queue.value.id
        if name in RESERVED_QUEUES:
            yield queue.error(f'"{name}" is kept for Asterisk\'s own section; choose another id', "id")
        other = folded.setdefault(name.replace("-", ""), name)
        if other != name:
            yield queue.error(f'"{name}" and "{other}" differ only in -, which Asterisk does not see', "id")
        if queue.value.day:
            yield from _unknown(draft, queue, "calendar", queue.value.day, "calendar.toml", "day")
    if not draft.queues and draft.names.get("queue") == set():
        yield ConfigError("queues.toml", "queue", "there is no [[queue]]; at least one is needed")


def _lines(draft: Draft) -> Iterator[ConfigError]:
    """Lines to be manned, and the standby beside them, need seats that serve the queue."""
    seats = [seat.queues for hall in draft.halls for seat in hall.value.all_seats()]
    for queue in draft.queues if draft.halls else ():
        rule = queue.value
        serving = sum(rule.id in served for served in seats)
        for key in ("day_lines", "night_lines"):
            if (lines := getattr(rule, key)) and lines + rule.standby > serving:
                asked = f"{lines} and {rule.standby} on standby are" if rule.standby else f"{lines} is"
                yield queue.error(f"{asked} more than the seats that serve this queue ({serving})", key)


def _entries(draft: Draft) -> Iterator[ConfigError]:
    yield from _twice(draft.entries, lambda entry: entry.number, "number", "entry number")
    served = {queue for hall in draft.halls for seat in hall.value.all_seats() for queue in seat.queues}
    for entry in draft.entries:
        queue, flow = entry.value.queue, entry.value.flow
        yield from _unknown(draft, entry, "queue", queue, "queues.toml", "queue")
        yield from _unknown(draft, entry, "flow", flow, "ivr/*.toml", "flow")
        if draft.halls and queue in draft.known("queue") and queue not in served:
            yield entry.error(f'no seat serves the queue "{queue}"; name it in the queues of a seat', "queue")
    if not draft.entries and draft.names.get("entry") == set():
        yield ConfigError("entries.toml", "entry", "there is no [[entry]]; at least one number must be dialled")


def _partners(draft: Draft) -> Iterator[ConfigError]:
    yield from _twice(draft.partners, lambda partner: partner.number, "number", "partner number")
    for partner in draft.partners:
        if partner.value.queue is not None:
            yield from _unknown(draft, partner, "queue", partner.value.queue, "queues.toml", "queue")
        if partner.value.hours:
            yield from _unknown(draft, partner, "calendar", partner.value.hours, "calendar.toml", "hours")
        for n, one in enumerate(partner.value.dialled):
            if one.trunk not in TRUNKS:
                where = ("trunk",) if n == 0 else ("numbers", n - 1, "trunk")
                yield partner.error(f'unknown trunk "{one.trunk}".{nearest(one.trunk, TRUNKS)}', *where)
        yield from _closed_to(draft, partner)


def _closed_to(draft: Draft, partner: Placed[PartnerConfig]) -> Iterator[ConfigError]:
    """Who is offered in a partner's place must be there: another partner, or a queue."""
    other = partner.value.closed_to
    if other and other[0].isalpha():
        yield from _unknown(draft, partner, "queue", other, "queues.toml", "closed_to")
    elif other and other not in draft.known("partner"):
        yield partner.error(f'unknown partner "{other}".{nearest(other, draft.known("partner"))}', "closed_to")


def _halls(draft: Draft) -> Iterator[ConfigError]:
    yield from _twice(draft.halls, lambda hall: hall.id, "id", "hall id")
    for hall in draft.halls:
        zone = hall.value.zone
        if not _is_zone(zone):
            near = nearest(zone, available_timezones())
            allowed = 'allowed are IANA names such as "Asia/Shanghai"'
            yield hall.error(f'unknown time zone "{zone}"; {allowed}.{near}', "zone")
        seen: set[str] = set()
        for n, reason in enumerate(hall.value.rest_reasons):
            if reason.id in RESERVED_REASONS:
                yield hall.error(f'"{reason.id}" is kept for the gateway; choose another id', "rest_reasons", n, "id")
            if reason.id in seen:
                yield hall.error(f'the reason "{reason.id}" is given twice', "rest_reasons", n, "id")
            seen.add(reason.id)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed (../), a folder of zones
        return False
    return bool(name)


def _seats(draft: Draft) -> Iterator[ConfigError]:
    """Ids and extensions are unique over all halls, and an extension is nothing that citizens or agents dial else."""
    taken = {number: f"the entry number {number}" for number in _entry_dialled(draft)}
    for partner in draft.partners:
        taken.setdefault(partner.value.number, f'the partner number {partner.value.number} "{partner.value.name}"')
    ids: dict[str, str] = {}
    extensions: dict[str, str] = {}
    for hall in draft.halls:
        for where, seat in _placed_seats(hall):
            if seat.id in ids:
                yield hall.error(f'seat id "{seat.id}" is also in {ids[seat.id]}; ids must differ', *where)
            if seat.extension in extensions:
                other = extensions[seat.extension]
                yield hall.error(f'extension {seat.extension} of "{seat.id}" is also that of "{other}"', *where)
            if seat.extension in taken:
                yield hall.error(f'extension {seat.extension} of "{seat.id}" is also {taken[seat.extension]}', *where)
            ids.setdefault(seat.id, hall.source.file)
            extensions.setdefault(seat.extension, seat.id)


def _seat_queues(draft: Draft) -> Iterator[ConfigError]:
    for hall in draft.halls:
        named = [(("seats", n), seat.queues) for n, seat in enumerate(hall.value.seats)]
        named += [(("seat_blocks", n), block.queues) for n, block in enumerate(hall.value.seat_blocks)]
        for where, queues in named:
            for queue in queues:
                yield from _unknown(draft, hall, "queue", queue, "queues.toml", *where, "queues")


def _placed_seats(hall: Placed[HallConfig]) -> Iterator[tuple[tuple[str, int], SeatConfig]]:
    for n, seat in enumerate(hall.value.seats):
        yield ("seats", n), seat
    for n, block in enumerate(hall.value.seat_blocks):
        for seat in block.seats():
            yield ("seat_blocks", n), seat


def _entry_dialled(draft: Draft) -> list[str]:
    """Every number that leads into an entry: as it is, and behind the prefixes that the carrier puts before it."""
    prefixes = ("", *draft.asterisk.entry_prefixes) if draft.asterisk else ("",)
    return [f"{prefix}{entry.value.number}" for entry in draft.entries for prefix in prefixes]


def _prefixes(draft: Draft) -> Iterator[ConfigError]:
    numbers = {entry.value.number for entry in draft.entries}
    for prefix in draft.asterisk.entry_prefixes if draft.asterisk else ():
        for number in sorted(numbers):
            if f"{prefix}{number}" in numbers:
                message = f"{prefix} before {number} gives {prefix}{number}, which is an entry number of its own"
                yield error_at(draft.table_source, ("asterisk", "entry_prefixes"), message)


def _virtual(draft: Draft) -> Iterator[ConfigError]:
    """A virtual number is nothing that is dialled for something else, and what is shown instead of it is ours."""
    virtual = draft.virtual
    if virtual is None:
        return
    taken = {number: f"the entry number {number}" for number in _entry_dialled(draft)}
    taken |= {one.value.number: f"the partner number {one.value.number}" for one in draft.partners}
    taken |= {seat.extension: f"the extension of {seat.id}" for hall in draft.halls for seat in hall.value.all_seats()}
    for number, what in sorted(taken.items()):
        if virtual.has(number):
            yield error_at(draft.table_source, ("virtual", "numbers"), f"{number} is also {what}; numbers must differ")
    if virtual.hotline and virtual.hotline not in draft.known("entry"):
        message = f'unknown entry number "{virtual.hotline}"; allowed are those of entries.toml'
        yield error_at(draft.table_source, ("virtual", "hotline"), message)


def _ports(draft: Draft) -> Iterator[ConfigError]:
    """TCP ports differ from each other, and SIP keeps out of the media range, whatever the hosts: hosts can merge."""
    asterisk, web = draft.asterisk, draft.web
    used: dict[int, str] = {web.port: "web.port"} if web and web.port else {}
    for key in ("ami_port", "agi_port", "http_port") if asterisk else ():
        port = getattr(asterisk, key)
        if port in used:
            message = f"{port} is also {used[port]}; TCP ports must differ"
            yield error_at(draft.table_source, ("asterisk", key), message)
        used.setdefault(port, f"asterisk.{key}")
    if asterisk and asterisk.rtp_start <= asterisk.sip_port <= asterisk.rtp_end:
        message = f"{asterisk.sip_port} lies in the media ports {asterisk.rtp_start} to {asterisk.rtp_end}"
        yield error_at(draft.table_source, ("asterisk", "sip_port"), message)


def _categories(draft: Draft) -> Iterator[ConfigError]:
    if draft.categories is None:
        return
    config, seen, limits = draft.categories.value, set[str](), set[tuple[str, bool]]()
    codes = {item.code for item in config.category}
    for n, item in enumerate(config.category):
        if item.code in seen:
            yield draft.categories.error(f'the code "{item.code}" is given twice', "category", n, "code")
        seen.add(item.code)
        if item.parent is not None and item.parent not in codes:
            message = f'unknown category "{item.parent}".{nearest(item.parent, codes)}'
            yield draft.categories.error(message, "category", n, "parent")
        elif item.parent == item.code or item.code in config.parents(item.code):
            yield draft.categories.error(f'"{item.code}" lies below itself', "category", n, "parent")
    for n, limit in enumerate(config.limit):
        if (limit.kind, limit.complex) in limits:
            yield draft.categories.error(f'the limit of "{limit.kind}" is given twice', "limit", n, "kind")
        limits.add((limit.kind, limit.complex))


def _secrets(draft: Draft) -> Iterator[ConfigError]:
    """What the accounts that are switched on point at must be there, now and not at the first message."""
    if draft.channels is not None:
        yield from _missing(draft.channels, draft)
    for partner in draft.partners:
        yield from _missing(partner, draft)


def _fallback(draft: Draft) -> Iterator[ConfigError]:
    """Who answers telephone and web tickets by SMS must be there to do so."""
    if draft.replies is None or draft.channels is None or not draft.replies.value.fallback_sms:
        return
    name = draft.replies.value.fallback_sms
    accounts = {one.account: one.enabled for one in draft.channels.value.sms}
    if name not in accounts:
        message = f'unknown SMS account "{name}"; allowed are those of channels.toml.{nearest(name, accounts)}'
        yield draft.replies.error(message, "fallback_sms")
    elif not accounts[name]:
        yield draft.replies.error(f'the SMS account "{name}" is switched off in channels.toml', "fallback_sms")


def _wall(draft: Draft) -> Iterator[ConfigError]:
    """The wall shows halls that there are."""
    wall, halls = draft.tables.get("wall"), {hall.value.id for hall in draft.halls}
    for at, hall in enumerate(wall.halls if isinstance(wall, WallConfig) and halls else ()):
        if hall not in halls:
            message = f'unknown hall "{hall}"; allowed are those of halls/*.toml.'
            yield error_at(draft.table_source, ("wall", "halls", at), message + nearest(hall, halls))


def _reports(draft: Draft) -> Iterator[ConfigError]:
    """Reports that are to be mailed need an account that sends mail."""
    rules = draft.tables.get("reports")
    if not isinstance(rules, ReportsConfig) or draft.channels is None:
        return
    accounts = {one.account: one for one in draft.channels.value.email}
    if rules.account and rules.account not in accounts:
        message = f'unknown mail account "{rules.account}"; allowed are those of channels.toml.'
        yield error_at(draft.table_source, ("reports", "account"), message + nearest(rules.account, accounts))
        return
    named = [accounts[rules.account]] if rules.account else list(accounts.values())
    if rules.recipients and not any(one.enabled and one.smtp is not None for one in named):
        key = "account" if rules.account else "recipients"
        message = (
            "nobody sends mail: switch on an [[email]] account with [email.smtp] in channels.toml, or leave recipients "
            "empty"
        )
        yield error_at(draft.table_source, ("reports", key), message)


def _mail(draft: Draft) -> Iterator[ConfigError]:
    """An account of mail that is switched on must have a way in, and a way out for what it says by itself."""
    if draft.channels is None:
        return
    config = draft.channels.value
    for n, one in enumerate(config.email):
        if not one.enabled:
            continue
        if not one.imap and not config.mailroom.listen:
            message = (
                "receives nothing: give a mailbox to read ([[email.imap]]), or in [mailroom] listen where your mail "
                'server delivers, as "tcp:127.0.0.1:8024"; or set enabled = false'
            )
            yield draft.channels.error(message, "email", n, "imap")
        if one.receipt and one.smtp is None:
            message = "receipt = true needs [email.smtp], the server that takes our mail; or set receipt = false"
            yield draft.channels.error(message, "email", n, "receipt")


def _missing(item: Placed[M], draft: Draft) -> Iterator[ConfigError]:
    for where, ref in refs_in(item.value):
        if made_name(ref) is None:
            try:
                outside(ref, draft.environ)
            except SecretMissing as error:
                yield item.error(str(error), *where)


def _attributes(draft: Draft) -> Iterator[ConfigError]:
    """What channels.toml and the others say of categories must be known."""
    if draft.channels is None or draft.categories is None:
        return
    codes = {item.code for item in draft.categories.value.category}
    for n, attribute in enumerate(draft.channels.value.open311.attribute):
        for code in attribute.services:
            if code not in codes:
                message = f'unknown category "{code}"; allowed are those of categories.toml.{nearest(code, codes)}'
                yield draft.channels.error(message, "open311", "attribute", n, "services")


def _flows(draft: Draft) -> Iterator[ConfigError]:
    found = check_flows(
        {name: flow.value for name, flow in draft.flows.items()},
        queues=draft.known("queue"),
        partners=draft.known("partner"),
        calendars=draft.known("calendar"),
        files={name: flow.source.file for name, flow in draft.flows.items()},
    )
    by_file = {flow.source.file: flow.source for flow in draft.flows.values()}
    for error in found:
        source = by_file.get(error.file)
        line = source.line_of(_location(error.key)) if source else 0
        yield ConfigError(error.file, error.key, error.message, line)


def _location(key: str) -> tuple[int | str, ...]:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


def _twice(items: Iterable[Placed[M]], name: Callable[[M], str], key: str, what: str) -> Iterator[ConfigError]:
    seen: dict[str, Placed[M]] = {}
    for item in items:
        value = name(item.value)
        if value in seen:
            first = seen[value].source
            line = first.line_of((*seen[value].location, key))
            yield item.error(f'the {what} "{value}" is given twice, first in {first.file}:{line}', key)
        seen.setdefault(value, item)


def _unknown(
    draft: Draft, item: Placed[M], kind: str, name: str, file: str, *below: int | str
) -> Iterator[ConfigError]:
    known = draft.known(kind)
    if name not in known:
        yield item.error(f'unknown {kind} "{name}"; allowed are those of {file}.{nearest(name, known)}', *below)


def _written(draft: Draft) -> Iterator[ConfigError]:
    """Channels, queues and reasons of rest that say what written work is and who does it. The reasons that are ours
    without being named do not have to be there."""
    if draft.intake is None:
        return
    rules = draft.intake.value.written
    channels: list[tuple[tuple[str | int, ...], str]] = [(("channels", n), one) for n, one in enumerate(rules.channels)]
    channels += [(("within", n, "channel"), one.channel) for n, one in enumerate(rules.within)]
    for where, name in channels:
        if name not in WRITTEN_CHANNELS:
            near = nearest(name, WRITTEN_CHANNELS)
            yield draft.intake.error(f'no tickets are written over "{name}".{near}', "written", *where)
    for n, queue in enumerate(rules.queues):
        yield from _unknown(draft, draft.intake, "queue", queue, "queues.toml", "written", "queues", n)
    reasons = {reason.id for hall in draft.halls for reason in hall.value.rest_reasons}
    for n, reason in enumerate(rules.reasons if "reasons" in rules.model_fields_set and draft.halls else ()):
        if reason not in reasons:
            why = f'unknown reason of rest "{reason}"; allowed are those of halls/*.toml.{nearest(reason, reasons)}'
            yield draft.intake.error(why, "written", "reasons", n)


def _alarms(draft: Draft) -> Iterator[ConfigError]:
    """Rules name queues, channels and roles that there are; accounts that tell of alarms are switched on."""
    if draft.alarms is None:
        return
    config, seen = draft.alarms.value, set[str]()
    reasons = {reason.id for hall in draft.halls for reason in hall.value.rest_reasons}
    for n, rule in enumerate(config.rule):
        if rule.id in seen:
            yield draft.alarms.error(f'the rule id "{rule.id}" is given twice', "rule", n, "id")
        seen.add(rule.id)
        for queue in rule.queues:
            yield from _unknown(draft, draft.alarms, "queue", queue, "queues.toml", "rule", n, "queues")
        for channel in rule.channels:
            if channel not in (*WRITTEN_CHANNELS, "phone"):
                near = nearest(channel, (*WRITTEN_CHANNELS, "phone"))
                yield draft.alarms.error(f'no tickets come over "{channel}".{near}', "rule", n, "channels")
        for reason in rule.reasons if draft.halls else ():
            if reason not in reasons:
                why = f'unknown reason of rest "{reason}"; allowed are those of halls/*.toml.{nearest(reason, reasons)}'
                yield draft.alarms.error(why, "rule", n, "reasons")
        for role in (*rule.tell, *(role for one in rule.escalate for role in one.tell)):
            if role not in config.roles:
                why = f'nobody has the role "{role}"; name it in a [[recipient]].{nearest(role, config.roles)}'
                yield draft.alarms.error(why, "rule", n, "tell" if role in rule.tell else "escalate")
    yield from _alarm_accounts(draft, config)


def _alarm_accounts(draft: Draft, config: AlarmsConfig) -> Iterator[ConfigError]:
    if draft.alarms is None or draft.channels is None:
        return
    for channel, name in config.notify.accounts.items():
        accounts = {one.account: one.enabled for one in getattr(draft.channels.value, channel)}
        if name not in accounts:
            why = f'unknown {channel} account "{name}"; allowed are those of channels.toml.{nearest(name, accounts)}'
            yield draft.alarms.error(why, "notify", "accounts", channel)
        elif not accounts[name]:
            why = f'the {channel} account "{name}" is switched off in channels.toml'
            yield draft.alarms.error(why, "notify", "accounts", channel)
    for n, one in enumerate(config.recipient):
        for way, _ in one.ways():
            if way not in config.notify.accounts:
                why = f"[notify.accounts] names no account that sends by {way}"
                yield draft.alarms.error(why, "recipient", n, way)


CHECKS: tuple[Callable[[Draft], Iterator[ConfigError]], ...] = (
    _queues,
    _lines,
    _wall,
    _entries,
    _partners,
    _halls,
    _seats,
    _seat_queues,
    check_floor,
    _prefixes,
    _virtual,
    _ports,
    _categories,
    _secrets,
    _fallback,
    _mail,
    _reports,
    _attributes,
    _written,
    _alarms,
    _flows,
)
