"""What the play says while it runs and at its end. The whole play runs in tests/cli/test_demo.py."""

from __future__ import annotations

from gateway.demo.plan import PlannedCall
from gateway.demo.show import progress, summary
from gateway.demo.story import Comparison, Tale


def test_progress_is_one_line_in_both_languages():
    told = Tale.of([PlannedCall(f"1aa-demo-000{n}", "1", "12345", 0, "patient", 1) for n in range(3)])
    told.see([f"x\t{n};1aa-demo-000{n};dialled" for n in (0, 1)])
    told.see(["x\t5;1aa-demo-0000;talking;8001"])
    assert progress(told, {"ready": 2, "not_ready": 1}) == (
        "来电 placed 2 · 通话 talking 1 · 等待 waiting 1 · 接通 answered 0 · 放弃 gave up 0 · 未接 turned away 0 · "
        "座席 seats: not_ready 1 ready 2"
    )


def test_agreement_is_said_plainly():
    lines = summary(Comparison({"answered": 2, "gave_up": 1}, {"answered": 2, "abandoned_queue": 1}, ()))
    assert lines[0] == "SIPp: 3 (answered 2, gave_up 1)"
    assert lines[1] == "台账 ledger: 3 (abandoned_queue 1, answered 2)"
    assert "agrees" in lines[2]


def test_differences_are_counted_and_the_first_fifty_shown():
    lines = summary(Comparison({}, {}, tuple(f"call {n}" for n in range(60))))
    assert "60 differences" in lines[2]
    assert len(lines) == 3 + 50
