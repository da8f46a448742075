"""The spoken side, composed as a node composes it, on a real ledger and with a switch that takes every order."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.asterisk.ami.errors import ActionRefused, LinkDown
from gateway.ledger import LedgerKeys, open_ledger
from gateway.model.facts import LinkLost
from gateway.model.hearers import Hearers
from gateway.model.ids import AgentId, CallId, SeatId, TicketNo, new_id
from gateway.model.messages import Delivery
from gateway.model.orders import Order
from gateway.model.transfers import Transfer
from gateway.seats.hall import Hall
from gateway.settings import Settings, load, load_secrets
from gateway.tail import FeedTail
from gateway.tickets.calls import CallBook
from gateway.tickets.config import CategoriesConfig, RepliesConfig
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from gateway.transferring import Transferring
from gateway.web.envelope import encoder
from tools.lab.site import CONFIG

NUMBER = "460000-20261121-0000001"


class Switch:
    async def carry_out(self, order: Order) -> None: ...


class Away:
    async def send_list(self, *_: Any, **__: Any) -> list[Any]:
        raise LinkDown("away")


class Shown:
    """Counts how often the live stream was to be served at once."""

    times = 0

    def now(self) -> None:
        self.times += 1


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path / "var")})


@pytest.fixture
def hall(settings: Settings) -> Hall:
    return Hall(settings.halls, settings.queues, {})


@pytest.fixture
async def transferring(settings: Settings, hall: Hall, shown: Shown) -> AsyncIterator[Transferring]:
    secrets = load_secrets(settings.state_dir, settings, {})
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys) as ledger:
        policy = ticket_policy(RepliesConfig(), CategoriesConfig(), lambda start, days: start + days * 86_400)
        tickets = TicketService(
            ledger, policy, Templates(RepliesConfig()), lambda: None, {"110": "公安"}.get, {"110": 60.0}.get
        )
        tail = FeedTail(ledger, encoder("test"))
        yield Transferring(
            settings, ledger, hall, Switch(), Away, shown.now, tickets, CallBook(lambda _: "460000"), tail,  # type: ignore[arg-type]
        )  # fmt: skip


def a_transfer(**more: Any) -> Transfer:
    plain = Transfer(new_id(), "k", CallId("1.0"), "three_way", "110", SeatId("A001"), AgentId("1001"), 1.0)
    return replace(plain, partner="110", **more)


async def test_what_moves_is_shown_at_once_with_the_lines_the_first_time(
    transferring: Transferring, hall: Hall, shown: Shown
) -> None:
    transferring._changed(a_transfer())
    diff = hall.take_diff(1.0)
    assert diff is not None
    assert [one["to"] for one in diff["transfers"]] == ["110"]
    assert diff["partners"][0]["number"] == "110"
    assert shown.times == 1
    transferring._changed(a_transfer(phase="ended", outcome="completed"))
    diff = hall.take_diff(2.0)
    assert diff is not None and diff["transfers"][0]["phase"] == "ended" and "partners" not in diff


async def test_a_partner_that_fails_again_and_again_is_told_and_counted(transferring: Transferring, hall: Hall) -> None:
    transferring.adopt(transferring._settings)
    hall.take_diff(1.0)
    for _ in range(3):
        transferring.registry.ended(a_transfer(phase="ended", outcome="unreachable"))
    transferring._changed(a_transfer(phase="ended", outcome="unreachable"))
    diff = hall.take_diff(2.0)
    assert diff is not None
    assert {one["number"]: one["state"] for one in diff["partners"]}["110"] == "failing"
    figures = {figure.name: figure.read() for figure in transferring.figures()}
    assert figures["partners_failing"] == 1.0


async def test_a_new_follower_sees_what_runs(transferring: Transferring, hall: Hall) -> None:
    assert hall.live(1.0)["transfers"] == []


async def test_a_push_that_moves_is_shown_again_and_the_next_step_keeps_it(
    transferring: Transferring, hall: Hall, shown: Shown
) -> None:
    ledger: Any = transferring.service._ledger
    push = Delivery("d1", "push", TicketNo(NUMBER), "partner", "110", "110", 1.0, due_at=1.0)
    await ledger.write(lambda tx: tx.save_delivery(push))
    one = a_transfer(ticket_no=TicketNo(NUMBER), delivery="d1")
    transferring._changed(one)
    await transferring.news.look()
    assert pushes_shown(hall) == ["waiting"] and shown.times == 2

    async def acknowledged(tx: Any) -> None:
        await tx.save_delivery(replace(push, state="delivered", done_at=2.0))
        await tx.emit("hotline.push.acknowledged.v1", NUMBER, {"delivery_id": "d1", "partner": "110"}, 2.0)

    await ledger.write(acknowledged)
    await transferring.news.look()
    assert pushes_shown(hall) == ["acknowledged"] and shown.times == 3
    transferring._changed(replace(one, version=2, phase="ended", outcome="completed", ended_at=time.time()))
    assert pushes_shown(hall) == ["acknowledged"]


def pushes_shown(hall: Hall) -> list[str]:
    """How the last views of transfers say that their pushes stand."""
    diff = hall.take_diff(1.0)
    assert diff is not None
    return list({one["id"]: one["push"]["state"] for one in diff["transfers"]}.values())


async def test_what_the_ledger_says_is_running_is_followed_after_a_restart(
    transferring: Transferring, hall: Hall
) -> None:
    ledger: Any = transferring.service._ledger
    await ledger.write(lambda tx: tx.save_transfer(a_transfer(delivery="d1", ticket_no=TicketNo(NUMBER), version=1)))
    await transferring.resume()
    assert transferring.news.followed == 1
    assert {name for name, work in transferring.works() if work.close() is None} == {  # type: ignore[func-returns-value]
        "transfers", "partner-calls", "push-news", "transfer-ears",
    }  # fmt: skip


async def test_a_look_at_a_switch_that_is_away_shows_nothing(transferring: Transferring) -> None:
    hearers = Hearers()
    transferring.hear(hearers)
    hearers.tell(LinkLost(1.0, "cut"))
    assert await transferring._look() is None


@pytest.mark.parametrize(
    ("value", "counts"), [("0", 0), ("173", 173), ("", None), ("unknown", None), ("-1", None), ("\u0663", None)]
)
async def test_audio_of_a_leg_is_counted_by_asterisk(
    transferring: Transferring, value: str, counts: int | None
) -> None:
    asked: list[Any] = []

    class Counts:
        async def send(self, action: Any, timeout: float) -> Any:
            asked.append(dict(action.headers))
            return {"Value": value}

    transferring._orders = Counts  # type: ignore[assignment]
    assert await transferring._packets("PJSIP/trunk-01") == counts
    assert asked == [{"Action": "Getvar", "Channel": "PJSIP/trunk-01", "Variable": "CHANNEL(rtcp,rxcount,audio)"}]


async def test_a_count_that_cannot_be_asked_for_is_none(transferring: Transferring) -> None:
    class Gone:
        async def send(self, *_: Any) -> Any:
            raise ActionRefused("No such channel", "Getvar")

    transferring._orders = Gone  # type: ignore[assignment]
    assert await transferring._packets("PJSIP/trunk-01") is None


async def test_a_changed_list_of_partners_is_in_use_at_once(transferring: Transferring, settings: Settings) -> None:
    transferring.adopt(replace(settings, partners=settings.partners[:1]))
    assert [line.partner.number for line in transferring.service.lines()] == ["110"]
