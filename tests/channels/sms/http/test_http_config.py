"""A generic account's table."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.channels.sms.http.config import HttpSms

GOOD = {
    "account": "kannel", "path": "made:sms-kannel-path", "password": "env:K",
    "send": {"url": "http://127.0.0.1:13013/cgi-bin/sendsms", "params": {"text": "{text}", "password": "{password}"}},
}  # fmt: skip


def test_an_account_may_only_receive() -> None:
    assert HttpSms(account="kannel", path="made:sms-kannel-path").send.url == ""
    assert HttpSms.model_validate(GOOD).fields.sender == "from"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fields": {"text": ""}}, "must have names"),
        ({"fields": {"text": "a b"}}, "fields.text"),
        (
            {"send": {"url": "http://h/", "params": {"a": "{texte}", "t": "{text}"}}},
            r"send.params.a: there is no \{texte\}",
        ),
        ({"send": {"url": "http://h/", "params": {"a": "x"}}}, r"none of them holds \{text\}"),
        ({"password": ""}, "password"),
        ({"send": {"url": "http://h/", "params": {"t": "{text}", "from": "{from}"}}}, "number: send.params uses"),
        ({"send": {"success": "("}}, "regular expression"),
        ({"codings": {"2": 7}}, "codings"),
        ({"signature": "【x】"}, "signature"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        HttpSms.model_validate(GOOD | change)
