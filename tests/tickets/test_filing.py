"""A form handed in at the desk: one transaction, one ticket, whatever happens beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.ledger import SqlLedger
from gateway.ledger.tx import SqlTx
from gateway.model.desk import Draft, Filing
from gateway.model.ids import AgentId, CallId, QueueId, TicketNo
from gateway.model.records import CallChange, CallRecord, Stretch, Ticket
from gateway.tickets.acts import push_id
from gateway.tickets.calls import FIGURES, CallBook, call_key
from gateway.tickets.config import RepliesConfig
from gateway.tickets.filing import agent_of, title_of
from gateway.tickets.ports import NotFound, Refused, StaleRevision
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from tests.tickets.conftest import AT, Clock, shipped_categories, working_days

CALL = CallId("1732200000.15")
FORM = {"kind": "投诉", "content": "小区路灯不亮，晚上很黑。请派人修。", "urgency": "紧急"}


class Desk:
    """A service on a real ledger, with a call that can be answered and ended beside it."""

    def __init__(self, ledger: SqlLedger, clock: Clock) -> None:
        self.ledger, self.woken = ledger, 0
        policy = ticket_policy(RepliesConfig(), shipped_categories(), working_days)
        words = Templates(RepliesConfig())
        self.service = TicketService(ledger, policy, words, self.wake, {"110": "公安"}.get, {"110": 60.0}.get, clock)
        self.call = CallRecord(
            CALL, AT - 60, entry_number="12345", caller_number="13812345678", queue=QueueId("hotline"),
            agent=AgentId("8001"), queued_at=AT - 50, answered_at=AT - 40, wait_s=10.0,
        )  # fmt: skip

    def wake(self) -> None:
        self.woken += 1

    async def happens(self, kind: Any, **changes: Any) -> None:
        """What the recorder writes of the call."""
        for name, value in changes.items():
            setattr(self.call, name, value)
        change = CallChange(kind, AT, self.call).frozen()
        await self.ledger.write(lambda tx: CallBook(lambda _entry: "460000").write(tx, [change]))

    async def file(self, fields: dict[str, Any] | None = None, author: str = "agent1", **rest: Any) -> Ticket:
        made = Filing(FORM if fields is None else fields, "460000", agent=AgentId("8001"), **rest)
        return await self.service.file(made, author)

    async def of_call(self) -> Ticket:
        found = await self.ledger.ticket_by_key(call_key(self.call))
        assert found is not None
        return found

    async def types(self) -> list[str]:
        return [e.type.removeprefix("hotline.").removesuffix(".v1") for e in await self.ledger.events(0, 1000)]


@pytest.fixture
def desk(ledger: SqlLedger, clock: Clock) -> Desk:
    return Desk(ledger, clock)


async def test_the_calls_ticket_is_filled_in_and_accepted(desk: Desk) -> None:
    await desk.happens("answered")
    filed = await desk.file(call=desk.call)
    assert filed == await desk.of_call()
    assert (filed.state, filed.title, filed.kind) == ("accepted", "小区路灯不亮，晚上很黑", "投诉")
    assert filed.limit_days == 10 and filed.deadline_at is not None and filed.agent_id == "8001"
    assert (await desk.types())[-2:] == ["ticket.updated", "ticket.state"] and desk.woken == 1
    updated, state = (await desk.ledger.events(0, 1000))[-2:]
    assert {"content", "kind", "state"} <= set(updated.data["changed"]) and "请派人修" not in str(updated.data)
    assert (state.data["from"], state.data["to"]) == ("received", "accepted")
    [entry, *_] = await desk.ledger.audits(subject=filed.ticket_no)
    assert (entry.login, entry.act, entry.detail["new"]) == ("agent1", "ticket.file", False)


async def test_a_call_whose_ticket_is_not_there_yet_has_it_opened_and_it_stays_one(desk: Desk) -> None:
    filed = await desk.file(call=desk.call)
    await desk.happens("answered")
    await desk.happens("ended", ended_at=AT, talk_s=30.0, outcome="answered")
    ticket = await desk.of_call()
    assert (ticket.ticket_no, ticket.talk_s, ticket.content) == (filed.ticket_no, 30.0, FORM["content"])
    assert ticket.calling_number == "13812345678" and ticket.received_at == AT - 40
    assert (await desk.types()).count("ticket.opened") == 1


async def test_the_calls_end_makes_no_reading_stale(desk: Desk) -> None:
    await desk.happens("answered")
    read = (await desk.of_call()).revision
    await desk.happens("ended", ended_at=AT, talk_s=30.0, outcome="answered")
    await desk.happens("updated", wrap_s=9.0)
    assert (await desk.of_call()).more[FIGURES] == [read + 1, read + 2]
    filed = await desk.file(call=desk.call, revision=read)
    assert (filed.talk_s, filed.wrap_s, filed.content) == (30.0, 9.0, FORM["content"])


async def test_a_change_by_somebody_else_makes_it_stale_and_nothing_is_written(desk: Desk) -> None:
    await desk.happens("answered")
    ticket = await desk.of_call()
    await desk.service.change(ticket.ticket_no, {"title": "别人写的"}, "lead")
    before = await desk.types()
    with pytest.raises(StaleRevision) as stale:
        await desk.file(call=desk.call, revision=ticket.revision, draft=CALL)
    assert stale.value.current == ticket.revision + 1 and await desk.types() == before
    assert (await desk.of_call()).content == ""


async def test_what_was_filed_once_is_filed_again_only_by_its_revision(desk: Desk) -> None:
    first = await desk.file(call=desk.call, key="k1")
    with pytest.raises(StaleRevision):
        await desk.file({"content": "别的"}, call=desk.call, key="k2")
    of_it = {"ticket_no": first.ticket_no, "revision": first.revision}
    again = await desk.file({"content": "三盏都不亮"}, key="k3", **of_it)
    assert (again.content, again.kind, again.revision) == ("三盏都不亮", "投诉", first.revision + 1)


@pytest.mark.parametrize("of_call", [True, False])
async def test_the_same_key_by_the_same_agent_files_once(desk: Desk, of_call: bool) -> None:
    call = desk.call if of_call else None
    first = await desk.file(call=call, key="k1", draft="d")
    types = await desk.types()
    assert await desk.file(call=call, key="k1", draft="d") == first and await desk.types() == types
    if not of_call:
        assert (await desk.file(call=call, key="k1", author="agent2")).ticket_no != first.ticket_no


async def test_a_new_ticket_is_opened_whole_in_one_event(desk: Desk) -> None:
    filed = await desk.file(key="k")
    assert (filed.channel, filed.agent_id, filed.call_id, filed.state) == ("phone", "8001", "", "accepted")
    assert filed.first_response_at == filed.received_at == AT
    assert await desk.types() == ["ticket.opened", "ticket.state"]
    assert (await desk.ledger.events(0, 10))[0].data["kind"] == "投诉"


async def test_the_draft_goes_with_the_filing_and_stays_without_it(desk: Desk) -> None:
    await desk.ledger.write(lambda tx: tx.save_draft(Draft("d", "agent1", 1, AT, {"content": "x"})))
    with pytest.raises(Refused):
        await desk.file({"content": "x", "kind": "别的"}, draft="d")
    assert await desk.ledger.draft("d") is not None
    await desk.file(draft="d")
    assert await desk.ledger.draft("d") is None


async def test_sending_on_pushes_and_moves_in_the_same_breath(desk: Desk) -> None:
    await desk.happens("answered")
    filed = await desk.file(call=desk.call, send_to="110")
    assert (filed.state, filed.sent_at, filed.department) == ("sent", AT, "公安")
    delivery = (await desk.ledger.deliveries(ticket_no=filed.ticket_no, kind="push"))[0]
    assert (delivery.id, delivery.target, delivery.answer_by) == (push_id(filed.ticket_no, "110"), "110", AT + 60)
    assert (await desk.types())[-3:] == ["ticket.updated", "ticket.state", "ticket.updated"]


async def test_who_got_the_ticket_at_the_press_gets_what_was_typed_after_it(desk: Desk) -> None:
    await desk.happens("answered")
    ticket = await desk.of_call()
    await desk.service.push(ticket.ticket_no, "110", "agent1")
    (first,) = await desk.ledger.deliveries(ticket_no=ticket.ticket_no, kind="push")
    await desk.ledger.write(lambda tx: tx.save_delivery(replace(first, state="sent", done_at=AT)))
    await desk.file(call=desk.call)
    pushes = await desk.ledger.deliveries(ticket_no=ticket.ticket_no, kind="push")
    assert len(pushes) == 2 and {one.account for one in pushes} == {"110"}
    assert {one.state for one in pushes} == {"sent", "waiting"}
    again = await desk.of_call()
    await desk.file(ticket_no=ticket.ticket_no, revision=again.revision)  # says nothing more
    assert len(await desk.ledger.deliveries(ticket_no=ticket.ticket_no, kind="push")) == 2


async def test_sending_to_nobody_or_after_the_end_is_refused_with_the_field(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.file(send_to="999")
    assert refused.value.field == "send_to" and await desk.types() == []
    filed = await desk.file()
    await desk.service.report(filed.ticket_no, "closed", "agent1")
    with pytest.raises(Refused):
        await desk.file(ticket_no=filed.ticket_no, revision=filed.revision + 1, send_to="110")
    assert await desk.ledger.deliveries(kind="push") == []


async def test_a_closed_ticket_may_be_mended_and_stays_closed(desk: Desk) -> None:
    filed = await desk.file()
    closed = await desk.service.report(filed.ticket_no, "closed", "agent1")
    mended = await desk.file({"address": "龙昆南路1号"}, ticket_no=filed.ticket_no, revision=closed.revision)
    assert (mended.state, mended.address) == ("closed", "龙昆南路1号")


async def test_a_lead_who_mends_a_ticket_does_not_take_it_over(desk: Desk) -> None:
    filed = await desk.file()
    made = Filing({"title": "改"}, "460000", filed.ticket_no, revision=filed.revision, agent=AgentId("8100"))
    assert (await desk.service.file(made, "lead")).agent_id == "8001"


FIRST, SECOND, LEAD = AgentId("8001"), AgentId("8002"), AgentId("8100")


@pytest.mark.parametrize(
    ("agent", "speaks", "leads", "had_last", "was", "whose"),
    [
        (FIRST, FIRST, False, FIRST, "8001", "8001"), (FIRST, "", False, FIRST, "", "8001"),
        (FIRST, "", False, None, "", "8001"),  # it rings only
        (FIRST, SECOND, False, FIRST, "8001", "8002"),  # a lost telephone, a transfer: another speaks now
        (FIRST, "", False, SECOND, "8001", "8002"),  # it is over, and somebody else had it last
        (SECOND, SECOND, False, FIRST, "8001", "8002"), (SECOND, "", False, FIRST, "8001", "8002"),  # after a transfer
        (LEAD, FIRST, True, FIRST, "", "8001"), (LEAD, LEAD, True, FIRST, "8001", "8001"),
        (LEAD, "", True, FIRST, "8002", "8002"), (LEAD, "", True, None, "", ""),
        (LEAD, LEAD, True, LEAD, "", "8100"),  # who took the call
        ("", "", True, FIRST, "", "8001"),
    ],
)  # fmt: skip
async def test_a_calls_ticket_is_its_agents(
    desk: Desk, agent: Any, speaks: Any, leads: bool, had_last: AgentId | None, was: str, whose: str
) -> None:
    call = replace(desk.call, agent=had_last, stretches=[Stretch("talking", AT, AT, agent=FIRST)])
    filing = Filing(FORM, "460000", call=call, agent=agent, speaks=speaks, leads=leads)
    await desk.happens("answered")
    assert agent_of(filing, replace(await desk.of_call(), agent_id=was)) == whose


async def test_a_lead_does_not_take_a_calls_ticket_over_by_its_number_either(desk: Desk) -> None:
    await desk.happens("answered", agent=None)
    ticket = await desk.of_call()
    made = Filing({"content": "改"}, "460000", ticket.ticket_no, revision=ticket.revision, agent=LEAD, leads=True)
    assert (await desk.service.file(made, "lead")).agent_id == ""


async def test_the_draft_of_somebody_else_stays_unless_the_ticket_is_the_filers(desk: Desk) -> None:
    await desk.ledger.write(lambda tx: tx.save_draft(Draft(CALL, "agent2", 1, AT, {"content": "接着"})))
    filed = await desk.file(call=desk.call, draft=CALL, speaks=SECOND)
    assert filed.agent_id == "8002" and await desk.ledger.draft(CALL) is not None
    await desk.file(call=desk.call, draft=CALL, revision=filed.revision)
    assert await desk.ledger.draft(CALL) is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "content"),
        ({"content": " \n"}, "content"),
        ({"content": "x", "category": "没有"}, "category"),
        ({"content": "x", "state": "closed"}, "state"),
        ({"content": "x", "longitude": 181}, "longitude"),
        ({"content": "x" * 20_001}, "content"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_field_and_opens_nothing(
    desk: Desk, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        await desk.file(fields)
    assert refused.value.field == field and await desk.types() == [] and not await desk.ledger.tickets()


async def test_a_ticket_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.file(ticket_no=TicketNo("460000-20261121-0000009"))


@pytest.mark.parametrize(
    ("content", "title"),
    [("路灯不亮。很黑", "路灯不亮"), ("\n。 ！好\n再见", "好"), ("", ""), ("。。", ""), ("长" * 50, "长" * 39 + "…")],
)
def test_a_title_is_the_first_sentence(content: str, title: str) -> None:
    assert title_of(content) == title


async def test_a_reading_that_another_gateway_has_overtaken_is_not_what_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PostgreSQL has it, where another process may commit between our reading and our writing."""
    await desk.happens("answered")
    read = await desk.of_call()
    await desk.ledger.write(lambda tx: tx.update_ticket(read.ticket_no, {"risk_level": 3}))

    async def before_the_other(tx: SqlTx, number: TicketNo) -> Ticket:
        return read

    monkeypatch.setattr(SqlTx, "ticket", before_the_other)
    with pytest.raises(StaleRevision):
        await desk.file(ticket_no=read.ticket_no, revision=read.revision)
    monkeypatch.undo()
    assert (await desk.of_call()).content == ""
