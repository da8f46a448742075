"""What a configuration of a carrier's account may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.smgp.config import SmgpSms

CMPP = {"account": "hainan", "host": "ismg.example", "secret": "env:S", "source_addr": "901234", "number": "10658"}
SMGP = {"account": "hainan", "host": "smgw.example", "secret": "env:S", "client_id": "12345678", "number": "10659"}


def test_the_standards_values_are_the_defaults() -> None:
    limits = CmppSms(**CMPP).limits()
    assert (limits.window, limits.answer_s, limits.tries) == (16, 60, 3)
    assert (CmppSms(**CMPP).port, SmgpSms(**SMGP).port) == (7890, 8890)
    assert (CmppSms(**CMPP).fee_type, SmgpSms(**SMGP).fee_type) == ("01", "00")


def test_the_number_that_citizens_see() -> None:
    assert CmppSms(**CMPP).source == "10658"
    assert SmgpSms(**SMGP, src_id="1065912345").source == "1065912345"


@pytest.mark.parametrize(
    "more",
    [
        {"version": "2.1"}, {"source_addr": "9012345"}, {"source_addr": "海口"}, {"secret": "plain"}, {"window": 0},
        {"host": "a b"}, {"port": 0}, {"service_id": "12345678901"}, {"fee_code": "1.5"}, {"unknown": 1}, {"tries": 0},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_start(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(more))):
        CmppSms(**CMPP | more)
