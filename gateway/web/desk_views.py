"""What the desk is answered: the shapes of its API, made from records with what the asker may not see masked or left
out. Times are epoch seconds, durations seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue

from gateway.kpi.day import DayFigures
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Watch
from gateway.model.masking import mask_number, mask_personal
from gateway.model.records import CallRecord, Ticket
from gateway.tickets.config import CategoriesConfig
from gateway.tickets.pinyin import Spelling, paths_of
from gateway.tickets.pop import Spot
from gateway.tickets.similar import Similar
from gateway.web.config import WebConfig
from gateway.web.desk_means import DeskMeans
from gateway.web.live_views import SeatView
from gateway.web.views import masked

# The desk itself ----------------------------------------------------------------------------------------------------


class AgentView(BaseModel):
    login: str
    name: str
    agent_id: str
    role: str


class ReasonView(BaseModel):
    """``max_s`` 0: as long as need be."""

    id: str
    name: str
    name_en: str
    max_s: int


class CategoryView(BaseModel):
    """``path`` leads from the top down; ``pinyin`` and ``initials`` are of the name, "" when they are not known."""

    code: str
    name: str
    name_en: str
    path: str
    pinyin: str
    initials: str
    urgent: bool


class EntryView(BaseModel):
    number: str
    name: str
    name_en: str
    track: str


class AreaView(BaseModel):
    code: str
    name: str


class PhraseView(BaseModel):
    """A text for the form; 【】 marks what is to be filled in."""

    id: str
    name: str
    text: str


class RulesView(BaseModel):
    """``send_on_s``: a ticket is sent on so soon after the call; ``wait_s``: a call is answered so soon."""

    send_on_s: int
    wait_s: int


class MapView(BaseModel):
    """The map to put a pin on, as on the citizens' form: ``bounds`` are west, south, east, north in degrees of ``crs``;
    ``tiles`` "" draws a schematic one; ``places`` are names with longitude and latitude."""

    bounds: tuple[float, float, float, float]
    crs: str
    tiles: str
    credit: str
    places: list[tuple[str, float, float]]


class DayView(BaseModel):
    """An agent's figures since midnight of the hall; ``by_hour`` are the calls of its 24 hours."""

    since: float
    calls: int
    talk_s: float
    hold_s: float
    wrap_s: float
    tickets: int
    sent_on: int
    overdue: int
    satisfaction: SatisfactionView | None
    by_hour: list[int]


class SatisfactionView(BaseModel):
    """``rated`` tickets have a rating, ``mean`` is its mean, 1 to 5."""

    rated: int
    mean: float


class LeadView(BaseModel):
    """A shift lead who may be asked for help (求助). ``seat`` null: not signed in when this was asked for."""

    agent_id: str
    name: str
    seat: str | None


class FlowView(BaseModel):
    id: str
    name: str


class DeskView(BaseModel):
    """What a desk starts with. ``seat`` is where the agent is signed in; ``seats_free`` are those they may choose.
    ``leads`` and ``flows`` are for help: who and what a call may be handed to besides partners, colleagues, queues."""

    account: AgentView
    seat: SeatView | None
    seats_free: list[SeatView]
    reasons: list[ReasonView]
    categories: list[CategoryView]
    entries: list[EntryView]
    areas: list[AreaView]
    templates: list[PhraseView]
    rules: RulesView
    day_line: DayView
    map: MapView
    leads: list[LeadView]
    flows: list[FlowView]


def map_view(config: WebConfig) -> MapView:
    return MapView(
        bounds=config.map_bounds, crs=config.map_crs, tiles=config.map_tiles, credit=config.map_credit,
        places=[(place.name, place.longitude, place.latitude) for place in config.map_places],
    )  # fmt: skip


def day_view(day: DayFigures) -> DayView:
    plain = asdict(day)
    rated, mean = plain.pop("rated"), plain.pop("mean")
    satisfaction = None if mean is None else SatisfactionView(rated=rated, mean=mean)
    return DayView(**{**plain, "by_hour": list(day.by_hour)}, satisfaction=satisfaction)


def category_views(categories: CategoriesConfig, spelled: Mapping[str, Spelling]) -> list[CategoryView]:
    views, paths = [], paths_of(categories)
    for one in categories.category:
        pinyin, initials = spelled.get(one.name, ("", ""))
        views.append(
            CategoryView(
                code=one.code, name=one.name, name_en=one.name_en, path=paths[one.code], pinyin=pinyin,
                initials=initials, urgent=one.urgent,
            )
        )  # fmt: skip
    return views


def desk_lists(means: DeskMeans) -> dict[str, Any]:
    """The parts of a DeskView that come from the configuration alone."""
    return {
        "reasons": [
            ReasonView(id=one.id, name=one.name, name_en=one.name_en, max_s=one.max_minutes * 60)
            for one in means.reasons
        ],
        "entries": [
            EntryView(number=one.number, name=one.name, name_en=one.name_en, track=one.track)
            for one in means.entries.values()
        ],
        "areas": [AreaView(code=one.code, name=one.name) for one in means.areas],
        "templates": [PhraseView(id=one.id, name=one.name, text=one.text) for one in means.phrases],
        "flows": [FlowView(id=id, name=name) for id, name in means.flows.items()],
    }


# The pop ------------------------------------------------------------------------------------------------------------


class PlaceView(BaseModel):
    """``why`` is where it is known from: the caller's earlier ticket, the telephone's area code, the entry number."""

    area_code: str
    name: str
    why: Literal["ticket", "telephone", "entry"]


class KnownTicket(BaseModel):
    """A ticket in a list; ``open`` is false when it is closed. ``title`` has its numbers masked."""

    ticket_no: str
    no: str = Field(description="the same as ticket_no")
    title: str
    state: str
    opened_at: float
    open: bool
    category: str
    department: str


class KnownCall(BaseModel):
    call_id: str
    at: float
    outcome: str | None
    agent: str | None
    talk_s: float | None
    direction: Literal["in", "out"]


class PopWatch(BaseModel):
    level: str
    note: str
    by: str


class ContextView(BaseModel):
    """What the partner that sends the call has told of it; numbers within are masked. ``no`` is its own number of the
    matter, ``ticket_no`` ours of the ticket that its push opened."""

    partner: str
    name: str
    no: str
    ticket_no: str
    content: str
    fields: dict[str, JsonValue]


class DraftView(BaseModel):
    """A form as it was typed; ``author`` typed last, ``at`` is when that was kept."""

    key: str
    fields: dict[str, JsonValue]
    revision: int
    author: str
    at: float


class PopView(BaseModel):
    """What is known of a caller. ``caller_full`` only for shift leads who asked for it, which is audited. ``secret``:
    there are tickets that are kept secret from who asks. ``ticket_no`` is the call's own, with its ``revision``."""

    call_id: str
    caller: str
    caller_full: str | None
    entry: EntryView | None
    queue: str | None
    waited_s: float | None
    language: str
    place: PlaceView | None
    secret: bool
    tickets: list[KnownTicket]
    calls: list[KnownCall]
    watch: PopWatch | None
    context: ContextView | None
    ticket_no: str | None
    revision: int | None
    draft: DraftView | None


def known_ticket(ticket: Ticket) -> KnownTicket:
    return KnownTicket(
        ticket_no=ticket.ticket_no, no=ticket.ticket_no, title=mask_personal(ticket.title), state=ticket.state,
        opened_at=ticket.received_at, open=ticket.state != "closed", category=ticket.category,
        department=ticket.department,
    )  # fmt: skip


def known_call(call: CallRecord) -> KnownCall:
    return KnownCall(
        call_id=call.call_id, at=call.started_at, outcome=call.outcome, agent=call.agent, talk_s=call.talk_s,
        direction=call.direction,
    )  # fmt: skip


def entry_view(number: str, means: DeskMeans) -> EntryView | None:
    """None for a number that is none of ours (a call out); a name of its own is all that one of ours must have."""
    entry = means.entries.get(number)
    if entry is None:
        return EntryView(number=number, name="", name_en="", track="own") if number else None
    return EntryView(number=number, name=entry.name, name_en=entry.name_en, track=entry.track)


def place_view(spot: Spot | None) -> PlaceView | None:
    return None if spot is None else PlaceView(area_code=spot.area_code, name=spot.name, why=spot.why)


def pop_watch(watch: Watch | None, at: float) -> PopWatch | None:
    """None also for a note whose time is over."""
    if watch is None or not watch.in_force(at):
        return None
    return PopWatch(level=watch.level, note=watch.note, by=watch.author)


def context_view(contexts: Sequence[PartnerContext], names: Mapping[str, str]) -> ContextView | None:
    """The surest of what was told; ``names`` are the partners' by their numbers."""
    if not contexts:
        return None
    one = contexts[0]
    content = "\n".join(part for part in (one.title, one.text) if part)
    return ContextView(
        partner=one.partner, name=names.get(one.partner, one.partner), no=one.external_no, ticket_no=one.ticket_no,
        content=mask_personal(content), fields=masked(dict(one.fields)),
    )  # fmt: skip


def draft_view(draft: Draft, key: str) -> DraftView:
    """``key`` is the one that the page uses: ``new`` for what the ledger keeps under the agent's login."""
    return DraftView(
        key=key, fields=dict(draft.fields), revision=draft.revision, author=draft.author, at=draft.at
    )  # fmt: skip


# Drafts, tickets, likeness, the watch list ---------------------------------------------------------------------------


class DraftSaved(BaseModel):
    key: str
    revision: int
    at: float


class DraftDropped(BaseModel):
    """``dropped`` is false when there was none."""

    dropped: bool


class DraftList(BaseModel):
    """Newest first."""

    items: list[DraftView]


class Filed(BaseModel):
    """``revision`` is what the next filing of this ticket names."""

    ticket_no: str
    revision: int
    state: str


class SimilarView(KnownTicket):
    """``score`` is 0 to 1; ``own``: the same caller's; ``relation`` is how the intake would link it, "" for none."""

    score: float
    own: bool
    relation: str
    why: str


class SimilarList(BaseModel):
    """The caller's own first, the most alike first."""

    items: list[SimilarView]


class WatchView(BaseModel):
    """``number`` is masked; ``until`` null: for ever."""

    id: str
    number: str
    level: str
    note: str
    author: str
    at: float
    until: float | None


class WatchPage(BaseModel):
    """Newest first."""

    items: list[WatchView]


def similar_views(found: Sequence[Similar]) -> list[SimilarView]:
    return [
        SimilarView(
            **known_ticket(one.ticket).model_dump(), score=round(one.score, 2), own=one.own, relation=one.relation,
            why=one.why,
        )
        for one in found
    ]  # fmt: skip


def watch_view(watch: Watch) -> WatchView:
    return WatchView(
        id=watch.id, number=mask_number(watch.number), level=watch.level, note=watch.note, author=watch.author,
        at=watch.at, until=watch.until,
    )  # fmt: skip
