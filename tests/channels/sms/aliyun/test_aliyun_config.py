"""An Aliyun account's table."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.byhttp.template import messages
from gateway.settings import load
from gateway.tickets.templates import Templates
from tools.lab.site import CONFIG

GOOD = {
    "account": "hainan", "path": "made:sms-hainan-path", "access_key_id": "LTAI", "access_key_secret": "env:K",
    "sign_name": "海口12345", "template": "SMS_1",
}  # fmt: skip


def test_an_account_may_only_receive() -> None:
    assert AliyunSms(account="hainan", path="made:sms-hainan-path").access_key_id == ""
    assert AliyunSms.model_validate(GOOD).params == ("text",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"signature": "海口12345"}, "leave signature empty"),
        ({"template": ""}, "sign_name and template"),
        ({"params": ["a", "a"]}, "named twice"),
        ({"params": []}, "at least 1"),
        ({"path": "plain-secret"}, "path"),
        ({"allow": ["10.0.0.1/8"]}, "allow"),
        ({"api_base": "https://host/path"}, "api_base"),
        ({"kind": "tencent"}, "kind"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        AliyunSms.model_validate(GOOD | change)


def test_the_shipped_accounts_template_holds_the_shipped_receipt_in_one_message() -> None:
    channels = load(CONFIG, {}).channels
    (account,) = [one for one in channels.sms if isinstance(one, AliyunSms)]
    words = Templates(load(CONFIG, {}).replies)
    receipt = words.say("received_sms", ticket_no="460000-20261122-0000005", query_code="K7M2Q9")
    assert account.param_chars < len(receipt)
    assert len(messages(receipt, len(account.params), account.param_chars, account.most_messages)) == 1
