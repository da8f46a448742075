from __future__ import annotations

import pytest

from gateway.ledger import LedgerKeys
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import Seal
from gateway.ledger.rows_virtual import binding_of, binding_row, virtual_call_of, virtual_call_row
from gateway.ledger.tables import virtual_bindings, virtual_calls
from gateway.model.ids import CallId, TicketNo
from gateway.model.virtual import Binding, VirtualCall

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
TICKET = TicketNo("460000-20261121-0000001")
MADE = Binding("b", "66001", TICKET, "12328", ("089865321234",), "13812345678", 10.0, 20.0, "agent1", 15.0)


def test_a_binding_comes_back_as_it_was_in_the_order_of_the_columns() -> None:
    row = binding_row(MADE, SEAL)
    assert set(row) == set(virtual_bindings.columns.keys())
    assert binding_of(tuple(row[column.name] for column in virtual_bindings.columns), SEAL) == MADE


def test_a_sealed_part_opens_in_no_other_binding() -> None:
    row = {**binding_row(MADE, SEAL), "id": "b2"}
    with pytest.raises(LedgerError):
        binding_of(tuple(row[column.name] for column in virtual_bindings.columns), SEAL)


def test_a_call_comes_back_as_it_was() -> None:
    call = VirtualCall(CallId("9.1"), "b", TICKET, "66001", "citizen", 1.0, 2.0, 3.0, "answered", 1.0, "9.1")
    row = virtual_call_row(call)
    assert virtual_call_of(tuple(row[column.name] for column in virtual_calls.columns)) == call
