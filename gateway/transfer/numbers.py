"""The order of fall-back (依次呼叫): a partner's further numbers, one after another, when the one before is busy, not
answered or out of reach. Pure; a row of the table gets here when the target's leg is known to be gone, so that never
two of them ring at once. A leg that is merely not heard of leads back to the agent instead.
"""

from __future__ import annotations

from typing import Any

from gateway.model.ids import LegId
from gateway.model.transfers import Transfer, TransferOutcome
from gateway.transfer.config import PartnerConfig
from gateway.transfer.words import say
from gateway.transfer.work import Work, dial

FALLS_BACK: frozenset[TransferOutcome] = frozenset({"busy", "no_answer", "unreachable"})
"""A partner that refuses has said no, whatever number it is called by."""

OTHERS, TRIED = "others", "tried"
"""In ``Transfer.more``: numbers yet to be tried (number, endpoint), and those that were, with their outcomes."""


def endpoint_of(number: str, trunk: str) -> str:
    """How a partner's number is dialled."""
    return f"PJSIP/{number}@{trunk}"


def others_of(partner: PartnerConfig) -> list[dict[str, str]]:
    """What ``Transfer.more["others"]`` holds at the press."""
    return [{"number": one.number, "endpoint": endpoint_of(one.number, one.trunk)} for one in partner.dialled[1:]]


def tried_of(transfer: Transfer) -> list[dict[str, Any]]:
    """The numbers that did not answer before the present one: number, outcome."""
    return list(transfer.more.get(TRIED, ()))


def dial_next(w: Work, outcome: TransferOutcome) -> bool:
    """Dial the next number on a leg of its own. False when there is none, or when another would change nothing."""
    others = w.t.more.get(OTHERS) or []
    if outcome not in FALLS_BACK or not others or w.t.answered_at is not None:
        return False
    following, *rest = others
    tried = [*tried_of(w.t), {"number": w.t.target, "outcome": outcome}]
    w.set(
        target=following["number"], endpoint=following["endpoint"], target_leg=LegId(f"gw-{w.t.id}-{len(tried) + 1}"),
        target_channel="", target_at="dialled", why=say("next_number"),
        more={**w.t.more, OTHERS: rest, TRIED: tried, "dialled_at": w.at},
    )  # fmt: skip
    dial(w)
    w.wait(w.t.ring_s + w.limits.ring_grace_s)
    return True
