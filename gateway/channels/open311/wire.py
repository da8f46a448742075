"""GeoReport v2 on the wire: forms in, XML or JSON out. Bytes and values, no IO.

Source: wiki.open311.org/GeoReport_v2 and /Service_Discovery. XML is mandatory and the answer when nothing is asked for;
JSON follows the Spark convention (a container of equal elements is an array). An empty parameter counts as absent, all
text is UTF-8, times are W3C dates with their zone, and every error is a list of code and description.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.message import Message as Headers
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode
from xml.sax.saxutils import escape

import orjson

from gateway.model.http import HttpAnswer

Format = Literal["xml", "json"]
TYPES: Final[Mapping[Format, str]] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
_CORS: Final = {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
_MOST_FIELDS: Final = 200
_MOST_PARTS: Final = 100
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold in any form."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of an error answer. ``status`` is the HTTP status and the code, as the specification prefers."""

    status: int
    description: str


class Refusal(Exception):
    """An answer that is an error, with everything that is wrong. The status is the first fault's."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.description for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a multipart form."""

    name: str
    filename: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted: values by name in their order, files, and whether the text was no UTF-8 and was guessed."""

    values: Mapping[str, tuple[str, ...]]
    files: tuple[Part, ...] = ()
    guessed: bool = False

    def one(self, name: str) -> str:
        """The last value that is not empty, as a browser's later field wins; "" when there is none."""
        return next((value for value in reversed(self.values.get(name, ())) if value), "")

    def listed(self, name: str) -> tuple[str, ...]:
        """All values, also of ``name[]``, split at commas, without empty ones."""
        given = (*self.values.get(name, ()), *self.values.get(f"{name}[]", ()))
        return tuple(part.strip() for value in given for part in value.split(",") if part.strip())

    def digest(self) -> str:
        """SHA-256 over what was said, whatever the order of the fields; the key is no part of it."""
        said = hashlib.sha256()
        for name in sorted(self.values.keys() - {"api_key", "jurisdiction_id"}):
            said.update(orjson.dumps([name, [_NOT_XML.sub("", value) for value in self.values[name]]]))
        for part in self.files:
            said.update(hashlib.sha256(part.body).digest())
        return said.hexdigest()


@dataclass(slots=True)
class _Collected:
    pairs: list[tuple[bytes, bytes]] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def format_of(name: str, headers: Mapping[str, str]) -> tuple[str, Format]:
    """A resource's name without its extension, and the format: by extension, else by Accept, else XML."""
    for end in (".xml", ".json"):
        if name.endswith(end):
            return name.removesuffix(end), "json" if end == ".json" else "xml"
    accept = headers.get("accept", "").lower()
    at = {kind: accept.find(kind) for kind in ("json", "xml")}
    return name, "json" if at["json"] >= 0 and (at["xml"] < 0 or at["json"] < at["xml"]) else "xml"


def query(target: str) -> Form:
    """The query of a request target. Raises Refusal."""
    return _form(_pairs(_query_of(target)), ())


def posted(target: str, content_type: str, body: bytes) -> Form:
    """The form of a POST, together with its query; the form wins. Raises Refusal."""
    kind, boundary = _content_type(content_type)
    if kind == "multipart/form-data":
        found = _multipart(body, boundary)
    elif kind in ("application/x-www-form-urlencoded", ""):
        found = _Collected(_pairs(body))
    else:
        text = "send the request as application/x-www-form-urlencoded or multipart/form-data"
        raise Refusal(Fault(400, f"Content-Type {kind} is not supported: {text}"))
    return _form([*_pairs(_query_of(target)), *found.pairs], found.files)


def without_key(target: str) -> str:
    """A request target to keep: its query without the client's key."""
    pairs = [(name, value) for name, value in _pairs(_query_of(target)) if name != b"api_key"]
    path = target.partition("?")[0]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _query_of(target: str) -> bytes:
    return target.partition("?")[2].partition("#")[0].encode("utf-8", "replace")


def _content_type(header: str) -> tuple[str, str]:
    headers = Headers()
    headers["Content-Type"] = header.replace("\r", " ").replace("\n", " ") or "application/x-www-form-urlencoded"
    boundary = headers.get_param("boundary", "")
    return headers.get_content_type(), boundary if isinstance(boundary, str) else ""


def _pairs(text: bytes) -> list[tuple[bytes, bytes]]:
    try:
        # Latin-1 keeps every byte, so that the encoding can be judged over the whole form
        pairs = parse_qsl(
            text.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Refusal(Fault(400, f"more than {_MOST_FIELDS} parameters")) from None
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _form(pairs: Sequence[tuple[bytes, bytes]], files: Sequence[Part]) -> Form:
    """The values as text: UTF-8 as the specification says, GB18030 when it is not that. Raises Refusal for neither."""
    whole = b"\n".join(part for pair in pairs for part in pair)
    guessed = False
    encoding = "utf-8"
    try:
        whole.decode()
    except UnicodeDecodeError:
        guessed, encoding = True, "gb18030"
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            raise Refusal(Fault(400, "the parameters are not UTF-8")) from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.decode(encoding, "replace"), []).append(value.decode(encoding, "replace").strip())
    return Form({name: tuple(listed) for name, listed in values.items()}, tuple(files), guessed)


def _multipart(body: bytes, boundary: str) -> _Collected:
    """The parts of multipart/form-data (RFC 7578). Raises Refusal when the boundary leads nowhere."""
    if not boundary:
        raise Refusal(Fault(400, "Content-Type multipart/form-data names no boundary"))
    mark = b"--" + boundary.encode("utf-8", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Refusal(Fault(400, "the multipart body does not end with its boundary"))
    if len(pieces) > _MOST_PARTS:
        raise Refusal(Fault(400, f"more than {_MOST_PARTS} parts"))
    found = _Collected()
    for piece in pieces[1:-1]:
        _part(piece, found)
    return found


def _part(piece: bytes, found: _Collected) -> None:
    head, blank, content = piece.partition(b"\r\n\r\n")
    headers = Headers()
    for line in head.split(b"\r\n"):
        key, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon and key.strip().isascii():
            headers[key.strip()] = value.strip()
    name = headers.get_param("name", "", "content-disposition")
    if not blank or not isinstance(name, str) or not name:
        raise Refusal(Fault(400, "a part of the multipart body has no name"))
    filename = headers.get_filename()
    if filename is None:
        found.pairs.append((name.encode("utf-8", "replace"), content))
    elif content:
        found.files.append(Part(name, filename, headers.get_content_type(), content))


def degrees(text: str, most: float) -> float | None:
    """A coordinate; None when it is no finite number within its range."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and -most <= value <= most else None


_W3C = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+ -]\d\d:?\d\d))?$", re.ASCII)


def moment(text: str, zone: tzinfo) -> float | None:
    """Epoch seconds of a W3C date; None when it is none. A time needs its zone; a day begins in the hall's.

    The plus sign of ``+08:00`` is a blank in a query that was not encoded, which clients do: it is read as meant.
    """
    if _W3C.match(text) is None:
        return None
    day, rest = text[:10], text[10:].replace("Z", "+00:00")
    rest = "T" + rest[1:].replace(" ", "+") if rest else ""
    try:
        read = datetime.fromisoformat(day + rest)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        return None


def w3c(seconds: float | None, zone: tzinfo) -> str | None:
    """A time as the specification wants it, in the hall's zone."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), zone).isoformat()


def rendered(kind: Format, root: str, item: str, value: Any, status: int = 200, **headers: str) -> HttpAnswer:
    """A document: ``value`` is a list of ``item`` elements below ``root``, or one mapping that is the root."""
    if kind == "json":
        body = orjson.dumps(_json(value))
    else:
        inner = _elements(item, value) if isinstance(value, list) else _fields(value)
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inner}</{root}>\n'.encode()
    return HttpAnswer(status, body, TYPES[kind], {**_CORS, **headers})


def errors(kind: Format, faults: Sequence[Fault]) -> HttpAnswer:
    """The error structure of the specification; the first fault gives the status."""
    listed = [{"code": fault.status, "description": fault.description} for fault in faults]
    return rendered(kind, "errors", "error", listed, faults[0].status)


def allowed(*methods: str) -> HttpAnswer:
    """The answer to a browser's question what it may send from elsewhere (CORS preflight)."""
    headers = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
        "Access-Control-Max-Age": "86400",
        "Allow": ", ".join(methods),
    }
    return HttpAnswer(204, b"", "", {**_CORS, **headers})


def plain(name: str) -> str:
    """A path variable, decoded if the server has left it encoded."""
    return unquote_to_bytes(name).decode("utf-8", "replace")


_CONTAINERS: Final = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    if isinstance(value, str):
        return _NOT_XML.sub("", value) or None
    return value


def _elements(item: str, values: Sequence[Any]) -> str:
    return "".join(
        f"<{item}>{_fields(value) if isinstance(value, dict) else _text(value)}</{item}>" for value in values
    )


def _fields(values: Mapping[str, Any]) -> str:
    return "".join(_field(name, value) for name, value in values.items())


def _field(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"<{name}>{_elements(_CONTAINERS[name], value)}</{name}>"
    text = _text(value)
    return f"<{name}>{text}</{name}>" if text else f"<{name}/>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NOT_XML.sub("", str(value)))
