"""What-if over HTTP: what a shift lead asks is reckoned, what is left out is as it is now."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.kpi.erlang import LoadNow, Offered

AT = "/api/v1/whatif"


def loads(queue: str) -> LoadNow | None:
    return LoadNow(Offered(430.0, 180.0, 240.0, 15.0), 27) if queue == "hotline" else None


async def test_question_without_suppositions_is_answered_for_the_queue_as_it_is(open_site: Any) -> None:
    async with open_site(more={"loads": loads}) as site:
        client = await site.logged_in("lead")
        status, answer, _ = await client.get(f"{AT}?queue=hotline")
    assert status == 200
    assert (answer["calls_an_hour"], answer["agents"], answer["load"]) == (430.0, 27, 21.5)
    assert (answer["needed"], answer["target"]) == (29, 0.95)
    assert [one["agents"] for one in answer["by_agents"]] == list(range(19, 36))
    levels = [one["service_level"] for one in answer["by_agents"]]
    assert levels == sorted(levels)
    assert answer["erlang_a"] == answer["by_agents"][8]
    assert answer["erlang_c"]["lost"] == 0.0 and answer["erlang_c"]["mean_wait_s"] > 0


async def test_suppositions_replace_what_is_and_an_overloaded_queue_has_no_mean_wait(open_site: Any) -> None:
    async with open_site(more={"loads": loads}) as site:
        client = await site.logged_in("lead")
        ask = f"{AT}?queue=hotline&calls_an_hour=2230&handling_s=200&agents=0&patience_s=60&answer_within_s=20"
        _, none, _ = await client.get(ask)
        _, storm, _ = await client.get(f"{AT}?queue=hotline&calls_an_hour=100000&handling_s=3600&agents=10")
    assert (none["agents"], none["erlang_a"]["lost"], none["by_agents"][0]["agents"]) == (0, 1.0, 0)
    assert none["patience_s"] == 60.0
    assert storm["erlang_c"]["mean_wait_s"] is None and storm["needed"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [("queue=nowhere", 404), ("", 400), ("queue=hotline&agents=-1", 400), ("queue=hotline&handling_s=nan", 400)],
)
async def test_unknown_queue_and_impossible_suppositions_are_refused(open_site: Any, query: str, status: int) -> None:
    async with open_site(more={"loads": loads}) as site:
        client = await site.logged_in("lead")
        assert (await client.get(f"{AT}?{query}"))[0] == status


async def test_what_if_is_for_shift_leads_alone(open_site: Any) -> None:
    async with open_site(more={"loads": loads}) as site:
        assert (await (await site.logged_in("agent1")).get(f"{AT}?queue=hotline"))[0] == 403
