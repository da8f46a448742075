"""What ``gateway.tickets.ports`` promises about partner contexts, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.ledger import SqlLedger
from gateway.model.contexts import PartnerContext
from gateway.model.ids import CallId, TicketNo

NOON = 1_795_233_600.0


def a_context(which: int = 1, **fields: Any) -> PartnerContext:
    values: dict[str, Any] = {
        "id": f"push-{which}", "partner": "12345460100", "source": "push", "at": NOON + which, "until": NOON + 300,
        "external_no": "HK-1", "number": "13812345678", "text": "路灯不亮", "fields": {"address": "海秀路 1 号"},
    }  # fmt: skip
    return PartnerContext(**{**values, **fields})


async def save(ledger: SqlLedger, *saved: PartnerContext) -> None:
    for one in saved:
        await ledger.write(lambda tx, one=one: tx.save_context(one))


async def test_a_context_is_found_by_its_call_its_number_and_either_reference(ledger: SqlLedger) -> None:
    push = a_context(ref="REF-9", ticket_no=TicketNo("460000-20261121-0000001"))
    call = a_context(2, id="sip-1.1", source="sip", call_id=CallId("1.1"), ref="REF-9", external_no="", number="")
    await save(ledger, push, call)
    assert await ledger.contexts_of_call(CallId("1.1"), NOON) == [call]
    assert await ledger.contexts_of_number("+86 138-1234-5678", NOON, NOON) == [push]
    assert await ledger.contexts_by_reference("12345460100", "REF-9", NOON) == [call, push]
    assert await ledger.contexts_by_reference("12345460100", "HK-1", NOON) == [push]
    assert await ledger.contexts_by_reference("110", "HK-1", NOON) == []  # another partner's number


async def test_nothing_is_found_by_nothing(ledger: SqlLedger) -> None:
    await save(ledger, a_context(number=""))
    assert await ledger.contexts_of_call(CallId(""), NOON) == []
    assert await ledger.contexts_of_number("", 0.0, NOON) == []
    assert await ledger.contexts_by_reference("12345460100", "", NOON) == []


async def test_what_is_out_of_date_or_from_before_is_not_told_and_then_forgotten(ledger: SqlLedger) -> None:
    await save(ledger, a_context())
    assert await ledger.contexts_of_number("13812345678", NOON + 2, NOON) == []
    assert await ledger.contexts_of_number("13812345678", NOON, NOON + 301) == []
    assert await ledger.write(lambda tx: tx.drop_contexts(NOON + 300)) == 0
    assert await ledger.write(lambda tx: tx.drop_contexts(NOON + 301)) == 1
    assert await ledger.contexts_of_number("13812345678", 0.0, 0.0) == []


async def test_the_same_id_is_replaced(ledger: SqlLedger) -> None:
    await save(ledger, a_context(), replace(a_context(), text="已派人"))
    (found,) = await ledger.contexts_of_number("13812345678", 0.0, NOON)
    assert found.text == "已派人"
