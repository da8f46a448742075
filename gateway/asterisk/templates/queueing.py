"""The dialplan of what shift leads do to queues: the gate before a queue, and where who waits goes by their word.

    gw-gate     before a queue: an emergency broadcast is heard, a closed queue says why and sends on
    gw-notice   one broadcast, heard once a call
    gw-lead     out of the wait: f_ to the front of a queue, b_ to its end, p_ to the telephone of one who picks up

What is closed and what is broadcast stands in AstDB (ADR 0033), each value with the epoch second at which it ends, so
all of it holds, and ends, while no gateway runs:

    gw-closed/<queue>              <until>:<queue to send on to, or nothing>:<sound that says why>
    gw-notice/all, /q_<queue>      <until>:<id>:<sound>

A citizen leaves the wait by QUEUE_WITHDRAW_INFO, which holds all that is to be done: Asterisk takes him out only when
no seat has taken him meanwhile, and from there on no step waits for the gateway. Who is not taken up is back at the
front of the queue; whom the other queue does not let in (full, nobody there) is back where he was; whatever does not
exist leads back by gw-back.
"""

from __future__ import annotations

from gateway.asterisk.templates.text import Conf

CLOSED, NOTICE = "gw-closed", "gw-notice"
"""Families of AstDB."""
ALL, QUEUE = "all", "q_"
"""Keys of NOTICE: for every queue, and the beginning of a single one's."""

_ID = "0-9a-zA-Z-"
_NO_GUARD = "TIMEOUT(absolute)=0"
_FRONT = "$[${EPOCH}-1700000000]"
"""QUEUE_PRIO of who is put to the front: before whoever was put there earlier, and before who comes back (100).
Of two who are put there within one second the earlier stays before the later: a queue's priority is an int of 32 bits,
which has no room for less than seconds."""
_MOST_HOPS = 3
_AGAIN_S, _MOST_AGAIN = 5, 24
"""How often, and how many times, a queue that is full is tried again for a citizen who was in it before."""
_BACK = "Goto(gw-back,s,1)"
_TALKED = 'GosubIf($["${GW_TALKING}"!=""]?gw-talked,s,1(%s))'


def gate(queue: str) -> str:
    """An expression that is above 0 when there is something to be looked at before this queue."""
    keys = (f"{CLOSED}/{queue}", f"{NOTICE}/{QUEUE}{queue}", f"{NOTICE}/{ALL}")
    return f"${{LEN({''.join(f'${{DB({key})}}' for key in keys)})}}"


WITHDRAWN = (
    f'GotoIf($["${{QUEUESTATUS}}"="WITHDRAW"]?gw-lead,${{FILTER({_ID}_,${{QUEUE_WITHDRAW_INFO}})}},1)',
    'GotoIf($["${GW_FROM}"!="" & ("${QUEUESTATUS}"="FULL" | "${QUEUESTATUS:0:4}"="JOIN")]?gw-lead,again,1)',
)
"""The steps behind Queue() for a citizen whom a shift lead has taken out, and for one who was not let in again."""


def contexts(conf: Conf, gone: str) -> None:
    """Add the contexts. ``gone`` is the step that tells queue_log that a citizen's leg has ended."""
    conf.note("queues closed, broadcasts, moves by a shift lead: see gateway/asterisk/templates/queueing.py")
    _gate(conf, gone)
    _notice(conf)
    _lead(conf, gone)


def _gate(conf: Conf, gone: str) -> None:
    """Closed comes first: who is sent on hears what is broadcast where he comes to. A queue that sends on to one that
    is not there, or round in a circle, lets its callers in all the same: waiting is better than being turned away.
    Who has spoken with an agent already, and was handed on into a closed queue, goes back.
    """
    conf.section("gw-gate")
    until = "0${CUT(%s,:,1)}>${EPOCH}"
    turned_away = '$["${GW_TO}${MEMBERINTERFACE}${GW_WITH}"=""]'
    conf.exten(
        "_g_.",
        f"MSet(GW_GATE=${{EXTEN:2}},GW_CLOSED=${{DB({CLOSED}/${{EXTEN:2}})}},{_NO_GUARD})",
        f"GotoIf($[{until % 'GW_CLOSED'} & 0${{GW_HOPS}}<{_MOST_HOPS}]?closed)",
        ("open", f"Set(GW_NOTICE=${{DB({NOTICE}/{ALL})}})"),
        f"GosubIf($[{until % 'GW_NOTICE'}]?gw-notice,s,1)",
        f"Set(GW_NOTICE=${{DB({NOTICE}/{QUEUE}${{GW_GATE}})}})",
        f"GosubIf($[{until % 'GW_NOTICE'}]?gw-notice,s,1)",
        "Goto(gw-queue,q_${GW_GATE},in)",
        ("closed", "MSet(GW_TO=${CUT(GW_CLOSED,:,2)},GW_HOPS=$[0${GW_HOPS}+1],PLAYBACKSTATUS=)"),
        'GotoIf($["${GW_TO}"!="" & !${DIALPLAN_EXISTS(gw-queue,q_${GW_TO},1)}]?open)',
        "UserEvent(GWClosed,Queue: ${GW_GATE},To: ${GW_TO})",
        f"ExecIf({turned_away}?UserEvent(GWQueueLeft,Queue: ${{GW_GATE}},Status: CLOSED))",
        f"ExecIf({turned_away}?QueueLog(${{GW_GATE}},${{UNIQUEID}},NONE,INFO,GWLEFT|CLOSED))",
        'ExecIf($["${CUT(GW_CLOSED,:,3)}"!=""]?Playback(${CUT(GW_CLOSED,:,3)}))',
        'ExecIf($["${PLAYBACKSTATUS}"!="SUCCESS"]?Playback(gw/queue-closed))',
        'GotoIf($["${GW_TO}"=""]?nowhere)',
        "Playback(gw/queue-closed-on)",
        "Goto(gw-queue,q_${GW_TO},1)",
        ("nowhere", f"GotoIf({turned_away}?bye)"),
        _BACK,
        ("bye", "Playback(gw/queue-closed-end)"),
        "Hangup(16)",
    )
    conf.exten("h", gone)


def _notice(conf: Conf) -> None:
    conf.section("gw-notice")
    conf.exten(
        "s",
        "Set(GW_NOTICE_ID=${CUT(GW_NOTICE,:,2)})",
        "GotoIf($[${FIELDNUM(GW_HEARD,:,${GW_NOTICE_ID})}>0]?heard)",
        "Set(GW_HEARD=${GW_HEARD}:${GW_NOTICE_ID})",
        "UserEvent(GWNotice,Queue: ${GW_GATE},Notice: ${GW_NOTICE_ID})",
        "Playback(${CUT(GW_NOTICE,:,3)})",
        ("heard", "Return()"),
    )


def _lead(conf: Conf, gone: str) -> None:
    """An extension is what the order holds: ``f_<queue>``, ``b_<queue>``, ``p_<telephone>_<seconds>_<agent>``.

    Who is picked up is outside app_queue, as in gw-back, and told of by the same words (gw-again, gw-talked).
    """
    conf.section("gw-lead")
    kept = "GW_AT=,GW_XFER=,GW_FROM=${GW_QUEUE},GW_AGAIN=0"
    moved = f"{kept},GW_MOVED=${{FILTER({_ID}_,${{EXTEN:2}})}},{_NO_GUARD}"
    conf.exten("_f_.", f"MSet({moved},QUEUE_PRIO={_FRONT})", "Goto(on,1)")
    conf.exten("_b_.", f"MSet({moved},QUEUE_PRIO=0)", "Goto(on,1)")
    conf.exten(
        "on",
        "GotoIf($[!${DIALPLAN_EXISTS(gw-queue,q_${GW_MOVED},1)}]?i,1)",
        "Goto(gw-queue,q_${GW_MOVED},in)",
    )
    told = "${UNIQUEID}^${GW_QUEUE}^${GW_WITH}^${GW_MEMBER}"
    whom = "GW_WITH=PJSIP/${FILTER(0-9a-zA-Z,${CUT(EXTEN,_,2)})}"
    whom += f",GW_MEMBER=${{FILTER({_ID}_,${{CUT(EXTEN,_,4-)}})}}"
    conf.exten(
        "_p_.",
        f"MSet({kept},QUEUE_PRIO={_FRONT},{whom},GW_RING=${{FILTER(0-9,${{CUT(EXTEN,_,3)}})}},{_NO_GUARD})",
        'GotoIf($["${DEVICE_STATE(${GW_WITH})}"!="NOT_INUSE"]?queue)',
        f"Dial(${{GW_WITH}},${{GW_RING}},gimb(gw-picking^s^1({told}))U(gw-again^{told}))",
        'GotoIf($["${GW_TALKING}"=""]?queue)',
        _TALKED % "agent",
        "Hangup(16)",
        ("queue", "GotoIf($[!${DIALPLAN_EXISTS(gw-queue,q_${GW_QUEUE},1)}]?i,1)"),
        "Goto(gw-queue,q_${GW_QUEUE},in)",
    )
    conf.exten(
        "again",
        f"MSet(GW_AGAIN=$[0${{GW_AGAIN}}+1],GW_MOVED=${{GW_FROM}},QUEUE_PRIO={_FRONT})",
        "GotoIf($[${GW_AGAIN}=1]?on,1)",
        f"GotoIf($[${{GW_AGAIN}}>{_MOST_AGAIN}]?i,1)",
        "StartMusicOnHold()",
        f"Wait({_AGAIN_S})",
        "StopMusicOnHold()",
        "Goto(on,1)",
    )
    conf.exten("i", "MSet(GW_BACK=none,GW_FROM=)", _BACK)
    conf.exten("h", _TALKED % "caller", gone)
    conf.section("gw-picking").note("on the telephone that is to pick up, before it rings")
    conf.exten(
        "s",
        "UserEvent(GWPicking,Leg: ${ARG1},Queue: ${ARG2},Interface: ${ARG3},Member: ${ARG4})",
        "Return()",
    )
