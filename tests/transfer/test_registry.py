"""The partners in use: what may be asked of whom when, and how their lines stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Refusal
from gateway.transfer.registry import FAILING_AFTER, Registry
from tests.transfer.telephone import a_transfer

POLICE = PartnerConfig(number="110", name="公安", mode="three_way", modes=("attended",))
POWER = PartnerConfig(number="95598", name="供电", mode="attended", hours="office")
DISCIPLINE = PartnerConfig(number="12388", name="纪检", mode="readout")
NOON, NIGHT = 12.0, 23.0


def registry() -> Registry:
    return Registry((POLICE, POWER, DISCIPLINE), lambda name, at: name == "office" and at == NOON)


def test_the_keys_own_mode_is_taken_when_none_is_asked() -> None:
    known = registry()
    assert known.mode_for(known.partner("110"), None, NIGHT) == "three_way"
    assert known.mode_for(known.partner("110"), "attended", NIGHT) == "attended"


@pytest.mark.parametrize(
    ("partner", "mode", "at", "kind", "says"),
    [
        (POLICE, "blind", NOON, "not_allowed", "不支持"), (POWER, None, NIGHT, "not_now", "服务时间"),
        (DISCIPLINE, None, NOON, "not_allowed", "12388"), (POLICE, "readout", NOON, "not_allowed", "拨打 110"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(partner: PartnerConfig, mode: str | None, at: float, kind: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        registry().mode_for(partner, mode, at)
    assert refused.value.kind == kind and says in refused.value.zh and refused.value.en


def test_a_partner_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refusal, match="no partner 999"):
        registry().partner("999")


def states(known: Registry, at: float = NOON, **running: object) -> list[str]:
    return [line.state for line in known.lines(at, running.values())]  # type: ignore[arg-type]


def test_a_line_is_free_busy_closed_or_only_read_out() -> None:
    assert states(registry()) == ["free", "free", "readout"]
    assert states(registry(), NIGHT) == ["free", "closed", "readout"]
    running = a_transfer("attended")
    assert states(registry(), one=running) == ["busy", "free", "readout"]
    assert states(registry(), one=replace(running, phase="ended")) == ["free", "free", "readout"]


def test_failures_in_a_row_make_a_line_failing_and_one_that_gets_through_mends_it() -> None:
    known = registry()
    for outcome in ("unreachable", "no_answer", "failed"):
        assert states(known)[0] == "free"
        known.ended(a_transfer("attended", phase="ended", outcome=outcome))
    assert states(known)[0] == "failing" and known.failures("110") == FAILING_AFTER
    for outcome in ("cancelled", "caller_left", "agent_left"):
        known.ended(a_transfer("attended", phase="ended", outcome=outcome))
    assert states(known)[0] == "failing"
    known.ended(a_transfer("attended", phase="ended", outcome="busy"))  # the line works
    assert states(known)[0] == "free"


def test_transfers_to_seats_say_nothing_of_partners_and_a_reload_forgets_nothing() -> None:
    known = registry()
    known.ended(a_transfer("attended", partner="", outcome="unreachable"))
    known.ended(a_transfer("attended", outcome="unreachable"))
    known.use((POLICE,))
    assert [(line.partner.number, line.failures) for line in known.lines(NOON)] == [("110", 1)]
