"""A Tencent account beside the fake: callbacks in, signed sends out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.tencent.config import TencentSms
from gateway.channels.sms.tencent.link import TencentLink
from tests.channels.door_stage import Clock, serving
from tests.channels.sms.inboxes import SECRET, RecordingInbox
from tests.channels.sms.means import means_of
from tests.fakes.tencent_sms import APP_ID, SECRET_ID, SECRET_KEY, FakeTencentSms


@dataclass
class Scene:
    fake: FakeTencentSms
    inbox: RecordingInbox
    link: TencentLink
    url: str


def config_of(fake: FakeTencentSms, **changes: object) -> TencentSms:
    values = {
        "account": "hainan", "path": "env:P", "secret_id": SECRET_ID, "secret_key": "env:K", "app_id": APP_ID,
        "sign_name": "海口12345", "template": "1110", "params": 2, "param_chars": 12, "api_base": fake.base,
    }  # fmt: skip
    return TencentSms.model_validate(values | changes)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, inbox = Clock(), RecordingInbox()
    async with FakeTencentSms(clock).running() as fake, means_of(clock) as means:
        link = TencentLink(config_of(fake), means, inbox, path=SECRET, secret_key=SECRET_KEY)
        async with serving(link.doors(), clock) as base:
            yield Scene(fake, inbox, link, f"{base}/in/sms/hainan/{SECRET}")


async def test_a_reply_is_taken_answered_and_known_again(scene: Scene) -> None:
    reply = scene.fake.reply("13800138000", "人民路的路灯坏了")
    scene.inbox.faults["人民路的路灯坏了"] = [OSError("away")]
    pushes = await scene.fake.push(scene.url, reply)
    assert pushes.statuses == [503, 200]
    assert pushes.body == b'{"result":0,"errmsg":"OK"}'
    await scene.fake.push(scene.url, reply)
    assert (scene.inbox.texts, scene.inbox.repeats) == (["人民路的路灯坏了"], 1)


async def test_a_text_goes_out_signed_and_its_report_comes_back(scene: Scene) -> None:
    (serial_no,) = await scene.link.submit("13800138000", "您的工单已受理。", "d1")
    (sent,) = scene.fake.sent
    assert (sent.values, sent.phone, sent.context) == (["您的工单", "已受理。"], "+8613800138000", "d1")
    reports = [scene.fake.report(sent), scene.fake.report(sent, success=False)]
    assert (await scene.fake.push(f"{scene.url}/report", reports)).statuses == [200]
    assert [(one.external_id, one.state) for one in scene.inbox.told_] == [
        (serial_no, "delivered"), (serial_no, "failed"),
    ]  # fmt: skip


async def test_what_went_out_before_a_refusal_is_not_sent_again(scene: Scene) -> None:
    scene.fake.refusals = [None, "LimitExceeded.PhoneNumberThirtySecondLimit"]
    text = "您反映的路灯问题已转交市政部门，请保持电话畅通，谢谢。"
    with pytest.raises(Retryable) as held:
        await scene.link.submit("13800138000", text, "d1")
    assert held.value.after_s == 30
    ids = await scene.link.submit("13800138000", text, "d1")
    assert list(ids) == [sent.serial_no for sent in scene.fake.sent]
    assert "".join(sent.text[5:] for sent in scene.fake.sent) == text


async def test_a_wrong_key_is_found_by_the_vendor_and_waits_to_be_mended(scene: Scene) -> None:
    async with means_of(Clock()) as means:
        link = TencentLink(config_of(scene.fake), means, scene.inbox, path=SECRET, secret_key="wrong")
        with pytest.raises(Retryable, match="AuthFailure") as held:
            await link.submit("13800138000", "x", "d1")
    assert held.value.after_s == 3600


@pytest.mark.parametrize("answer", [(502, b"<html>"), (200, b'{"Response":{}}')])
async def test_an_answer_that_says_nothing_is_tried_again(scene: Scene, answer: tuple[int, bytes]) -> None:
    scene.fake.raw_answers = [answer]
    with pytest.raises(Retryable):
        await scene.link.submit("13800138000", "x", "d1")


async def test_refusals_for_good_are_permanent(scene: Scene) -> None:
    scene.fake.refusals = ["FailedOperation.PhoneNumberInBlacklist"]
    with pytest.raises(Permanent, match="免打扰"):
        await scene.link.submit("13800138000", "x", "d1")
    with pytest.raises(Permanent, match="未配置发送"):
        async with means_of(Clock()) as means:
            link = TencentLink(TencentSms(account="hainan", path="env:P"), means, scene.inbox, path=SECRET)
            await link.submit("13800138000", "x", "d1")
