"""The partner registry in use: who may be reached, how, and how it goes with each line. Pure but for what it counts.

A line's state is what the panel shows beside its key: closed (not its hours now), failing (its last transfers did not
get through), busy (so many transfers to it as it takes), free. Results count, and only those that say something of the
line: an agent who cancels says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from gateway.model.transfers import Transfer, TransferOutcome
from gateway.transfer.config import Mode, PartnerConfig
from gateway.transfer.ports import Refusal

LineState = Literal["free", "busy", "failing", "closed", "readout"]

FAILING_AFTER = 3
"""So many results one after another that the line is to blame for make it failing. Ours."""

_BLAMED: frozenset[TransferOutcome] = frozenset({"unreachable", "no_answer", "failed", "refused"})
_CLEARED: frozenset[TransferOutcome] = frozenset({"completed", "busy", "partner_left"})

IsOpen = Callable[[str, float], bool]
"""Whether a calendar is open at a time (epoch seconds)."""


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner as the panel shows it."""

    partner: PartnerConfig
    open_now: bool
    state: LineState
    running: int
    failures: int


class Registry:
    """The partners of config/partners.toml with what is known of their lines."""

    def __init__(self, partners: Iterable[PartnerConfig], is_open: IsOpen) -> None:
        self._is_open = is_open
        self._partners: dict[str, PartnerConfig] = {}
        self._failures: dict[str, int] = {}
        self.use(partners)

    def use(self, partners: Iterable[PartnerConfig]) -> None:
        """Take a changed configuration; what is known of the lines stays."""
        self._partners = {one.number: one for one in partners}

    def partner(self, number: str) -> PartnerConfig:
        """Raises Refusal when there is none."""
        found = self._partners.get(number)
        if found is None:
            raise Refusal("unknown", f"没有联动单位 {number}", f"there is no partner {number}", "partner")
        return found

    def mode_for(self, partner: PartnerConfig, asked: Mode | str | None, at: float) -> Mode:
        """The mode of a press at a time. Raises Refusal: not allowed, only read out, not its hours."""
        mode = asked or partner.mode
        if partner.mode == "readout" or mode == "readout":
            raise Refusal(
                "not_allowed", f"{partner.name}未并入热线，不能转接，请告知市民拨打 {partner.number}",
                f"{partner.number} is not merged into the hotline: read the number out to the citizen", "mode",
            )  # fmt: skip
        if mode not in partner.allowed_modes:
            names = "、".join(partner.allowed_modes)
            raise Refusal(
                "not_allowed", f"{partner.name}不支持该转接方式，可用：{names}",
                f"{partner.number} takes only {', '.join(partner.allowed_modes)}", "mode",
            )  # fmt: skip
        if not self.is_open(partner, at):
            raise Refusal(
                "not_now", f"{partner.name}现在不在服务时间", f"{partner.number} is closed now", "partner",
            )  # fmt: skip
        return mode

    def is_open(self, partner: PartnerConfig, at: float) -> bool:
        return not partner.hours or self._is_open(partner.hours, at)

    def ended(self, transfer: Transfer) -> None:
        """Count the result of a transfer to a partner."""
        if not transfer.partner:
            return
        if transfer.outcome in _BLAMED:
            self._failures[transfer.partner] = self._failures.get(transfer.partner, 0) + 1
        elif transfer.outcome in _CLEARED:
            self._failures[transfer.partner] = 0

    def failures(self, number: str) -> int:
        """Failures one after another, up to now."""
        return self._failures.get(number, 0)

    def lines(self, at: float, running: Iterable[Transfer] = ()) -> list[PartnerLine]:
        """Every partner in the order of the file."""
        busy: dict[str, int] = {}
        for transfer in running:
            if transfer.phase != "ended" and transfer.partner:
                busy[transfer.partner] = busy.get(transfer.partner, 0) + 1
        return [self._line(one, at, busy.get(one.number, 0)) for one in self._partners.values()]

    def _line(self, partner: PartnerConfig, at: float, running: int) -> PartnerLine:
        open_now, failures = self.is_open(partner, at), self.failures(partner.number)
        state: LineState = "free"
        if partner.mode == "readout":
            state = "readout"
        elif not open_now:
            state = "closed"
        elif failures >= FAILING_AFTER:
            state = "failing"
        elif running:
            state = "busy"
        return PartnerLine(partner, open_now, state, running, failures)
