"""Alarms on a running node: what the hall shows becomes an alarm on the live stream, in the ledger and in the feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.alarming import Alarming
from gateway.alarms.config import AlarmsConfig
from gateway.app import Node
from gateway.channels.port import Sent
from gateway.model.facts import CallAbandoned, CallQueued, EndpointChanged, Fact, LegCreated, LegEnded, Snapshot
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.messages import Delivery
from gateway.model.people import Person
from gateway.settings import load, load_secrets
from gateway.web.sessions import new_token
from tests.events_held import holds
from tools.lab.ports import Ports
from tools.lab.site import CONFIG, free_environ

PASSWORD = "correct horse"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setattr("gateway.web.staff.hash_password", lambda password: f"hash of {len(password)}")
    ports = Ports()
    yield free_environ(ports, tmp_path / "var")
    ports.close()


def node_of(environ: dict[str, str], more: Any = None, **rules: Any) -> Node:
    """A node with these rules alone, by id; each is a dict of its keys. ``more`` is the rest of alarms.toml."""
    settings = load(CONFIG, environ)
    given = [{"id": name, **keys} for name, keys in rules.items()]
    settings = replace(settings, alarms=AlarmsConfig.model_validate({"rule": given, **(more or {})}))
    return Node(settings, load_secrets(settings.state_dir, settings), environ)


@asynccontextmanager
async def living(node: Node) -> AsyncIterator[Node]:
    async with asyncio.timeout(110), node, asyncio.TaskGroup() as group:
        ready = asyncio.Event()
        group.create_task(node.run(ready.set))
        await ready.wait()
        try:
            yield node
        finally:
            node.stop()


async def until(holds_: Callable[[], Any], what: str) -> Any:
    """What ``holds_`` gives as soon as it is true; 40 s is for a loaded machine."""
    end = time.monotonic() + 40
    while not (found := holds_()):
        assert time.monotonic() < end, f"never: {what}"
        await asyncio.sleep(0.05)
    return found


async def tell(node: Node, *facts: Fact) -> None:
    await node.listener._apply(facts)


async def a_caller_waits(node: Node, since: float) -> None:
    """As the hall is told of somebody who has been in the queue since then."""
    call, leg, channel = CallId("1.1"), LegId("1.1"), "PJSIP/trunk-00000001"
    await tell(
        node,
        Snapshot(since, 1),
        LegCreated(since, leg, call, channel, True, "13812345678", "", "12345", "from-trunk"),
        CallQueued(since, leg, call, channel, QueueId("hotline"), 1, "13812345678", "", "12345"),
    )


class Desk:
    """A shift lead at a browser: her live stream and her session."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url
        self.alarms: dict[str, dict[str, Any]] = {}
        self.seen: list[str] = []

    async def watch(self) -> None:
        async with self.session.ws_connect(f"{self.url}/api/v1/live") as live:
            async for message in live:
                for alarm in message.json().get("alarms", ()):
                    self.seen.append(alarm["state"])
                    self.alarms[alarm["id"]] = alarm

    async def act(self, path: str, **body: Any) -> tuple[int, Any]:
        async with self.session.post(f"{self.url}/api/v1/alarms/{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str = "", **query: str) -> Any:
        async with self.session.get(f"{self.url}/api/v1/alarms{path}", params=query) as answer:
            return await answer.json()


@asynccontextmanager
async def at_desk(node: Node, login: str = "lead") -> AsyncIterator[Desk]:
    """Known by a machine token of the account, so that no password is hashed."""
    token, hashed = new_token()
    await node.ledger.write(lambda tx: tx.save_token(login, hashed, "test", 1.0))
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as group:
        desk = Desk(session, f"http://127.0.0.1:{node.web.port}")
        watching = group.create_task(desk.watch())
        yield desk
        watching.cancel()


async def test_a_caller_who_waits_too_long_is_an_alarm_from_the_hall_to_the_feed_and_over_when_answered(
    environ: dict[str, str],
) -> None:
    waited = {"watch": "waited", "level": 1, "raise_at": 15, "clear_s": 0}
    async with living(node_of(environ, waited=waited)) as node, at_desk(node) as lead:
        now = time.time()
        await a_caller_waits(node, now - 20)
        shown = await until(lambda: list(lead.alarms.values()), "on the live stream")
        [alarm] = shown
        assert (alarm["rule"], alarm["level"], alarm["state"]) == ("waited", 1, "open")
        assert (alarm["subject"], alarm["count"], alarm["title"]) == ("queue:hotline", 1, "等候超时")
        assert "1 人等候超过 15 秒" in alarm["text"] and "13812345678" not in str(shown)
        assert node.hall.live(now)["alarms"][0]["id"] == alarm["id"], "a new page gets it too"
        await until(lambda: not node.lead.alarming.service.keeper.waiting, "what is shown is durable")
        kept = await node.ledger.alarm(alarm["id"])
        assert kept is not None and kept.state == "open"

        status, body = await lead.act(f"{alarm['id']}/acknowledge")
        assert (status, body["state"], body["by"]) == (200, "acknowledged", "lead")
        await until(lambda: lead.alarms[alarm["id"]]["state"] == "acknowledged", "acknowledged on the page")
        [entry] = await node.ledger.audits(act="alarm.acknowledged")
        assert (entry.login, entry.subject, entry.detail["rule"]) == ("lead", alarm["id"], "waited")

        await tell(node, CallAbandoned(time.time(), LegId("1.1"), CallId("1.1"), QueueId("hotline"), 25.0))
        await until(lambda: lead.alarms[alarm["id"]]["state"] == "cleared", "cleared on the page")
        assert node.hall.live(time.time())["alarms"] == []
        assert (await lead.get())["items"] == []
        [past] = (await lead.get("", state="all"))["items"]
        assert (past["state"], past["by"], past["worst"] >= 20) == ("cleared", "lead", True)
        await until(lambda: not node.lead.alarming.service.keeper.waiting, "all is durable")
        events = [it for it in await node.ledger.events(0) if it.type.startswith("hotline.alarm.")]
    assert [it.type.split(".")[2] for it in events] == ["raised", "acknowledged", "cleared"]
    for event in events:
        holds(event.type, event.data)
        assert (event.subject, event.data["alarm_id"]) == ("waited", alarm["id"])
    assert (past["state"], lead.seen[0], lead.seen[-1]) == ("cleared", "open", "cleared")


async def test_an_alarm_survives_a_restart_and_is_cleared_by_what_is_then_so(environ: dict[str, str]) -> None:
    trunk = {"watch": "trunk", "for_s": 0, "clear_s": 0, "again_s": 0}
    async with living(node_of(environ, trunk=trunk)) as node:
        await tell(node, Snapshot(time.time(), 1), EndpointChanged(time.time(), "trunk", False, ""))
        service = node.lead.alarming.service
        [alarm] = await until(lambda: service.open, "the trunk is down")
        await until(lambda: not service.keeper.waiting, "it is durable")
    async with living(node_of(environ, trunk=trunk)) as node:
        service = node.lead.alarming.service
        assert [it.id for it in service.open] == [alarm.id], "while nothing is known of the trunk it stays"
        await tell(node, Snapshot(time.time(), 1))
        await until(lambda: not service.open, "the trunk answers")
        await until(lambda: not service.keeper.waiting, "that is durable")
        kept = await node.ledger.alarm(alarm.id)
    assert kept is not None and kept.state == "cleared"


async def test_a_lost_call_is_looked_for_at_once(environ: dict[str, str]) -> None:
    lost = {"watch": "lost", "window_s": 600}
    async with living(node_of(environ, lost=lost)) as node:
        await a_caller_waits(node, time.time() - 5)
        left = CallAbandoned(time.time(), LegId("1.1"), CallId("1.1"), QueueId("hotline"), 5.0)
        await tell(node, left, LegEnded(time.time(), LegId("1.1"), CallId("1.1"), "PJSIP/trunk-00000001", 16, "caller"))
        [alarm] = await until(lambda: node.lead.alarming.service.open, "the lost call")
    assert (alarm.subject, alarm.value) == ("queue:hotline", 1.0) and "呼损 1 个" in alarm.text


class Carrier:
    """An account of SMS that takes everything."""

    name, account = "sms", "hainan"

    def __init__(self) -> None:
        self.sent: list[Delivery] = []

    async def send(self, delivery: Delivery, _conversation: Any) -> Sent:
        self.sent.append(delivery)
        return Sent("carrier-1")


async def test_people_are_told_over_the_channels_that_send_replies_and_what_became_of_it_is_shown(
    environ: dict[str, str],
) -> None:
    trunk = {"watch": "trunk", "for_s": 0, "level": 1, "tell": ["engineer"]}
    engineer = {"name": "技术值班", "role": "engineer", "sms": "13812345678"}
    notify = {"accounts": {"sms": "hainan"}, "gather_s": 0}
    node, carrier = node_of(environ, {"notify": notify, "recipient": [engineer]}, trunk=trunk), Carrier()
    async with living(node):
        node.writing.dispatcher._channels[("sms", "hainan")] = carrier  # type: ignore[index]
        await tell(node, Snapshot(time.time(), 1), EndpointChanged(time.time(), "trunk", False, ""))
        await until(lambda: carrier.sent, "the message is out")
        [told] = carrier.sent
        assert (told.target, told.ticket_no, told.attempts) == ("13812345678", "", 1)
        assert told.text.startswith("【12345告警·一级】中继中断：中继 trunk 对 SIP OPTIONS 无应答")
        await until(lambda: node.writing.dispatcher.sent == 1, "that is written")
        await node.lead.alarming.service.look_at_records()
        [alarm] = node.lead.alarming.service.open
        assert [(it.to, it.channel, it.state) for it in alarm.notices] == [("技术值班", "sms", "sent")]
        async with at_desk(node) as lead:
            assert "13812345678" not in str(await lead.get())


async def test_a_reload_takes_changed_rules(environ: dict[str, str]) -> None:
    node = node_of(environ, link={"watch": "link", "for_s": 0})
    async with living(node):
        service = node.lead.alarming.service
        await until(lambda: service.open, "there is no Asterisk")
        node.lead.adopt(replace(node.settings, alarms=AlarmsConfig()))
        await until(lambda: not service.open, "the rule is gone")


async def test_the_roster_tells_who_can_be_told_and_what_things_are_called(environ: dict[str, str]) -> None:
    node = node_of(environ, link={"watch": "link", "for_s": 86_000})
    async with node:
        alarming = node.lead.alarming
        lead = Person("p1", "张三", phone="13812345678", email="zhang@12345.example.cn")
        asked: list[str] = []

        class Roster:
            def contacts(self, role: str) -> list[Person]:
                asked.append(role)
                return [lead]

        other = Alarming(lambda: node.settings, node.ledger, node.hall, lambda: None, Roster())  # type: ignore[arg-type]
        assert other.service.people is not None
        [contact] = await other.service.people("shift_lead", 1.0)
        assert (contact.name, contact.ways, asked) == (
            "张三", (("sms", "13812345678"), ("email", "zhang@12345.example.cn")), ["lead"],
        )  # fmt: skip
        assert list(await other.service.people("engineer", 1.0)) == []
        assert alarming._names("queue", "hotline")[0] == node.settings.queues[0].name
        assert alarming._names("partner", "110") == ("公安报警服务台", "110")
        assert alarming._names("area", "460100")[0] == "海口市"
        assert alarming._names("category", "nothing") == ("nothing", "nothing")
        assert alarming._disks()[0] == node.settings.state_dir.resolve()
        assert {"alarms_open", "alarms_act_now"} <= {one.name for one in alarming.figures()}
        assert all(one.read() == 0 for one in alarming.figures())
