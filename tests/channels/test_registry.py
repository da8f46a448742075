"""From a configuration to the objects of its accounts: what is on exists once, what is off or unheard of does not."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.registry import Opener, exchanges
from gateway.transfer.config import PartnerConfig
from tests.channels.door_stage import CONFIG, Stage, categories, open_stage
from tests.channels.partner.partners import partner, police

KEY = "k" * 43
WECHAT = {
    "account": "hainan", "app_id": "wx0123456789abcdef", "mode": "encrypted", "token": "env:T", "aes_key": "env:K",
    "app_secret": "env:S",
}  # fmt: skip
WECOM = {"account": "kf", "corp_id": "ww0", "token": "env:T", "aes_key": "env:K", "secret": "env:S"}
WEIBO = {"account": "hainan", "app_secret": "env:S", "access_token": "env:T"}
SECRETS = {"env:T": "token", "env:K": KEY, "env:S": "secret", "made:key": "key", "made:out": "out", "made:in": "in",
           "made:partner-110-out": "out", "made:partner-110-in": "in", "": ""}  # fmt: skip


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path) as opened:
        yield opened


async def nobody_asked(*_: str) -> bool:
    raise AssertionError("no account was asked to report")


def opener(stage: Stage, secrets: dict[str, str] = SECRETS) -> Opener:
    return Opener(stage.means, stage.http, secrets.__getitem__, categories(), 1_000_000, nobody_asked)


def channels(**tables: Any) -> ChannelsConfig:
    return ChannelsConfig.model_validate(tables)


def paths(doors: Iterable[Any], start: str) -> set[str]:
    return {f"{door.method} {door.path}" for door in doors if door.path.startswith(start)}


async def test_every_account_that_is_on_is_opened_and_known_by_channel_and_account(stage: Stage) -> None:
    config = channels(
        wechat=[WECHAT, {**WECHAT, "account": "sanya"}], wecom=[WECOM], weibo=[WEIBO],
        open311={"enabled": True, "client": [{"name": "app", "key": "made:key"}]},
    )  # fmt: skip
    opened = opener(stage).open(config, [police(url="https://110.example/cases"), partner()])
    assert set(opened.by_account()) == {
        ("wechat", "hainan"), ("wechat", "sanya"), ("wechat", "kf"), ("weibo", "hainan"), ("open311", "open311"),
        ("partner", "110"), ("partner", "95598"),
    }  # fmt: skip
    assert {type(one).__name__ for one in opened.channels} == {
        "WechatChannel", "WecomChannel", "WeiboChannel", "Open311Channel", "PartnerChannel",
    }  # fmt: skip


async def test_no_two_doors_of_what_is_opened_are_the_same_and_partners_share_theirs(stage: Stage) -> None:
    config = channels(
        wechat=[WECHAT], wecom=[WECOM], weibo=[WEIBO],
        open311={"enabled": True, "client": [{"name": "app", "key": "made:key"}]},
    )  # fmt: skip
    doors = opener(stage).open(config, [police(), partner()]).doors
    assert len({(door.method, door.path) for door in doors}) == len(doors)
    assert {"GET /in/wechat/hainan", "POST /in/wechat/hainan"} <= paths(doors, "/in/wechat/")
    assert paths(doors, "/in/wecom/") and paths(doors, "/in/weibo/") and paths(doors, "/open311/v2/requests.json")
    assert paths(doors, "/partners/") == {"POST /partners/{number}/tickets", "POST /partners/{number}/feedback"}


async def test_what_is_off_is_neither_opened_nor_asked_for_its_secrets(stage: Stage) -> None:
    off = {"enabled": False}
    config = channels(wechat=[WECHAT | off], wecom=[WECOM | off], weibo=[WEIBO | off], open311={"enabled": False})
    opened = opener(stage, {}).open(config, [])
    assert opened.channels == ()
    assert paths(opened.doors, "/in/") == paths(opened.doors, "/open311/") == set()


async def test_the_shipped_configuration_opens_as_it_says(stage: Stage) -> None:
    shipped = ChannelsConfig.model_validate(tomllib.loads((CONFIG / "channels.toml").read_text(encoding="utf-8")))
    opened = opener(stage, SECRETS | {"made:open311-example": "key"}).open(shipped, [police()])
    assert set(opened.by_account()) == {("open311", "open311"), ("partner", "110")}


async def test_a_secret_of_the_wrong_form_names_its_account(stage: Stage) -> None:
    with pytest.raises(ValueError, match=r'channels\.toml: the wechat account "hainan": .*EncodingAESKey'):
        opener(stage, SECRETS | {"env:K": "short"}).open(channels(wechat=[WECHAT]), [])
    with pytest.raises(ValueError, match=r'the weibo account "hainan": .*AppSecret'):
        opener(stage, SECRETS | {"env:S": ""}).open(channels(weibo=[WEIBO]), [])


@pytest.mark.parametrize(
    ("made", "is_exchanged"),
    [
        (partner(), True),
        (partner(data="one_way", push={"in_secret": "", "url": "https://95598.example/in"}), True),
        (partner(data="one_way", push={"in_secret": "", "feedback_url": "https://95598.example/back"}), True),
        (partner(data="one_way", push={"in_secret": ""}), False),
        (partner(data="none", push={"in_secret": ""}), False),
    ],
)
async def test_only_partners_that_exchange_tickets_get_a_channel(
    stage: Stage, made: PartnerConfig, is_exchanged: bool
) -> None:
    assert exchanges(made) is is_exchanged
    opened = opener(stage).open(channels(), [made])
    assert [one.account for one in opened.channels] == ([made.number] if is_exchanged else [])
