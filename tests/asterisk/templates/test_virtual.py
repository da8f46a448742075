from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.text import Conf
from gateway.asterisk.templates.virtual import contexts, entrances
from gateway.transfer.virtual_config import VirtualConfig

VIRTUAL = VirtualConfig(numbers=("66001000-66001099", "66002000"), ring_s=30)
ASTERISK = AsteriskConfig(entry_prefixes=("0898",))


def section() -> str:
    conf = Conf()
    contexts(conf, ASTERISK, VIRTUAL, "12345", "Asia/Shanghai")
    return conf.text()


def test_the_pool_leads_in_also_behind_the_carriers_prefix() -> None:
    conf = Conf()
    entrances(conf, ASTERISK, VIRTUAL)
    lines = conf.text()
    assert "exten => _660010XX,1,Goto(gw-virtual,${EXTEN},1)" in lines
    assert "exten => _0898660010XX,1,Goto(gw-virtual,${EXTEN:4},1)" in lines
    assert "exten => 089866002000,1,Goto(gw-virtual,${EXTEN:4},1)" in lines


def test_without_a_pool_nothing_leads_in() -> None:
    conf = Conf()
    entrances(conf, ASTERISK, VirtualConfig())
    assert not conf.lines


def test_a_silent_gateway_is_given_up_and_the_caller_goes_the_hotlines_way() -> None:
    said = section()
    assert "TIMEOUT(absolute)=8" in said
    assert "exten => T,1,Set(GW_V_KIND=)" in said
    assert said.count("Goto(from-trunk,12345,1)") == 1


def test_both_sides_see_our_number_hear_the_notice_and_are_recorded() -> None:
    dial = section().split("exten => dial,1,")[1].split("exten =>")[0]
    order = ["UserEvent(GWVirtual,", "CALLERID(num)=${GW_V_SHOWN}", "MixMonitor(", "Dial(PJSIP/${GW_V_NUMBER}@trunk,30"]
    assert [dial.index(step) for step in order] == sorted(dial.index(step) for step in order)
    assert "iIA(gw/virtual-notice:gw/virtual-notice)" in dial


def test_the_end_is_told_only_of_what_was_dialled() -> None:
    h = section().split("exten => h,1,")[1]
    assert h.index('"${GW_V_DIALLED}"!="1"') < h.index("UserEvent(GWVirtualEnded")
