"""The dialplan of transfers (转接): where a leg goes when the gateway moves it, and where from there when nobody does.

    gw-room   the conference of one transfer, x-<id>: citizen, agent, partner
    gw-hold   music for a citizen whose agent speaks to the partner alone; never longer than HOLD_S
    gw-back   the same agent if he is free, else the front of the queue
    gw-move   into another queue (q_), a voice flow (f_), or to a number that is dialled at once (d_)
    gw-bye    a word of farewell
    gw-free   the agent whom a citizen has left behind: the leg ends

An extension says all that its leg needs: a letter for what is wanted and the transfer's id (``r_0198...``), because a
redirected channel brings no variables. A citizen is told from an agent or partner by GW_DONE, which only a call that
came in by an entry number has. Agents and partners are marked users of the room; the citizen is one who leaves with the
last of them. What becomes of the citizen then is GW_XFER's to say (``completed``: the transfer has done its work); for
everything else, a gateway that is dead among it, the citizen goes back. So no step here waits for the gateway.

Whoever comes back and is taken by the same agent is outside app_queue, so what app_queue would tell is told here:
GWBack and GWBackEnded to the gateway, CONNECT and COMPLETE* to queue_log.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.sip import TRUNK
from gateway.asterisk.templates.text import Conf, begin
from gateway.seats.config import QueueConfig
from gateway.transfer.config import PartnerConfig

BRIDGE, CITIZEN, STAFF = "transfer-room", "citizen", "staff"

HOLD_S = 300
"""The longest stay in gw-hold. The gateway ends a consultation long before; this is for when it cannot."""
AGAIN_S = 10
"""How long the same agent is rung for a citizen who comes back."""
JOIN_S = 3
"""How long a citizen waits for an agent or partner who is on the way into the room."""
PRIORITY_BACK, PRIORITY_MOVED = 100, 50
"""QUEUE_PRIO of a citizen who comes back, and of one sent on to another queue: both have waited before."""

_LOOK_S = 5
_RING_GRACE_S = 10
_WORDS_EVERY = 12
_ID = "0-9a-zA-Z-"
_ROOM = f"x-${{FILTER({_ID},${{CUT(EXTEN,_,2)}})}}"
_NO_GUARD = "TIMEOUT(absolute)=0"
_BACK = "Goto(gw-back,s,1)"
_CITIZEN = '$["${GW_DONE}"!=""]'
_TALKED = 'GosubIf($["${GW_TALKING}"!=""]?gw-talked,s,1(%s))'


def _in_room(kind: str) -> str:
    return f"${{CONFBRIDGE_INFO({kind},${{GW_ROOM}})}}"


def contexts(
    conf: Conf, asterisk: AsteriskConfig, queues: Iterable[QueueConfig], partners: Iterable[PartnerConfig], gone: str
) -> None:
    """Add the contexts of transfers. ``gone`` is the step that tells queue_log that a citizen's leg has ended."""
    rings_s = max((partner.rings_s for partner in partners), default=asterisk.dial_s)
    conf.note("transfers (转接): see gateway/asterisk/templates/transfers.py")
    _room(conf, gone)
    _hold(conf, rings_s + _RING_GRACE_S, gone)
    _back(conf, next((queue.id for queue in queues), ""), gone)
    _move(conf, asterisk, gone)
    # app_queue tells that a conversation is over (AgentComplete, COMPLETE*) only when one of its legs is asked to hang
    # up. One that is just dropped is told of when the citizen's call ends, by then the agent's wrap-up comes far too
    # late (seen on 22.10).
    conf.section("gw-free").exten("s", "SoftHangup(${CHANNEL(name)})", "Hangup(16)")
    conf.section("gw-bye")
    conf.exten("s", "Playback(gw/transfer-ended)", "Hangup(16)")
    conf.exten("h", gone)


def _room(conf: Conf, gone: str) -> None:
    """A citizen does not enter a room in which nobody is: an agent who is moved at the same time is waited for.

    In h, who is left alone with nobody to come is let go: the agent or partner of a citizen who hung up, and a citizen
    who entered in the very moment in which the last of the others left.
    """
    conf.section("gw-room")
    conf.exten(
        "_r_.",
        f"MSet(GW_AT=room,GW_ROOM={_ROOM},GW_LOOKS=0,{_NO_GUARD})",
        f"GotoIf({_CITIZEN}?citizen)",
        'ExecIf($["${GW_TRANSFER}"=""]?Set(GROUP(gw)=${GW_ROOM}))',
        f"ConfBridge(${{GW_ROOM}},{BRIDGE},{STAFF})",
        "Hangup(16)",
        ("citizen", _TALKED % "caller"),
        f"GotoIf($[{_in_room('marked')}>0]?in)",
        "StartMusicOnHold()",
        ("look", "Wait(0.1)"),
        f"MSet(GW_LOOKS=$[${{GW_LOOKS}}+1],GW_MARKED={_in_room('marked')})",
        f"GotoIf($[${{GW_MARKED}}=0 & ${{GW_LOOKS}}<{JOIN_S * 10}]?look)",
        "StopMusicOnHold()",
        "GotoIf($[${GW_MARKED}=0]?gw-back,s,1)",
        ("in", f"ConfBridge(${{GW_ROOM}},{BRIDGE},{CITIZEN})"),
        'GotoIf($["${GW_XFER}"="completed"]?gw-bye,s,1)',
        _BACK,
    )
    conf.exten("T", f"Set({_NO_GUARD})", _BACK)
    conf.exten(
        "h",
        f"GotoIf({_CITIZEN}?citizen)",
        f"ExecIf($[{_in_room('marked')}=0 & {_in_room('parties')}>0]?ConfKick(${{GW_ROOM}},all))",
        "Goto(over)",
        ("citizen", f"ExecIf($[{_in_room('parties')}=1]?ConfKick(${{GW_ROOM}},all))"),
        gone,
        ("over", "NoOp()"),
    )


def _hold(conf: Conf, empty_s: int, gone: str) -> None:
    """Music with a word now and then: a citizen whose agent speaks to the partner, or the partner meanwhile.

    A room may stay empty as long as a partner may ring, but only for two looks when somebody was in it. When a partner
    is alone in it for two looks, because the agent has gone or there never was one (blind), and nobody has moved the
    citizen, the citizen goes in. Whoever is no citizen is let go when the time is over.
    """
    conf.section("gw-hold")
    marked, agents = _in_room("marked"), "${GROUP_COUNT(${GW_ROOM}@gw)}"
    alone = f"${{IF($[{marked}>0 & {agents}=0]?$[${{GW_ALONE}}+1]:0)}}"
    empty_looks = -(-empty_s // _LOOK_S)
    empty = f"${{IF($[{marked}>0]?{empty_looks - 2}:$[${{GW_EMPTY}}+1])}}"
    conf.exten(
        "_w_.",
        f"MSet(GW_AT=hold,GW_ROOM={_ROOM},GW_LOOKS=0,GW_EMPTY=0,GW_ALONE=0,{_NO_GUARD})",
        _TALKED % "caller",
        ("music", "StartMusicOnHold()"),
        ("look", f"Wait(${{IF($[${{GW_LOOKS}}=0]?1:{_LOOK_S})}})"),
        f"MSet(GW_LOOKS=$[${{GW_LOOKS}}+1],GW_EMPTY={empty},GW_ALONE={alone})",
        f"GotoIf($[${{GW_EMPTY}}>={empty_looks} | ${{GW_LOOKS}}>={HOLD_S // _LOOK_S}]?over)",
        f"GotoIf($[${{GW_ALONE}}>1 & {_CITIZEN[2:-1]}]?join)",
        f"GotoIf($[${{GW_LOOKS}} % {_WORDS_EVERY}]?look)",
        "StopMusicOnHold()",
        "Playback(gw/transfer-hold)",
        "Goto(music)",
        ("join", "StopMusicOnHold()"),
        "Goto(gw-room,r_${GW_ROOM:2},1)",
        ("over", "StopMusicOnHold()"),
        f"GotoIf({_CITIZEN}?gw-back,s,1)",
        "Hangup(16)",
    )
    conf.exten("T", f"Set({_NO_GUARD})", _BACK)
    conf.exten("h", f"ExecIf({_CITIZEN}?{gone})")


def _back(conf: Conf, any_queue: str, gone: str) -> None:
    """b_<id>_<extension of the seat>: that seat is wanted; b_<id>: no seat; s: the one that the gateway has named
    (GW_BACK), else that whose agent took the citizen from the queue.

    The seat is rung only when its agent is signed in to the queue and its telephone is free; else the front of the
    queue finds somebody sooner.
    """
    conf.section("gw-back")
    wanted = "${FILTER(0-9a-zA-Z,${CUT(EXTEN,_,3)})}"
    conf.exten("_b_.", f"Set(GW_BACK=${{IF($[${{LEN({wanted})}}>0]?PJSIP/{wanted}:none)}})", "Goto(s,1)")
    known = "${DIALPLAN_EXISTS(gw-queue,q_%s,1)}"
    first = f"${{IF($[{known % '${GW_ENTRY_QUEUE}'}]?${{GW_ENTRY_QUEUE}}:{any_queue})}}"
    conf.exten(
        "s",
        f"MSet(GW_AT=,GW_XFER=,QUEUE_PRIO={PRIORITY_BACK},{_NO_GUARD})",
        _TALKED % "caller",
        f"ExecIf($[!{known % '${GW_QUEUE}'}]?Set(GW_QUEUE={first}))",
        "Set(GW_BACK=${IF($[${LEN(${GW_BACK})}>0]?${GW_BACK}:${MEMBERINTERFACE})})",
        'GotoIf($["${GW_BACK}"="" | "${GW_BACK}"="none"]?queue)',
        "Set(GW_MEMBERS=${QUEUE_MEMBER_LIST(${GW_QUEUE})})",
        "GotoIf($[${FIELDNUM(GW_MEMBERS,\\,,${GW_BACK})}=0]?queue)",
        'GotoIf($["${DEVICE_STATE(${GW_BACK})}"!="NOT_INUSE"]?queue)',
        'MSet(GW_WITH=${GW_BACK},GW_MEMBER=${IF($["${GW_BACK}"="${MEMBERINTERFACE}"]?${MEMBERNAME})})',
        f"Dial(${{GW_WITH}},{AGAIN_S},gimU(gw-again^${{UNIQUEID}}^${{GW_QUEUE}}^${{GW_WITH}}^${{GW_MEMBER}}))",
        'GotoIf($["${GW_TALKING}"=""]?queue)',
        _TALKED % "agent",
        "Hangup(16)",
        ("queue", "Set(GW_BACK=)"),
        "Playback(gw/transfer-back)",
        "Goto(gw-queue,q_${GW_QUEUE},in)",
    )
    conf.exten("T", f"Set({_NO_GUARD})", _BACK)
    conf.exten("h", _TALKED % "caller", gone)
    _told(conf)


def _told(conf: Conf) -> None:
    """What app_queue would have told of the conversation of gw-back. gw-again runs on the agent's leg as it answers."""
    conf.section("gw-again")
    conf.exten(
        "s",
        "Set(MASTER_CHANNEL(GW_TALKING)=${EPOCH})",
        "UserEvent(GWBack,Leg: ${ARG1},Queue: ${ARG2},Interface: ${ARG3},Member: ${ARG4})",
        "QueueLog(${ARG2},${ARG1},${IF($[${LEN(${ARG4})}>0]?${ARG4}:${ARG3})},CONNECT,0|${UNIQUEID}|0)",
        "Return()",
    )
    conf.section("gw-talked")
    talk_s = "$[${EPOCH}-${GW_TALKING}]"
    told = "Queue: ${GW_QUEUE},Interface: ${GW_WITH},Member: ${GW_MEMBER}"
    agent = "${IF($[${LEN(${GW_MEMBER})}>0]?${GW_MEMBER}:${GW_WITH})}"
    conf.exten(
        "s",
        f"UserEvent(GWBackEnded,{told},TalkTime: {talk_s},Reason: ${{ARG1}})",
        f"QueueLog(${{GW_QUEUE}},${{UNIQUEID}},{agent},COMPLETE${{TOUPPER(${{ARG1}})}},0|{talk_s}|0)",
        "Set(GW_TALKING=)",
        "Return()",
    )


def _move(conf: Conf, asterisk: AsteriskConfig, gone: str) -> None:
    """Handed on without an agent. What does not exist, or cannot be reached, leads back."""
    conf.section("gw-move")
    conf.exten(
        "_q_.",
        f"MSet(GW_AT=,GW_XFER=,GW_MOVED=${{FILTER({_ID}_,${{EXTEN:2}})}},QUEUE_PRIO={PRIORITY_MOVED},{_NO_GUARD})",
        _TALKED % "caller",
        "GotoIf($[!${DIALPLAN_EXISTS(gw-queue,q_${GW_MOVED},1)}]?gw-back,s,1)",
        "Goto(gw-queue,q_${GW_MOVED},1)",
    )
    flow = f"GW_FLOW=${{FILTER({_ID}_,${{EXTEN:2}})}}"
    guard = f"AGIEXITONHANGUP=yes,TIMEOUT(absolute)={asterisk.agi_guard_s}"
    conf.exten(
        "_f_.", f"MSet(GW_AT=,GW_XFER=,{flow},GW_DONE=0,GW_NEXT=,{guard})", _TALKED % "caller", "Goto(gw-intake,s,flow)"
    )
    conf.exten(
        "_d_.",
        f"MSet(GW_AT=,GW_XFER=,GW_TARGET=${{FILTER(0-9*#+,${{EXTEN:2}})}},__GW_REF=${{GW_TICKET}},{_NO_GUARD})",
        _TALKED % "caller",
        'GotoIf($["${GW_TARGET}"=""]?gw-back,s,1)',
        f"Dial(PJSIP/${{GW_TARGET}}@{TRUNK},{asterisk.dial_s},irb(gw-dialled^s^1))",
        "UserEvent(GWTransferFailed,Target: ${GW_TARGET},Status: ${DIALSTATUS})",
        _BACK,
    )
    conf.exten("T", f"Set({_NO_GUARD})", _BACK)
    conf.exten("h", gone)
    conf.section("gw-dialled").note("on the leg that is dialled, before its INVITE")
    conf.exten("s", 'ExecIf($["${GW_REF}"!=""]?Set(PJSIP_HEADER(add,X-Ticket-No)=${GW_REF}))', "Return()")


def confbridge_conf() -> str:
    """Rooms without announcements. 8 kHz and 20 ms: what trunks speak, mixed as often as it comes."""
    conf = begin("confbridge.conf: the rooms of transfers, without announcements").section("general")
    conf.section(BRIDGE).set(type="bridge", max_members=8, internal_sample_rate=8000, mixing_interval=20)
    conf.set(record_conference=False, video_mode="none")
    quiet = {"type": "user", "quiet": True, "announce_join_leave": False, "announce_user_count": False}
    quiet |= {"announce_only_user": False, "music_on_hold_when_empty": True, "music_on_hold_class": "default"}
    quiet |= {"dtmf_passthrough": True}
    conf.section(CITIZEN).set(**quiet, end_marked=True)
    conf.section(STAFF).set(**quiet, marked=True)
    return conf.text()
