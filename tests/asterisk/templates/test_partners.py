"""What is told of an INVITE: only where a partner hands us calls, and nothing that could end a field."""

from __future__ import annotations

from gateway.asterisk.templates.partners import told_of_invite
from gateway.asterisk.templates.text import Conf
from gateway.transfer.config import PartnerConfig

PLAIN = PartnerConfig(number="110", name="公安", mode="three_way")


def handing(*headers: str) -> PartnerConfig:
    calls_in = {"addresses": ["10.1.2.0/24"], "headers": headers}
    return PartnerConfig.model_validate({"number": "119", "name": "消防", "mode": "attended", "calls_in": calls_in})


def test_a_gateway_without_such_partners_asks_nothing_of_a_call() -> None:
    assert told_of_invite([PLAIN]) == ""


def test_each_header_is_told_once_and_cleaned() -> None:
    told = told_of_invite([PLAIN, handing("X-Case-No", "User-to-User"), handing("X-Case-No")])
    assert told == (
        ",Remote: ${CHANNEL(pjsip,remote_addr)}"
        ",H-X-Case-No: ${FILTER(0-9a-zA-Z-._:=,${PJSIP_HEADER(read,X-Case-No)})}"
        ",H-User-to-User: ${FILTER(0-9a-zA-Z-._:=,${PJSIP_HEADER(read,User-to-User)})}"
    )
    line = Conf().exten("12345", f"UserEvent(GWEntered,Entry: 12345{told})").text()
    assert line.count("\n") == 1 and "\\;" not in line
