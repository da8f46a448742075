"""Alarms of the hall: those that stand and those that were, the rules, and what a shift lead does about one.

Acknowledging, snoozing and escalating are audited and come back on the live stream; the rules themselves are data
(config/alarms.toml) and are only shown.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Literal

from pydantic import Field

from gateway.alarms.config import RuleConfig
from gateway.alarms.service import AlarmService, NoAlarm, NoRole
from gateway.model.alarms import Alarm
from gateway.web.address import client_address
from gateway.web.alarm_views import AlarmDetail, AlarmPage, RuleList, RuleView, alarm_detail
from gateway.web.asked import Asked, B, Instant, Nothing, Part, Q
from gateway.web.auth import FOLLOWERS, SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of


class AlarmQuery(Part):
    state: Literal["open", "all"] = Field(default="open", description="open: all that are not cleared")
    since: Instant | None = Field(default=None, description="raised (last) since then")
    until: Instant | None = None
    rule: str | None = Field(default=None, min_length=1, max_length=40)
    after: str | None = Field(default=None, max_length=40, description="id of the alarm that ended the page before")
    limit: int = Field(default=100, ge=1, le=500)


class SnoozeBody(Part):
    minutes: float = Field(ge=1, le=1440, allow_inf_nan=False)


class EscalateBody(Part):
    to: str = Field(min_length=1, max_length=40, description="a role of /api/v1/alarms/rules")


async def alarms(asked: Asked[Nothing, AlarmQuery]) -> Answer:
    service, query = _service(asked), asked.query
    if query.state == "open" and query.after is None and not (query.since or query.until or query.rule):
        return AlarmPage(items=[alarm_detail(one) for one in service.open[: query.limit]])
    after = await _after(asked) if query.after is not None else None
    found = await service.history(
        since=query.since, until=query.until, rule=query.rule, only_open=query.state == "open", after=after,
        limit=query.limit,
    )  # fmt: skip
    return AlarmPage(items=[alarm_detail(one) for one in found])


async def _after(asked: Asked[Nothing, AlarmQuery]) -> tuple[float, str]:
    found = await _service(asked).kept(str(asked.query.after))
    if found is None:
        raise Problem(404, "没有这条告警", "there is no such alarm", field="after")
    return found.since, found.id


async def one(asked: Asked[Nothing, Nothing]) -> Answer:
    found = await _service(asked).kept(asked.path["id"])
    if found is None:
        raise Problem(404, "没有这条告警", "there is no such alarm")
    return alarm_detail(found)


async def rules(asked: Asked[Nothing, Nothing]) -> Answer:
    service = _service(asked)
    return RuleList(rules=[_rule_view(one) for one in service.config.rule], roles=service.roles)


async def acknowledge(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _done(_service(asked).acknowledge(asked.path["id"], *_who(asked)))


async def snooze(asked: Asked[SnoozeBody, Nothing]) -> Answer:
    return await _done(_service(asked).snooze(asked.path["id"], asked.body.minutes, *_who(asked)))


async def escalate(asked: Asked[EscalateBody, Nothing]) -> Answer:
    return await _done(_service(asked).escalate(asked.path["id"], asked.body.to, *_who(asked)))


async def _done(act: Awaitable[Alarm]) -> AlarmDetail:
    try:
        return alarm_detail(await act)
    except NoAlarm:
        raise Problem(404, "没有这条告警，或已解除", "there is no such alarm, or it is over") from None
    except NoRole as no:
        raise Problem(400, f"没有可通知的角色 {no}", f"nobody can be told by the role {no}", field="to") from None


def _service(asked: Asked[B, Q]) -> AlarmService:
    found = desk_of(asked.request).services.alarms
    if found is None:
        raise Problem(503, "告警未启用", "this gateway has no alarms")
    return found


def _who(asked: Asked[B, Q]) -> tuple[str, str]:
    """Login and address, for the audit."""
    return asked.who.account.login, client_address(asked.request, desk_of(asked.request).config.trusted_proxies)


def _rule_view(rule: RuleConfig) -> RuleView:
    kind = rule.kind
    own = rule.raise_at is None and kind.raise_at is None
    start, end = (None, None) if own else rule.thresholds()
    return RuleView(
        id=rule.id, watch=rule.watch, enabled=rule.enabled, level=rule.level, title=rule.title or kind.zh,
        title_en=rule.title_en or kind.en, explained=kind.explained, explained_en=kind.explained_en, unit=kind.unit,
        worse=kind.worse, raise_at=start, clear_at=end, for_s=rule.bad_for_s, clear_s=rule.good_for_s,
        tell=list(rule.tell), escalate=[one.model_dump(mode="json") for one in rule.escalate],
    )  # fmt: skip


def routes() -> list[Route]:
    base = "/api/v1/alarms"
    return [
        route(
            "GET", base, "Alarms: those that stand, or all, newest first", alarms,
            roles=FOLLOWERS, body=Nothing, query=AlarmQuery, answer=AlarmPage, errors=(404, 503),
        ),
        route(
            "GET", f"{base}/rules", "The rules in force, and who can be told", rules,
            roles=FOLLOWERS, body=Nothing, query=Nothing, answer=RuleList, errors=(503,),
        ),
        route(
            "GET", f"{base}/{{id}}", "One alarm, with its notices", one,
            roles=FOLLOWERS, body=Nothing, query=Nothing, answer=AlarmDetail, errors=(404, 503),
        ),
        route(
            "POST", f"{base}/{{id}}/acknowledge", "I see to it: nobody else is told; audited", acknowledge,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=AlarmDetail, errors=(404, 503),
        ),
        route(
            "POST", f"{base}/{{id}}/snooze", "Do not show it as new for some minutes; audited", snooze,
            roles=SUPERVISORS, body=SnoozeBody, query=Nothing, answer=AlarmDetail, errors=(404, 503),
        ),
        route(
            "POST", f"{base}/{{id}}/escalate", "Tell a role now; audited", escalate,
            roles=SUPERVISORS, body=EscalateBody, query=Nothing, answer=AlarmDetail, errors=(400, 404, 503),
        ),
    ]  # fmt: skip
