"""An Aliyun account beside the fake: callbacks in, signed sends out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.aliyun.link import AliyunLink
from tests.channels.door_stage import Clock, serving
from tests.channels.sms.inboxes import SECRET, RecordingInbox
from tests.channels.sms.means import means_of
from tests.fakes.aliyun_sms import KEY_ID, KEY_SECRET, FakeAliyunSms


@dataclass
class Scene:
    fake: FakeAliyunSms
    inbox: RecordingInbox
    link: AliyunLink
    url: str


def config_of(fake: FakeAliyunSms, **changes: object) -> AliyunSms:
    values = {
        "account": "hainan", "path": "env:P", "access_key_id": KEY_ID, "access_key_secret": "env:K",
        "sign_name": "海口12345", "template": "SMS_154950909", "api_base": fake.base, "call_s": 2.0,
    }  # fmt: skip
    return AliyunSms.model_validate(values | changes)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, inbox = Clock(), RecordingInbox()
    async with FakeAliyunSms(clock).running() as fake, means_of(clock) as means:
        link = AliyunLink(config_of(fake), means, inbox, path=SECRET, access_key_secret=KEY_SECRET)
        async with serving(link.doors(), clock) as base:
            yield Scene(fake, inbox, link, f"{base}/in/sms/hainan/{SECRET}")


async def test_a_callback_of_several_is_taken_and_answered_in_the_vendors_words(scene: Scene) -> None:
    first, second = scene.fake.up("13800138000", "人民路的路灯坏了"), scene.fake.up("13900139000", "二楼漏水")
    pushes = await scene.fake.push(scene.url, first, second)
    assert pushes.statuses == [200]
    assert pushes.body.decode() == '{"code":0,"msg":"成功"}'
    assert scene.inbox.texts == ["人民路的路灯坏了", "二楼漏水"]


async def test_the_vendor_repeats_what_was_not_kept_and_nothing_is_doubled(scene: Scene) -> None:
    scene.inbox.faults["二楼漏水"] = [OSError("away"), OSError("away")]
    pushes = await scene.fake.push(scene.url, scene.fake.up("138", "人民路"), scene.fake.up("139", "二楼漏水"))
    assert pushes.statuses == [503, 503, 200]
    assert sorted(scene.inbox.texts) == ["二楼漏水", "人民路"]


async def test_a_text_goes_out_signed_and_its_report_comes_back(scene: Scene) -> None:
    (biz_id,) = await scene.link.submit("13800138000", "您的工单已受理 +~*/ 100%", "d1")
    (sent,) = scene.fake.sent
    assert (sent.text, sent.phone, sent.out_id, sent.biz_id) == (
        "您的工单已受理 +~*/ 100%",
        "13800138000",
        "d1",
        biz_id,
    )
    pushes = await scene.fake.push(
        f"{scene.url}/report", scene.fake.report(sent), scene.fake.report(sent, success=False)
    )
    assert pushes.statuses == [200]
    assert [(one.external_id, one.state) for one in scene.inbox.told_] == [(biz_id, "delivered"), (biz_id, "failed")]


async def test_a_long_text_is_several_messages_each_with_its_id(scene: Scene) -> None:
    ids = await scene.link.submit("13800138000", "您反映的路灯问题已转交市政部门。" * 5, "d1")
    assert list(ids) == [sent.biz_id for sent in scene.fake.sent]
    assert len(ids) == 3
    assert all(len(sent.text) <= 35 for sent in scene.fake.sent)


async def test_what_went_out_before_a_refusal_is_not_sent_again(scene: Scene) -> None:
    text = "您反映的路灯问题已转交市政部门。" * 5
    scene.fake.refusals = [None, ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1")]
    with pytest.raises(Retryable) as held:
        await scene.link.submit("13800138000", text, "d1")
    assert held.value.after_s == 60
    ids = await scene.link.submit("13800138000", text, "d1")
    assert list(ids) == [sent.biz_id for sent in scene.fake.sent]
    assert [sent.text[:5] for sent in scene.fake.sent] == ["(1/3)", "(2/3)", "(3/3)"]


async def test_a_wrong_key_is_found_by_the_vendor_and_waits_to_be_mended(scene: Scene) -> None:
    async with means_of(Clock()) as means:
        link = AliyunLink(config_of(scene.fake), means, scene.inbox, path=SECRET, access_key_secret="wrong")
        with pytest.raises(Retryable, match="SignatureDoesNotMatch"):
            await link.submit("13800138000", "x", "d1")
    assert scene.fake.wrong


@pytest.mark.parametrize("answer", [(503, b"<html>busy</html>"), (200, b'{"Code":"OK"}'), (200, b"")])
async def test_an_answer_that_says_nothing_is_tried_again(scene: Scene, answer: tuple[int, bytes]) -> None:
    scene.fake.raw_answers = [answer]
    with pytest.raises(Retryable):
        await scene.link.submit("13800138000", "x", "d1")


async def test_a_refusal_for_good_is_permanent(scene: Scene) -> None:
    scene.fake.refusals = [("isv.MOBILE_NUMBER_ILLEGAL", "号码格式错误")]
    with pytest.raises(Permanent, match="手机号码不正确"):
        await scene.link.submit("1", "x", "d1")


async def test_an_account_that_only_receives_says_so() -> None:
    async with means_of(Clock()) as means:
        config = AliyunSms(account="hainan", path="env:P")
        link = AliyunLink(config, means, RecordingInbox(), path=SECRET)
        with pytest.raises(Permanent, match="未配置发送"):
            await link.submit("13800138000", "x", "d1")
        assert await link.run() is None  # type: ignore[func-returns-value]
