"""A gateway's request taken apart into named fields, octets where octets came; and the request that sends a message.

Percent-encoded octets stay octets until their charset is known: a UCS-2 message in a query (Kannel's ``%b``) is no
UTF-8. Nothing here raises for what came.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from gateway.channels.sms.byhttp.items import items_of, text_of
from gateway.channels.sms.http.config import HttpSms
from gateway.model.http import HttpAsked

MOST_FIELDS = 200
_PLACE = re.compile(r"\{([a-z_]+)\}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")

Value = bytes | str


@dataclass(frozen=True, slots=True)
class Carried:
    """One message or report as it came: its fields by name, and its own bytes. ``fields`` is None when nobody can
    tell fields in it."""

    raw: bytes
    fields: Mapping[str, Value] | None
    flags: tuple[str, ...] = ()


def carried(asked: HttpAsked, config: HttpSms) -> tuple[Carried, ...]:
    """What a request carries; none when it is empty (a gateway's or an operator's look whether we are there)."""
    query = asked.target.partition("?")[2].encode("ascii", "replace")
    around: dict[str, Value] = {f"header:{name}": value for name, value in asked.headers.items()}
    around |= pairs(query)
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not asked.body:
        return (Carried(query, around),) if query else ()
    around["body"] = asked.body
    if kind == "application/x-www-form-urlencoded":
        return (Carried(asked.body, around | pairs(asked.body)),)
    if kind.endswith("json") or (not query and asked.body.lstrip()[:1] in (b"{", b"[")):
        return tuple(
            one
            for item in items_of(asked.body)
            for one in _from_json(item.raw, item.fields, item.flags, around, config)
        )
    return (Carried(asked.body, around),)  # a raw body with its fields in headers or in the query (Kannel's post-url)


def pairs(text: bytes) -> dict[str, Value]:
    """A query or form, its values as octets; of a name that comes twice the first counts."""
    found: dict[str, Value] = {}
    for piece in text.split(b"&")[:MOST_FIELDS]:
        name, _, value = piece.partition(b"=")
        key = unquote_to_bytes(name.replace(b"+", b" ")).decode(errors="replace")
        found.setdefault(key, unquote_to_bytes(value.replace(b"+", b" ")))
    return found


def _from_json(
    raw: bytes, fields: Mapping[str, Any] | None, flags: tuple[str, ...], around: Mapping[str, Value], config: HttpSms
) -> list[Carried]:
    if fields is None:
        return [Carried(raw, None, flags)]
    inner = _at(fields, config.items) if config.items else None
    if not isinstance(inner, list):
        return [Carried(raw, {**around, **_flat(fields)}, flags)]
    several = len(inner) > 1
    return [
        Carried(
            json.dumps(one, ensure_ascii=False).encode(errors="replace") if several else raw,
            {**around, **_flat(fields), **_flat(one)} if isinstance(one, dict) else None,
            flags,
        )
        for one in inner[:MOST_FIELDS]
    ]


def _at(fields: Mapping[str, Any], path: str) -> Any:
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _flat(fields: Mapping[str, Any], before: str = "", depth: int = 4) -> dict[str, Value]:
    """Texts and numbers by their path; what is neither has no name."""
    found: dict[str, Value] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and depth:
            found |= _flat(value, f"{before}{name}.", depth - 1)
        elif (text := text_of(value)) is not None:
            found[f"{before}{name}"] = text
    return found


def octets(value: Value, written: str) -> bytes | None:
    """The octets of a text that is written plain, in hex or in base64; None when it is not."""
    data = value if isinstance(value, bytes) else value.encode(errors="replace")
    if written == "plain":
        return data
    try:
        return bytes.fromhex(data.decode("ascii")) if written == "hex" else base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        return None


def header_octets(value: Value) -> bytes:
    """A user data header as octets: it came so, or written in hex."""
    data = value if isinstance(value, bytes) else value.encode("latin-1", "replace")
    if data and data[0] + 1 != len(data) and _HEX.fullmatch(data):
        return bytes.fromhex(data.decode("ascii"))
    return data


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be made. ``url`` is percent-encoded already."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def request(config: HttpSms, places: Mapping[str, str]) -> Request:
    """The request that sends a message; ``places`` are the values for ``{to}`` and the others."""
    how = config.send
    params = {name: _PLACE.sub(lambda hit: places.get(hit[1], ""), value) for name, value in how.params.items()}
    if how.how == "json":
        body = json.dumps(params, ensure_ascii=False).encode()
        return Request("POST", how.url, {"Content-Type": "application/json; charset=utf-8"}, body)
    form = "&".join(f"{_quoted(name, how.charset)}={_quoted(value, how.charset)}" for name, value in params.items())
    if how.how == "form":
        kind = f"application/x-www-form-urlencoded; charset={how.charset}"
        return Request("POST", how.url, {"Content-Type": kind}, form.encode("ascii"))
    return Request("GET", f"{how.url}{'&' if '?' in how.url else '?'}{form}", {}, None)


def _quoted(text: str, charset: str) -> str:
    return quote_plus(text, encoding=charset, errors="replace")
