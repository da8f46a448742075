"""What ``gateway.transfer.virtual_ports`` promises, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.ledger import SqlLedger
from gateway.model.ids import CallId, TicketNo
from gateway.model.records import AuditEntry, CallRecord
from gateway.model.virtual import Binding, VirtualCall

NOON, DAY = 1_795_233_600.0, 86_400.0
TICKET = TicketNo("460000-20261121-0000001")
CITIZEN, OFFICE = "13812345678", "089865321234"


def a_binding(number: int = 1, **fields: Any) -> Binding:
    values: dict[str, Any] = {
        "id": f"b{number}", "number": f"6600{number}", "ticket_no": TICKET, "partner": "12328", "callers": (OFFICE,),
        "citizen": CITIZEN, "bound_at": NOON + number, "until": NOON + DAY, "login": "agent1",
    }  # fmt: skip
    return Binding(**{**values, **fields})


def a_call(number: int = 1, **fields: Any) -> VirtualCall:
    made = VirtualCall(CallId(f"9.{number}"), "b1", TICKET, "66001", "department", NOON + number)
    return replace(made, **fields)


async def bind(ledger: SqlLedger, binding: Binding, free_at: float = NOON + 8 * DAY) -> bool:
    return await ledger.write(lambda tx: tx.bind_virtual(binding, free_at))


async def test_a_binding_is_found_by_its_number_and_its_ticket(ledger: SqlLedger) -> None:
    one, two = a_binding(1), a_binding(2)
    assert await bind(ledger, one)
    assert await bind(ledger, two)
    assert await ledger.virtual_binding("66001") == one
    assert await ledger.virtual_binding("66009") is None
    assert list(await ledger.virtual_bindings(TICKET)) == [two, one]
    assert list(await ledger.write(lambda tx: tx.virtual_bindings(TICKET))) == [two, one]
    assert await ledger.write(lambda tx: tx.binding("b2")) == two


async def test_a_number_is_claimed_once_and_again_only_when_it_is_free(ledger: SqlLedger) -> None:
    assert await bind(ledger, a_binding(1))
    second = a_binding(1, id="b7", bound_at=NOON + DAY)
    assert not await bind(ledger, second)
    assert await ledger.virtual_binding("66001") == a_binding(1)
    third = replace(second, bound_at=NOON + 8 * DAY)
    assert await bind(ledger, third)
    assert await ledger.virtual_binding("66001") == third
    assert await ledger.write(lambda tx: tx.virtual_free_at()) == {"66001": NOON + 8 * DAY}


async def test_one_that_is_ended_early_rests_from_then_on(ledger: SqlLedger) -> None:
    await bind(ledger, a_binding(1))
    ended = a_binding(1, ended_at=NOON + 60)
    await ledger.write(lambda tx: tx.end_virtual(ended, NOON + DAY))
    assert await ledger.virtual_binding("66001") == ended
    assert await ledger.write(lambda tx: tx.virtual_free_at()) == {"66001": NOON + DAY}


async def test_the_two_sides_numbers_lie_sealed(ledger: SqlLedger) -> None:
    await bind(ledger, a_binding(1))
    rows = await ledger._database.query(ledger._sql.bindings_of_ticket, {"ticket_no": TICKET, "limit": 10})
    assert CITIZEN not in repr(list(rows[0]))
    assert OFFICE not in repr(list(rows[0]))


async def test_calls_are_kept_by_their_id_and_the_open_ones_found(ledger: SqlLedger) -> None:
    over = a_call(2, ended_at=NOON + 9, outcome="answered", talk_s=4.5, answered_at=NOON + 4, recording_id="9.2")
    for one in (a_call(1), a_call(2), over):
        await ledger.write(lambda tx, one=one: tx.save_virtual_call(one))
    assert await ledger.virtual_call(CallId("9.2")) == over
    assert await ledger.write(lambda tx: tx.virtual_call(CallId("9.1"))) == a_call(1)
    assert list(await ledger.virtual_calls(TICKET)) == [over, a_call(1)]
    assert list(await ledger.open_virtual_calls()) == [a_call(1)]


async def test_a_call_out_is_found_by_its_ticket(ledger: SqlLedger) -> None:
    out = CallRecord(CallId("out-1"), NOON, direction="out", caller_number=CITIZEN, ticket_no=TICKET, outcome="busy")
    for one in (out, CallRecord(CallId("1.1"), NOON)):
        await ledger.write(lambda tx, one=one: tx.save_call(one))
    assert list(await ledger.calls(ticket_no=TICKET)) == [out]
    assert await ledger.call(CallId("out-1")) == out


async def test_the_audit_log_is_read_by_act_and_time(ledger: SqlLedger) -> None:
    for at, act in ((1.0, "call.dialled"), (2.0, "number.revealed"), (3.0, "call.dialled")):
        await ledger.write(lambda tx, at=at, act=act: tx.audit(AuditEntry(at, "agent1", act, "s", "127.0.0.1")))
    assert [one.at for one in await ledger.audits(act="call.dialled")] == [3.0, 1.0]
    assert [one.at for one in await ledger.audits(since=2.0, until=3.0)] == [2.0]
