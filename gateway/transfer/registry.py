"""The partner registry in use: who may be reached, how, and how it goes with each line. Pure but for what it counts.

A line's state is what the panel shows beside its key: closed (not its hours now), failing (its last transfers did not
get through, or none of its trunks answers SIP OPTIONS), busy (as many calls as it takes), free. Results count, and only
those that say something of the line: an agent who cancels says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.model.transfers import Transfer, TransferOutcome
from gateway.transfer.config import NEVER_BLIND, Mode, PartnerConfig
from gateway.transfer.ports import Refusal, Target
from gateway.transfer.words import OUTCOMES, SILENT

LineState = Literal["free", "busy", "failing", "closed", "readout"]

FAILING_AFTER = 3
"""So many results one after another that the line is to blame for make it failing. Ours. One that answered and was
silent to the end is of them, whatever the outcome."""

_BLAMED: frozenset[TransferOutcome] = frozenset({"unreachable", "no_answer", "failed", "refused"})
_CLEARED: frozenset[TransferOutcome] = frozenset({"completed", "busy", "partner_left"})
_NO_TRUNK = ("线路对 SIP OPTIONS 无应答", "its trunk does not answer SIP OPTIONS")

IsOpen = Callable[[str, float], bool]
"""Whether a calendar is open at a time (epoch seconds)."""


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner as the panel shows it. ``since`` is when it came into ``state``, as far as this process knows;
    ``reason`` (Chinese / English) why it fails, "" when it does not: a line that is closed may fail all the same.
    ``instead`` is who may be offered now in its place (``PartnerConfig.closed_to``)."""

    partner: PartnerConfig
    open_now: bool
    state: LineState
    running: int
    failures: int
    since: float = 0.0
    reason: str = ""
    instead: Target | None = None


@dataclass(slots=True)
class _Results:
    """``failures`` one after another, the last of which was ``outcome``."""

    failures: int = 0
    outcome: TransferOutcome | Literal["silent"] = "failed"


class Registry:
    """The partners of config/partners.toml with what is known of their lines."""

    def __init__(self, partners: Iterable[PartnerConfig], is_open: IsOpen) -> None:
        self._is_open = is_open
        self._partners: dict[str, PartnerConfig] = {}
        self._results: dict[str, _Results] = {}
        self._down: frozenset[str] = frozenset()
        self._since: dict[str, tuple[LineState, float]] = {}
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

    # -- a press -------------------------------------------------------------------------------------------------------

    def mode_for(self, partner: PartnerConfig, asked: Mode | str | None, at: float) -> Mode:
        """The mode of a press at a time. Raises Refusal: not allowed, only read out, not its hours."""
        mode = asked or partner.mode
        if partner.mode == "readout" or mode == "readout":
            zh, en = partner.words
            raise Refusal(
                "not_allowed", f"{partner.name}未并入热线，不能转接，请告知市民：{zh}",
                f"{partner.number} is not merged into the hotline: read out to the citizen: {en}", "mode",
            )  # fmt: skip
        if mode not in partner.allowed_modes:
            names = "、".join(partner.allowed_modes)
            raise Refusal(
                "not_allowed", f"{partner.name}不支持该转接方式，可用：{names}",
                f"{partner.number} takes only {', '.join(partner.allowed_modes)}", "mode",
            )  # fmt: skip
        if not self.is_open(partner, at):
            zh, en, instead = self._offer(partner)
            raise Refusal(
                "not_now",
                f"{partner.name}现在不在服务时间{zh}",
                f"{partner.number} is closed now{en}",
                "partner",
                instead,
            )
        return mode

    def check_room(self, partner: PartnerConfig, running: Iterable[Transfer]) -> None:
        """Raises Refusal when all lines of the partner are taken as far as we know. Emergencies are dialled all the
        same: our count may be wrong, and their exchange says busy by itself."""
        if partner.number in NEVER_BLIND or not self._is_full(partner, _counted(running)):
            return
        zh, en, instead = self._offer(partner)
        raise Refusal(
            "not_now", f"{partner.name}的线路已全部占用（{partner.lines} 路）{zh}",
            f"all {partner.lines} lines of {partner.number} are taken{en}", "partner", instead,
        )  # fmt: skip

    def _offer(self, partner: PartnerConfig) -> tuple[str, str, Target | None]:
        """Words and target for who else may be asked."""
        instead = self.instead(partner)
        if instead is None:
            return "", "", None
        other = self._partners.get(instead.value)
        name = other.name if instead.kind == "partner" and other is not None else instead.value
        what = "" if instead.kind == "partner" else "队列 "
        return f"，可改转{what}{name}（{instead.value}）", f"; {instead.kind} {instead.value} may be asked", instead

    def instead(self, partner: PartnerConfig) -> Target | None:
        """Who is offered when the partner is closed or full; None when nobody is named, or one that is not there."""
        value = partner.closed_to
        if not value:
            return None
        if value[0].isalpha():
            return Target("queue", value)
        return Target("partner", value) if value in self._partners else None

    def is_open(self, partner: PartnerConfig, at: float) -> bool:
        return not partner.hours or self._is_open(partner.hours, at)

    # -- what is known of lines ----------------------------------------------------------------------------------------

    def ended(self, transfer: Transfer) -> None:
        """Count the result of a transfer to a partner."""
        if not transfer.partner:
            return
        known = self._results.setdefault(transfer.partner, _Results())
        if transfer.silent or transfer.outcome in _BLAMED:
            known.failures += 1
            known.outcome = "silent" if transfer.silent else transfer.outcome or "failed"
        elif transfer.outcome in _CLEARED:
            known.failures = 0

    def failures(self, number: str) -> int:
        """Failures one after another, up to now."""
        known = self._results.get(number)
        return known.failures if known is not None else 0

    def trunk(self, name: str, reachable: bool) -> bool:
        """Asterisk's OPTIONS to a trunk were answered, or not. A trunk that is back has its partners tried afresh.
        True when that is news of a trunk that a partner is reached by."""
        served = [partner for partner in self._partners.values() if any(one.trunk == name for one in partner.dialled)]
        if not served or reachable != (name in self._down):
            return False
        if reachable:
            for partner in served:
                self._results.pop(partner.number, None)
        self._down = self._down - {name} if reachable else self._down | {name}
        return True

    def trunks_down(self, names: Collection[str]) -> None:
        """All that a snapshot shows as not answering; the others do, or are not asked."""
        for name in self._down - set(names):
            self.trunk(name, True)
        self._down = frozenset(names)

    def known(self) -> dict[str, Any]:
        """What a restart should not forget: partners whose results make them failing. JSON."""
        return {
            number: {"failures": one.failures, "outcome": one.outcome}
            for number, one in self._results.items() if one.failures >= FAILING_AFTER
        }  # fmt: skip

    def restore(self, known: Mapping[str, Any]) -> None:
        """Take what ``known`` gave, where this process has counted nothing itself."""
        for number, said in known.items():
            if number not in self._results:
                self._results[number] = _Results(int(said["failures"]), said["outcome"])

    # -- the panel -----------------------------------------------------------------------------------------------------

    def lines(self, at: float, running: Iterable[Transfer] = ()) -> list[PartnerLine]:
        """Every partner in the order of the file."""
        busy = _counted(running)
        return [self._line(one, at, busy) for one in self._partners.values()]

    def _line(self, partner: PartnerConfig, at: float, busy: Mapping[str, int]) -> PartnerLine:
        open_now, number = self.is_open(partner, at), partner.number
        reason = "" if partner.mode == "readout" else self._reason(partner)
        state: LineState = "free"
        if partner.mode == "readout":
            state = "readout"
        elif not open_now:
            state = "closed"
        elif reason:
            state = "failing"
        elif self._is_full(partner, busy):
            state = "busy"
        was = self._since.get(number)
        if was is None or was[0] != state:
            was = self._since[number] = (state, at)
        instead = self.instead(partner) if state in ("closed", "busy", "failing") else None
        return PartnerLine(
            partner, open_now, state, busy.get(number, 0), self.failures(number), was[1], reason, instead
        )  # fmt: skip

    def _is_full(self, partner: PartnerConfig, busy: Mapping[str, int]) -> bool:
        return 0 < partner.lines <= busy.get(partner.number, 0)

    def _reason(self, partner: PartnerConfig) -> str:
        """Why a line fails; "" when it does not."""
        if partner.is_dialled and all(one.trunk in self._down for one in partner.dialled):
            return " / ".join(_NO_TRUNK)
        known = self._results.get(partner.number)
        if known is None or known.failures < FAILING_AFTER:
            return ""
        zh, en = SILENT if known.outcome == "silent" else OUTCOMES[known.outcome]
        return f"连续 {known.failures} 次未接通（{zh}） / {known.failures} times in a row not reached ({en})"


def _counted(running: Iterable[Transfer]) -> dict[str, int]:
    """Calls to each partner now."""
    busy: dict[str, int] = {}
    for transfer in running:
        if transfer.phase != "ended" and transfer.partner:
            busy[transfer.partner] = busy.get(transfer.partner, 0) + 1
    return busy
