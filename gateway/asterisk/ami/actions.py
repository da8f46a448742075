"""The AMI actions that the gateway uses, each with its values checked before anything is sent.

Two of Asterisk's habits make checks here a matter of safety, beyond CR and LF (``wire.encode``): a Variable header is
split at commas into more variables (seen on 22.10), so commas in values are escaped; and Hangup takes ``/.../`` for a
pattern over all channels, so a channel name may not begin with a slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.asterisk.ami.wire import Value

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_INTERFACE = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@+-]{1,120}(/n)?")
_CHANNEL = re.compile(r"[A-Za-z0-9][^\x00-\x1f\x7f]{0,200}")
_EXTEN = re.compile(r"[A-Za-z0-9_*#+.-]{1,80}")
_DB_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FAMILY = re.compile(r"[A-Za-z0-9_-]{1,40}(/[A-Za-z0-9_-]{1,40})?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}(\([A-Za-z0-9_,/.:@-]*\))?")
_DIGIT = re.compile(r"[0-9*#A-D]")
_PRIORITY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SPLITTING = re.compile(r"[,\"\\()\[\]]")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Action:
    """One AMI action, headers in the order sent. For a list: the event that ends it on old servers (``complete``) and
    the errors that mean an empty list (``nothing_found``).
    """

    headers: tuple[tuple[str, Value], ...]
    complete: str = ""
    nothing_found: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.headers[0][1])


def _action(name: str, *headers: tuple[str, Value | None], complete: str = "", nothing: tuple[str, ...] = ()) -> Action:
    given = tuple((header, value) for header, value in headers if value is not None)
    return Action((("Action", name), *given), complete, nothing)


def _checked(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{field}: {value[:80]!r} is not allowed here")
    return value


def _optional(field: str, value: str, pattern: re.Pattern[str]) -> str | None:
    return _checked(field, value, pattern) if value else None


def _within(field: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(f"{field}: {value} is outside {least} to {most}")
    return value


def _truth(value: bool) -> str:
    return "true" if value else "false"


# -- session


def challenge() -> Action:
    return _action("Challenge", ("AuthType", "MD5"))


def login(username: str, key: str, *, events: bool) -> Action:
    """Login with the answer to a challenge: ``key`` is MD5 of challenge and secret, in hex."""
    user = _checked("username", username, _NAME)
    return _action(
        "Login", ("AuthType", "MD5"), ("Username", user), ("Key", key), ("Events", "on" if events else "off")
    )


def ping() -> Action:
    return _action("Ping")


def filter_events(criterion: str) -> Action:
    """Add a filter to this session, as ``action(exclude),name(VarSet)`` (Asterisk 20.10, 21.5 and 22 on)."""
    return _action("Filter", ("Operation", "Add"), ("Filter", _checked("filter", criterion, _TEXT)))


# -- queues


def queue_add(
    queue: str, interface: str, *, member: str = "", penalty: int = 0, paused: bool = False, reason: str = ""
) -> Action:
    """Make ``interface`` a member of ``queue`` under the name ``member``. Refused with "Already there" if it is one."""
    return _action(
        "QueueAdd",
        ("Queue", _checked("queue", queue, _NAME)),
        ("Interface", _checked("interface", interface, _INTERFACE)),
        ("MemberName", _optional("member", member, _TEXT)),
        ("Penalty", _within("penalty", penalty, 0, 1000)),
        ("Paused", _truth(paused)),
        ("Reason", _optional("reason", reason, _TEXT)),
    )


def queue_remove(queue: str, interface: str) -> Action:
    return _action(
        "QueueRemove",
        ("Queue", _checked("queue", queue, _NAME)),
        ("Interface", _checked("interface", interface, _INTERFACE)),
    )


def queue_pause(interface: str, paused: bool, *, queue: str = "", reason: str = "") -> Action:
    """Pause or unpause a member, in all its queues when ``queue`` is empty."""
    return _action(
        "QueuePause",
        ("Interface", _checked("interface", interface, _INTERFACE)),
        ("Paused", _truth(paused)),
        ("Queue", _optional("queue", queue, _NAME)),
        ("Reason", _optional("reason", reason, _TEXT)),
    )


def queue_status(queue: str = "", member: str = "") -> Action:
    """A list of QueueParams, QueueMember and QueueEntry. An unknown queue is an empty list, not an error (seen)."""
    return _action(
        "QueueStatus",
        ("Queue", _optional("queue", queue, _NAME)),
        ("Member", _optional("member", member, _TEXT)),
        complete="QueueStatusComplete",
    )


def queue_summary(queue: str = "") -> Action:
    return _action("QueueSummary", ("Queue", _optional("queue", queue, _NAME)), complete="QueueSummaryComplete")


def queue_withdraw(queue: str, channel: str, info: str) -> Action:
    """Let a waiting caller out of Queue() with QUEUESTATUS=WITHDRAW and QUEUE_WITHDRAW_INFO. Not done when a member has
    answered meanwhile. Asterisk 16.24, 18.10 and 19.2 on; the channel by its name only."""
    return _action(
        "QueueWithdrawCaller",
        ("Queue", _checked("queue", queue, _NAME)),
        ("Caller", _checked("channel", channel, _CHANNEL)),
        ("WithdrawInfo", _checked("info", info, _NAME)),
    )


# -- what is live


def core_show_channels() -> Action:
    return _action("CoreShowChannels", complete="CoreShowChannelsComplete")


def core_status() -> Action:
    return _action("CoreStatus")


def core_settings() -> Action:
    return _action("CoreSettings")


def bridge_list() -> Action:
    return _action("BridgeList", complete="BridgeListComplete")


def bridge_info(bridge: str) -> Action:
    """A list of BridgeInfoChannel; refused when the bridge is gone meanwhile."""
    return _action("BridgeInfo", ("BridgeUniqueid", _checked("bridge", bridge, _NAME)), complete="BridgeInfoComplete")


def device_state_list() -> Action:
    return _action("DeviceStateList", complete="DeviceStateListComplete")


def pjsip_show_contacts() -> Action:
    """A list of ContactList. With no contact at all Asterisk answers with an error, which is an empty list here."""
    return _action("PJSIPShowContacts", complete="ContactListComplete", nothing=("No Contacts found",))


def pjsip_show_endpoints() -> Action:
    return _action("PJSIPShowEndpoints", complete="EndpointListComplete", nothing=("No endpoints found",))


def confbridge_list(conference: str) -> Action:
    nothing = ("No active conferences.", "No Conference by that name found.")
    return _action(
        "ConfbridgeList",
        ("Conference", _checked("conference", conference, _NAME)),
        complete="ConfbridgeListComplete",
        nothing=nothing,
    )


# -- channels


def hangup(channel: str, cause: int = 16) -> Action:
    """``cause`` is a Q.850 code; 16 is normal clearing."""
    return _action(
        "Hangup", ("Channel", _checked("channel", channel, _CHANNEL)), ("Cause", _within("cause", cause, 0, 127))
    )


def redirect(
    channel: str,
    context: str,
    exten: str,
    priority: str = "1",
    *,
    extra_channel: str = "",
    extra_context: str = "",
    extra_exten: str = "",
) -> Action:
    """Send one channel, or two that belong together, on in the dialplan. The extra parts default to the first's."""
    extra = _optional("extra_channel", extra_channel, _CHANNEL)
    return _action(
        "Redirect",
        ("Channel", _checked("channel", channel, _CHANNEL)),
        ("Context", _checked("context", context, _NAME)),
        ("Exten", _checked("exten", exten, _EXTEN)),
        ("Priority", _checked("priority", priority, _PRIORITY)),
        ("ExtraChannel", extra),
        ("ExtraContext", _checked("extra_context", extra_context or context, _NAME) if extra else None),
        ("ExtraExten", _checked("extra_exten", extra_exten or exten, _EXTEN) if extra else None),
        ("ExtraPriority", priority if extra else None),
    )


def originate(
    channel: str,
    context: str,
    exten: str,
    priority: str = "1",
    *,
    timeout_s: float = 30.0,
    caller_id: str = "",
    variables: Mapping[str, str] | None = None,
    channel_id: str = "",
    early_media: bool = False,
) -> Action:
    """Dial ``channel`` and let it into the dialplan once it answers; always asynchronous, OriginateResponse tells.

    ``channel_id`` becomes its Uniqueid, so that its events can be known before the answer. ``timeout_s`` in seconds.
    """
    return _action(
        "Originate",
        ("Channel", _checked("channel", channel, _CHANNEL)),
        ("Context", _checked("context", context, _NAME)),
        ("Exten", _checked("exten", exten, _EXTEN)),
        ("Priority", _checked("priority", priority, _PRIORITY)),
        ("Timeout", _within("timeout_s in ms", round(timeout_s * 1000), 1, 3_600_000)),
        ("CallerID", _optional("caller_id", caller_id, _TEXT)),
        ("ChannelId", _optional("channel_id", channel_id, _NAME)),
        ("EarlyMedia", "true" if early_media else None),
        ("Async", "true"),
        ("Variable", _variables(variables or {})),
    )


def _variables(variables: Mapping[str, str]) -> tuple[str, ...]:
    """``NAME=value`` each, with what Asterisk's argument splitter acts on escaped."""
    return tuple(
        _checked("variable", name, _VARIABLE) + "=" + _SPLITTING.sub(r"\\\g<0>", _checked(name, value, _TEXT))
        for name, value in variables.items()
    )


def set_variable(name: str, value: str, channel: str = "") -> Action:
    """Set a channel's variable or function (``CHANNEL(language)``), or a global one when ``channel`` is empty."""
    return _action(
        "Setvar",
        ("Channel", _optional("channel", channel, _CHANNEL)),
        ("Variable", _checked("variable", name, _VARIABLE)),
        ("Value", _checked("value", value, _TEXT)),
    )


def get_variable(name: str, channel: str = "") -> Action:
    """Read one; the answer has it under Value."""
    return _action(
        "Getvar",
        ("Channel", _optional("channel", channel, _CHANNEL)),
        ("Variable", _checked("variable", name, _VARIABLE)),
    )


def mute_audio(channel: str, muted: bool) -> Action:
    """Let nothing that comes from the channel's telephone in, or let it in again (res_mutestream)."""
    return _action(
        "MuteAudio",
        ("Channel", _checked("channel", channel, _CHANNEL)),
        ("Direction", "in"),
        ("State", "on" if muted else "off"),
    )


def play_dtmf(channel: str, digit: str, duration_ms: int = 160) -> Action:
    """A digit as if it had been pressed at the channel's telephone: whoever it speaks with hears it."""
    return _action(
        "PlayDTMF",
        ("Channel", _checked("channel", channel, _CHANNEL)),
        ("Digit", _checked("digit", digit, _DIGIT)),
        ("Duration", _within("duration_ms", duration_ms, 40, 5000)),
        ("Receive", "true"),
    )


def pjsip_notify(channel: str, event: str) -> Action:
    """NOTIFY within the dialogue of a channel, with this Event header (res_pjsip_notify)."""
    return _action(
        "PJSIPNotify",
        ("Channel", _checked("channel", channel, _CHANNEL)),
        ("Variable", ("Event=" + _checked("event", event, _NAME),)),
    )


# -- Asterisk's own database (AstDB)


def db_put(family: str, key: str, text: str) -> Action:
    return _action(
        "DBPut",
        ("Family", _checked("family", family, _FAMILY)),
        ("Key", _checked("key", key, _DB_KEY)),
        ("Val", _checked("value", text, _TEXT)),
    )


def db_del(family: str, key: str) -> Action:
    """Refused with "Database entry not found" when there is none."""
    return _action("DBDel", ("Family", _checked("family", family, _FAMILY)), ("Key", _checked("key", key, _DB_KEY)))


def db_tree(family: str) -> Action:
    """A list of DBGetTreeResponse, each with Key (``/family/key``) and Val."""
    nothing = ("Database entry not found", "Database entries not found")
    return _action(
        "DBGetTree",
        ("Family", _checked("family", family, _FAMILY)),
        complete="DBGetTreeComplete",
        nothing=nothing,
    )


# -- the server


def command(line: str) -> Action:
    """A line of Asterisk's console; ``every("Output")`` of the answer are its lines. An unknown one is refused."""
    if not line.strip():
        raise ValueError("command: is empty")
    return _action("Command", ("Command", _checked("command", line, _TEXT)))


def reload(module: str = "") -> Action:
    """Reload one module's configuration, or all when ``module`` is empty."""
    return _action("Reload", ("Module", _optional("module", module, _NAME)))


def user_event(name: str, headers: Iterable[tuple[str, str]] = ()) -> Action:
    """Publish an event of our own to every AMI session that reads the class user."""
    return _action("UserEvent", ("UserEvent", _checked("user event", name, _NAME)), *headers)
