"""Customer service's calls: token, pages, codes."""

from __future__ import annotations

import pytest
from aiohttp import web

from gateway.channels.port import Permanent, Retryable
from gateway.channels.tencent import ApiError
from gateway.channels.wecom.api import judged
from tests.fakes.gate import Gate, wecom_of


async def test_a_refused_token_is_replaced_once(gate: Gate) -> None:
    api = wecom_of(gate).api
    await api.pull("", "", "")
    gate.tencent.expire_tokens()
    await api.pull("", "", "")
    assert len(gate.tencent.tokens_made) == 2


@pytest.mark.parametrize(
    "answer",
    [{}, {"msg_list": None, "next_cursor": None}, {"msg_list": {}, "next_cursor": 5, "has_more": 1}, {"has_more": 1}],
)
async def test_an_odd_page_is_an_empty_one_and_never_an_endless_pull(gate: Gate, answer: dict[str, object]) -> None:
    gate.tencent.fail("/cgi-bin/kf/sync_msg", web.json_response(answer))
    assert await wecom_of(gate).api.pull("c1", "", "") == ([], "c1", False)


async def test_a_missing_file_is_permanent(gate: Gate) -> None:
    api = wecom_of(gate).api
    with pytest.raises(Permanent, match="40007"):
        await api.media("gone")
    with pytest.raises(Permanent, match="no media id"):
        await api.media("")


def test_codes_are_judged() -> None:
    assert isinstance(judged(ApiError(95002, "")), Permanent)
    assert isinstance(judged(ApiError(60020, "not allow to access from your ip")), Retryable)
    assert isinstance(judged(ApiError(77777, "new")), Retryable)
