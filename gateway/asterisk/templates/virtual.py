"""The dialplan of virtual numbers (虚拟短号): the gateway says where a call goes, Asterisk dials it under a number of
ours, recorded, with a word to both sides when it is answered.

    from-trunk -> gw-virtual (AGI: virtual/<number>) -> dial | refused: a word | queue: the hotline's own way

The gateway's answer is GW_V_KIND. Without one (it is down, or silent) nobody knows who may speak to whom: the caller
hears that, and goes the hotline's way to an agent. Neither side ever sees the other's number: caller id is ours before
the leg is made, and what the far side calls itself is not passed on (Dial's ``I``).
"""

from __future__ import annotations

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.sip import TRUNK
from gateway.asterisk.templates.text import Conf
from gateway.transfer.virtual_config import VirtualConfig

NOTICE, REFUSED, AWAY, EXPIRED = "gw/virtual-notice", "gw/virtual-refused", "gw/virtual-away", "gw/virtual-expired"
_NUMBER = "0-9*#+"
_TOLD = "Binding: ${GW_V_ID},Side: ${GW_V_SIDE}"
_ENDED = (
    f"UserEvent(GWVirtualEnded,{_TOLD},Status: ${{DIALSTATUS}},Talked: ${{ANSWEREDTIME_MS}},Cause: ${{GW_V_CAUSE}})"
)


def entrances(conf: Conf, asterisk: AsteriskConfig, virtual: VirtualConfig) -> None:
    """Extensions for ``from-trunk`` (whose section is open), also behind the prefixes that the carrier puts before."""
    if virtual.numbers:
        conf.note("virtual numbers (虚拟短号)")
    for pattern in virtual.patterns():
        conf.exten(pattern, "Goto(gw-virtual,${EXTEN},1)")
        for prefix in asterisk.entry_prefixes:
            behind = f"_{prefix}{pattern.removeprefix('_')}" if pattern.startswith("_") else f"{prefix}{pattern}"
            conf.exten(behind, f"Goto(gw-virtual,${{EXTEN:{len(prefix)}}},1)")


def contexts(conf: Conf, asterisk: AsteriskConfig, virtual: VirtualConfig, hotline: str, zone: str) -> None:
    """Add gw-virtual, also with no pool: a reload may give one. ``hotline`` is the entry number that a citizen is led
    to; ``zone`` the hall's, for the folder of recordings.
    """
    conf.section("gw-virtual").note("see gateway/asterisk/templates/virtual.py")
    server = f"agi://{asterisk.agi_host}:{asterisk.agi_port}"
    day = f"${{STRFTIME(${{EPOCH}},{zone},%Y%m%d)}}"
    blank = "GW_V_KIND=,GW_V_NUMBER=,GW_V_ID=,GW_V_SIDE=,GW_V_SHOWN=,GW_V_CAUSE=,GW_V_DIALLED="
    conf.exten(
        "_[0-9*#+]!",
        f"MSet({blank},CHANNEL(language)=zh,AGIEXITONHANGUP=yes,TIMEOUT(absolute)={asterisk.agi_guard_s})",
        f"AGI({server}/virtual/${{FILTER(0-9,${{EXTEN}})}}?call=${{CHANNEL(LINKEDID)}})",
        "Goto(route,1)",
    )
    conf.exten("T", "Set(GW_V_KIND=)", "Goto(route,1)")
    conf.exten(
        "route",
        f"MSet(TIMEOUT(absolute)=0,GW_V_NUMBER=${{FILTER({_NUMBER},${{GW_V_NUMBER}})}})",
        'GotoIf($["${GW_V_KIND}"="dial" & ${LEN(${GW_V_NUMBER})}>0]?dial,1)',
        'GotoIf($["${GW_V_KIND}"="refused"]?refused,1)',
        "Answer()",
        f'Playback(${{IF($["${{GW_V_KIND}}"="queue"]?{EXPIRED}:{AWAY})}})',
        f"Goto(from-trunk,{hotline},1)",
    )
    conf.exten("refused", "Progress()", f"Playback({REFUSED},noanswer)", "Hangup(21)")
    conf.exten(
        "dial",
        f"UserEvent(GWVirtual,{_TOLD})",
        "MSet(CALLERID(num)=${GW_V_SHOWN},CALLERID(name)=,CALLERID(ani)=${GW_V_SHOWN},GW_V_DIALLED=1)",
        f"MixMonitor({day}/${{UNIQUEID}}.wav,b)",
        f"Dial(PJSIP/${{GW_V_NUMBER}}@{TRUNK},{virtual.ring_s},iIA({NOTICE}:{NOTICE}))",
        "Set(GW_V_CAUSE=${HANGUPCAUSE})",
        "Hangup(${HANGUPCAUSE})",
    )
    conf.exten("h", 'GotoIf($["${GW_V_DIALLED}"!="1"]?over)', _ENDED, ("over", "NoOp()"))
