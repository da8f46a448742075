"""A ticket as it is told to a partner: the fields that its configuration maps, under the partner's names.

Only mapped fields leave (PIPL article 6: no more than the purpose needs); a partner without a map gets all that is
exchanged. Our ticket number is always there, because acknowledgement and feedback refer to it. When the caller asked
for secrecy the person is left out, and numbers in texts are masked, unless the partner must find them (emergencies).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.channels.partner import wire
from gateway.model.coordinates import convert
from gateway.model.masking import mask_personal
from gateway.model.messages import Crs, Delivery
from gateway.model.records import Ticket
from gateway.transfer.config import EXCHANGED, PartnerConfig

_PERSON: Final = frozenset({"name", "sex", "calling_number", "contact_number", "email"})
_TEXTS: Final = frozenset({"title", "content", "address", "result", "instruction"})
_TIMES: Final = frozenset({"occurred_at", "received_at", "deadline_at"})
_NOT_SENT: Final = frozenset({"attachments"})
"""Files do not leave over a push: the partner asks for them."""


def case(config: PartnerConfig, ticket: Ticket, delivery: Delivery, zone: ZoneInfo) -> dict[str, Any]:
    """The JSON object of a push. Unknown values are null, so that a partner sees the same names each time."""
    names = config.fields or {name: name for name in EXCHANGED if name not in _NOT_SENT}
    hidden = (ticket.is_secret or ticket.is_anonymous) and not config.push.secret_persons
    values = _values(config, ticket, delivery, zone)
    body: dict[str, Any] = {}
    for ours, theirs in {"ticket_no": "ticket_no", **names}.items():
        if ours in _NOT_SENT:
            continue
        value = values.get(ours)
        if hidden and ours in _PERSON:
            value = None
        elif hidden and ours in _TEXTS and isinstance(value, str):
            value = mask_personal(value)
        wire.put(body, theirs, value)
    if "longitude" in names and "crs" not in names and values["crs"] and not config.push.crs:
        body["crs"] = values["crs"]
    return body


def answer(config: PartnerConfig, ticket: Ticket, delivery: Delivery, zone: ZoneInfo) -> dict[str, Any]:
    """The JSON object of a reply to a ticket that came from the partner: how it stands, and the words in ``result``."""
    said = {
        "ticket_no": ticket.ticket_no,
        "external_no": ticket.external_nos.get(config.number) or ticket.channel_msg_id or None,
        "state": ticket.state,
        "department": ticket.department or None,
        "result": delivery.text,
        "occurred_at": datetime.fromtimestamp(delivery.created_at, zone).isoformat(timespec="seconds"),
    }
    body: dict[str, Any] = {}
    for ours, value in said.items():
        wire.put(body, config.fields.get(ours, ours), value)
    return body


def _values(config: PartnerConfig, ticket: Ticket, delivery: Delivery, zone: ZoneInfo) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(ticket, name, None) for name in EXCHANGED}
    for name in _TIMES:
        seconds = values[name]
        values[name] = None if seconds is None else datetime.fromtimestamp(seconds, zone).isoformat(timespec="seconds")
    values["external_no"] = ticket.external_nos.get(config.number, "")
    values["call_ref"] = ticket.call_id or ""  # X-Call-Id of the call that is handed over with it
    values["instruction"] = delivery.text or ticket.more.get("instruction", "")
    values |= _place(ticket, config.push.crs)
    return {name: None if value == "" else value for name, value in values.items()}


def _place(ticket: Ticket, wanted: Crs) -> dict[str, Any]:
    """Coordinates in the partner's system. Where ours is not known none are told: half a kilometre off is worse."""
    longitude, latitude, crs = ticket.longitude, ticket.latitude, ticket.crs
    if wanted and longitude is not None and latitude is not None:
        point = convert(longitude, latitude, crs, wanted)  # type: ignore[arg-type]
        longitude, latitude = point or (None, None)
        crs = wanted if point else ""
    if longitude is None or latitude is None:
        return {"longitude": None, "latitude": None, "crs": None}
    return {"longitude": round(longitude, 7), "latitude": round(latitude, 7), "crs": crs}
