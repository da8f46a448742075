from __future__ import annotations

import pytest

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.outbound import contexts
from gateway.asterisk.templates.text import Conf


def section(name: str) -> str:
    conf = Conf()
    contexts(conf, AsteriskConfig(), "Asia/Shanghai")
    return conf.text().split(f"[{name}]\n")[1].split("\n[")[0]


@pytest.mark.parametrize("context", ["gw-out", "gw-outside"])
def test_a_call_out_is_recorded_and_its_end_is_told(context: str) -> None:
    said = section(context)
    assert said.index("MixMonitor(") < said.index("Dial(PJSIP/")
    assert "exten => h,1,UserEvent(GWOutEnded" in said


def test_the_gateway_is_told_before_the_citizen_is_dialled_under_our_number() -> None:
    said = section("gw-out")
    assert said.index("CALLERID(num)=${GW_SHOWN}") < said.index("UserEvent(GWOut,") < said.index("Dial(")


def test_what_is_dialled_is_filtered_and_a_302_dials_nobody() -> None:
    assert "Dial(PJSIP/${FILTER(0-9*#+,${GW_OUT})}@trunk,45,iI)" in section("gw-out")
