"""The SMS accounts' figures: every one that a channel or link tells is explained, and all are told in /metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import TypeAdapter

from gateway.channels.figures import channel_figures
from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.channel import SmsChannel
from gateway.channels.sms.figures import GAUGES, MEANINGS
from gateway.channels.sms.opening import open_sms
from gateway.channels.sms.tables import AnySms
from gateway.figures import Figures
from tests.channels.outgoing_stage import ScriptedChannel
from tests.channels.sms.means import means_of
from tests.channels.sms.sms_stage import arrive, text_of
from tests.channels.sms.sms_stage import open_sms as open_stage
from tests.channels.sms.test_opening import TABLES


def opened(means: ChannelMeans, kind: str, account: str = "hainan") -> SmsChannel:
    config: Any = TypeAdapter(AnySms).validate_python({"kind": kind, "account": account, **TABLES[kind]})

    async def report(*told: str) -> bool:
        return True

    return open_sms(config, means, lambda _: "a-secret-of-the-path-0", report)


def read(channels: Sequence[Any]) -> dict[str, float]:
    return {one.name: one.read() for one in channel_figures(channels)}


@pytest.mark.parametrize("kind", sorted(TABLES))
async def test_all_that_an_account_tells_is_explained_and_nothing_at_first(kind: str) -> None:
    async with means_of(lambda: 1.0) as means:
        channel = opened(means, kind)
        told = set(channel.figures())
        assert told <= set(MEANINGS)
        assert read([channel]) == dict.fromkeys((name for name in MEANINGS if name in told), 0)


async def test_every_meaning_is_of_a_figure_that_some_account_tells() -> None:
    async with means_of(lambda: 1.0) as means:
        assert set(read([opened(means, kind) for kind in TABLES])) == set(MEANINGS)


async def test_accounts_are_summed_and_other_channels_have_none() -> None:
    async with means_of(lambda: 1.0) as means:
        one, two = opened(means, "cmpp"), opened(means, "smgp", "dianxin")
        for channel, messages in ((one, 3), (two, 4)):
            assert isinstance(channel.link, CarrierLink)
            channel.link.counters.messages = messages
            channel.unread = 1
        figures = read([ScriptedChannel(), one, two])
        assert (figures["sms_link_messages"], figures["sms_unread"]) == (7, 2)
        assert read([ScriptedChannel()]) == {}


async def test_callbacks_that_were_not_let_in_are_told() -> None:
    async with means_of(lambda: 1.0) as means:
        channel: Any = opened(means, "http")
        channel.link.door.refused, channel.link.door.unanswered, channel.link.door.unread = 1, 2, 3
        figures = read([channel])
        names = ("refused", "unanswered", "unread")
        assert [figures[f"sms_callbacks_{name}"] for name in names] == [1, 2, 3]


async def test_what_is_answered_in_time_is_seen_in_metrics(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        figures = Figures(channel_figures([stage.channel]))
        registry = CollectorRegistry()
        figures.add_to(registry)

        def look() -> str:
            return generate_latest(registry).decode()

        assert "gateway_sms_answers_in_time_total 0.0" in look()
        await arrive(stage, text_of("和平大道路灯坏了三天，请派人修理"))
        stage.clock.now += 12
        await stage.deliver()
        assert "gateway_sms_answers_in_time_total 1.0" in look()
        assert "gateway_sms_answer_seconds_total 12.0" in look()
        assert "# TYPE gateway_sms_unread_total counter" in look()


async def test_connections_that_are_up_are_a_gauge() -> None:
    async with means_of(lambda: 1.0) as means:
        rises = {one.name for one in channel_figures([opened(means, "cmpp")]) if not one.rises}
        assert rises == GAUGES == {"sms_link_up", "sms_link_waiting"}
