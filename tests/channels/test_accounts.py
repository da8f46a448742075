"""config/channels.toml as a whole: an account is named once and an address belongs to one account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.channels.accounts import ChannelsConfig

WECHAT = {
    "account": "hainan",
    "app_id": "wx0123456789abcdef",
    "token": "env:T",
    "aes_key": "env:K",
    "app_secret": "env:S",
}
WECOM = {"account": "kf", "corp_id": "ww0", "token": "env:T", "aes_key": "env:K", "secret": "env:S"}
WEIBO = {"account": "hainan", "app_secret": "env:S", "access_token": "env:T"}
CMPP = {"kind": "cmpp", "account": "hainan", "host": "10.8.1.10", "source_addr": "901234", "secret": "env:S"}
SMPP = {"kind": "smpp", "account": "hainan", "host": "10.8.1.10", "system_id": "hn", "password": "env:S"}
EMAIL = {"account": "hainan", "address": "12345@hainan.gov.cn", "reply_key": "env:K"}


def test_an_empty_file_is_no_accounts() -> None:
    config = ChannelsConfig.model_validate({})
    assert (config.wechat, config.wecom, config.weibo, config.sms, config.email) == ((), (), (), (), ())


def test_the_same_name_on_several_channels_is_several_accounts() -> None:
    tables = {"wechat": [WECHAT], "wecom": [WECOM], "weibo": [WEIBO], "sms": [CMPP], "email": [EMAIL]}
    config = ChannelsConfig.model_validate(tables)
    assert {one.account for one in (*config.wechat, *config.weibo, *config.sms, *config.email)} == {"hainan"}
    assert config.sms[0].kind == "cmpp"


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        ({"wechat": [WECHAT, WECHAT]}, 'the wechat account "hainan" is given twice'),
        ({"wechat": [WECHAT], "wecom": [WECOM | {"account": "hainan"}]}, 'the wechat account "hainan" is given twice'),
        ({"weibo": [WEIBO, WEIBO]}, 'the weibo account "hainan" is given twice'),
        ({"sms": [CMPP, SMPP]}, 'the sms account "hainan" is given twice'),
        ({"sms": [CMPP, SMPP | {"enabled": False}]}, 'the sms account "hainan" is given twice'),
        ({"email": [EMAIL, EMAIL | {"address": "other@hainan.gov.cn"}]}, 'the email account "hainan" is given twice'),
    ],
    ids=["wechat", "wechat-wecom", "weibo", "sms", "sms-off", "email"],
)
def test_an_account_given_twice_is_refused_by_name(tables: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(named)):
        ChannelsConfig.model_validate(tables)


@pytest.mark.parametrize(
    "changes",
    [
        [{}, {"account": "two", "address": "12345@Hainan.gov.cn"}],
        [{}, {"account": "two", "address": "two@hainan.gov.cn", "aliases": ["12345@hainan.gov.cn"]}],
        [{"aliases": ["12345@HAINAN.gov.cn"]}],
    ],
    ids=["addresses", "alias", "own-alias"],
)
def test_an_address_belongs_to_one_account_whatever_its_case(changes: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match=re.escape("the address 12345@hainan.gov.cn belongs to two")):
        ChannelsConfig.model_validate({"email": [EMAIL | one for one in changes]})


def test_different_addresses_are_taken() -> None:
    two = EMAIL | {"account": "two", "address": "two@hainan.gov.cn", "aliases": ["more@hainan.gov.cn"]}
    config = ChannelsConfig.model_validate({"email": [EMAIL, two]})
    assert config.email[1].addresses() == ("two@hainan.gov.cn", "more@hainan.gov.cn")
