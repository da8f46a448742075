from __future__ import annotations

import re

import pytest

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.text import Conf
from gateway.asterisk.templates.transfers import HOLD_S, confbridge_conf, contexts
from gateway.ivr.names import DIALPLAN_PROMPTS
from gateway.seats.config import QueueConfig
from gateway.transfer.config import PartnerConfig

GONE = "QueueLog(gone)"


def text(**changes: int) -> str:
    conf = Conf()
    queues = [QueueConfig(id="hotline", name="综合"), QueueConfig(id="legal", name="法律")]
    partners = [PartnerConfig(number="110", name="公安", mode="three_way", data="both_ways", **changes)]
    contexts(conf, AsteriskConfig(), queues, partners, GONE)
    return conf.text()


def section(name: str) -> str:
    return text().split(f"[{name}]\n")[1].split("\n[")[0]


@pytest.mark.parametrize("context", ["gw-room", "gw-hold", "gw-back", "gw-move", "gw-bye"])
def test_wherever_a_citizens_leg_can_end_queue_log_is_told_once(context: str) -> None:
    assert section(context).split("exten => h,1,")[1].count(GONE) == 1


@pytest.mark.parametrize("context", ["gw-room", "gw-hold", "gw-back", "gw-move"])
def test_a_limit_left_over_from_a_flow_leads_back_and_nowhere_else(context: str) -> None:
    assert "exten => T,1,Set(TIMEOUT(absolute)=0)\n same => n,Goto(gw-back,s,1)" in section(context)


def test_agents_and_partners_are_none_whose_end_is_told_to_queue_log() -> None:
    h = section("gw-room").split("exten => h,1,")[1]
    assert h.index('"${GW_DONE}"!=""') < h.index("Goto(over)") < h.index(GONE)
    assert f'ExecIf($["${{GW_DONE}}"!=""]?{GONE})' in section("gw-hold")


def test_music_lasts_as_long_as_the_slowest_partner_may_ring_and_no_longer_than_the_hold() -> None:
    assert "$[${GW_EMPTY}>=8 | " in text(answer_s=30)
    assert "$[${GW_EMPTY}>=38 | " in text(answer_s=180)
    assert f"${{GW_LOOKS}}>={HOLD_S // 5}" in text()


def test_who_has_no_queue_of_his_own_comes_to_the_first() -> None:
    assert "?${GW_ENTRY_QUEUE}:hotline)" in section("gw-back")


def test_every_word_that_is_said_is_one_that_is_made() -> None:
    played = set(re.findall(r"Playback\(gw/([a-z-]+)", text()))
    assert played == {"transfer-hold", "transfer-back", "transfer-ended"}
    assert played <= set(DIALPLAN_PROMPTS)


def test_every_room_profile_that_is_used_exists() -> None:
    used = {name for call in re.findall(r"ConfBridge\(([^)]*)\)", text()) for name in call.split(",")[1:]}
    assert used == set(re.findall(r"(?m)^\[([a-z-]+)\]", confbridge_conf())) - {"general"}


def test_citizens_leave_with_the_last_of_the_others_and_nobody_announces_anything() -> None:
    conf = confbridge_conf()
    citizen, staff = conf.split("[citizen]")[1].split("[staff]")
    assert "end_marked = yes" in citizen
    assert "marked = yes" in staff
    assert "end_marked" not in staff
    assert conf.count("quiet = yes") == 2
    assert conf.count("announce_only_user = no") == 2
