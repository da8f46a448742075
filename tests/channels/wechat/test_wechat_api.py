"""The calls: one shared token, refreshed once; codes judged; subscribe fields within the template's limits."""

from __future__ import annotations

import asyncio

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.tencent import ApiError
from gateway.channels.wechat.api import NoWindow, WechatApi, judged, subscribe_data
from gateway.channels.wechat.config import SubscribeConfig
from tests.fakes.gate import Gate, config_of


@pytest.fixture
def api(gate: Gate) -> WechatApi:
    gate.tencent._last["oA"] = gate.clock()
    return WechatApi(config_of(gate.tencent), gate.means, gate.tencent.official.secret)


async def test_many_callers_share_one_token_and_so_does_the_next_gateway(gate: Gate, api: WechatApi) -> None:
    media = gate.tencent.add_media(b"x")
    await asyncio.gather(*(api.media(media) for _ in range(10)))
    other = WechatApi(config_of(gate.tencent), gate.means, gate.tencent.official.secret)
    await other.media(media)
    assert gate.tencent.tokens_made == [False]


async def test_the_shared_token_is_not_readable_in_the_ledger(gate: Gate, api: WechatApi) -> None:
    await api.media(gate.tencent.add_media(b"x"))
    kept = await gate.ledger.state("wechat.token.hainan")
    assert kept is not None
    assert gate.tencent._current not in str(kept)


async def test_a_refused_token_is_replaced_once_for_all(gate: Gate, api: WechatApi) -> None:
    media = gate.tencent.add_media(b"x")
    await api.media(media)
    gate.tencent.expire_tokens()
    await asyncio.gather(*(api.media(media) for _ in range(8)))
    assert gate.tencent.tokens_made == [False, False]


async def test_a_token_that_is_refused_but_handed_out_again_is_forced(gate: Gate, api: WechatApi) -> None:
    media = gate.tencent.add_media(b"x")
    await api.media(media)
    gate.tencent.refuse_tokens_silently()
    await api.media(media)
    assert gate.tencent.tokens_made == [False, False, True]


async def test_a_token_ends_before_the_platform_says(gate: Gate, api: WechatApi) -> None:
    media = gate.tencent.add_media(b"x")
    await api.media(media)
    gate.clock.now += 7200 - 299
    await api.media(media)
    assert len(gate.tencent.tokens_made) == 2


async def test_a_token_refused_again_and_again_is_retryable(gate: Gate, api: WechatApi) -> None:
    gate.tencent.fail("/cgi-bin/message/custom/send", 42001, 40001)
    with pytest.raises(Retryable, match="40001"):
        await api.send_text("oA", "x")


async def test_a_wrong_secret_is_retryable_later_and_says_which_code(gate: Gate) -> None:
    api = WechatApi(config_of(gate.tencent), gate.means, "wrong")
    with pytest.raises(Retryable, match="40125") as caught:
        await api.send_text("oA", "x")
    assert caught.value.after_s == 600


async def test_no_window_is_told_apart(gate: Gate, api: WechatApi) -> None:
    with pytest.raises(NoWindow, match="45015"):
        await api.send_text("oStranger", "x")


async def test_an_answer_that_is_no_json_is_retryable(gate: Gate, api: WechatApi) -> None:
    from aiohttp import web

    gate.tencent.fail("/cgi-bin/message/custom/send", web.Response(text="<html>busy</html>"), web.Response(status=502))
    for what in ("without JSON", "502"):
        with pytest.raises(Retryable, match=what):
            await api.send_text("oA", "x")


async def test_a_file_that_looks_like_json_is_a_file_when_it_is_named_one(gate: Gate, api: WechatApi) -> None:
    media = gate.tencent.add_media(b'{"errcode": 40007}', "application/json", "data.json")
    assert (await api.media(media)).body == b'{"errcode": 40007}'


async def test_addresses_outside_the_platform_are_refused(api: WechatApi) -> None:
    for url in (
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "http://qq.com.evil.cn/x",
        "http://mmbiz.qpic.cn:22/x",
        "",
    ):
        with pytest.raises(Permanent, match="not one of the platform's"):
            await api.download(url)


def test_codes_are_judged() -> None:
    assert isinstance(judged(ApiError(40003, "")), Permanent)
    assert isinstance(judged(ApiError(45015, "")), Permanent)
    assert isinstance(judged(ApiError(77777, "new")), Retryable)
    later = judged(ApiError(45011, "minute quota"))
    assert isinstance(later, Retryable)
    assert later.after_s == 60


def test_subscribe_fields_are_cut_to_their_kind_and_never_empty() -> None:
    config = SubscribeConfig.model_validate(
        {
            "template_id": "tpl-0123456789",
            "fields": {"thing1": "text", "phrase2": "state", "character_string3": "ticket_no", "thing4": "department"},
        }
    )
    data = subscribe_data(
        config, {"text": "字" * 30 + "\n", "state": "已转办理单位", "ticket_no": "460000-20261121-0000001"}
    )
    assert data == {
        "thing1": {"value": "字" * 19 + "…"},
        "phrase2": {"value": "已转办理…"},
        "character_string3": {"value": "460000-20261121-0000001"},
        "thing4": {"value": "-"},
    }
