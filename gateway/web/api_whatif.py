"""What if: what callers of a queue would get with so many agents, by Erlang's formulas. What the question leaves out is
what the queue has now (calls of the last hour, recent handling times and patience, agents who do not rest).
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from gateway.kpi.erlang import LoadNow, Offered, Service, agents_for, with_endless_patience, with_patience
from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of

TARGET = 0.95
"""The law's line: 95 % (GB/T 33358-2016)."""

_AROUND = 8
"""Rows of the table to each side of the agents asked for."""


class WhatIfQuery(Part):
    """A queue and what to suppose of it; what is absent is as it is now."""

    queue: str = Field(min_length=1, max_length=32)
    calls_an_hour: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    handling_s: float | None = Field(default=None, ge=1, le=3_600, allow_inf_nan=False)
    agents: int | None = Field(default=None, ge=0, le=2_000)
    patience_s: float | None = Field(default=None, ge=1, le=86_400, allow_inf_nan=False)
    answer_within_s: float | None = Field(default=None, ge=0, le=3_600, allow_inf_nan=False)


class ServiceView(BaseModel):
    """What callers get. Shares 0 to 1; ``service_level`` is answered within the promise / all callers; ``mean_wait_s``
    null when the queue would grow without end; ``lost`` hang up; ``waits`` do not get an agent at once."""

    model_config = ConfigDict(from_attributes=True)

    agents: int
    service_level: float
    mean_wait_s: float | None
    occupancy: float
    lost: float
    waits: float


class WhatIf(BaseModel):
    """``erlang_c``: callers wait for ever; ``erlang_a``: they hang up after ``patience_s`` in the mean, as
    ``by_agents`` supposes too. ``needed`` agents reach ``target`` with callers who wait for ever; null: none would."""

    queue: str
    calls_an_hour: float
    handling_s: float
    agents: int
    patience_s: float
    answer_within_s: float
    load: float = Field(description="erlang")
    target: float
    needed: int | None
    erlang_c: ServiceView
    erlang_a: ServiceView
    by_agents: list[ServiceView]


async def what_if(asked: Asked[Nothing, WhatIfQuery]) -> Answer:
    query = asked.query
    now = desk_of(asked.request).services.loads(query.queue)
    if now is None:
        raise Problem(404, f"没有队列 {query.queue}", f"there is no queue {query.queue}", field="queue")
    given = query.model_dump(exclude_none=True, exclude={"queue", "agents"})
    agents = now.agents if query.agents is None else query.agents
    return _answered(query.queue, LoadNow(replace(now.offered, **given), agents))


def _answered(queue: str, load: LoadNow) -> WhatIf:
    offered, agents = load.offered, load.agents
    table = range(max(0, agents - _AROUND), agents + _AROUND + 1)
    return WhatIf(
        queue=queue,
        calls_an_hour=offered.calls_an_hour,
        handling_s=round(offered.handling_s, 1),
        agents=agents,
        patience_s=round(offered.patience_s, 1),
        answer_within_s=offered.answer_within_s,
        load=round(offered.load, 3),
        target=TARGET,
        needed=_needed(offered),
        erlang_c=_view(with_endless_patience(offered, agents)),
        erlang_a=_view(with_patience(offered, agents)),
        by_agents=[_view(with_patience(offered, count)) for count in table],
    )


def _needed(offered: Offered) -> int | None:
    try:
        return agents_for(offered, TARGET)
    except ValueError:
        return None


def _view(service: Service) -> ServiceView:
    return ServiceView(
        agents=service.agents,
        service_level=round(service.service_level, 4),
        mean_wait_s=None if service.mean_wait_s is None else round(service.mean_wait_s, 2),
        occupancy=round(service.occupancy, 4),
        lost=round(service.lost, 4),
        waits=round(service.waits, 4),
    )


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/whatif", "What callers of a queue would get with so many agents (Erlang C and A)", what_if,
            roles=SUPERVISORS, body=Nothing, query=WhatIfQuery, answer=WhatIf, errors=(404,),
        )
    ]  # fmt: skip
