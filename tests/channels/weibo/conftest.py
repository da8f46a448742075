"""Fixtures: a stage (intake on a real ledger), a fake Weibo, and an account between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.channels.weibo import WeiboChannel, WeiboConfig
from tests.channels.door_stage import Stage, open_stage, serving
from tests.fakes.weibo import SECRET, TOKEN, FakeWeibo


@dataclass
class Scene:
    stage: Stage
    weibo: FakeWeibo
    channel: WeiboChannel
    url: str


def channel_of(stage: Stage, weibo: FakeWeibo, **changes: object) -> WeiboChannel:
    values = {
        "account": "hainan", "app_secret": "env:A", "access_token": "env:T", "api_base": weibo.base,
        "upload_base": weibo.base, "call_s": 2.0, "guided": False,
    }  # fmt: skip
    config = WeiboConfig.model_validate(values | changes)
    return WeiboChannel(config, stage.means, app_secret=SECRET, access_token=TOKEN)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_stage(tmp_path) as stage, FakeWeibo(stage.clock).running() as weibo:
        channel = channel_of(stage, weibo)
        async with serving(channel.doors(), stage.clock) as base:
            yield Scene(stage, weibo, channel, f"{base}/in/weibo/hainan")
