"""The telephone of a desk: what a softphone registers with, and the keys of the desk phone.

An agent acts on the telephone of the own seat only, a shift lead's page too: a password is for whoever speaks by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from gateway.model.orders import OrderRefused
from gateway.seats.phones import PhoneAct
from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import AGENTS
from gateway.web.ports import PhoneSet
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use
from gateway.web.views import Accepted


class IceServer(BaseModel):
    """A STUN or TURN server, as a browser's RTCPeerConnection takes it."""

    urls: str
    username: str | None = None
    credential: str | None = None


class PhoneView(BaseModel):
    """What a softphone registers with. The password is shown this once; asking again makes another."""

    ws: str = Field(description="the websocket, ws: or wss:")
    uri: str = Field(description="the address of record")
    username: str
    password: str
    realm: str
    expires_at: float = Field(description="epoch seconds; earlier when the agent signs out")
    ice_servers: list[IceServer] = []


class DigitsBody(Part):
    digits: str = Field(pattern=r"^[0-9*#A-D]{1,16}$", description="keys of the keypad, one after another")


async def issue(asked: Asked[Nothing, Nothing]) -> Answer:
    desk, phones = desk_of(asked.request), _phones(asked)
    session = asked.who.session
    if session is None:
        raise Problem(403, "软电话须在浏览器登录后使用", "a softphone needs a log-in in a browser")
    seat = _own_seat(asked)
    given = await _carried_out(phones.phones.issue(seat, asked.who.account.agent_id, session.expires_at))
    await desk.gate.note(asked.request, asked.who, "phone.issued", seat, asked.at, endpoint=given.username)
    servers = [IceServer.model_validate(server) for server in phones.ice_servers]
    return PhoneView(
        ws=phones.url,
        uri=f"sip:{given.username}@{urlsplit(phones.url).hostname}",
        username=given.username,
        password=given.password,
        realm=given.realm,
        expires_at=given.expires_at,
        ice_servers=servers,
    )


def _acting(act: PhoneAct) -> Callable[[Asked[Nothing, Nothing]], Awaitable[Answer]]:
    async def handle(asked: Asked[Nothing, Nothing]) -> Answer:
        return await _press(asked, act)

    handle.__name__ = act  # each is an operation of its own in the OpenAPI document
    return handle


async def dtmf(asked: Asked[DigitsBody, Nothing]) -> Answer:
    return await _press(asked, "dtmf", asked.body.digits)


async def _press(asked: Asked[Any, Nothing], act: PhoneAct, digits: str = "") -> Answer:
    seat = _own_seat(asked)
    await _carried_out(_phones(asked).phones.act(seat, act, digits))
    return Accepted(seat=seat)


def _phones(asked: Asked[Any, Nothing]) -> PhoneSet:
    return in_use(desk_of(asked.request).services.phones, "电话功能未启用", "telephones are not in use")


def _own_seat(asked: Asked[Any, Nothing]) -> str:
    _phones(asked)
    agent = asked.who.account.agent_id
    seat = desk_of(asked.request).services.hall.seat_of(agent) if agent else None
    if seat is None:
        raise Problem(409, "您没有在座席签入", "you are not signed in at a seat")
    return seat


async def _carried_out(act: Awaitable[Any]) -> Any:
    try:
        return await act
    except OrderRefused as refused:
        raise Problem(409, "电话未接受该操作", refused.why) from None
    except LookupError:
        raise Problem(409, "座席已不存在", "the seat is gone") from None


_ACTS: tuple[tuple[PhoneAct, str], ...] = (
    ("answer", "Take up what rings at the own desk phone"),
    ("hold", "Put the call on hold"),
    ("resume", "Take the held call up again"),
    ("mute", "Nobody hears the agent"),
    ("unmute", "The agent is heard again"),
    ("hangup", "End the own leg"),
)
assert {act for act, _ in _ACTS} | {"dtmf"} == set(get_args(PhoneAct))


def routes() -> list[Route]:
    one = "/api/v1/desk/phone"
    return [
        route(
            "POST", one, "A password for the own softphone, good for this sign-in; audited", issue,
            roles=AGENTS, body=Nothing, query=Nothing, answer=PhoneView, status=201, errors=(404, 409),
        ),
        *(
            route(
                "POST", f"{one}/{act}", summary, _acting(act),
                roles=AGENTS, body=Nothing, query=Nothing, answer=Accepted, status=202, errors=(404, 409),
            )
            for act, summary in _ACTS
        ),
        route(
            "POST", f"{one}/dtmf", "Keys of the keypad, for whom the agent speaks with", dtmf,
            roles=AGENTS, body=DigitsBody, query=Nothing, answer=Accepted, status=202, errors=(404, 409),
        ),
    ]  # fmt: skip
