"""Queues by hand over HTTP: who may, what is asked of Asterisk, what stays in the audit log, and how a no is told."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from gateway.model.facts import CallEntered, CallQueued, EndpointChanged
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.orders import MoveWaiting, PickUp
from gateway.seats.opening import Openings
from gateway.seats.queueing import QueueActs
from gateway.seats.standby import Standby
from gateway.web.ports import QueueDesk
from tests.seats import story
from tests.seats.switchboard import Switchboard, Voice

CALL = "c1"
ACTS = (
    ("POST", f"calls/{CALL}/move", {"queue": "legal"}),
    ("POST", f"calls/{CALL}/pick-up", {"seat": "A002"}),
    ("POST", "queues/legal/close", {"why": "停电"}),
    ("POST", "queues/legal/open", {}),
    ("POST", "queues/legal/standby", {"call": ["8001"]}),
    ("GET", "queues/legal/capacity", None),
    ("POST", "broadcasts", {"text": "台风", "until": 4e9}),
    ("GET", "broadcasts", None),
    ("DELETE", "broadcasts/b1", {}),
)


class Hotline:
    """A site whose acts on queues are real, over a hall with one caller who waits and a switch that remembers."""

    def __init__(self) -> None:
        self.hall = story.hall(day_lines=6, standby=1)
        self.hall.names = {"8001": "王小芳", "8002": "李强"}
        story.tell(
            self.hall,
            EndpointChanged(story.T0, "8001", True), EndpointChanged(story.T0, "8002", True),
            CallEntered(story.T0, LegId(CALL), CallId(CALL), "PJSIP/trunk-01", "13812345678", "", "12345", "trunk"),
            CallQueued(
                story.T0, LegId(CALL), CallId(CALL), "PJSIP/trunk-01", QueueId("hotline"), 1, "", "", "12345", "zh"
            ),
        )  # fmt: skip
        self.board, self.voice = Switchboard(), Voice()
        self.told: list[tuple[list[str], str, str]] = []
        openings = Openings(
            self.hall, self.board, self.board, self.voice, lambda _name, _at: True, time.time, lambda: None
        )
        standby = Standby(self.hall, lambda _name, _at: True, time.time, tuple)
        self.desk = QueueDesk(QueueActs(self.hall, self.board), openings, standby, self._tell)
        self.site: Any = None

    async def _tell(self, agents: Sequence[str], text: str, by: Any) -> None:
        self.told.append((list(agents), text, by.login))

    async def audited(self, act: str) -> list[Any]:
        return [entry for entry in await self.site.ledger.audits(limit=200) if entry.act == act]


@pytest.fixture
async def hotline(open_site: Any) -> AsyncIterator[Hotline]:
    made = Hotline()
    async with open_site(queues=made.desk) as site:
        made.site = site
        yield made


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
async def test_only_shift_leads_may(hotline: Hotline, method: str, path: str, body: Any) -> None:
    json = {} if body is None else {"json": body}
    assert (await hotline.site.client().ask(method, f"/api/v1/{path}", **json))[0] == 401
    agent = await hotline.site.logged_in("agent1")
    assert (await agent.ask(method, f"/api/v1/{path}", **json))[0] == 403
    assert hotline.board.orders == []


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
async def test_where_it_is_not_in_use_it_says_so(site: Any, method: str, path: str, body: Any) -> None:
    lead = await site.logged_in("lead")
    json = {} if body is None else {"json": body}
    assert (await lead.ask(method, f"/api/v1/{path}", **json))[0] == 404


async def test_a_caller_is_moved_and_picked_up_and_both_are_audited(hotline: Hotline) -> None:
    lead = await hotline.site.logged_in("lead")
    status, data, _ = await lead.post(f"/api/v1/calls/{CALL}/move", {"queue": "legal", "position": "back"})
    assert (status, data) == (202, {"accepted": True, "queue": "legal", "call_id": CALL})
    assert (await lead.post(f"/api/v1/calls/{CALL}/pick-up", {"seat": "A002"}))[0] == 202
    hotline_, legal = QueueId("hotline"), QueueId("legal")
    assert hotline.board.orders == [
        MoveWaiting("PJSIP/trunk-01", hotline_, legal, front=False),
        PickUp("PJSIP/trunk-01", hotline_, "PJSIP/8002", "8100", 15),
    ]
    (moved,), (picked,) = await hotline.audited("call.moved"), await hotline.audited("call.picked_up")
    assert (moved.login, moved.subject, moved.detail) == ("lead", CALL, {"queue": "legal", "position": "back"})
    assert picked.detail == {"seat": "A002"}


async def test_whoever_sits_nowhere_names_a_seat(hotline: Hotline) -> None:
    lead = await hotline.site.logged_in("lead")
    status, problem, _ = await lead.post(f"/api/v1/calls/{CALL}/pick-up", {})
    assert (status, problem["field"]) == (409, "seat")
    assert (await lead.post("/api/v1/seats/A001/sign-in"))[0] == 202
    assert (await lead.post(f"/api/v1/calls/{CALL}/pick-up", {}))[0] == 202
    assert isinstance(hotline.board.orders[-1], PickUp) and hotline.board.orders[-1].interface == "PJSIP/8001"


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("calls/none/move", {"queue": "legal"}, 404, "call_id"),
        (f"calls/{CALL}/move", {"queue": "nowhere"}, 404, "queue"),
        (f"calls/{CALL}/move", {"queue": "a,b"}, 400, "queue"),
        (f"calls/{CALL}/move", {"queue": "legal", "position": "middle"}, 400, "position"),
        (f"calls/{CALL}/pick-up", {"seat": "Z999"}, 404, "seat"),
        ("queues/nowhere/close", {"why": "停电"}, 404, "id"),
        ("queues/legal/close", {}, 400, "why"),
        ("queues/legal/close", {"why": "  "}, 400, "why"),
        ("broadcasts", {"text": " ", "until": 4e9}, 400, "text"),
        ("queues/legal/close", {"why": "停" * 101}, 400, "why"),
        ("queues/legal/close", {"why": "停电", "to": "legal"}, 400, "to"),
        ("queues/legal/close", {"why": "停电", "until": 5}, 400, "until"),
        ("queues/nowhere/open", {}, 404, "id"),
        ("broadcasts", {"text": "台风"}, 400, "until"),
        ("broadcasts", {"text": "台风", "until": 4e9}, 400, "until"),
        ("broadcasts", {"until": "soon", "text": "台风"}, 400, "until"),
        ("queues/legal/standby", {"call": ["9999"]}, 400, "call"),
        ("queues/legal/standby", {}, 409, "call"),
    ],
)
async def test_what_cannot_be_is_told_by_field(
    hotline: Hotline, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    lead = await hotline.site.logged_in("lead")
    found, problem, _ = await lead.post(f"/api/v1/{path}", body)
    assert (found, problem["field"]) == (status, field)
    assert hotline.board.orders == [] and hotline.told == []


async def test_a_queue_is_closed_with_words_and_opened_and_the_reason_stays_out_of_the_log(hotline: Hotline) -> None:
    lead, until = await hotline.site.logged_in("lead"), int(time.time()) + 600
    body = {"why": "律师开会", "to": "hotline", "until": until}
    status, data, _ = await lead.post("/api/v1/queues/legal/close", body)
    assert status == 202
    assert data == {"accepted": True, "queue": "legal", **body, "until": float(until), "spoken": True}
    (entry,) = await hotline.audited("queue.closed")
    assert entry.detail == {"to": "hotline", "until": float(until)} and "律师" not in repr(entry)
    view = next(view for view in hotline.hall.queue_views() if view["id"] == "legal")
    assert (view["open"], view["closed_why"]) == (False, "律师开会")
    assert (await lead.post("/api/v1/queues/legal/open"))[0] == 202
    assert len(await hotline.audited("queue.opened")) == 1
    assert next(view for view in hotline.hall.queue_views() if view["id"] == "legal")["open"] is True


async def test_a_broadcast_begins_is_listed_and_ends(hotline: Hotline) -> None:
    lead = await hotline.site.logged_in("lead")
    body = {"queues": ["legal"], "text": "台风预警", "until": int(time.time()) + 60}
    status, begun, _ = await lead.post("/api/v1/broadcasts", body)
    assert (status, begun["queues"], begun["text"], begun["by"], begun["heard"]) == (
        202, ["legal"], "台风预警", "lead", 0,
    )  # fmt: skip
    _, listed, _ = await lead.get("/api/v1/broadcasts")
    assert (listed["items"], listed["sounds"]) == ([begun], ["typhoon"])
    status, ended, _ = await lead.ask("DELETE", f"/api/v1/broadcasts/{begun['id']}", json={})
    assert (status, ended["id"]) == (202, begun["id"])
    assert (await lead.get("/api/v1/broadcasts"))[1]["items"] == []
    assert (await lead.ask("DELETE", f"/api/v1/broadcasts/{begun['id']}", json={}))[0] == 404
    acts = [entry.subject for act in ("broadcast.begun", "broadcast.ended") for entry in await hotline.audited(act)]
    assert acts == ["legal", begun["id"], begun["id"]]


async def test_the_standby_is_told_and_counts_as_planned(hotline: Hotline) -> None:
    lead = await hotline.site.logged_in("lead")
    status, data, _ = await lead.post("/api/v1/queues/hotline/standby", {"call": ["8001", "8002"]})
    assert (status, data) == (202, {"accepted": True, "agents": ["8001", "8002"], "here": []})
    ((agents, text, by),) = hotline.told
    assert (agents, by) == (["8001", "8002"], "lead") and "综合受理" in text
    _, found, _ = await lead.get("/api/v1/queues/hotline/capacity")
    assert found == {
        "queue": "hotline", "line": "day", "lines": 6, "planned": 8, "standby": 1, "signed_in": 0, "ready": 0,
        "talking": 0, "short": 8,
    }  # fmt: skip
    (entry,) = await hotline.audited("queue.standby_called")
    assert entry.detail == {"agents": ["8001", "8002"]}


async def test_asterisks_no_is_a_conflict_with_its_words(hotline: Hotline) -> None:
    hotline.board.refuses = "Already requested"
    lead = await hotline.site.logged_in("lead")
    status, problem, _ = await lead.post(f"/api/v1/calls/{CALL}/move", {"queue": "legal"})
    assert status == 409 and "Already requested" in problem["detail"]
