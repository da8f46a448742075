"""The IVR's Line over a FastAGI session: what a flow wants, in AGI commands, each with the time that it may take.

``-1`` is Asterisk's answer both to a hang-up and to a failure (a missing sound file), so after one we ask for the
channel's state before we say that the citizen is gone. The dialplan passes Linkedid, entry number and account in the
address (``agi://host/flow/day?call=${CHANNEL(linkedid)}&entry=${GW_ENTRY}&account=${GW_ACCOUNT}``): the arrival costs
no round trip; nor does answering a channel that is up (``state=Up``), nor a guard that still holds (``guard=8``).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from gateway.asterisk.fastagi.session import REPLY_S, AgiSession, ChannelGone
from gateway.asterisk.fastagi.wire import Result
from gateway.ivr.ports import Arrival, LineFailed

_log = structlog.get_logger(__name__)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\([^${}\r\n\0]*\))?").fullmatch
_KEYS = re.compile(r"[0-9A-D*#]*").fullmatch


GUARD_SLACK_S = 4.0
"""Half of what a flow adds to each wait (``FlowEnvironment.margin_s``): the other half is left for us to be slow in."""


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Seconds: ``reply_s`` for a command that sets or reads, and on top of the time that a longer one takes;
    ``sound_s`` the longest sound that is ever played; ``answer_s`` for answering.
    """

    reply_s: float = REPLY_S
    sound_s: float = 300.0
    answer_s: float = 10.0


class AgiLine:
    """Implements gateway.ivr.ports.Line. HungUp and LineFailed are raised by the session as they are."""

    def __init__(self, session: AgiSession, limits: LineLimits | None = None) -> None:
        self._session = session
        self._limits = limits or LineLimits()
        self._arrival = arrival(session)
        self._limit_at = time.monotonic() + _seconds(session.query.get("guard", ""))

    @property
    def arrival(self) -> Arrival:
        return self._arrival

    async def answer(self) -> None:
        """Answer the channel. Where the dialplan has done it (``state=Up`` in the address) there is nothing to ask."""
        if self._session.query.get("state") == "Up":
            return
        result = await self._session.command("ANSWER", limit_s=self._limits.answer_s)
        if result.number == -1:
            await self._explain("ANSWER")
            raise LineFailed("Asterisk could not answer the channel")

    async def play(self, sounds: Sequence[str], *, stop_on: str = "") -> str:
        """Play sounds one by one; one that Asterisk lacks in the channel's language is logged and skipped."""
        _check_keys(stop_on)
        for sound in sounds:
            limit_s = self._limits.sound_s + self._limits.reply_s
            result = await self._session.command("STREAM FILE", sound, stop_on, limit_s=limit_s)
            if result.number == -1:
                await self._explain("STREAM FILE")
                _log.warning("agi_sound_missing", call_id=self._arrival.call_id, sound=sound)
            elif key := _key(result):
                return key
        return ""

    async def wait_key(self, timeout_s: float) -> str:
        """One key (0-9, *, #, A-D) within ``timeout_s`` seconds, or ""."""
        wait_ms = max(1, round(timeout_s * 1000))  # 0 would return at once, a negative number never
        limit_s = wait_ms / 1000 + self._limits.reply_s
        result = await self._session.command("WAIT FOR DIGIT", str(wait_ms), limit_s=limit_s)
        if result.number == -1:
            await self._explain("WAIT FOR DIGIT")
            raise LineFailed("Asterisk could not wait for a key")
        return _key(result)

    async def record(self, name: str, *, max_s: float, silence_s: float, stop_on: str, beep: bool) -> str:
        """Record to ``name``.wav (relative names: in Asterisk's sounds), until a key, ``silence_s`` or ``max_s``."""
        _check_keys(stop_on)
        if not 0 < max_s <= 86_400:
            raise ValueError(f"a recording of {max_s} s: must be above 0, at most a day")
        result = await self._record(name, max_s, silence_s, stop_on, beep)
        if beep and result.value == "randomerror" and result.number == -1:
            await self._explain("RECORD FILE")
            _log.warning("agi_sound_missing", call_id=self._arrival.call_id, sound="beep")
            result = await self._record(name, max_s, silence_s, stop_on, beep=False)
        if result.value == "hangup":
            raise ChannelGone("hung up while recording")
        if result.number == -1:
            await self._explain("RECORD FILE")
            raise LineFailed(f"Asterisk could not record to {name!r} ({result.value})")
        return "" if result.value == "timeout" else _key(result)

    async def _record(self, name: str, max_s: float, silence_s: float, stop_on: str, beep: bool) -> Result:
        words = [name, "wav", stop_on, str(math.ceil(max_s * 1000))]
        if beep:
            words.append("BEEP")
        if silence_s > 0:
            words.append(f"s={math.ceil(silence_s)}")  # whole seconds only
        limit_s = max_s + self._limits.reply_s * (2 if beep else 1)
        return await self._session.command("RECORD FILE", *words, limit_s=limit_s)

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable or function. ValueError for CR, LF or NUL, and for a name that is none."""
        await self._session.command("SET VARIABLE", _checked(name), value, limit_s=self._limits.reply_s)

    async def set_last(self, name: str, value: str) -> None:
        """Set a channel variable and say no more: the session ends now, without its answer. ValueError as ``set``."""
        self._session.tell_last("SET VARIABLE", _checked(name), value)

    async def get(self, name: str) -> str:
        """A channel variable or function, "" when unset. ValueError for a name that is none."""
        expression = f"${{{_checked(name)}}}"
        result = await self._session.command("GET FULL VARIABLE", expression, limit_s=self._limits.reply_s)
        return result.value or ""

    async def guard(self, seconds: float) -> None:
        """Move the dialplan's absolute limit to ``seconds`` from now; 0 takes it away.

        A limit that runs out at most GUARD_SLACK_S before that is left as it is: each move is a round trip.
        """
        now = time.monotonic()
        if seconds - GUARD_SLACK_S <= self._limit_at - now <= seconds:
            return
        await self.set("TIMEOUT(absolute)", f"{max(0.0, seconds):.3f}")
        self._limit_at = now + seconds

    async def hangup(self) -> None:
        """Hang the channel up. That it is gone afterwards is what was asked for, hence no HungUp."""
        try:
            await self._session.command("HANGUP", limit_s=self._limits.reply_s)
        except ChannelGone:
            return

    async def _explain(self, verb: str) -> None:
        """After a -1: ChannelGone when the channel is no longer up, else return: the command itself has failed."""
        status = await self._session.command("CHANNEL STATUS", limit_s=self._limits.reply_s)
        if self._session.hung_up or status.number in {-1, 0, 1}:
            raise ChannelGone(f"hung up during {verb}")


def arrival(session: AgiSession) -> Arrival:
    """How the call came, from the session's headers and address alone. ``variables`` holds all of both by name.

    "unknown" in a header is Asterisk's word for none. Without ``call=`` in the address the leg's Uniqueid stands in,
    which is the Linkedid of a call's first leg; without ``entry=`` the dialled extension.
    """
    headers, query = session.environment, session.query

    def known(name: str) -> str:
        value = headers.get(name, "")
        return "" if value == "unknown" else value

    return Arrival(
        call_id=session.call_id,
        leg=known("agi_uniqueid"),
        channel=known("agi_channel"),
        entry_number=query.get("entry") or known("agi_dnid") or known("agi_extension"),
        caller_number=known("agi_callerid"),
        caller_name=known("agi_calleridname"),
        language=known("agi_language"),
        account=query.get("account", ""),
    )


def _seconds(text: str) -> float:
    """The dialplan's own guard as it stands in the address; without one there is none to rely on."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else -math.inf


def _checked(name: str) -> str:
    if not _VARIABLE(name):
        raise ValueError(f"{name!r} is no channel variable or function (no $, braces, CR, LF or NUL)")
    return name


def _check_keys(keys: str) -> None:
    if not _KEYS(keys):
        raise ValueError(f"{keys!r} has a key that no telephone has (0-9, *, #, A-D)")


def _key(result: Result) -> str:
    """The pressed key: Asterisk answers with its ASCII code, 0 for none."""
    number = result.number or 0
    return chr(number) if 32 < number < 127 else ""
