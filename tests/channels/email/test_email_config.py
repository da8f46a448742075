"""[mailroom] and [[email]]: what an administrator may write, and what is found at start."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.email.config import EmailConfig, ImapConfig, MailroomConfig

ACCOUNT: dict[str, Any] = {"account": "hainan", "address": "12345@Hainan.example", "reply_key": "made:email-reply"}


def account(**changes: Any) -> EmailConfig:
    return EmailConfig.model_validate(ACCOUNT | changes)


def test_the_least_account_has_its_defaults() -> None:
    config = account()
    assert config.receipt
    assert config.plus
    assert config.addresses() == ("12345@hainan.example",)
    assert config.smtp is None
    assert MailroomConfig().listen == ""


def test_aliases_are_the_accounts_own_addresses() -> None:
    assert account(aliases=["Mayor@hainan.example"]).addresses() == ("12345@hainan.example", "mayor@hainan.example")


@pytest.mark.parametrize("address", ["12345", "12345+x@hainan.example", "a b@hainan.example", "@hainan.example", ""])
def test_an_address_that_answers_could_not_come_to_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        account(address=address)


@pytest.mark.parametrize("listen", ["tcp:127.0.0.1:8024", "tcp:[::1]:8024", "unix:/run/gateway/mail.sock", ""])
def test_a_mail_server_delivers_to_a_port_or_a_socket(listen: str) -> None:
    assert MailroomConfig(listen=listen).listen == listen


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "127.0.0.1:8024"},
        {"protocol": "esmtp"},
        {"max_bytes": 1},
        {"certificate": "/etc/ssl/mail.pem"},
        {"peers": ["everybody"]},
    ],
)
def test_a_mailroom_that_could_not_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MailroomConfig.model_validate(wrong)


def test_idle_is_renewed_before_servers_cut_it() -> None:
    with pytest.raises(ValidationError, match="idle_s"):
        ImapConfig(host="imap.example", user="u", password="env:P", idle_s=600)


def test_one_address_belongs_to_one_account() -> None:
    other = ACCOUNT | {"account": "sanya", "aliases": ["12345@HAINAN.example"], "address": "12345@sanya.example"}
    with pytest.raises(ValidationError, match="two"):
        ChannelsConfig.model_validate({"email": [ACCOUNT, other]})
