"""The states of a transfer and what moves it from one to the next, as data: the only place that says it.

A row is (phase, event, to, do, when): in ``phase``, when ``event`` comes and ``when`` holds, ``do`` makes the changes
and the orders and the transfer is then in one of ``to``. The first row that fits counts. A pair that has no row changes
nothing and is counted (``gateway.transfer.step``). ``diagram`` prints the table; docs/transfers.md holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.model.transfers import Transfer, TransferPhase
from gateway.transfer import moves, notes, returning
from gateway.transfer.inputs import Event, Input
from gateway.transfer.work import Work

Do = Callable[[Work, Input], None]
When = Callable[[Transfer], bool]


@dataclass(frozen=True, slots=True)
class Row:
    phase: TransferPhase
    event: Event
    to: tuple[TransferPhase, ...]
    do: Do
    when: When | None = None


# When ---------------------------------------------------------------------------------------------------------------


def is_consult(t: Transfer) -> bool:
    return t.mode == "consult"


def is_blind(t: Transfer) -> bool:
    return t.mode == "blind"


def is_apart(t: Transfer) -> bool:
    """The citizen was parted from the agent before the target answered."""
    return t.mode in ("consult", "blind")


def is_handed(t: Transfer) -> bool:
    """Into a queue or a flow: nobody is dialled."""
    return t.mode in ("queue", "ivr")


def without_caller(t: Transfer) -> bool:
    return t.caller_at == "gone"


def with_target(t: Transfer) -> bool:
    return t.with_agent == "target"


def side_by_side(t: Transfer) -> bool:
    return t.caller_at == t.agent_at == "start"


BACK: tuple[TransferPhase, ...] = ("returning", "ended")


def _stay(phase: TransferPhase, *rows: tuple[Event, Do]) -> Iterator[Row]:
    for event, do in rows:
        yield Row(phase, event, (phase,), do)


def _calling() -> Iterator[Row]:
    yield Row("calling", "target joined", ("consulting",), moves.consult, is_consult)
    yield Row("calling", "target joined", ("joining",), moves.join)
    yield Row("calling", "target failed", ("calling", *BACK), returning.failed)
    yield Row("calling", "target ended", ("calling", *BACK), returning.failed)
    yield Row("calling", "dial refused", BACK, returning.not_dialled)
    yield Row("calling", "due", BACK, returning.rung_too_long)
    yield Row("calling", "cancel", BACK, returning.cancelled)
    yield Row("calling", "drop_partner", BACK, returning.cancelled)
    yield Row("calling", "caller ended", BACK, returning.all_gone)
    yield Row("calling", "agent ended", ("calling",), notes.agent_gone, is_blind)
    yield Row("calling", "agent ended", BACK, returning.agent_lost)
    yield Row("calling", "caller queued", BACK, returning.taken_by_the_dialplan)
    yield Row("calling", "together", BACK, _together_again, is_apart)
    yield Row("calling", "move refused", ("returning",), returning.left_to_dialplan)
    yield from _stay(
        "calling",
        ("target created", notes.named), ("target rang", notes.rang), ("target answered", notes.answered),
        ("target left", notes.note), ("agent joined", notes.agent_seen), ("agent left", notes.agent_away),
        ("together", notes.note), ("moved", returning.let_go), ("caller joined", notes.note),
        ("caller left", notes.note), ("silent", notes.note), ("heard", notes.note),
    )  # fmt: skip


def _together_again(w: Work, given: Input) -> None:
    notes.side_by_side(w, given)
    returning.give_back(w, "failed")


def _joining() -> Iterator[Row]:
    yield Row("joining", "moved", ("ended",), returning.handed_over, is_handed)
    yield Row("joining", "caller queued", ("ended",), returning.handed_over, is_handed)
    yield Row("joining", "due", ("ended",), returning.handed_unseen, is_handed)
    yield Row("joining", "agent ended", ("joining",), notes.agent_gone, is_handed)
    yield Row("joining", "together", BACK, _together_again, is_handed)
    yield Row("joining", "caller joined", ("joining", "three_way", "released"), moves.caller_arrives)
    yield Row("joining", "agent joined", ("joining", "three_way", "released"), moves.agent_arrives)
    yield Row("joining", "target joined", ("joining", "three_way", "released"), moves.target_arrives)
    yield Row("joining", "agent ended", ("joining", "released"), moves.agent_leaves_early)
    yield Row("joining", "caller ended", BACK, returning.all_gone)
    yield Row("joining", "target ended", BACK, returning.partner_gone)
    yield Row("joining", "target failed", BACK, returning.partner_gone)
    yield Row("joining", "caller queued", BACK, returning.taken_by_the_dialplan)
    yield Row("joining", "cancel", BACK, returning.cancelled)
    yield Row("joining", "drop_partner", BACK, returning.cancelled)
    yield Row("joining", "move refused", BACK, returning.not_joined, is_apart)
    yield Row("joining", "move refused", ("returning",), returning.left_to_dialplan)
    yield Row("joining", "due", ("released", *BACK), moves.overdue)
    yield from _stay(
        "joining",
        ("target created", notes.named), ("target rang", notes.named), ("target answered", notes.named),
        ("caller left", notes.caller_away), ("agent left", notes.agent_away), ("target left", notes.target_away),
        ("together", notes.side_by_side), ("moved", notes.note), ("silent", notes.silent), ("heard", notes.heard),
    )  # fmt: skip


def _consulting() -> Iterator[Row]:
    enough: tuple[Event, ...] = (
        "target ended", "target failed", "agent ended", "due", "complete", "leave", "cancel", "drop_partner",
    )  # fmt: skip
    for event in enough:
        yield Row("consulting", event, BACK, returning.all_gone, without_caller)
    yield Row("consulting", "target ended", BACK, returning.partner_gone)
    yield Row("consulting", "target failed", BACK, returning.partner_gone)
    yield Row("consulting", "agent ended", BACK, returning.agent_lost)
    yield Row("consulting", "caller ended", ("consulting",), moves.caller_gone_on, with_target)
    yield Row("consulting", "caller ended", BACK, returning.all_gone)
    yield Row("consulting", "toggle", ("consulting",), moves.toggle, _has_caller)
    yield Row("consulting", "merge", ("joining", "three_way"), moves.merge, _has_caller)
    yield Row("consulting", "complete", ("joining", "released"), moves.hand_over)
    yield Row("consulting", "leave", ("joining", "released"), moves.hand_over)
    yield Row("consulting", "cancel", BACK, returning.cancelled)
    yield Row("consulting", "drop_partner", BACK, returning.cancelled)
    yield Row("consulting", "due", BACK, _lost_in_consult, _somebody_away)
    yield Row("consulting", "due", ("consulting",), moves.hold_over, with_target)
    yield Row("consulting", "due", BACK, returning.cancelled)
    yield Row("consulting", "caller queued", BACK, returning.taken_by_the_dialplan)
    yield Row("consulting", "together", BACK, _together_again)
    yield from _stay(
        "consulting",
        ("move refused", moves.not_swapped), ("moved", notes.note), ("caller joined", notes.caller_seen),
        ("agent joined", notes.agent_seen), ("target joined", notes.target_seen), ("caller left", notes.caller_away),
        ("agent left", notes.agent_away), ("target left", notes.target_away), ("target created", notes.named),
        ("target rang", notes.named), ("target answered", notes.named), ("silent", notes.silent),
        ("heard", notes.heard),
    )  # fmt: skip


def _has_caller(t: Transfer) -> bool:
    return not without_caller(t)


def _somebody_away(t: Transfer) -> bool:
    return "away" in (t.caller_at, t.target_at, t.agent_at)


def _lost_in_consult(w: Work, given: Input) -> None:
    """Somebody left the room and has not been heard of: the citizen comes back."""
    returning.give_back(w, "agent_left" if w.t.agent_at == "away" else "partner_left")


def _three_way() -> Iterator[Row]:
    yield Row("three_way", "caller ended", ("consulting",), moves.caller_gone_on)
    yield Row("three_way", "agent ended", ("released",), _left_by_agent)
    yield Row("three_way", "target ended", BACK, returning.partner_gone)
    yield Row("three_way", "target failed", BACK, returning.partner_gone)
    yield Row("three_way", "complete", ("released",), moves.release)
    yield Row("three_way", "leave", ("released",), moves.release)
    yield Row("three_way", "cancel", BACK, returning.cancelled)
    yield Row("three_way", "drop_partner", BACK, returning.cancelled)
    yield Row("three_way", "caller queued", BACK, returning.taken_by_the_dialplan)
    yield Row("three_way", "due", ("three_way", "released", *BACK), moves.unsettled)
    yield from _stay(
        "three_way",
        ("caller joined", notes.caller_seen), ("agent joined", notes.agent_seen), ("target joined", notes.target_seen),
        ("caller left", notes.caller_away), ("agent left", notes.agent_away), ("target left", notes.target_away),
        ("moved", notes.note), ("move refused", notes.note), ("together", notes.note),
        ("target created", notes.named), ("target rang", notes.named), ("target answered", notes.named),
        ("silent", notes.silent), ("heard", notes.heard),
    )  # fmt: skip


def _left_by_agent(w: Work, given: Input) -> None:
    notes.agent_gone(w, given)
    moves.release(w, given)


def _released() -> Iterator[Row]:
    yield Row("released", "target ended", ("released", "ended"), moves.over)
    yield Row("released", "target failed", ("released", "ended"), moves.over)
    yield Row("released", "caller ended", ("released", "ended"), moves.caller_done)
    yield Row("released", "caller queued", ("ended",), moves.taken_on)
    yield Row("released", "due", ("released", *BACK), moves.look_again)
    yield from _stay(
        "released",
        ("agent ended", moves.agent_is_free), ("agent joined", notes.note), ("agent left", notes.note),
        ("caller joined", notes.caller_seen), ("caller left", notes.caller_away), ("target joined", notes.target_seen),
        ("target left", notes.target_away), ("moved", notes.note), ("move refused", notes.note),
        ("together", notes.note), ("target created", notes.named), ("target rang", notes.named),
        ("target answered", notes.named), ("silent", notes.silent), ("heard", notes.heard),
    )  # fmt: skip


def _returning() -> Iterator[Row]:
    rows: tuple[tuple[Event, Do], ...] = (
        ("caller joined", returning.caller_returns), ("agent joined", returning.agent_returns),
        ("target ended", returning.target_is_gone), ("target failed", returning.target_is_gone),
        ("caller ended", returning.caller_is_gone), ("agent ended", returning.agent_is_lost),
        ("caller queued", returning.caller_is_back), ("together", returning.are_together), ("moved", returning.carried),
        ("move refused", returning.refused_back), ("due", returning.again),
    )  # fmt: skip
    for event, do in rows:
        yield Row("returning", event, BACK, do)
    yield from _stay(
        "returning",
        ("target created", returning.target_comes_late), ("target rang", returning.target_comes_late),
        ("target answered", returning.target_comes_late), ("target joined", returning.target_comes_late),
        ("target left", notes.note), ("caller left", notes.caller_away), ("agent left", notes.agent_away),
        ("dial refused", notes.note), ("silent", notes.note), ("heard", notes.note),
    )  # fmt: skip


TABLE: tuple[Row, ...] = (*_calling(), *_joining(), *_consulting(), *_three_way(), *_released(), *_returning())

_ROWS: dict[tuple[TransferPhase, Event], tuple[Row, ...]] = {
    (row.phase, row.event): tuple(one for one in TABLE if (one.phase, one.event) == (row.phase, row.event))
    for row in TABLE
}


def row_for(transfer: Transfer, event: Event) -> Row | None:
    """The row that counts, or None: nothing is known of this event in this phase."""
    rows = _ROWS.get((transfer.phase, event), ())
    return next((row for row in rows if row.when is None or row.when(transfer)), None)


def acts(transfer: Transfer) -> tuple[Event, ...]:
    """What may be pressed now."""
    every: tuple[Event, ...] = ("complete", "cancel", "toggle", "merge", "leave", "drop_partner")
    return tuple(act for act in every if row_for(transfer, act) is not None)


def diagram() -> str:
    """The table as a Mermaid state diagram: an arrow for each change of phase, with the events that may make it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in TABLE:
        for to in row.to:
            if to != row.phase:
                events = arrows.setdefault((row.phase, to), [])
                if row.event not in events:
                    events.append(row.event)
    lines = ["stateDiagram-v2", "    [*] --> calling: press", "    [*] --> joining: press (queue, ivr)"]
    lines += [f"    {one} --> {to}: {', '.join(events)}" for (one, to), events in arrows.items()]
    return "\n".join([*lines, "    ended --> [*]"]) + "\n"
