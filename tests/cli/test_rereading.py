"""Every channel's originals are read again as the channel reads them, whatever has become of the keys."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.sms.originals import raw_of
from gateway.channels.wechat import WechatConfig
from gateway.channels.wecom.config import WecomConfig
from gateway.channels.weibo import WeiboConfig
from gateway.cli.rereading import NotRead, Rereader
from gateway.model.messages import Raw
from gateway.settings import Secrets, load
from tests.channels.sms.smpp.smsc import config_of
from tests.channels.sms.sms_stage import text_of
from tests.fakes.tencent import Official, xml_of
from tests.fakes.weibo import UID
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG

NOW = 1_795_233_600.0
OFFICIAL = Official()
WECHAT = {
    "ToUserName": "gh_12345", "FromUserName": "oA", "CreateTime": int(NOW), "MsgType": "text", "Content": "路灯坏了",
    "MsgId": 42,
}  # fmt: skip
WEIBO = {"type": "text", "sender_id": 7, "receiver_id": UID, "created_at": "1795233600", "text": "路灯坏了", "data": {}}
KF = {
    "msgid": "m1", "open_kfid": "wk1", "external_userid": "wm1", "send_time": int(NOW), "origin": 3,
    "msgtype": "text", "text": {"content": "路灯坏了"},
}  # fmt: skip


def rereader(typed: Typed, token: str = "a-new-token") -> Rereader:
    wechat = WechatConfig(
        account="hainan", app_id=OFFICIAL.app_id, token="env:T", aes_key="env:K", app_secret="env:S", area_code="460100"
    )
    wecom = WecomConfig(account="kf", corp_id="ww1", token="env:T", aes_key="env:K", secret="env:S", area_code="460200")
    weibo = WeiboConfig(account="hainan", app_secret="env:S", access_token="env:T", area_code="460300", enabled=False)
    nowhere = {"account": "off", "enabled": False, "token": "env:NOWHERE_TO_BE_HAD"}
    off = wechat.model_copy(update=nowhere)
    shipped = load(CONFIG, typed.environ)
    sms = config_of(2775, area_code="460400", enabled=False)
    channels = ChannelsConfig(wechat=(wechat, off), wecom=(wecom,), weibo=(weibo,), sms=(sms,))
    known = {"env:T": token, "env:K": OFFICIAL.key, "env:S": "s"}
    secrets = cast("Secrets", SimpleNamespace(of=known.__getitem__))
    return Rereader(replace(shipped, channels=channels), secrets)


def raw(channel: str, account: str, body: Any, **meta: str) -> Raw:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Raw("r1", channel, account, NOW, "", data, meta)


@pytest.mark.parametrize("mode", ["plain", "compatible", "encrypted"])
def test_wechat_is_read_after_its_token_was_changed(typed: Typed, mode: Any) -> None:
    query, body = OFFICIAL.signed(NOW, xml_of(WECHAT), mode)
    message = rereader(typed).read(raw("wechat", "hainan", body, query=str(query)))
    assert (message.text, message.key) == ("路灯坏了", "wechat:hainan:gh_12345:oA:42")
    assert message.given["area_code"] == "460100"


def test_customer_service_and_weibo_are_told_apart_and_read(typed: Typed) -> None:
    kf = rereader(typed).read(raw("wechat", "kf", KF, via="sync_msg"))
    weibo = rereader(typed).read(raw("weibo", "hainan", WEIBO))
    assert (kf.text, kf.given["area_code"]) == ("路灯坏了", "460200")
    assert (weibo.text, weibo.given["area_code"]) == ("路灯坏了", "460300")


def test_sms_is_read_with_its_accounts_area(typed: Typed) -> None:
    message = rereader(typed).read(raw_of([text_of("路灯坏了")], "hainan"))
    assert (message.text, message.given["area_code"]) == ("路灯坏了", "460400")
    with pytest.raises(NotRead, match="no SMS of ours"):
        rereader(typed).read(raw("sms", "hainan", b"x"))


def test_an_account_that_is_no_longer_configured_is_read_where_no_keys_are_needed(typed: Typed) -> None:
    assert rereader(typed).read(raw("weibo", "gone", WEIBO)).text == "路灯坏了"


def test_a_partners_ticket_is_read_by_its_fields(typed: Typed) -> None:
    message = rereader(typed).read(raw("partner", "110", {"caseNumber": "A-1", "caseText": "有人打架"}, what="tickets"))
    assert (message.kind, message.key) == ("form", "partner:110:A-1")


@pytest.mark.parametrize(
    ("original", "why"),
    [
        (raw("wechat", "hainan", b"garbage"), "body"), (raw("wechat", "gone", b"<xml/>"), "no \\[\\[wechat\\]\\]"),
        (raw("wechat", "off", b"<xml/>"), "NOWHERE_TO_BE_HAD is not set"), (raw("weibo", "hainan", b"[]"), "body"),
        (raw("wechat", "kf", b"[]", via="sync_msg"), "body"), (raw("open311", "open311", b"a=b"), "open311"),
        (raw("partner", "110", b"garbage", what="tickets"), "JSON"), (raw("partner", "99999", {}), "no partner 99999"),
        (raw("partner", "110", {}, what="feedback"), "feedback"), (raw("partner", "110", {}), "is required"),
        (raw("web", "page", b"[]"), "submission"), (raw("web", "page", b"garbage"), "."),
        (raw("app", "x", b"{}"), "body"), (raw("app", "x", {"body": {"text": 1}, "photos": []}), "text: "),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(typed: Typed, original: Raw, why: str) -> None:
    with pytest.raises(NotRead, match=why) as error:
        rereader(typed).read(original)
    assert "\n" not in str(error.value)
