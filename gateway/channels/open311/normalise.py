"""A posted GeoReport form to a ``Message``. Nothing here raises: everything that is wrong comes back as faults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from gateway.channels.open311.config import AttributeConfig, Open311Config
from gateway.channels.open311.services import Services
from gateway.channels.open311.wire import Fault, Form, Refusal, degrees, moment, posted
from gateway.model.ids import new_id
from gateway.model.messages import Attachment, Message, Person, Place, Raw

MOST_DESCRIPTION: Final = 4000
"""Characters, by the specification."""
_LENGTHS: Final = {
    "service_code": 20, "address_string": 300, "address_id": 100, "email": 254, "device_id": 200, "account_id": 100,
    "first_name": 60, "last_name": 60, "phone": 40, "description": MOST_DESCRIPTION, "media_url": 2000,
}  # fmt: skip
_ATTRIBUTE = re.compile(r"^attribute\[([^\[\]]{1,60})\](\[\])?$")
_YES: Final = frozenset({"true", "1", "yes", "y", "是"})
_FLAGS: Final = frozenset({"is_secret", "is_anonymous", "need_callback"})
_HAN = re.compile("[\u3400-\u9fff]")


def message(
    form: Form, config: Open311Config, services: Services, *, client: str, key: str, at: float, zone: tzinfo
) -> tuple[Message | None, tuple[Fault, ...]]:
    """The message of a form, or None with everything that is wrong with it. ``key`` is its idempotency key."""
    faults = [*_too_long(form), *_service_faults(form, services)]
    place, place_faults = _place(form)
    answers = _answers(form)
    code = form.one("service_code")
    asked = services.attributes(code) if code in services else ()
    urls, url_faults = _media(form, config.max_files)
    faults += [*place_faults, *_answer_faults(asked, answers, zone), *url_faults]
    if len(form.files) > config.max_files:
        faults.append(Fault(400, f"at most {config.max_files} files are taken"))
    if faults:
        return None, tuple(faults)
    text = form.one("description")
    return Message(
        key=key,
        channel="open311",
        account=config.account,
        kind="form",
        occurred_at=at,
        received_at=at,
        person=_person(form, client),
        title="" if text else services.name(code),
        text=text,
        place=place,
        attachments=urls,
        given={"category": code, **_given(asked, answers)},
        flags=("charset_guessed",) if form.guessed else (),
        more=_more(form, client, answers),
    ), ()


def keys(form: Form, client: str, given: str, at: float, repeat_s: int) -> tuple[str, str]:
    """The idempotency key of a request, and the one that it would have had in the window before ("" for none).

    ``given`` is the client's own (Idempotency-Key); without it the words decide, within windows of ``repeat_s``.
    """
    if given:
        return f"open311:{client}:key:{given}", ""
    said = f"open311:{client}:{form.digest()}"
    if not repeat_s:
        return f"{said}:{at:.6f}", ""
    window = int(at // repeat_s)
    return f"{said}:{window}", f"{said}:{window - 1}"


def read_raw(raw: Raw, config: Open311Config, services: Services, zone: tzinfo) -> Message:
    """The message of a kept original, read again after a mend, without the files of a multipart form.

    Raises Refusal when it is not understood any more.
    """
    form = posted(raw.meta.get("target", ""), raw.content_type, raw.body)
    client, at = raw.meta.get("client", ""), raw.received_at
    key, _ = keys(form, client, raw.meta.get("idempotency_key", ""), at, config.repeat_s)
    found, faults = message(form, config, services, client=client, key=key, at=at, zone=zone)
    if found is None:
        raise Refusal(*faults)
    return found


def _too_long(form: Form) -> list[Fault]:
    return [
        Fault(400, f"{name} is longer than {most} characters")
        for name, most in _LENGTHS.items()
        if len(form.one(name)) > most
    ]


def _service_faults(form: Form, services: Services) -> list[Fault]:
    code = form.one("service_code")
    if not code:
        return [Fault(400, "service_code was not provided")]
    return [] if code in services else [Fault(404, f"service_code {code[:20]} was not found")]


def _place(form: Form) -> tuple[Place | None, list[Fault]]:
    """One of lat and long, address_string, address_id is required by the specification."""
    given = {"lat": form.one("lat"), "long": form.one("long")}
    points = {"lat": degrees(given["lat"], 90), "long": degrees(given["long"], 180)}
    faults = [
        Fault(400, f"{name} must be decimal degrees (WGS-84)")
        for name, text in given.items()
        if text and points[name] is None
    ]
    address, address_id = form.one("address_string"), form.one("address_id")
    if bool(given["lat"]) != bool(given["long"]):
        faults.append(Fault(400, "lat and long must both be provided"))
    elif not (given["lat"] or address or address_id):
        faults.append(Fault(400, "a location was not provided: lat and long, address_string or address_id"))
    whole = not faults and points["lat"] is not None
    return Place(
        address=address,
        longitude=points["long"] if whole else None,
        latitude=points["lat"] if whole else None,
        crs="WGS-84" if whole else "",
        asset_id=address_id,
    ), faults


def _person(form: Form, client: str) -> Person:
    """The person as the client states it. Chinese names are written family name first, without a blank."""
    first, last = form.one("first_name"), form.one("last_name")
    name = f"{last}{first}" if _HAN.search(first + last) else f"{first} {last}".strip()
    own = form.one("account_id") or form.one("device_id")
    return Person(
        user_id=f"{client}:{own}" if own else "",
        name=name,
        contact_number=form.one("phone"),
        email=form.one("email"),
    )


def _media(form: Form, most: int) -> tuple[tuple[Attachment, ...], list[Fault]]:
    urls = [url for name in ("media_url", "media_url[]") for url in form.values.get(name, ()) if url]
    if len(urls) > most:
        return (), [Fault(400, f"at most {most} media_url are taken")]
    bad = [url for url in urls if not url.startswith(("http://", "https://")) or not url.isprintable()]
    if bad:
        return (), [Fault(400, "media_url must be an http or https address")]
    return tuple(
        Attachment(new_id(), url.partition("?")[0].rpartition("/")[2][:200], state="wanted", source={"url": url})
        for url in urls
    ), []


def _answers(form: Form) -> dict[str, tuple[str, ...]]:
    """The answers to a service's questions: ``attribute[code]`` and ``attribute[code][]``, without empty ones."""
    found: dict[str, tuple[str, ...]] = {}
    for name, values in form.values.items():
        match = _ATTRIBUTE.match(name)
        said = tuple(value[:MOST_DESCRIPTION] for value in values if value)
        if match is not None and said:
            found[match[1]] = (*found.get(match[1], ()), *said)
    return found


def _answer_faults(
    asked: tuple[AttributeConfig, ...], answers: Mapping[str, tuple[str, ...]], zone: tzinfo
) -> list[Fault]:
    faults = []
    for one in asked:
        said = answers.get(one.code, ())
        if one.required and not said:
            faults.append(Fault(400, f"attribute[{one.code}] was not provided"))
        elif one.variable and (why := _unfit(one, said, zone)):
            faults.append(Fault(400, f"attribute[{one.code}] {why}"))
    return faults


def _unfit(one: AttributeConfig, said: tuple[str, ...], zone: tzinfo) -> str:
    if len(said) > 1 and one.datatype != "multivaluelist":
        return "takes one value"
    if one.values:
        keys = [choice.key for choice in one.values]
        return "" if set(said) <= set(keys) else f"must be one of {', '.join(keys)}"
    if one.datatype == "number" and any(degrees(value, 1e15) is None for value in said):
        return "must be a number"
    if one.datatype == "datetime" and any(moment(value, zone) is None for value in said):
        return "must be a date as 2026-11-21T10:00:00+08:00"
    return ""


def _given(asked: tuple[AttributeConfig, ...], answers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Ticket fields that answers fill."""
    given: dict[str, Any] = {}
    for one in asked:
        said = answers.get(one.code)
        if said and one.field:
            given[one.field] = said[0].lower() in _YES if one.field in _FLAGS else said[0]
    return given


def _more(form: Form, client: str, answers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    more: dict[str, Any] = {"client": client}
    for name in ("device_id", "account_id"):
        if value := form.one(name):
            more[name] = value
    if answers:
        more["attributes"] = {code: list(said) if len(said) > 1 else said[0] for code, said in answers.items()}
    return more
