"""The dialplan of supervision: a shift lead's leg in an agent's conversation (监听), and a citizen taken over (拦截).

    gw-spy    ChanSpy on one leg of a seat: l_ listens, w_ is heard by the agent, b_ by both
    gw-take   the citizen, with the shift lead whose leg is named; without them, back to the agent or the queue's front

Monitoring ends with the leg that is monitored (E), also when that is gone before it begins (S). A citizen who is taken
over is outside app_queue from then on, so what app_queue would tell is told here, as in gw-back: GWTaken and
GWBackEnded to the gateway, CONNECT and COMPLETE* to queue_log. No step waits for the gateway.
"""

from __future__ import annotations

from gateway.asterisk.supervision import CONTEXT, LETTERS, TAKEN
from gateway.asterisk.templates.text import Conf
from gateway.model.orders import MonitorMode

_OPTIONS: dict[MonitorMode, str] = {"listen": "", "whisper": "w", "barge": "B"}
_LEG = "${FILTER(.0-9a-zA-Z-,${CUT(EXTEN,_,2)})}"
_PHONE = "PJSIP/${FILTER(0-9a-zA-Z,${CUT(EXTEN,_,%d)})}"
_AGENT = "${FILTER(_0-9a-zA-Z-,${CUT(EXTEN,_,5-)})}"
_TALKED = 'GosubIf($["${GW_TALKING}"!=""]?gw-talked,s,1(%s))'
_SOURCE = "${CHANNEL(hangupsource):0:${LEN(${GW_WITH})}}"
_FREED_S = 0.5
"""So long the agent's telephone may take to be free again before it is rung once more."""
_BACK = "Goto(gw-back,s,1)"
_NO_GUARD = "TIMEOUT(absolute)=0"


def contexts(conf: Conf, gone: str) -> None:
    """Add both contexts. ``gone`` is the step that tells queue_log that a citizen's leg has ended."""
    conf.note("supervision (监听与拦截): see gateway/asterisk/templates/supervision.py")
    conf.section(CONTEXT)
    for mode, letter in LETTERS.items():
        conf.exten(f"_{letter}_.", f"ChanSpy({_LEG},uqES{_OPTIONS[mode]})", "Hangup(16)")
    _take(conf, gone)


def _take(conf: Conf, gone: str) -> None:
    """t_<the lead's leg>_<their telephone>_<the agent's telephone>_<the lead's number>.

    Only a lead who hangs up lets the citizen go: that leg is then the source of the hang-up, or the gateway, which was
    asked to do it, has said so (GW_XFER). One whose telephone is lost brings the citizen back. HANGUPCAUSE tells
    nothing here: behind Bridge() it is 16 whatever the lead's leg ended with (seen on 22.10).
    """
    conf.section(TAKEN)
    meant = f"GW_LEAD={_LEG},GW_WITH={_PHONE % 3},GW_BACK={_PHONE % 4},GW_MEMBER={_AGENT}"
    told = "Queue: ${GW_QUEUE},Interface: ${GW_WITH},Member: ${GW_MEMBER}"
    agent = "${IF($[${LEN(${GW_MEMBER})}>0]?${GW_MEMBER}:${GW_WITH})}"
    conf.exten(
        "_t_.",
        _TALKED % "transfer",
        f"MSet(GW_AT=,GW_XFER=,{meant},{_NO_GUARD})",
        "GotoIf($[${CHANNEL_EXISTS(${GW_LEAD})}=0]?lost)",
        "Set(GW_TALKING=${EPOCH})",
        f"UserEvent(GWTaken,SeatLeg: ${{GW_LEAD}},{told})",
        f"QueueLog(${{GW_QUEUE}},${{UNIQUEID}},{agent},CONNECT,0|${{GW_LEAD}}|0)",
        "Bridge(${GW_LEAD},x)",
        f'Set(GW_OVER=$["{_SOURCE}"="${{GW_WITH}}" | "${{GW_XFER}}"="completed"])',
        _TALKED % "agent",
        'GotoIf($["${GW_OVER}"!="1"]?gw-back,s,1)',
        "Hangup(16)",
        ("lost", f"Wait({_FREED_S})"),
        _BACK,
    )
    conf.exten("T", f"Set({_NO_GUARD})", _BACK)
    conf.exten("h", _TALKED % "caller", gone)
