"""queues.conf and manager.conf: the queues as app_queue has them, and the two AMI users of the gateway.

Members are only dynamic: signing in is an AMI order, and app_queue keeps them in astdb over a restart. Asterisk's own
wrap-up is 2 s, just a guard against two calls at once; the real wrap-up is a pause that the gateway ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.asterisk.config import AsteriskConfig
from gateway.asterisk.templates.text import Conf, RenderError, begin
from gateway.seats.config import QueueConfig

EVENTS_USER = "gw-events"
ORDERS_USER = "gw-orders"

_UNUSED = (
    *("AGIExecStart", "AGIExecEnd", "BridgeCreate", "BridgeDestroy", "BridgeEnter", "BridgeLeave", "BridgeMerge"),
    *(
        "ChallengeSent",
        "ConfbridgeStart",
        "ConfbridgeEnd",
        "DeviceStateChange",
        "DialBegin",
        "DialEnd",
        "DialState",
        "DTMFBegin",
        "DTMFEnd",
    ),
    *("ExtensionStatus", "HangupRequest", "MixMonitorStop", "MusicOnHoldStart", "MusicOnHoldStop", "NewAccountCode"),
    *("NewCallerid", "NewConnectedLine", "Newexten", "PeerStatus", "QueueMemberStatus", "RTCPReceived", "RTCPSent"),
    *("SoftHangupRequest", "SuccessfulAuth", "TestEvent", "VarSet"),
)
"""Events that a call or a registration makes and that nobody here asks for: switched off, they do not even wake the
sessions. (Asterisk wakes every session for every event, and only then looks at its filter.)"""

# Members that only rest or wrap up still count as people: a caller is turned away when nobody can come back to him.
_NOBODY_THERE = "unavailable,invalid,unknown"


def queues_conf(queues: Iterable[QueueConfig]) -> str:
    conf = begin("queues.conf: members come and go by AMI")
    conf.section("general").set(
        persistentmembers=True, shared_lastcall=True, autofill=True, log_membername_as_agent=True
    )
    for queue in queues:
        conf.section(queue.id).note(f"{queue.name} {queue.name_en}")
        _queue(conf, queue)
    return conf.text()


def _queue(conf: Conf, queue: QueueConfig) -> None:
    conf.set(
        strategy=queue.strategy,
        timeout=queue.ring_s,
        retry=1,
        wrapuptime=2,
        weight=queue.weight,
        maxlen=queue.max_length,
        servicelevel=queue.answer_within_s,
        musicclass="default",
        ringinuse=False,
        autopause=False,
        setinterfacevar=True,
        joinempty=True if queue.join_empty else _NOBODY_THERE,
        leavewhenempty=False if queue.join_empty else _NOBODY_THERE,
        announce__frequency=0,
        announce__holdtime=False,
        announce__position=False,
        reportholdtime=False,
        memberdelay=0,
        timeoutpriority="app",
    )


def manager_conf(asterisk: AsteriskConfig, events_secret: str, orders_secret: str, event_names: Iterable[str]) -> str:
    """``event_names`` are the only events that leave Asterisk: filtered at the source, by name, not by regex."""
    wanted = set(event_names)
    conf = begin("manager.conf: the gateway's two sessions")
    conf.section("general").set(
        enabled=True,
        webenabled=False,
        port=asterisk.ami_port,
        bindaddr=asterisk.ami_bind,
        timestampevents=True,
        displayconnects=False,
        authtimeout=10,
        authlimit=20,
        disabledevents=",".join(name for name in _UNUSED if name not in wanted),
    )
    _user(conf, EVENTS_USER, events_secret, asterisk, read="system,call,agent,user,reporting")
    # PJSIPShow* wants system, DeviceStateList reporting; the other lists of a snapshot ask for nothing.
    conf.set(write="system,reporting")
    for name in sorted(wanted):
        if not (name.isascii() and name.isalnum()):
            raise RenderError(f"{name!r} is not an event name")
        conf.put(f"eventfilter(action(include),name({name}))", "")
    _user(conf, ORDERS_USER, orders_secret, asterisk, read="")
    conf.set(write="system,call,agent,originate,reporting")
    return conf.text()


def _user(conf: Conf, name: str, secret: str, asterisk: AsteriskConfig, *, read: str) -> None:
    conf.section(name).set(secret=secret, deny="0.0.0.0/0.0.0.0")
    for network in asterisk.ami_permit:
        conf.put("permit", network)
    conf.set(writetimeout=1000)
    if read:
        conf.set(read=read)
