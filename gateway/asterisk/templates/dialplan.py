"""extensions.conf: how a citizen's call goes through Asterisk, with the gateway or without it.

    from-trunk -> gw-intake (AGI: the flow) -> gw-handover -> gw-queue -> a seat, or gw-sorry
                       \\-> gw-static (no gateway) -/

The gateway's last act is GW_DONE=1. Whatever else comes back from AGI - refused, died, fell silent until T - leads to
gw-static, which needs nobody. UserEvents tell the gateway; queue_log tells it afterwards of calls that it did not see.
What app_queue does not write there we do: that a citizen arrived and by which number (GWARRIVED), how the queue let
him go (GWLEFT), and that his own leg is gone (GWGONE, in every context in which it can end);
``gateway.asterisk.queuelog`` reads them.

Every step of a call makes Asterisk publish a picture of the channel (some 0.1 ms of processor, an application within
ExecIf once more), and every command over AGI is a round trip. So variables are set in passing, by SET() within the
expression of a step that is there anyway; the common way (the flow is done, the queue is known, the channel is up)
goes from AGI to the recording in one step; a flow that begins by answering is answered here; and a citizen who was
served falls off the end of his extension. That a flow is done needs no word of its own: joining the queue says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates import outbound, queueing, supervision, transfers
from gateway.asterisk.templates import partners as partners_told
from gateway.asterisk.templates import virtual as virtual_numbers
from gateway.asterisk.templates.sip import TRUNK
from gateway.asterisk.templates.text import Conf, begin
from gateway.seats.config import EntryNumberConfig, QueueConfig, SeatConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig

_NUMBER = "0-9*#+"
_NO_GUARD = "TIMEOUT(absolute)=0"
_FLOW_ENDED = "UserEvent(GWFlowEnded,Flow: ${GW_FLOW},Result: %s,Language: ${CHANNEL(language)})"
_HANDOVER = "Goto(gw-handover,s,1)"
_STATIC = "Goto(gw-static,s,1)"
_BACK = "Goto(gw-back,s,1)"
_LINKED = "${CHANNEL(LINKEDID)}"
_CALLER = f"${{FILTER({_NUMBER},${{CALLERID(num)}})}}"
_ACCOUNT = "${CHANNEL(name):6:-9}"
"""The endpoint that a call came by: PJSIP/<endpoint>-<8 hexadecimal digits>. CHANNEL(endpoint) says the same, but asks
another thread and waits for it."""

_ENDPOINT_LANGUAGE = "zh"
"""What ``sip`` gives to trunk and probe: setting it again would publish the channel once more."""

_TO_THE_QUEUE = (
    f'$["${{GW_DONE}}${{GW_NEXT}}${{SET({_NO_GUARD})}}"="10" & "${{CHANNEL(state)}}"="Up"'
    f" & ${{DIALPLAN_EXISTS(gw-queue,q_${{GW_QUEUE}},1)}} & {queueing.gate('${GW_QUEUE}')}=0"
    ' & "${MIXMONITOR_FILENAME}"=""]'
)
"""The flow is done and left GW_NEXT as it was, the channel is up and not recorded yet, and the queue is one that there
is, open and without a broadcast. In passing the guard is taken away, whatever the flow did: SET() does it without a
step of its own and says 0."""

_RECORDED = 'GotoIf($["${SET(GW_QUEUE=%s)}${SET(TIMEOUT(absolute)=0)}${MIXMONITOR_FILENAME}"!="%s0"]?wait)'
"""A citizen who comes into a queue for the second time is being recorded: one call, one file."""

_SERVED = '"${QUEUESTATUS}${GW_XFER}${HANGUPCAUSE}${SET(DIALSTATUS=)}"="CONTINUE16"'
"""The agent has hung up and no transfer is under way. What an earlier Dial() said is taken away: at the end of an
extension Asterisk would play it (busy, congestion)."""

_GONE = "QueueLog(NONE,${UNIQUEID},NONE,INFO,GWGONE|${GW_DONE})"


def extensions_conf(
    asterisk: AsteriskConfig,
    entries: Iterable[EntryNumberConfig],
    queues: Iterable[QueueConfig],
    seats: Iterable[SeatConfig],
    partners: Iterable[PartnerConfig],
    zone: str,
    answering: Collection[str] = (),
    virtual: VirtualConfig | None = None,
) -> str:
    """``zone`` is the hall's IANA zone: recordings lie in a folder for each day of the hall. ``answering`` are the
    flows that begin by answering the call; ``virtual`` the pool of virtual numbers, None for none.
    """
    entries, queues, partners = tuple(entries), tuple(queues), tuple(partners)
    virtual = virtual or VirtualConfig()
    conf = begin("extensions.conf: the way of a call")
    conf.section("general").set(static=True, writeprotect=True, autofallthrough=True, clearglobalvars=True)
    _from_trunk(conf, asterisk, entries, answering, virtual, partners_told.told_of_invite(partners))
    _intake(conf, asterisk)
    _static(conf)
    _handover(conf)
    _transfer(conf, asterisk)
    _queues(conf, queues, zone)
    _sorry(conf)
    transfers.contexts(conf, asterisk, queues, partners, _GONE)
    queueing.contexts(conf, _GONE)
    supervision.contexts(conf, _GONE)
    hotline = next((entry.number for entry in entries), asterisk.caller_id)
    virtual_numbers.contexts(conf, asterisk, virtual, hotline, zone)
    outbound.contexts(conf, asterisk, zone)
    _from_seats(conf, asterisk, seats, partners)
    return conf.text()


def _from_trunk(
    conf: Conf,
    asterisk: AsteriskConfig,
    entries: Iterable[EntryNumberConfig],
    answering: Collection[str],
    virtual: VirtualConfig,
    told: str,
) -> None:
    """``told`` is what partners' calls bring in their INVITE, as further fields of GWEntered."""
    conf.section("from-trunk")
    for entry in entries:
        conf.note(f"{entry.name} {entry.name_en}")
        begin_at = "answer" if entry.flow in answering else "flow"
        number = f"${{SET(CHANNEL(accountcode)={entry.number})}}"
        variables = "".join(f"${{SET({one})}}" for one in _variables(entry, asterisk))
        conf.exten(
            entry.number,
            f"UserEvent(GWEntered,Entry: {number},Account: {_ACCOUNT},Flow: {entry.flow}{told})",
            f"QueueLog(NONE,${{UNIQUEID}},NONE,INFO,GWARRIVED|{entry.number}|{_LINKED}|{_ACCOUNT}|{_CALLER})",
            f"GotoIf($[${{LEN({variables})}}]?gw-intake,s,{begin_at})",
        )
        for prefix in asterisk.entry_prefixes:
            conf.exten(f"{prefix}{entry.number}", f"Goto({entry.number},1)")
    virtual_numbers.entrances(conf, asterisk, virtual)
    conf.note("any other number is not in service (空号); the announcement costs the caller nothing")
    conf.exten(
        "_[0-9*#+]!",
        "Set(CHANNEL(language)=zh)",
        "Progress()",
        "Playback(gw/not-in-service,noanswer)",
        "Hangup(1)",
    )


def _variables(entry: EntryNumberConfig, asterisk: AsteriskConfig) -> Iterable[str]:
    """What a call has before its flow begins, the flow's guard included. (Its account code was set with GWEntered.)"""
    yield f"__GW_ENTRY={entry.number}"
    yield f"__GW_ACCOUNT={_ACCOUNT}"
    yield f"GW_FLOW={entry.flow}"
    yield f"GW_QUEUE={entry.queue}"
    yield f"GW_ENTRY_QUEUE={entry.queue}"
    yield "GW_DONE=0"
    yield "GW_NEXT="
    if entry.language != _ENDPOINT_LANGUAGE:
        yield f"CHANNEL(language)={entry.language}"
    # Without this AGI tells the gateway HANGUP and then waits for it to close: for ever, if it is silent (seen).
    yield "AGIEXITONHANGUP=yes"
    yield f"TIMEOUT(absolute)={asterisk.agi_guard_s}"


def _intake(conf: Conf, asterisk: AsteriskConfig) -> None:
    """The flow runs in the gateway. T is where the absolute limit leads when the gateway accepts and falls silent.

    Not in the extension dialled, though a step dearer: a reload may take that away under a call whose flow runs.
    """
    server = f"agi://{asterisk.agi_host}:{asterisk.agi_port}"
    query = f"call={_LINKED}&entry=${{GW_ENTRY}}&account=${{GW_ACCOUNT}}"
    known = f"state=${{CHANNEL(state)}}&guard={asterisk.agi_guard_s}"
    conf.section("gw-intake")
    conf.exten(
        "s",
        ("answer", "Answer()"),
        ("flow", f"AGI({server}/flow/${{GW_FLOW}}?{query}&{known})"),
        f"GotoIf({_TO_THE_QUEUE}?gw-queue,q_${{GW_QUEUE}},new)",
        f"Set({_NO_GUARD})",
        _FLOW_ENDED % '${IF($["${GW_DONE}"="1"]?done:failed)}',
        'GotoIf($["${GW_DONE}"="1"]?gw-handover,s,1:gw-static,s,1)',
    )
    conf.exten("T", f"Set({_NO_GUARD})", _FLOW_ENDED % "timed_out", _STATIC)
    conf.note("the citizen (or the flow itself) hung up")
    conf.exten("h", _FLOW_ENDED % '${IF($["${GW_DONE}"="1"]?done:hung_up)}', _GONE)


def _static(conf: Conf) -> None:
    conf.section("gw-static").note("serves every caller when there is no gateway")
    conf.exten(
        "s",
        "Answer()",
        "Playback(gw/static-greeting)",
        "Set(GW_NEXT=queue)",
        "Set(GW_QUEUE=${GW_ENTRY_QUEUE})",
        _HANDOVER,
    )
    conf.exten("h", _GONE)


def _handover(conf: Conf) -> None:
    conf.section("gw-handover").note("GW_NEXT is queue, hangup or transfer; anything else means queue")
    conf.exten(
        "s",
        'GotoIf($["${GW_NEXT}"="hangup"]?hangup)',
        'GotoIf($["${GW_NEXT}"="transfer"]?gw-transfer,s,1)',
        ("queue", "GotoIf(${DIALPLAN_EXISTS(gw-queue,q_${GW_QUEUE},1)}?gw-queue,q_${GW_QUEUE},1)"),
        "Goto(gw-queue,q_${GW_ENTRY_QUEUE},1)",
        ("hangup", "Hangup(16)"),
    )
    conf.exten("h", _GONE)


def _transfer(conf: Conf, asterisk: AsteriskConfig) -> None:
    """A flow's transfer to a partner. When it fails the caller is in the queue, never lost."""
    conf.section("gw-transfer")
    conf.exten(
        "s",
        f"Set(GW_TARGET=${{FILTER({_NUMBER},${{GW_TARGET}})}})",
        'GotoIf($["${GW_TARGET}"=""]?failed)',
        f"Dial(PJSIP/${{GW_TARGET}}@{TRUNK},{asterisk.dial_s},i)",
        ("failed", "UserEvent(GWTransferFailed,Target: ${GW_TARGET},Status: ${DIALSTATUS})"),
        "Goto(gw-handover,s,queue)",
    )
    conf.exten("h", _GONE)


def _queues(conf: Conf, queues: Iterable[QueueConfig], zone: str) -> None:
    """One extension a queue, ``q_`` before its id: a queue called h or t must not become a special extension.

    With ``c`` a citizen whose agent has gone comes out of Queue() with CONTINUE. One whose agent has hung up (16) is
    let go: his extension ends here. But one whose agent was lost (a telephone that is gone: 44, no audio any more), or
    whose transfer has not come to its end, goes to the front of the queue. ``i``: who answers 302 gets nobody called at
    our cost.
    """
    conf.section("gw-queue")
    day = f"${{STRFTIME(${{EPOCH}},{zone},%Y%m%d)}}"
    for queue in queues:
        wait = f"Queue({queue.id},ci,,,{queue.max_wait_s or ''})"
        recorded = (
            ("in", _RECORDED % (queue.id, queue.id)),
            ("new", f"MixMonitor({day}/${{UNIQUEID}}.wav,b)"),
            ("wait", wait),
        )
        unrecorded = (("in", f"MSet(GW_QUEUE={queue.id},{_NO_GUARD})"), ("new", wait))
        conf.exten(
            f"q_{queue.id}",
            "Answer()",
            f"GotoIf($[{queueing.gate(queue.id)}>0]?gw-gate,g_{queue.id},1)",
            *(recorded if queue.record else unrecorded),
            f"GotoIf($[!({_SERVED})]?gw-left,s,1)",
        )
    conf.exten("h", _GONE)
    _left(conf)


def _left(conf: Conf) -> None:
    """Out of a queue otherwise than by a conversation that an agent has ended. GW_QUEUE is the queue: whatever leads
    into one has set it."""
    conf.section("gw-left")
    conf.exten(
        "s",
        'GotoIf($["${QUEUESTATUS}"!="CONTINUE"]?unserved)',
        'GotoIf($["${GW_XFER}"="completed"]?over)',
        "Set(GW_BACK=none)",
        _BACK,
        ("over", "Hangup(16)"),
        ("unserved", queueing.WITHDRAWN[0]),
        *queueing.WITHDRAWN[1:],
        "UserEvent(GWQueueLeft,Queue: ${GW_QUEUE},Status: ${QUEUESTATUS})",
        "QueueLog(${GW_QUEUE},${UNIQUEID},NONE,INFO,GWLEFT|${QUEUESTATUS})",
        "Goto(gw-sorry,${IF($[${LEN(${QUEUESTATUS})}>0]?${QUEUESTATUS}:OTHER)},1)",
    )
    conf.exten("h", _GONE)


def _sorry(conf: Conf) -> None:
    """Nobody answered: say why, in the caller's language, then end. Names of extensions are values of QUEUESTATUS."""
    conf.section("gw-sorry")
    for status, prompt in SORRY.items():
        conf.exten(status, f"Playback({prompt})", "Hangup(34)")
    conf.exten("i", "Playback(gw/sorry-system)", "Hangup(34)")
    conf.exten("h", _GONE)


SORRY = {
    "TIMEOUT": "gw/sorry-timeout",
    "FULL": "gw/sorry-full",
    "JOINEMPTY": "gw/sorry-no-seat",
    "LEAVEEMPTY": "gw/sorry-no-seat",
    "JOINUNAVAIL": "gw/sorry-no-seat",
    "LEAVEUNAVAIL": "gw/sorry-no-seat",
    "OTHER": "gw/sorry-system",
}


def _from_seats(
    conf: Conf, asterisk: AsteriskConfig, seats: Iterable[SeatConfig], partners: Iterable[PartnerConfig]
) -> None:
    conf.section("from-seats").note("seats dial each other, partners and outside numbers; nothing else")
    for seat in seats:
        phone, browser = seat.extension, seat.softphone
        there = f'${{IF($["${{DEVICE_STATE(PJSIP/{browser})}}"="NOT_INUSE"]?{browser}:{phone})}}'
        conf.exten(phone, f"Dial(PJSIP/{there},{asterisk.dial_s},i)", "Hangup()")
    out = (f"Set(CALLERID(num)={asterisk.caller_id})", "Goto(gw-outside,${EXTEN},1)")
    for partner in partners:
        if partner.is_dialled:
            conf.note(f"{partner.name} {partner.name_en}").exten(partner.number, *out)
    for pattern in asterisk.outside:
        conf.exten(pattern, *out)
