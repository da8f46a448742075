"""An account of the configuration is found by name, or it is said which there are."""

from __future__ import annotations

import pytest

from gateway.channels.weibo import WeiboConfig
from gateway.cli.entry import WrongUse, account_named, secret_of
from gateway.settings import Secrets, load, load_secrets
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG

WEIBO = WeiboConfig(account="hainan", app_secret="env:A", access_token="env:T")


def test_an_account_is_found_by_name_whether_it_is_switched_on_or_not() -> None:
    off = WEIBO.model_copy(update={"account": "off", "enabled": False})
    assert account_named("hainan", (off, WEIBO), "weibo") is WEIBO
    assert account_named("off", (off, WEIBO), "weibo") is off
    with pytest.raises(WrongUse, match=r"known: off, hainan"):
        account_named("x", (off, WEIBO), "weibo")
    with pytest.raises(WrongUse, match="known: none"):
        account_named("x", (), "weibo")


def test_a_secret_of_an_account_that_is_off_is_looked_for_where_it_is_said(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(CONFIG, typed.environ)
    secrets = load_secrets(settings.state_dir, settings)
    assert isinstance(secrets, Secrets) and secret_of("made:open311-example", settings, secrets)
    monkeypatch.delenv("THERE_LATER", raising=False)
    with pytest.raises(
        WrongUse, match=r"needs the secret env:THERE_LATER.*environment variable THERE_LATER is not set"
    ):
        secret_of("env:THERE_LATER", settings, secrets)
    monkeypatch.setenv("THERE_LATER", "s")
    assert secret_of("env:THERE_LATER", settings, secrets) == "s"
    with pytest.raises(WrongUse, match=r"made:nobody.*secrets\.toml has none of that name"):
        secret_of("made:nobody", settings, secrets)
