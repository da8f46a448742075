"""From a table to its channel: every kind has a link, and takes its secrets by their names."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.sms.opening import SECRETS, open_sms
from gateway.channels.sms.tables import AnySms
from tests.channels.sms.means import means_of

TABLES: dict[str, dict[str, Any]] = {
    "aliyun": {
        "path": "env:P", "access_key_id": "k", "access_key_secret": "env:S", "sign_name": "s", "template": "SMS_1",
    },
    "tencent": {
        "path": "env:P", "secret_id": "i", "secret_key": "env:S", "app_id": "1", "sign_name": "s", "template": "1",
    },
    "http": {"path": "env:P", "password": "env:S"},
    "cmpp": {"host": "10.8.1.10", "source_addr": "901234", "secret": "env:S"},
    "smgp": {"host": "10.8.1.10", "client_id": "901234", "secret": "env:S"},
    "smpp": {"host": "10.8.1.10", "system_id": "hn12345", "password": "env:S"},
}  # fmt: skip


def test_every_kind_is_here() -> None:
    kinds = {get_args(one.model_fields["kind"].annotation)[0] for one in get_args(get_args(AnySms)[0])}
    assert kinds == set(SECRETS) == set(TABLES)


@pytest.mark.parametrize("kind", sorted(TABLES))
async def test_each_kind_makes_a_channel_with_its_link(kind: str) -> None:
    config: Any = TypeAdapter(AnySms).validate_python({"kind": kind, "account": "hainan", **TABLES[kind]})
    asked: list[str] = []

    def secret(reference: str) -> str:
        asked.append(reference)
        return "a-secret-of-the-path-0"

    async def report(*told: str) -> bool:
        return True

    async with means_of(lambda: 1.0) as means:
        channel = open_sms(config, means, secret, report)
    assert kind in type(channel.link).__name__.lower()
    assert asked == [TABLES[kind][name] for name in SECRETS[kind]]


@pytest.mark.parametrize("kind", ["sgip", "", None])
def test_a_kind_that_nobody_knows_is_refused_by_the_configuration(kind: str | None) -> None:
    table = {"account": "hainan", **TABLES["cmpp"], **({} if kind is None else {"kind": kind})}
    with pytest.raises(ValidationError, match=r"kind|tag"):
        ChannelsConfig.model_validate({"sms": [table]})


async def test_a_secret_of_the_wrong_form_is_refused_when_the_account_is_opened() -> None:
    config: Any = TypeAdapter(AnySms).validate_python({"kind": "http", "account": "hainan", **TABLES["http"]})

    async def report(*told: str) -> bool:
        return True

    async with means_of(lambda: 1.0) as means:
        with pytest.raises(ValueError, match="16 to 128"):
            open_sms(config, means, lambda _: "short", report)


def test_what_a_link_needs_is_imported_when_an_account_of_its_kind_is_on() -> None:
    words = (
        "import sys; from gateway.channels.sms.opening import _link_of, SECRETS;"
        "links = lambda: [one for one in SECRETS if f'gateway.channels.sms.{one}.link' in sys.modules];"
        "before = links(); _link_of('cmpp'); print(before, links())"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[] ['cmpp']"
