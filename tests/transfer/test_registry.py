"""The partners in use: what may be asked of whom when, and how their lines stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Refusal, Target
from gateway.transfer.registry import FAILING_AFTER, Registry
from tests.transfer.telephone import a_transfer


def replace_config(partner: PartnerConfig, **changes: object) -> PartnerConfig:
    return PartnerConfig.model_validate(partner.model_dump() | changes)


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
    assert states(registry(), one=running) == ["free", "free", "readout"]  # nobody has said how many it takes
    known = registry()
    known.use((replace_config(POLICE, lines=1), POWER, DISCIPLINE))
    assert states(known, one=running) == ["busy", "free", "readout"]
    assert states(known, one=replace(running, phase="ended")) == ["free", "free", "readout"]


def test_what_is_full_is_refused_with_who_may_be_asked_instead_but_110_is_always_dialled() -> None:
    known = registry()
    full = replace_config(POWER, lines=2, closed_to="110", hours="")
    known.use((POLICE, full))
    two = [a_transfer("attended", partner="95598"), a_transfer("attended", partner="95598")]
    known.check_room(full, two[:1])
    with pytest.raises(Refusal) as refused:
        known.check_room(full, two)
    assert refused.value.instead == Target("partner", "110") and "公安（110）" in refused.value.zh
    police = replace_config(POLICE, lines=1)
    known.check_room(police, [a_transfer("attended"), a_transfer("attended")])


def test_closed_hours_name_a_partner_or_a_queue_instead_and_nobody_who_is_not_there() -> None:
    known = registry()
    for closed_to, target in (("110", Target("partner", "110")), ("legal", Target("queue", "legal")), ("999", None)):
        closed = replace_config(POWER, closed_to=closed_to)
        with pytest.raises(Refusal) as refused:
            known.mode_for(closed, None, NIGHT)
        assert refused.value.instead == target


def test_a_trunk_without_answer_makes_its_partners_failing_and_one_that_is_back_mends_them() -> None:
    known = registry()
    assert not known.trunk("8001", reachable=False)  # a telephone
    assert not known.trunk("trunk", reachable=True)  # no news
    assert known.trunk("trunk", reachable=False)
    assert states(known) == ["failing", "failing", "readout"]
    assert "OPTIONS" in known.lines(NOON)[0].reason
    for _ in range(FAILING_AFTER):
        known.ended(a_transfer("attended", outcome="unreachable"))
    assert known.trunk("trunk", reachable=True) and states(known) == ["free", "free", "readout"]


def test_a_partner_with_another_trunk_is_reached_as_long_as_one_answers() -> None:
    known = registry()
    known.use((replace_config(POLICE, numbers=({"number": "1101", "trunk": "police"},)),))
    known.trunks_down({"trunk"})
    assert states(known) == ["free"]
    known.trunks_down({"trunk", "police"})
    assert states(known) == ["failing"]
    known.trunks_down(())
    assert states(known) == ["free"]


def test_a_state_has_a_time_and_what_a_restart_must_not_forget_is_given_and_taken() -> None:
    known = registry()
    assert known.lines(5.0)[0].since == known.lines(9.0)[0].since == 5.0
    for _ in range(FAILING_AFTER):
        known.ended(a_transfer("attended", outcome="no_answer"))
    line = known.lines(NOON)[0]
    assert (line.since, line.state) == (NOON, "failing") and "无人接听" in line.reason
    fresh = registry()
    fresh.restore(known.known())
    assert fresh.lines(NOON)[0].reason == line.reason


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


def test_a_line_that_answers_and_is_silent_to_the_end_is_to_blame_whatever_the_outcome() -> None:
    known = registry()
    for outcome in ("completed", "cancelled", "partner_left"):
        known.ended(a_transfer("attended", phase="ended", outcome=outcome, more={"silent": True}))
    line = known.lines(NOON)[0]
    assert (line.state, line.failures) == ("failing", FAILING_AFTER) and "无声音" in line.reason
    fresh = registry()
    fresh.restore(known.known())
    assert fresh.lines(NOON)[0].reason == line.reason
    known.ended(a_transfer("attended", phase="ended", outcome="completed"))
    assert states(known)[0] == "free"
