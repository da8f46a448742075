"""The telephone of a desk over HTTP: a password for the own softphone, the keys of the own desk phone."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.orders import OrderRefused
from gateway.seats.phones import Credentials
from gateway.web.ports import PhoneSet

WS = "wss://phone.example/ws"
ACTS = ("answer", "hold", "resume", "mute", "unmute", "hangup")


class StubPhones:
    """Keeps what it was asked; ``refuses`` is the switch's no."""

    def __init__(self) -> None:
        self.issued: list[tuple[str, str, float]] = []
        self.acts: list[tuple[str, str, str]] = []
        self.refuses = ""

    def _check(self) -> None:
        if self.refuses:
            raise OrderRefused("A001", self.refuses)

    async def issue(self, seat_id: str, agent_id: str, expires_at: float) -> Credentials:
        self._check()
        self.issued.append((seat_id, agent_id, expires_at))
        return Credentials("1001w", "secret-of-the-phone", "12345", expires_at)

    async def act(self, seat_id: str, act: str, digits: str = "") -> None:
        self._check()
        self.acts.append((seat_id, act, digits))


@pytest.fixture
def phones() -> StubPhones:
    return StubPhones()


@pytest.fixture
async def desk(open_site: Any, phones: StubPhones) -> Any:
    async with open_site(phones=PhoneSet(phones, WS, ({"urls": "stun:10.1.0.9:3478"},))) as site:  # type: ignore[arg-type]
        yield site


async def test_an_agent_gets_a_password_for_the_own_seat_for_as_long_as_the_log_in(
    desk: Any, phones: StubPhones
) -> None:
    client = await desk.logged_in("agent1")
    await client.post("/api/v1/seats/A001/sign-in", {"device": "softphone"})
    status, given, response = await client.post("/api/v1/desk/phone")
    assert status == 201
    expires_at = given.pop("expires_at")
    assert given == {
        "ws": WS, "uri": "sip:1001w@phone.example", "username": "1001w", "password": "secret-of-the-phone",
        "realm": "12345", "ice_servers": [{"urls": "stun:10.1.0.9:3478", "username": None, "credential": None}],
    }  # fmt: skip
    assert phones.issued == [("A001", "8001", expires_at)]
    assert response.headers["Cache-Control"] == "no-store"
    (entry,) = [e for e in desk.ledger.rows.audits if e.act == "phone.issued"]
    assert (entry.login, entry.subject, entry.detail) == ("agent1", "A001", {"endpoint": "1001w"})
    assert "secret-of-the-phone" not in str(desk.ledger.rows.audits)


async def test_nobody_gets_one_without_a_seat_or_with_a_machines_token(desk: Any, phones: StubPhones) -> None:
    assert (await desk.client().post("/api/v1/desk/phone"))[0] == 401
    assert (await desk.client(token=desk.tokens["machine"]).post("/api/v1/desk/phone"))[0] == 403
    for login in ("agent1", "lead", "root"):
        client = await desk.logged_in(login)
        for path in ("", *(f"/{act}" for act in ACTS)):
            assert (await client.post(f"/api/v1/desk/phone{path}"))[0] == 409
    assert phones.issued == phones.acts == []


async def test_a_refusal_says_why(desk: Any, phones: StubPhones) -> None:
    client = await desk.logged_in("agent1")
    await client.post("/api/v1/seats/A001/sign-in")
    phones.refuses = "signed in with the desk phone"
    status, problem, _ = await client.post("/api/v1/desk/phone")
    assert status == 409 and "signed in with the desk phone" in problem["detail"]
    assert (await client.post("/api/v1/desk/phone/hold"))[0] == 409
    assert [e for e in desk.ledger.rows.audits if e.act == "phone.issued"] == []


async def test_each_key_is_pressed_at_the_own_seat(desk: Any, phones: StubPhones) -> None:
    client = await desk.logged_in("agent1")
    await client.post("/api/v1/seats/A003/sign-in")
    for act in ACTS:
        assert (await client.post(f"/api/v1/desk/phone/{act}"))[0] == 202
    assert (await client.post("/api/v1/desk/phone/dtmf", {"digits": "1#"}))[0] == 202
    assert phones.acts == [*(("A003", act, "") for act in ACTS), ("A003", "dtmf", "1#")]


@pytest.mark.parametrize("digits", ["", "1,2", "x", "1" * 17, "１"])
async def test_what_is_no_key_is_refused_by_name(desk: Any, phones: StubPhones, digits: str) -> None:
    client = await desk.logged_in("agent1")
    await client.post("/api/v1/seats/A001/sign-in")
    status, problem, _ = await client.post("/api/v1/desk/phone/dtmf", {"digits": digits})
    assert (status, problem["field"], phones.acts) == (400, "digits", [])


async def test_without_telephones_there_is_nothing_here(site: Any) -> None:
    client = await site.logged_in("agent1")
    assert (await client.post("/api/v1/desk/phone"))[0] == 404


async def test_the_desk_alone_may_connect_to_the_websocket(desk: Any) -> None:
    client = await desk.logged_in("agent1")
    _, _, page = await client.get("/desk")
    assert "connect-src 'self' wss://phone.example;" in page.headers["Content-Security-Policy"]
    _, _, page = await client.get("/seats")
    assert "connect-src 'self';" in page.headers["Content-Security-Policy"]
