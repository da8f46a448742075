from __future__ import annotations

import re

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.dialplan import SORRY, extensions_conf
from gateway.ivr.names import DIALPLAN_PROMPTS
from gateway.seats.config import EntryNumberConfig, QueueConfig


def dialplan(**changes) -> str:
    entry = EntryNumberConfig(number="12345", name="热线")
    return extensions_conf(AsteriskConfig(**changes), [entry], [QueueConfig(id="hotline", name="综合")], [], [], "UTC")


def test_every_prompt_that_is_played_is_one_that_is_made():
    played = set(re.findall(r"Playback\(gw/([a-z-]+)", dialplan()))
    assert played >= {"static-greeting", "not-in-service", "sorry-timeout"}
    assert played <= set(DIALPLAN_PROMPTS)
    assert {prompt.removeprefix("gw/") for prompt in SORRY.values()} <= set(DIALPLAN_PROMPTS)


def test_every_context_that_is_gone_to_exists():
    text = dialplan()
    contexts = set(re.findall(r"(?m)^\[([a-z-]+)\]", text))
    assert set(re.findall(r"\b(gw-[a-z]+),", text)) <= contexts


def test_a_silent_gateway_is_left_at_the_guard():
    text = dialplan(agi_guard_s=5)
    assert text.index("AGIEXITONHANGUP=yes") < text.index("TIMEOUT(absolute)=5") < text.index("AGI(agi://")


def test_a_number_behind_the_carriers_prefix_is_the_same_entry():
    assert "exten => 089812345,1,Goto(12345,1)" in dialplan(entry_prefixes=["0898"])
