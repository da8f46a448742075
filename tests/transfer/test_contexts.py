"""Calls that partners hand to us: whose header is believed, what is joined with what, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable, SqlLedger, open_ledger
from gateway.model.contexts import PartnerContext
from gateway.model.facts import CallEntered, LinkLost
from gateway.model.ids import CallId, LegId, TicketNo
from gateway.tickets.ports import TicketDraft
from gateway.transfer.config import CallsInConfig, PartnerConfig
from gateway.transfer.contexts import PartnerCalls, address_of, comes_from, decoded_uui, reference_in

NOW = 1_795_300_000.0
HAIKOU = PartnerConfig.model_validate(
    {
        "number": "12345460100", "name": "海口市分平台", "mode": "consult",
        "calls_in": {"addresses": ["10.1.2.0/24"], "numbers": ["0898123"], "headers": ["X-Case-No", "User-to-User"]},
    }
)  # fmt: skip
OTHER = PartnerConfig(number="110", name="公安", mode="three_way")
CALL = CallId("1.1")


def entered(remote: str = "10.1.2.3:5060", number: str = "13812345678", **headers: str) -> CallEntered:
    said = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return CallEntered(NOW, LegId("1.1"), CALL, "PJSIP/trunk-1", number, "", "12345", "trunk", "night", remote, said)


def pushed(**fields: Any) -> PartnerContext:
    values: dict[str, Any] = {
        "id": "push-1", "partner": HAIKOU.number, "source": "push", "at": NOW - 10, "until": NOW + 290,
        "external_no": "HK-1", "ticket_no": TicketNo("460000-20261121-0000001"), "text": "路灯不亮",
    }  # fmt: skip
    return PartnerContext(**{**values, **fields})


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    keys = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
    async with open_ledger(LedgerConfig(), tmp_path, keys) as opened:
        yield opened


class Stage:
    """Partner calls over a real ledger, written as they come."""

    def __init__(self, ledger: Any, *partners: PartnerConfig) -> None:
        self.ledger, self.now = ledger, NOW
        self.calls = PartnerCalls(ledger, lambda: partners or (OTHER, HAIKOU), lambda: self.now)

    async def hear(self, fact: CallEntered) -> None:
        """Until it is written."""
        self.calls.on_fact(fact)
        while not self.calls._queue.empty():
            await self.calls._write(self.calls._queue.get_nowait())

    async def push(self, context: PartnerContext) -> None:
        await self.ledger.write(lambda tx: tx.save_context(context))


@pytest.fixture
def stage(ledger: SqlLedger) -> Stage:
    return Stage(ledger)


@pytest.mark.parametrize("push_first", [True, False])
async def test_a_push_and_its_call_are_joined_by_the_reference_whichever_comes_first(
    stage: Stage, push_first: bool
) -> None:
    push, call = pushed(), entered(number="anonymous", X_Case_No="HK-1")
    if push_first:
        await stage.push(push)
        await stage.hear(call)
    else:
        await stage.hear(call)
        await stage.push(push)
    (found,) = await stage.calls.contexts_for(CALL, "")
    assert (found.text, found.call_id, found.ref, found.source) == ("路灯不亮", CALL, "HK-1", "push")


async def test_a_push_names_the_reference_that_the_call_will_carry(stage: Stage) -> None:
    await stage.push(pushed(ref="REF-9"))
    await stage.hear(entered(X_Case_No="REF-9"))
    assert [one.external_no for one in await stage.calls.contexts_for(CALL, "")] == ["HK-1"]


async def test_without_a_reference_the_citizens_number_joins_them(stage: Stage) -> None:
    await stage.push(pushed(number="13812345678"))
    (found,) = await stage.calls.contexts_for(CALL, "+8613812345678")
    assert found.ticket_no == "460000-20261121-0000001"
    assert await stage.calls.contexts_for(CALL, "13900000000") == []
    stage.now += 300
    assert await stage.calls.contexts_for(CALL, "13812345678") == []


async def test_a_call_that_says_nothing_more_is_known_as_the_partners(stage: Stage) -> None:
    await stage.hear(entered(remote="10.9.9.9:5060", number="0898123", X_Case_No="HK-1"))
    (found,) = await stage.calls.contexts_for(CALL, "")
    assert (found.partner, found.ref, found.number) == (HAIKOU.number, "", "")  # the header of a stranger is nothing


async def test_a_header_from_elsewhere_is_not_believed(stage: Stage) -> None:
    await stage.push(pushed())
    await stage.hear(entered(remote="10.9.9.9:5060", X_Case_No="HK-1"))
    assert stage.calls.heard == 0 and await stage.calls.contexts_for(CALL, "13812345678") == []


async def test_a_reference_without_a_push_leads_to_the_ticket_that_we_have(stage: Stage) -> None:
    draft = TicketDraft("partner", "460100", NOW, NOW)
    ticket, _ = await stage.ledger.write(lambda tx: tx.open_ticket(draft, f"partner:{HAIKOU.number}:HK-7"))
    await stage.hear(entered(X_Case_No="HK-7"))
    (found,) = await stage.calls.contexts_for(CALL, "")
    assert (found.ticket_no, found.source) == (ticket.ticket_no, "sip")
    await stage.hear(entered(X_Case_No=ticket.ticket_no))
    assert (await stage.calls.contexts_for(CALL, ""))[0].ticket_no == ticket.ticket_no


async def test_where_no_partner_hands_us_calls_nothing_is_looked_up() -> None:
    calls = Stage(None, OTHER).calls  # a ledger would be asked in vain
    assert await calls.contexts_for(CALL, "13812345678") == []
    calls.on_fact(entered(X_Case_No="HK-1"))
    calls.on_fact(LinkLost(NOW, "gone"))
    assert calls.heard == 0


async def test_a_repeated_push_is_shown_once(stage: Stage) -> None:
    await stage.push(pushed(id="push-1", number="13812345678"))
    await stage.push(pushed(id="push-2", number="13812345678", text="已派人", at=NOW - 5))
    (found,) = await stage.calls.contexts_for(CALL, "13812345678")
    assert found.text == "已派人"


async def test_what_is_out_of_date_is_forgotten_in_passing(stage: Stage) -> None:
    await stage.push(pushed(until=NOW - 1))
    await stage.hear(entered())
    assert await stage.ledger.write(lambda tx: tx.drop_contexts(NOW)) == 0


class Away:
    """A ledger that cannot be written."""

    def __init__(self, failure: type[LedgerError] = LedgerUnavailable) -> None:
        self.tried, self.failure = asyncio.Event(), failure

    async def write(self, work: Any) -> None:
        self.tried.set()
        raise self.failure("away")


async def test_a_ledger_that_is_away_loses_no_call_and_a_full_queue_is_counted() -> None:
    away = Away()
    calls = PartnerCalls(away, lambda: (HAIKOU,), lambda: NOW, waiting=1)  # type: ignore[arg-type]
    calls.on_fact(entered())
    calls.on_fact(entered())
    assert (calls.heard, calls.dropped) == (2, 1)
    task = asyncio.create_task(calls.run())
    async with asyncio.timeout(60):
        await away.tried.wait()
    assert calls._queue.qsize() == 1
    assert calls.late == 1 and calls.dropped == 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_the_ledger_will_never_take_is_given_up_and_the_next_is_tried() -> None:
    away = Away(LedgerError)
    calls = PartnerCalls(away, lambda: (HAIKOU,), lambda: NOW, waiting=1)  # type: ignore[arg-type]
    calls.on_fact(entered())
    task = asyncio.create_task(calls.run())
    async with asyncio.timeout(60):
        await away.tried.wait()
        while not calls.dropped:
            await asyncio.sleep(0)
    assert calls._queue.empty() and not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("remote", "address"),
    [("10.1.2.3:5060", "10.1.2.3"), ("[2001:db8::1]:5060", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("x", "x")],
)
def test_an_address_is_without_its_port(remote: str, address: str) -> None:
    assert address_of(remote) == address


def test_networks_of_either_kind_are_known() -> None:
    calls_in = CallsInConfig.model_validate({"addresses": ["10.1.2.0/24", "2001:db8::/32"]})
    said = [comes_from(calls_in, one) for one in ("10.1.2.9:5060", "[2001:db8::7]:5061", "10.1.3.1:5060", "", "a:b:c")]
    assert said == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("484B2D31encoding=hex", "HK-1"), ("484B2D31", "HK-1"), ("HK-1", "HK-1"), ("", ""),
        ("00ffencoding=hex", "00ff"),
        ("48purpose=isdn-uuiencoding=hex", "H"),
    ],
)  # fmt: skip
def test_user_to_user_is_text_in_hexadecimal(value: str, text: str) -> None:
    assert decoded_uui(value) == text


@given(st.text(max_size=200))
def test_any_header_is_read_without_a_fault(value: str) -> None:
    assert isinstance(decoded_uui(value), str) and isinstance(address_of(value), str)
    assert isinstance(comes_from(HAIKOU.calls_in or CallsInConfig(), value), bool)


def test_the_first_header_that_is_there_counts_whatever_its_case() -> None:
    calls_in = HAIKOU.calls_in or CallsInConfig()
    assert reference_in(calls_in, [("user-to-user", "484B2D32"), ("x-case-no", "HK-1")]) == "HK-1"
    assert reference_in(calls_in, [("User-to-User", "484B2D32"), ("X-Case-No", "")]) == "HK-2"
    assert reference_in(calls_in, []) == ""
