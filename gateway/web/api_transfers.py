"""Transfers: the press of a key, what is pressed while one runs, the list, and the partners for the panel.

An agent acts on the call of the own seat, a shift lead on any. The answer to a press says that it was accepted and
nothing more: what becomes of it is told on the live stream, and here when it is asked for. The same Idempotency-Key by
the same person is the same transfer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, model_validator

from gateway.model.ids import CallId, SeatId, TicketNo, new_id
from gateway.model.messages import Delivery
from gateway.model.transfers import TargetKind, Transfer, TransferAct
from gateway.transfer.numbers import tried_of
from gateway.transfer.ports import Press, Refusal, Target
from gateway.transfer.registry import PartnerLine
from gateway.transfer.table import acts
from gateway.web.address import client_address
from gateway.web.asked import Asked, B, Instant, Nothing, Part, Q, idempotency_key
from gateway.web.auth import AGENTS, EVERYONE
from gateway.web.ports import Transfers
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of, in_use
from gateway.web.views import mask_id

T = TypeVar("T")

_NAME = Field(default=None, min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_-]+$")
_TARGETS: dict[str, TargetKind] = {"partner": "partner", "queue": "queue", "flow": "flow", "to_seat": "seat"}


class TransferBody(Part):
    """Whose call (``seat`` or ``call_id``; neither: the seat of who asks), to whom (exactly one of four), and how."""

    seat: str | None = _NAME
    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    partner: str | None = Field(default=None, min_length=2, max_length=20, pattern=r"^[0-9*#+]+$")
    queue: str | None = _NAME
    flow: str | None = _NAME
    to_seat: str | None = _NAME
    mode: Literal["blind", "attended", "consult", "three_way", "queue", "ivr", "readout"] | None = None
    ticket_no: str = Field(default="", max_length=40, pattern=r"^([0-9]{6}-[0-9]{8}-[0-9]{7})?$")

    @model_validator(mode="after")
    def _one_target(self) -> TransferBody:
        if sum(getattr(self, name) is not None for name in _TARGETS) != 1:
            raise ValueError("partner: give exactly one of partner, queue, flow, to_seat")
        if self.seat is not None and self.call_id is not None:
            raise ValueError("seat: give either it or call_id")
        return self

    @property
    def target(self) -> Target:
        name = next(name for name in _TARGETS if getattr(self, name) is not None)
        return Target(_TARGETS[name], getattr(self, name))


class TransferQuery(Part):
    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    ticket_no: str | None = Field(default=None, min_length=1, max_length=40)
    partner: str | None = Field(default=None, min_length=1, max_length=20)
    since: Instant | None = None
    until: Instant | None = None
    limit: int = Field(default=100, ge=1, le=500)


class PushView(BaseModel):
    """How the ticket goes to the partner. ``state`` is none (``why`` says why nothing was sent), waiting, sent (the
    partner's platform took it), acknowledged, failed, impossible or cancelled; ``at`` when it was acknowledged or
    given up, epoch seconds; ``overdue``: not acknowledged in time."""

    state: str
    at: float | None = None
    overdue: bool = False
    delivery_id: str = ""
    why: str = ""


class NumberTried(BaseModel):
    """A number of the partner that did not answer before the present one was dialled."""

    number: str
    outcome: str


class TransferView(BaseModel):
    """Times are epoch seconds. ``to`` is a partner's number, a queue, a flow or a seat, else masked. ``acts`` is what
    may be pressed now; ``why`` says how it stands, Chinese / English. ``push`` is null for a target that takes no
    tickets; when it moves, the live stream shows the transfer again, until ten minutes after its end. ``silent``: the
    target has answered, and no audio has come from it since."""

    id: str
    call_id: str
    ticket_no: str
    mode: str
    kind: str
    to: str
    partner: str
    seat: str
    agent: str
    phase: str
    outcome: str | None
    with_agent: str
    started_at: float
    answered_at: float | None
    joined_at: float | None
    released_at: float | None
    ended_at: float | None
    cause: int | None
    why: str
    version: int
    acts: list[str]
    tried: list[NumberTried]
    push: PushView | None
    silent: bool = False


class TransferList(BaseModel):
    """Newest first."""

    items: list[TransferView]


class TransferAccepted(BaseModel):
    """It is written and under way; what becomes of it follows."""

    accepted: Literal[True] = True
    transfer_id: str


class InsteadView(BaseModel):
    kind: str
    value: str


class PartnerView(BaseModel):
    """``mode`` is what the key does, ``modes`` all that may be chosen; ``state`` is free, busy, failing, closed or
    readout (its number is only read out: ``readout`` are the words), ``since`` when it began, ``reason`` why it fails
    (Chinese / English); ``lines`` is how many calls it takes (0: not known), ``running`` how many there are;
    ``failures`` is how many transfers in a row did not get through. ``instead`` may be offered when it cannot be
    reached now."""

    number: str
    name: str
    name_en: str
    mode: str
    modes: list[str]
    track: str
    open_now: bool
    state: str
    running: int
    failures: int
    since: float
    reason: str
    lines: int
    numbers: list[str]
    readout: str
    readout_en: str
    instead: InsteadView | None


class PartnerList(BaseModel):
    items: list[PartnerView]


_MADE = ("kind", "to", "acts", "tried", "push")


def transfer_view(transfer: Transfer, delivery: Delivery | None = None) -> TransferView:
    """``delivery`` is the transfer's own, when it was looked up."""
    plain = {name: getattr(transfer, name) for name in TransferView.model_fields if name not in _MADE}
    named = transfer.target_seat or transfer.partner
    to = named or (transfer.target if transfer.target_kind in ("queue", "flow") else mask_id(transfer.target))
    now = [] if transfer.phase == "ended" else list(acts(transfer))
    return TransferView(
        **plain, kind=transfer.target_kind, to=to, acts=now, tried=[NumberTried(**one) for one in tried_of(transfer)],
        push=push_view(transfer, delivery),
    )  # fmt: skip


def push_view(transfer: Transfer, delivery: Delivery | None) -> PushView | None:
    if not transfer.delivery:
        return PushView(state="none", why=transfer.push_why) if transfer.push_why else None
    if delivery is None:
        return PushView(state="waiting", at=transfer.started_at, delivery_id=transfer.delivery)
    acknowledged = delivery.state == "delivered"  # any word of the partner makes it that
    return PushView(
        state="acknowledged" if acknowledged else delivery.state, at=delivery.done_at,
        overdue="overdue_at" in delivery.more and not acknowledged, delivery_id=delivery.id, why=delivery.error,
    )  # fmt: skip


def partner_view(line: PartnerLine) -> PartnerView:
    one = line.partner
    return PartnerView(
        number=one.number, name=one.name, name_en=one.name_en, mode=one.mode, modes=list(one.allowed_modes),
        track=one.track, open_now=line.open_now, state=line.state, running=line.running, failures=line.failures,
        since=line.since, reason=line.reason, lines=one.lines,
        numbers=[number.number for number in one.dialled] if one.is_dialled else [],
        readout=one.words[0] if line.state == "readout" else "",
        readout_en=one.words[1] if line.state == "readout" else "",
        instead=None if line.instead is None else InsteadView(kind=line.instead.kind, value=line.instead.value),
    )  # fmt: skip


# Reading ------------------------------------------------------------------------------------------------------------


async def transfers(asked: Asked[Nothing, TransferQuery]) -> Answer:
    query = asked.query
    found = await desk_of(asked.request).services.ledger.transfers(
        call_id=None if query.call_id is None else CallId(query.call_id),
        ticket_no=None if query.ticket_no is None else TicketNo(query.ticket_no),
        partner=query.partner,
        since=query.since,
        until=query.until,
        limit=query.limit,
    )
    return TransferList(items=await _views(desk_of(asked.request), found))


async def transfer(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    (view,) = await _views(desk, [await _found(asked.path["id"], desk)])
    return view


async def _views(desk: Desk, found: Sequence[Transfer]) -> list[TransferView]:
    """With how the push of each stands now."""
    pushes = await desk.services.ledger.pushes(one.delivery for one in found if one.delivery)
    return [transfer_view(one, pushes.get(one.delivery)) for one in found]


async def partners(asked: Asked[Nothing, Nothing]) -> Answer:
    return PartnerList(items=[partner_view(line) for line in _service(desk_of(asked.request)).lines()])


async def _found(id: str, desk: Desk) -> Transfer:
    """Raises Problem 404."""
    found = await desk.services.ledger.transfer(id)
    if found is None:
        raise Problem(404, "没有这个转接", "there is no such transfer")
    return found


# Acting -------------------------------------------------------------------------------------------------------------


async def start(asked: Asked[TransferBody, Nothing]) -> Answer:
    desk, body, login = desk_of(asked.request), asked.body, asked.who.account.login
    seat = _seat_meant(asked, desk)
    press = Press(
        key=f"{login}:{idempotency_key(asked.request) or new_id()}",
        seat=SeatId(seat),
        target=body.target,
        mode=body.mode,
        ticket_no=TicketNo(body.ticket_no) if body.ticket_no else "",
        login=login,
        address=client_address(asked.request, desk.config.trusted_proxies),
    )
    begun = await _acting(_service(desk).start(press))
    return TransferAccepted(transfer_id=begun.id)


async def _act(asked: Asked[Nothing, Nothing], act: TransferAct) -> Answer:
    desk = desk_of(asked.request)
    found = await _found(asked.path["id"], desk)
    _check_seat(asked, found.seat, desk)
    address = client_address(asked.request, desk.config.trusted_proxies)
    await _acting(_service(desk).act(found.id, act, asked.who.account.login, address))
    return TransferAccepted(transfer_id=found.id)


def _acting_on(act: TransferAct) -> Callable[[Asked[Nothing, Nothing]], Awaitable[Answer]]:
    async def handle(asked: Asked[Nothing, Nothing]) -> Answer:
        return await _act(asked, act)

    handle.__name__ = act  # each is an operation of its own in the OpenAPI document
    return handle


def _service(desk: Desk) -> Transfers:
    return in_use(desk.services.transfers, "转接功能未启用", "transfers are not in use")


async def _acting(act: Awaitable[T]) -> T:
    """The result of an act; its refusals as problems: 400 for what is not there (the body names it), 404, 409."""
    try:
        return await act
    except Refusal as refused:
        status = (400 if refused.field else 404) if refused.kind == "unknown" else 409
        other = refused.instead
        extra = {} if other is None else {"instead": {"kind": other.kind, "value": other.value}}
        raise Problem(status, refused.zh, refused.en, field=refused.field or None, extra=extra) from None


def _seat_meant(asked: Asked[TransferBody, Nothing], desk: Desk) -> str:
    """The seat of the call, if who asks may act on it. Raises Problem 403, 409."""
    body = asked.body
    if body.call_id is not None:
        seat = _service(desk).seat_of_call(body.call_id)
        if seat is None:
            raise Problem(409, "该通话没有座席在接听", "no seat speaks on this call", field="call_id")
    else:
        seat = body.seat or desk.services.hall.seat_of(asked.who.account.agent_id)
        if seat is None:
            raise Problem(409, "您没有在座席签入", "you are not signed in at a seat", field="seat")
    _check_seat(asked, seat, desk)
    return seat


def _check_seat(asked: Asked[B, Q], seat: str, desk: Desk) -> None:
    if not asked.who.supervises and desk.services.hall.seat_of(asked.who.account.agent_id) != seat:
        raise Problem(403, "只能转接自己座席的通话", "agents transfer only the calls of their own seat")


_ACTS: tuple[tuple[TransferAct, str], ...] = (
    ("complete", "Hand the citizen over and leave"),
    ("cancel", "Take the citizen back alone"),
    ("toggle", "Change between citizen and target"),
    ("merge", "All three together"),
    ("leave", "The agent leaves the other two"),
    ("drop_partner", "The target leaves the other two"),
)


def routes() -> list[Route]:
    one = "/api/v1/transfers/{id}"
    return [
        route(
            "GET", "/api/v1/transfers", "Transfers, newest first", transfers,
            roles=EVERYONE, body=Nothing, query=TransferQuery, answer=TransferList,
        ),
        route(
            "GET", one, "One transfer as it stands", transfer,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=TransferView, errors=(404,),
        ),
        route(
            "POST", "/api/v1/transfers", "Begin a transfer; Idempotency-Key is honoured; audited", start,
            roles=AGENTS, body=TransferBody, query=Nothing, answer=TransferAccepted, status=202, errors=(409, 503),
        ),
        *(
            route(
                "POST", f"{one}/{act}", f"{summary}; audited", _acting_on(act),
                roles=AGENTS, body=Nothing, query=Nothing, answer=TransferAccepted, status=202, errors=(404, 409, 503),
            )
            for act, summary in _ACTS
        ),
        route(
            "GET", "/api/v1/partners", "The partners and how their lines stand", partners,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=PartnerList, errors=(503,),
        ),
    ]  # fmt: skip
