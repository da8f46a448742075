"""The composed node on free ports, with no Asterisk: what it opens, takes up again, shows and closes."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gateway.app import Node, midnight_before
from gateway.channels.accounts import ChannelsConfig
from gateway.channels.email.config import EmailConfig
from gateway.ledger.errors import LedgerError, LedgerUnavailable
from gateway.model.facts import VirtualBegun
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId, TicketNo
from gateway.model.messages import Delivery
from gateway.model.records import Account, CallChange, CallRecord
from gateway.model.transfers import Transfer
from gateway.model.virtual import Binding
from gateway.settings import Settings, load, load_secrets
from tools.lab.ports import Ports
from tools.lab.site import CONFIG, free_environ


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Free ports and a folder; the thirty passwords of a first start are not hashed for real."""
    monkeypatch.setattr("gateway.web.staff.hash_password", lambda password: f"hash of {len(password)}")
    ports = Ports()
    yield free_environ(ports, tmp_path / "var")
    ports.close()


def midday() -> str:
    """A zone where it is noon or a little later: a test that counts "today" is not cut in two by midnight."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"


def node_of(environ: dict[str, str], zone: str = "") -> Node:
    settings = load(CONFIG, environ)
    if zone:
        settings = replace(settings, halls=tuple(it.model_copy(update={"zone": zone}) for it in settings.halls))
    return Node(settings, load_secrets(settings.state_dir, settings), environ)


@asynccontextmanager
async def living(node: Node) -> AsyncIterator[Node]:
    """The node, opened and running; stopped at the end, within the test's patience."""
    async with asyncio.timeout(100), node, asyncio.TaskGroup() as group:
        ready = asyncio.Event()
        group.create_task(node.run(ready.set))
        await ready.wait()
        try:
            yield node
        finally:
            node.stop()


def a_call(call_id: str, at: float, **more: Any) -> CallRecord:
    call = CallRecord(CallId(call_id), at)
    for name, value in {
        "caller_number": "13812345678",
        "entry_number": "12345",
        "queue": QueueId("hotline"),
        **more,
    }.items():
        assert hasattr(call, name), name
        setattr(call, name, value)
    return call


async def get(node: Node, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{node.web.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


# -- start and stop ----------------------------------------------------------------------------------------------------


async def test_a_node_composes_runs_without_asterisk_and_says_that_it_is_missing(environ: dict[str, str]) -> None:
    async with living(node_of(environ)) as node:
        assert node.started
        assert (await get(node, "/healthz"))[0] == 200
        async with asyncio.timeout(60):
            while "cannot connect" not in (await get(node, "/readyz"))[1]:  # the first try may yet be on its way
                await asyncio.sleep(0.01)
        status, body = await get(node, "/readyz")
        assert status == 503 and '"ledger"' in body
        status, figures = await get(node, "/metrics")
        assert status == 200
        for line in ("gateway_link_up 0.0", "gateway_calls_live 0.0", "gateway_changes_set_aside_total 0.0"):
            assert line in figures
        assert len(node.hub._snapshot()["seats"]) == 30


async def test_the_sms_accounts_that_are_on_are_in_metrics(environ: dict[str, str]) -> None:
    settings = load(CONFIG, environ)
    account = {"kind": "http", "account": "hainan", "path": "made:sms-path"}
    channels = ChannelsConfig.model_validate({"sms": [account]})
    settings = replace(settings, channels=channels)
    node = Node(settings, load_secrets(settings.state_dir, settings), environ)
    async with living(node):
        assert (await get(node, "/in/sms/hainan/wrong"))[0] == 404
        _, figures = await get(node, "/metrics")
        for line in ("gateway_sms_callbacks_refused_total 1.0", "gateway_sms_unread_total 0.0"):
            assert line in figures
        assert "gateway_sms_link_up" not in figures, "no account keeps a connection"


async def test_a_mailroom_is_shown_and_never_makes_the_node_unready(environ: dict[str, str]) -> None:
    settings = load(CONFIG, environ)
    account = EmailConfig(account="hainan", address="12345@hainan.example", reply_key="made:reply", receipt=False)
    settings = replace(settings, channels=settings.channels.model_copy(update={"email": (account,)}))
    async with Node(settings, load_secrets(settings.state_dir, settings), environ) as node:
        room = node.writing.mailroom
        assert room is not None
        for up, restarts, says in ((True, 0, "up"), (False, 3, "down, started again 3 times")):
            room.up, room.restarts = up, restarts
            parts = json.loads((await get(node, "/readyz"))[1])["parts"]
            assert parts["mailroom"] == {"ready": True, "state": says}
    async with node_of(environ) as node:
        assert "mailroom" not in (await get(node, "/readyz"))[1], "no mail account is on"


async def test_a_running_transfers_push_is_told_on_the_live_stream(environ: dict[str, str]) -> None:
    number = TicketNo("460000-20261121-0000001")
    push = Delivery("d1", "push", number, "partner", "110", "110", 1.0, state="sent")
    runs = Transfer(
        "t1", "k1", CallId("c1"), "three_way", "110", SeatId("A001"), AgentId("1001"), time.time(), partner="110",
        ticket_no=number, delivery="d1", version=1,
    )  # fmt: skip

    async def before(tx: Any) -> None:
        await tx.save_delivery(push)
        await tx.save_transfer(runs)

    async def acknowledged(tx: Any) -> None:
        await tx.save_delivery(replace(push, state="delivered"))
        await tx.emit("hotline.push.acknowledged.v1", number, {"delivery_id": "d1", "partner": "110"}, time.time())

    def shown() -> str:
        (view,) = node.hall.beside["transfers"]()
        return str(view["push"]["state"])

    async with node_of(environ) as node:
        await node.ledger.write(before)
    async with living(node_of(environ)) as node:
        told = asyncio.Event()
        node.transferring._show = told.set
        await node.ledger.write(acknowledged)
        async with asyncio.timeout(60):
            while shown() != "acknowledged":
                told.clear()
                await told.wait()


async def test_the_first_start_makes_logins_and_the_second_does_not(environ: dict[str, str]) -> None:
    async with node_of(environ) as node:
        assert [one.account.login for one in node.first_logins[:3]] == ["admin", "lead", "1001"]
        assert len(node.first_logins) == 32 and node.hall.names["1001"] == "热线员1001"
    async with node_of(environ) as node:
        assert node.first_logins == []


async def test_stop_closes_the_doors_and_returns(environ: dict[str, str]) -> None:
    async with living(node_of(environ)) as node:
        port = node.web.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_stop_before_run_ends_run_at_once(environ: dict[str, str]) -> None:
    async with asyncio.timeout(60), node_of(environ) as node:
        node.stop()
        node.stop()
        await node.run()


async def test_stop_writes_what_was_taken(environ: dict[str, str]) -> None:
    now = time.time()
    async with living(node_of(environ)) as node:
        ended = a_call("c9", now - 5, ended_at=now, outcome="abandoned_queue", ended_by="caller")
        await node.recorder.put([CallChange("arrived", now - 5, ended), CallChange("ended", now, ended)])
        node.stop()
    async with node_of(environ) as node:
        kept = await node.ledger.call(CallId("c9"))
        assert kept is not None and kept.outcome == "abandoned_queue"


async def test_stop_writes_a_call_over_a_virtual_number_that_the_ledger_takes_late(environ: dict[str, str]) -> None:
    now, number = time.time(), "089866001000"
    ticket = TicketNo("460000-20261121-0000001")
    bound = Binding("b1", number, ticket, "110", ("089812345",), "13812345678", now, now + 60)
    async with living(node_of(environ)) as node:
        await node.ledger.write(lambda tx: tx.bind_virtual(bound, now + 600))
        numbers, draining = node.desk.numbers, asyncio.Event()
        keep, drain = numbers._keep, numbers.drain

        async def late(fact: Any) -> None:
            await draining.wait()
            await keep(fact)

        async def drained(limit_s: float) -> bool:
            draining.set()
            return await drain(limit_s)

        numbers._keep, numbers.drain = late, drained  # type: ignore[method-assign]
        numbers.apply(VirtualBegun(now, LegId("v1"), CallId("v1"), "b1", "citizen"))
        node.stop()
    async with node_of(environ) as node:
        kept = await node.ledger.virtual_call(CallId("v1"))
        assert kept is not None and kept.ticket_no == ticket


@pytest.mark.parametrize(
    ("key", "words"), [("GATEWAY__WEB__PORT", "[web] port"), ("GATEWAY__ASTERISK__AGI_PORT", "agi_port")]
)
async def test_a_taken_port_is_named_with_its_key_and_nothing_stays_open(
    environ: dict[str, str], key: str, words: str
) -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a neighbour's connections may still be ending
        holder.bind(("127.0.0.1", int(environ[key])))
        holder.listen()
        with pytest.raises(OSError, match="Address already in use") as caught:
            async with node_of(environ):
                pytest.fail("it must not start")
    assert caught.value.strerror is not None
    assert f"127.0.0.1:{environ[key]}: " in caught.value.strerror and words in caught.value.strerror
    async with node_of(environ) as node:  # the other door and the ledger were closed again
        assert node.web.port == int(environ["GATEWAY__WEB__PORT"])


async def test_a_part_that_dies_ends_the_node_loudly(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def die() -> None:
        raise RuntimeError("a mistake in the listener")

    async with asyncio.timeout(60), node_of(environ) as node:
        monkeypatch.setattr(node.listener, "tick", die)
        with pytest.raises(ExceptionGroup) as caught:
            await node.run()
    assert caught.group_contains(RuntimeError, match="a mistake in the listener")


# -- what the ledger says ----------------------------------------------------------------------------------------------


async def test_open_calls_and_todays_counts_are_taken_up_again(environ: dict[str, str]) -> None:
    now, zone = time.time(), midday()
    midnight = midnight_before(now, ZoneInfo(zone))
    talked = {"answered_at": midnight + 1.5, "ended_at": midnight + 2, "outcome": "answered"}
    calls = [
        a_call("open", now - 20),
        a_call("yesterday", midnight - 50, **talked),
        a_call("lost", midnight + 1, ended_at=midnight + 1.2, outcome="abandoned_queue"),
        *(a_call(f"done{n}", midnight + 1 + n / 1000, **talked) for n in range(7)),
    ]
    async with node_of(environ, zone) as node:
        for call in calls:
            await node.ledger.write(lambda tx, call=call: tx.save_call(call))  # type: ignore[misc]
    async with node_of(environ, zone) as node:
        assert list(node.hall.calls.live) == ["open"]
        hotline = node.hall.queues.queues[QueueId("hotline")]
        assert (hotline.answered_today, hotline.lost_today) == (7, 1)


async def test_a_call_that_is_being_talked_when_the_gateway_restarts_stays_counted(environ: dict[str, str]) -> None:
    midnight = midnight_before(time.time(), ZoneInfo(zone := midday()))
    talking = a_call("talking", midnight + 1, answered_at=midnight + 2, agent=AgentId("1001"), seat=SeatId("A001"))
    async with node_of(environ, zone) as node:
        await node.ledger.write(lambda tx: tx.save_call(talking))
    async with node_of(environ, zone) as node:
        hotline = node.hall.queues.queues[QueueId("hotline")]
        assert (hotline.answered_today, hotline.lost_today) == (1, 0)
        assert list(node.hall.calls.live) == ["talking"]


async def test_todays_calls_are_counted_whatever_the_size_of_a_page(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = midnight_before(time.time(), ZoneInfo(zone := midday()))
    async with node_of(environ, zone) as node:
        for n in range(10):
            ended = a_call(f"c{n}", midnight + n // 2 * 0.01, answered_at=midnight + 1, ended_at=midnight + 2)
            await node.ledger.write(lambda tx, call=ended: tx.save_call(call))  # type: ignore[misc]
    for size in (3, 5, 10):
        monkeypatch.setattr("gateway.app._PAGE", size)
        async with node_of(environ, zone) as node:
            assert node.hall.queues.queues[QueueId("hotline")].answered_today == 10


async def test_new_names_are_learnt_while_running_and_a_ledger_that_is_away_is_waited_for(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app._NAMES_EVERY_S", 0.01)
    async with living(node_of(environ)) as node:
        failures: list[LedgerError] = [LedgerUnavailable("locked"), LedgerError("SQLite: odd")]
        real = node.ledger.accounts
        known = asyncio.Event()

        async def accounts() -> Any:
            if failures:
                raise failures.pop()
            found = await real()
            if any(account.login == "wang" for account in found):
                known.set()
            return found

        monkeypatch.setattr(node.ledger, "accounts", accounts)
        wang = Account("wang", "王芳", "agent", AgentId("2001"))
        await node.ledger.write(lambda tx: tx.save_account(wang, "hash"))
        await asyncio.wait_for(known.wait(), 60)
        assert failures == []
    assert node.hall.names["2001"] == "王芳"


async def test_a_link_that_moves_is_an_event_of_the_feed(environ: dict[str, str]) -> None:
    async with living(node_of(environ)) as node:
        told = asyncio.Event()
        node.ledger.on_commit(lambda last: told.set() if last >= 2 else None)
        node._link_moved(False, "connection lost")
        node._link_moved(True, "")
        await asyncio.wait_for(told.wait(), 60)
        events = await node.ledger.events(0)
    assert [(event.type, event.subject) for event in events] == [
        ("hotline.line.lost.v1", "line"), ("hotline.line.restored.v1", "line"),
    ]  # fmt: skip
    assert events[0].data["why"] == "connection lost"


# -- small judgements --------------------------------------------------------------------------------------------------


async def test_the_reasons_of_the_system_are_not_for_people_to_choose(environ: dict[str, str]) -> None:
    async with node_of(environ) as node:
        hall = node.settings.halls[0]
        chosen = {reason.id for reason in hall.rest_reasons}
        reason = hall.rest_reasons[0]
        more = [reason.model_copy(update={"id": word}) for word in ("wrap_up", "system", "sign_in")]
        spoiled = hall.model_copy(update={"rest_reasons": [*hall.rest_reasons, *more]})
        node.settings = replace(node.settings, halls=(spoiled,))
        assert node._reasons() == chosen - {"wrap_up", "system", "sign_in"} and node._reasons()


async def test_a_ticket_gets_the_area_of_its_entry_number_or_of_the_first_hall(environ: dict[str, str]) -> None:
    async with node_of(environ) as node:
        first = node.settings.entries[0]
        abroad = first.model_copy(update={"number": "12399", "area_code": "460200"})
        node.settings = replace(node.settings, entries=(first.model_copy(update={"area_code": None}), abroad))
        assert node._area_of("12399") == "460200"
        assert node._area_of(first.number) == node._area_of("unknown") == node.settings.area_code


async def test_a_reload_keeps_what_waits_for_a_restart_and_takes_the_rest(environ: dict[str, str]) -> None:
    async with living(node_of(environ)) as node:
        port = node.web.port
        node._environ = {**environ, "GATEWAY__WEB__PORT": "1", "GATEWAY__GATEWAY__NAME": "新热线"}
        done = await node.reload()
        assert done.needs_restart == ("web.port",)
        assert (node.settings.web.port, node.settings.gateway.name) == (port, "新热线")
        assert (await node.reload()).needs_restart == ("web.port",), "it still waits"
        assert (await get(node, "/healthz"))[0] == 200


async def test_of_two_reloads_at_once_the_one_that_reads_later_is_in_force_at_the_end(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(node_of(environ)) as node:
        reading, go = threading.Event(), threading.Event()
        names = iter(("旧热线", "新热线"))

        def slowly(folder: Path, _environ: Mapping[str, str]) -> Settings:
            name = next(names)
            if name == "旧热线":
                reading.set()
                assert go.wait(30)
            return load(folder, {**environ, "GATEWAY__GATEWAY__NAME": name})

        monkeypatch.setattr("gateway.app.load", slowly)
        first = asyncio.create_task(node.reload())
        await asyncio.to_thread(reading.wait, 30)
        second = asyncio.create_task(node.reload())
        done, _ = await asyncio.wait({second}, timeout=0.3)  # long enough for one that does not wait its turn
        assert not done
        go.set()
        await asyncio.gather(first, second)
        assert node.settings.gateway.name == "新热线"


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("Asia/Shanghai", "2026-11-21T16:30:00", "2026-11-21T16:00:00"),
        ("Asia/Shanghai", "2026-11-21T15:59:59", "2026-11-20T16:00:00"),
        ("Asia/Shanghai", "2026-11-21T16:00:00", "2026-11-21T16:00:00"),
        ("UTC", "2026-11-21T23:59:59", "2026-11-21T00:00:00"),
        # The day on which the clock is put forward or back has 23 or 25 hours.
        ("Europe/Berlin", "2026-03-29T20:00:00", "2026-03-28T23:00:00"),
        ("Europe/Berlin", "2026-10-25T20:00:00", "2026-10-24T22:00:00"),
        # Cairo has no midnight on that day: it begins at one o'clock. Havana has midnight twice: the first begins it.
        ("Africa/Cairo", "2026-04-24T10:00:00", "2026-04-23T22:00:00"),
        ("America/Havana", "2026-11-01T04:30:00", "2026-11-01T04:00:00"),
        ("America/Havana", "2026-11-01T05:30:00", "2026-11-01T04:00:00"),
    ],
)
def test_the_day_begins_at_midnight_of_the_halls_zone(zone: str, now: str, midnight: str) -> None:
    at, begins = (datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in (now, midnight))
    assert midnight_before(at, ZoneInfo(zone)) == begins


def test_a_seat_of_the_shipped_hall_is_known_by_its_id(environ: dict[str, str]) -> None:
    assert SeatId("A001") in {seat.id for seat in load(CONFIG, environ).halls[0].all_seats()}
