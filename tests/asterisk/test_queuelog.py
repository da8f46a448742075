"""queue_log's lines give the facts, and so the outcomes, that AMI would have given."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from recorded_queue_log import BUSY_DAY, OLD_DIALPLAN, TURNED_AWAY

from gateway.asterisk.queuelog import House, Line, Visits, facts_of, read_line, read_lines, visits_of
from gateway.model.ids import CallId, LegId, QueueId, SeatId
from gateway.model.records import CallRecord, Stretch
from gateway.seats.calls import CallTable

HOUSE = House({"1001": "PJSIP/8001", "1002": "PJSIP/8002"}, {"hotline"})
SEATS = {"PJSIP/8001": SeatId("A001"), "PJSIP/8002": SeatId("A002")}


def calls_of(text: str, known: Iterable[CallRecord] = ()) -> dict[str, CallRecord]:
    """The records that a call table makes of the log, as at the last change of each."""
    table, records = CallTable(SEATS, {}, ()), dict[str, CallRecord]()
    table.restore(known)
    for visit in visits_of(read_lines(text.encode())):
        for fact in facts_of(visit, table.record(visit.call), HOUSE, over=True):
            for change in table.apply(fact):
                records[change.call.call_id] = change.frozen().call
    return records


def test_an_answered_call_has_its_wait_ring_talk_seat_and_recording() -> None:
    call = calls_of(BUSY_DAY)["1795304985.1"]
    assert (call.outcome, call.ended_by) == ("answered", "agent")
    assert (call.entry_number, call.account, call.caller_number) == ("12345", "trunk", "13812345678")
    assert (call.queue, call.seat, call.agent, call.recording_id) == ("hotline", "A001", "1001", "1795304985.1")
    assert (call.started_at, call.queued_at, call.answered_at, call.ended_at) == (
        1795304985.0, 1795304986.0, 1795304988.0, 1795304990.0,
    )  # fmt: skip
    assert (call.wait_s, call.ring_s, call.talk_s, call.hold_s) == (2.0, 1.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("log", "call", "outcome", "ended_by", "wait_s"),
    [
        (BUSY_DAY, "1795304992.3", "answered", "caller", 2.0),
        (BUSY_DAY, "1795305003.5", "abandoned_ringing", "caller", 1.0),
        (BUSY_DAY, "1795305007.7", "abandoned_ringing", "caller", 23.0),
        (TURNED_AWAY, "1795305295.0", "no_seat", "system", 8.0),
        (TURNED_AWAY, "1795305296.2", "queue_full", "system", 8.0),
        (TURNED_AWAY, "1795305295.1", "timed_out", "system", 15.0),
        (OLD_DIALPLAN, "1795301641.3", "abandoned_queue", "caller", 1.0),
        (OLD_DIALPLAN, "1795302026.24", "timed_out", "system", 8.0),
    ],
)
def test_every_call_of_the_recorded_logs_has_its_outcome(
    log: str, call: str, outcome: str, ended_by: str, wait_s: float
) -> None:
    record = calls_of(log)[call]
    assert (record.outcome, record.ended_by, record.wait_s) == (outcome, ended_by, wait_s)


def test_a_ring_in_vain_before_the_time_was_up_is_no_answer() -> None:
    rang = "1795305299|1795305295.1|hotline|1001|RINGNOANSWER|2000\n"
    log = TURNED_AWAY.replace(
        "1795305301|1795305295.1|hotline|NONE|EXIT", f"{rang}1795305301|1795305295.1|hotline|NONE|EXIT"
    )
    call = calls_of(log)["1795305295.1"]
    assert call.outcome == "no_answer"
    assert [(s.kind, s.start, s.end, s.seat) for s in call.stretches if s.kind == "ringing"] == [
        ("ringing", 1795305297.0, 1795305299.0, "A001")
    ]


def test_who_hangs_up_in_the_greeting_asked_for_nobody() -> None:
    log = "10|5.1|NONE|NONE|INFO|GWARRIVED|12345|5.1|trunk|138\n14|5.1|NONE|NONE|INFO|GWGONE|0\n"
    call = calls_of(log)["5.1"]
    assert (call.outcome, call.ended_by, call.wait_s, call.ended_at) == ("abandoned_flow", "caller", None, 14.0)
    assert calls_of(log.replace("GWGONE|0", "GWGONE|1"))["5.1"].outcome == "self_service"


def test_the_end_of_a_conversation_may_be_written_after_the_leg_is_gone() -> None:
    lines = read_lines(BUSY_DAY.encode())[:9]
    complete, gone = (next(i for i, x in enumerate(lines) if x.event == e) for e in ("COMPLETEAGENT", "GWGONE"))
    lines[complete], lines[gone] = lines[gone], lines[complete]
    visits = Visits()
    told = [len(visits.take(line)) for line in lines[: gone + 1]]
    assert told == [0] * gone + [1]


def test_a_call_that_was_talking_when_the_gateway_died_keeps_what_ami_said_and_gets_its_end() -> None:
    call = CallRecord(
        CallId("5.1"), 100.2, "12345", queue=QueueId("hotline"), queued_at=100.7, answered_at=103.9,
        seat=SeatId("A001"), wait_s=3.2, ring_s=1.1,
    )  # fmt: skip
    call.stretches = [
        Stretch("waiting", 100.7, 103.9, QueueId("hotline")),
        Stretch("talking", 103.9, None, QueueId("hotline"), SeatId("A001"), leg=LegId("5.2")),
    ]
    log = (
        "100|5.1|NONE|NONE|INFO|GWARRIVED|12345|5.1|trunk|138\n100|5.1|hotline|NONE|ENTERQUEUE||138|1\n"
        "103|5.1|hotline|1001|CONNECT|3|5.2|1\n110|5.1|hotline|1001|COMPLETECALLER|3|7|1\n"
        "110|5.1|NONE|NONE|INFO|GWGONE|1\n"
    )
    ended = calls_of(log, [call])["5.1"]
    assert (ended.outcome, ended.ended_by, ended.ended_at) == ("answered", "caller", 110.0)
    assert (ended.started_at, ended.queued_at, ended.answered_at, ended.wait_s) == (100.2, 100.7, 103.9, 3.2)
    assert ended.talk_s == pytest.approx(6.1)


def test_a_number_with_a_bar_in_it_does_not_shift_what_follows() -> None:
    call = calls_of("10|5.1|hotline|NONE|ENTERQUEUE||13|8|张三|1\n12|5.1|hotline|NONE|ABANDON|1|1|2\n")["5.1"]
    assert (call.caller_number, call.wait_s) == ("13|8|张三", 2.0)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1|2|3|4", "1|5.1|hotline|NONE|PAUSE|", "一|5.1|q|NONE|ABANDON|", "1|NONE|q|NONE|ABANDON|1|1|1",
     "1||q|NONE|ABANDON", "9" * 40 + "|5.1|q|NONE|ABANDON|", "²|5.1|q|NONE|ABANDON|", "1|5.1|q|NONE|INFO|other|x"],
)  # fmt: skip
def test_what_tells_of_no_call_is_passed_over(text: str) -> None:
    assert read_line(text) is None


EVENTS = st.sampled_from(
    ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "RINGNOANSWER", "RINGCANCELED", "EXITEMPTY",
     "EXITWITHTIMEOUT", "BLINDTRANSFER", "ATTENDEDTRANSFER", "QUEUESTART", "INFO", "INFO|GWARRIVED", "INFO|GWENTRY",
     "INFO|GWLEFT", "INFO|GWGONE"]
)  # fmt: skip
ODD_LINES = st.builds(
    lambda at, leg, agent, event, data: "|".join([str(at), leg, "hotline", agent, event, *data]),
    st.integers(0, 50),
    st.sampled_from(["5.1", "6.1", "NONE"]),
    st.sampled_from(["1001", "NONE", "张三", ""]),
    EVENTS,
    st.lists(st.text(alphabet="0123456789.张²x-", max_size=5), max_size=5),
)


@given(st.lists(ODD_LINES, max_size=25))
def test_lines_in_any_order_with_any_data_are_never_an_error_and_times_never_run_backwards(lines: list[str]) -> None:
    for call in calls_of("\n".join(lines)).values():
        assert all(s.end is None or s.end >= s.start for s in call.stretches)


@given(st.text(alphabet="0123456789|.\nGWGONENTRYABANDON张²", max_size=300))
def test_garbage_is_never_an_error(text: str) -> None:
    calls_of(text)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_never_an_error(data: bytes) -> None:
    assert all(isinstance(line, Line) for line in read_lines(data))


@given(st.integers(0, len(BUSY_DAY)))
def test_a_log_cut_anywhere_has_the_calls_that_were_told_to_their_end_and_spoils_none(at: int) -> None:
    whole, cut = calls_of(BUSY_DAY), calls_of(BUSY_DAY[: BUSY_DAY.rfind("\n", 0, at) + 1])
    for name, call in cut.items():
        if f"{name}|NONE|NONE|INFO|GWGONE|0\n" in BUSY_DAY[:at]:
            assert call == whole[name]
        else:
            assert call.started_at == whole[name].started_at
    calls_of(BUSY_DAY[:at])


@given(st.integers(0, 29))
def test_told_a_second_time_from_anywhere_nothing_of_a_call_changes(restart: int) -> None:
    lines = BUSY_DAY.splitlines(keepends=True)
    open_then = [c for c in calls_of("".join(lines[:restart])).values() if c.ended_at is None]
    again = calls_of(BUSY_DAY, open_then)
    whole = calls_of(BUSY_DAY)
    for call in open_then:
        now, then = again[call.call_id], whole[call.call_id]
        assert (now.outcome, now.wait_s, now.talk_s, now.ended_by) == (
            then.outcome, then.wait_s, then.talk_s, then.ended_by,
        )  # fmt: skip
        assert len(now.stretches) == len(then.stretches)
