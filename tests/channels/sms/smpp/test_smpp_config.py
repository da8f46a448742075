"""``[[sms]] kind = "smpp"``: what may stand in it, and what a session goes by."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.tables import AnySms
from tests.channels.sms.smpp.smsc import config_of


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"system_id": "a" * 16}, "system_id"),
        ({"source": "1" * 21}, "source"),
        ({"target_ton": 7}, "target_ton"),
        ({"ids": "hex"}, "ids"),
        ({"bind": "both"}, "bind"),
        ({"secret": "env:S"}, "secret"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_field(more: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        config_of(2775, **more)


def test_a_session_knows_of_the_status_and_of_the_last_sequence() -> None:
    limits = config_of(2775, window=4, response_s=20).limits()
    assert (limits.between, limits.most_sequence, limits.window, limits.answer_s) == (4, 0x7FFF_FFFF, 4, 20)


def test_the_table_is_one_of_sms() -> None:
    table = {"kind": "smpp", "account": "hainan", "host": "10.8.1.11", "system_id": "hn", "password": "env:S"}
    made = TypeAdapter(AnySms).validate_python(table)
    assert isinstance(made, SmppSms)
    assert (made.port, made.bind, made.alphabet, made.ids, made.repeat_s) == (2775, "transceiver", "gsm7", "auto", 600)
