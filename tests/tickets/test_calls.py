"""A call's changes become its row, its events and one ticket, in one transaction."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fake_ledger import FakeLedger

from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.records import CallChange, CallRecord
from gateway.tickets.calls import CallBook, call_data, call_key

BOOK = CallBook(lambda entry: "460000" if entry == "12345" else "460100")


def record(**fields: object) -> CallRecord:
    base: dict[str, object] = {
        "entry_number": "12345", "caller_number": "13812345678", "queue": QueueId("hotline"), "queued_at": 2.0,
    }  # fmt: skip
    return CallRecord(CallId("c1"), 1.0, **(base | fields))  # type: ignore[arg-type]


async def tell(ledger: FakeLedger, *changes: CallChange) -> None:
    for change in changes:
        await ledger.write(lambda tx, change=change: BOOK.write(tx, [change]))  # type: ignore[misc]


async def test_an_answered_call_opens_its_ticket_once_however_often_it_is_told() -> None:
    ledger = FakeLedger()
    call = record(answered_at=6.0, agent=AgentId("1001"), seat=SeatId("A001"), wait_s=4.0)
    await tell(ledger, CallChange("answered", 6.0, call), CallChange("answered", 6.0, call))
    assert [e.type for e in ledger.feed].count("hotline.ticket.opened.v1") == 1
    (ticket,) = ledger.kept_tickets.values()
    assert (ticket.channel, ticket.entry_number, ticket.wait_s, ticket.agent_id) == ("phone", "12345", 4.0, "1001")
    assert (ticket.occurred_at, ticket.received_at, ticket.first_response_at) == (1.0, 6.0, 6.0)
    assert ticket.calling_number == "13812345678"
    assert call_key(call) == "call:c1"


async def test_the_end_brings_talk_and_hold_onto_the_ticket() -> None:
    ledger = FakeLedger()
    call = record(answered_at=6.0, wait_s=4.0)
    await tell(ledger, CallChange("answered", 6.0, call).frozen())
    call.ended_at, call.talk_s, call.hold_s, call.outcome, call.recording_id = 66.0, 55.0, 5.0, "answered", "c1"
    await tell(ledger, CallChange("ended", 66.0, call))
    (ticket,) = ledger.kept_tickets.values()
    assert (ticket.talk_s, ticket.hold_s, ticket.recording_id, ticket.revision) == (55.0, 5.0, "c1", 2)
    assert [e.type for e in ledger.feed][-2:] == ["hotline.call.ended.v1", "hotline.ticket.updated.v1"]


async def test_changes_of_one_call_kept_together_save_it_once_and_open_a_ticket_with_the_last_figures() -> None:
    ledger, saved = FakeLedger(), []
    save = ledger.save_call

    async def count(call: CallRecord) -> None:
        saved.append(call.ended_at)
        await save(call)

    ledger.save_call = count  # type: ignore[method-assign]
    call = record(answered_at=6.0, wait_s=4.0)
    answered = CallChange("answered", 6.0, call).frozen()
    call.ended_at, call.talk_s, call.outcome = 66.0, 60.0, "answered"
    await ledger.write(lambda tx: BOOK.write(tx, [answered, CallChange("ended", 66.0, call)]))
    assert saved == [66.0]
    (ticket,) = ledger.kept_tickets.values()
    assert (ticket.talk_s, ticket.revision) == (60.0, 1)
    assert [e.type for e in ledger.feed] == [
        "hotline.call.answered.v1", "hotline.ticket.opened.v1", "hotline.call.ended.v1",
    ]  # fmt: skip
    assert [e.data["talk_s"] for e in ledger.feed] == [None, 60.0, 60.0]


async def test_a_known_ticket_gets_the_figures_of_changes_kept_together_as_an_update() -> None:
    ledger = FakeLedger()
    call = record(answered_at=6.0, wait_s=4.0)
    answered = CallChange("answered", 6.0, call).frozen()
    await tell(ledger, answered)
    call.ended_at, call.talk_s, call.outcome = 66.0, 60.0, "answered"
    await ledger.write(lambda tx: BOOK.write(tx, [answered, CallChange("ended", 66.0, call)]))
    (ticket,) = ledger.kept_tickets.values()
    assert (ticket.talk_s, ticket.revision) == (60.0, 2)


async def test_a_lost_call_is_an_event_with_masked_number_and_wait_and_opens_no_ticket() -> None:
    ledger = FakeLedger()
    call = record(ended_at=9.0, wait_s=7.0, outcome="abandoned_queue")
    await tell(ledger, CallChange("ended", 9.0, call))
    lost = [e for e in ledger.feed if e.type == "hotline.call.lost.v1"]
    assert [(e.subject, e.data["caller"], e.data["wait_s"]) for e in lost] == [("c1", "138****5678", 7.0)]
    assert ledger.kept_tickets == {}


async def test_a_caller_who_left_in_the_greeting_is_not_lost() -> None:
    ledger = FakeLedger()
    await tell(ledger, CallChange("ended", 9.0, record(queued_at=None, outcome="abandoned_flow")))
    assert [e.type for e in ledger.feed] == ["hotline.call.ended.v1"]


async def test_a_call_that_an_agent_dialled_opens_no_ticket() -> None:
    ledger = FakeLedger()
    await tell(ledger, CallChange("answered", 6.0, record(direction="out", answered_at=6.0)))
    assert ledger.kept_tickets == {}


def test_no_whole_number_is_in_the_feeds_data() -> None:
    assert "13812345678" not in str(call_data(record()))
