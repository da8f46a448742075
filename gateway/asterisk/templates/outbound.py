"""The dialplan of calls out: what the desk dials for an agent (gw-out), and what an agent dials by hand (gw-outside).

Both are recorded, both show a number of ours, and both tell the gateway at the end who hung up: of the two legs of one
Dial, Asterisk ends the far one first whoever it was.
"""

from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.sip import TRUNK
from gateway.asterisk.templates.text import Conf

_NUMBER = "0-9*#+"
_TONE_S = 2
"""So long the agent hears why nobody has answered."""
_ENDED = "UserEvent(GWOutEnded,Status: ${DIALSTATUS},Source: ${CHANNEL(hangupsource)})"


def contexts(conf: Conf, asterisk: AsteriskConfig, zone: str) -> None:
    """Add both contexts. ``zone`` is the hall's: recordings lie in a folder for each day of it."""
    record = f"MixMonitor(${{STRFTIME(${{EPOCH}},{zone},%Y%m%d)}}/${{UNIQUEID}}.wav,b)"
    conf.note("calls out: see gateway/asterisk/templates/outbound.py")
    _for_an_agent(conf, asterisk, record)
    _by_hand(conf, asterisk, record)


def _dial(number: str, asterisk: AsteriskConfig) -> str:
    """``i``: a 302 gets nobody called at our cost. ``I``: what the far side calls itself does not reach the agent."""
    return f"Dial(PJSIP/${{FILTER({_NUMBER},{number})}}@{TRUNK},{asterisk.dial_s},iI)"


def _for_an_agent(conf: Conf, asterisk: AsteriskConfig, record: str) -> None:
    """The agent's telephone has been taken up; GW_OUT, GW_SHOWN, GW_AGENT and GW_TICKET came with the order."""
    conf.section("gw-out")
    conf.exten(
        "s",
        "MSet(CALLERID(num)=${GW_SHOWN},CALLERID(name)=,TIMEOUT(absolute)=0)",
        "UserEvent(GWOut,Number: ${GW_OUT},Entry: ${GW_SHOWN},Agent: ${GW_AGENT},Ticket: ${GW_TICKET})",
        record,
        _dial("${GW_OUT}", asterisk),
        f'ExecIf($["${{DIALSTATUS}}"="BUSY"]?Busy({_TONE_S}):Congestion({_TONE_S}))',
        "Hangup(16)",
    )
    conf.exten("h", _ENDED)


def _by_hand(conf: Conf, asterisk: AsteriskConfig, record: str) -> None:
    conf.section("gw-outside")
    conf.exten("_[0-9*#+]!", record, _dial("${EXTEN}", asterisk), "Hangup(${HANGUPCAUSE})")
    conf.exten("h", _ENDED)
