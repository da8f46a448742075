"""What a node tells of itself: whether each of its parts is ready (/readyz), and its figures for Prometheus (/metrics).

Everything is read from the parts at the moment it is asked for; nothing is counted or kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.asterisk.ami.link import Link
from gateway.asterisk.fastagi.server import FastAgiServer
from gateway.asterisk.listener import Listener
from gateway.asterisk.switch import AmiSwitch
from gateway.asterisk.unseen import Unseen
from gateway.figures import Figure
from gateway.ledger.store import SqlLedger
from gateway.seats.rules import Rules
from gateway.tickets.recorder import Recorder
from gateway.watch import ProbeWatch
from gateway.web.ports import PartCheck, PartState

if TYPE_CHECKING:
    from gateway.channels.email.mailroom.room import Mailroom


@dataclass(frozen=True, slots=True)
class Vitals:
    """The parts that tell. ``events`` and ``orders`` are the two links to Asterisk; ``flow_results`` counts flows by
    how they ended; ``mailroom`` is None where there is no mail."""

    events: Link
    orders: Link
    listener: Listener
    unseen: Unseen
    switch: AmiSwitch
    rules: Rules
    agi: FastAgiServer
    flow_results: Mapping[str, int]
    ledger: SqlLedger
    recorder: Recorder
    probe: ProbeWatch
    mailroom: Mailroom | None = None

    # -- ready or not ------------------------------------------------------------------------------------------------

    def parts(self) -> dict[str, PartCheck]:
        """What /readyz asks, by name."""
        parts: dict[str, PartCheck] = {"asterisk": self._asterisk, "ledger": self._ledger, "agi": self._agi}
        if self.mailroom is not None:
            parts["mailroom"] = self._mailroom
        return parts

    async def _asterisk(self) -> PartState:
        hall = self.listener.hall
        if self.events.up and self.orders.up and hall.link == "up":
            return PartState(True, f"snapshot {hall.epoch}")
        down = self.events if not self.events.up else self.orders
        return PartState(False, down.why if not down.up else "snapshot not complete")

    async def _ledger(self) -> PartState:
        if self.recorder.set_aside:
            return PartState(False, f"{self.recorder.set_aside} changes could not be written: see the log")
        if await self.ledger.healthy():
            return PartState(True, f"{self.recorder.pending} changes waiting")
        return PartState(False, "a write could not be committed")

    async def _agi(self) -> PartState:
        return PartState(True, f"{self.agi.counters.open} sessions open")

    async def _mailroom(self) -> PartState:
        room = self.mailroom
        assert room is not None
        # Told, but no reason to call the node not ready: mail servers keep what is for us, and callers are served.
        return PartState(True, "up" if room.up else f"down, started again {room.restarts} times")

    # -- figures -----------------------------------------------------------------------------------------------------

    def figures(self) -> list[Figure]:
        """Those of the line to Asterisk, of calls and of what is written of them."""
        hall, recorder = self.listener.hall, self.recorder
        agi, events = self.agi.counters, self.events.counters
        return [
            Figure("link_up", "1 while the event link to Asterisk is up", lambda: float(hall.link == "up")),
            Figure("link_sessions", "AMI event sessions begun", lambda: events.sessions, rises=True),
            Figure("ami_frames", "AMI frames read", lambda: events.frames, rises=True),
            Figure("ami_late_replies", "Answers that came after their limit", lambda: events.late_replies, rises=True),
            Figure("ami_pauses", "Times reading had to wait", lambda: self.listener.frames.pauses, rises=True),
            Figure("facts", "Facts folded into the hall", lambda: hall.facts, rises=True),
            Figure("drift", "Differences from Asterisk that had to be healed", lambda: hall.drift, rises=True),
            Figure("calls_live", "Calls alive now", lambda: len(hall.calls.live)),
            Figure("calls_unseen", "Ended calls learnt of from queue_log", lambda: self.unseen.found, rises=True),
            Figure("orders", "Orders given to Asterisk", lambda: self.switch.orders, rises=True),
            Figure("orders_refused", "Orders that Asterisk refused", lambda: self.switch.refused, rises=True),
            Figure("seats_forced", "Seats taken out for not answering", lambda: self.rules.forced, rises=True),
            Figure("changes_written", "Changes of calls made durable", lambda: recorder.written, rises=True),
            Figure("changes_waiting", "Changes of calls not yet durable", lambda: recorder.pending),
            Figure("changes_set_aside", "Changes that could not be written", lambda: recorder.set_aside, rises=True),
            Figure("agi_sessions", "FastAGI sessions begun", lambda: agi.sessions, rises=True),
            Figure("agi_open", "FastAGI sessions open", lambda: agi.open),
            Figure("agi_refused", "FastAGI connections over the limit", lambda: agi.refused, rises=True),
            Figure("agi_failures", "FastAGI handlers that failed", lambda: agi.failures, rises=True),
            Figure("flows_done", "Flows that handed their caller over", lambda: self.flow_results["done"], rises=True),
            Figure("flows_failed", "Flows that failed", lambda: self.flow_results["failed"], rises=True),
            Figure("probe_answered", "1 when the last probe call was answered with audio, 0 when not, -1 when none was",
                   lambda: self.probe.answered),
            Figure("probe_seconds", "Seconds until the last probe call was answered", lambda: self.probe.seconds),
        ]  # fmt: skip
