"""What a client asked, after checking: the parts of a request become pydantic models, and every error names the field.

CR, LF and NUL are refused here for every string of every part, before anything else looks at it: the protocols behind
the gateway (AMI, AGI, SIP) end their lines with them. The one exception is a field whose type is ``Lines``: what people
write to each other has lines, and it goes to no such protocol.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, get_args

import orjson
from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from gateway.web.auth import Identity
from gateway.web.problem import Problem

B = TypeVar("B", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)
M = TypeVar("M", bound=BaseModel)

_LOST_PLUS = re.compile(r"(?<=:\d\d) (\d\d:?\d\d)$")
_FORBIDDEN = {"\r": "CR", "\n": "LF", "\0": "NUL"}
_IN_LINES = {"\0": "NUL"}
_DEEPEST = 32
"""Levels of objects and lists in a body. A form has three."""
_UNSEEN = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")


class Part(BaseModel):
    """A body or a query: fields nobody knows are errors, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Part):
    """No body, or no query."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[B, Q]):
    """A request that has been let in. ``path`` holds the variables of the address; ``at`` is its epoch time."""

    request: web.Request
    body: B
    query: Q
    path: dict[str, str]
    at: float
    known: Identity | None

    @property
    def who(self) -> Identity:
        """Who asks; only on routes that name roles."""
        if self.known is None:
            raise RuntimeError("a public route asked for an identity")
        return self.known


def _instant(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        pass
    # an unescaped + of the zone arrives as a blank
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


Instant = Annotated[float, BeforeValidator(_instant), Field(allow_inf_nan=False)]
"""Seconds since the epoch, or ISO 8601 (UTC when it names no zone)."""


class _Multiline:
    """Marks a field that may hold line breaks; of a mapping, each of its values."""


def tidy_lines(text: str) -> str:
    """Line breaks as LF; other control characters, which nobody typed, are left out."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


Lines = Annotated[str, AfterValidator(tidy_lines), _Multiline()]
"""Text of several lines. For a field of a body or of a model within it, not within a list."""

Typed = Annotated[dict[str, JsonValue], _Multiline()]
"""JSON as somebody typed it: each value, however deep, may have lines."""


@cache
def multiline(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a model that are ``Lines`` or ``Typed``, those of models within it as ``part.field``."""
    found = set()
    for name, field in model.model_fields.items():
        marks = [*field.metadata, *(mark for one in get_args(field.annotation) for mark in get_args(one)[1:])]
        if any(isinstance(one, _Multiline) for one in marks):  # of the field, or of one of its alternatives
            found.add(name)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= {f"{name}.{inner}" for inner in multiline(field.annotation)}
    return frozenset(found)


def _may_have_lines(field: str, lines: frozenset[str]) -> bool:
    return field in lines or any(field.startswith(f"{one}.") for one in lines)


def refuse_controls(value: Any, field: str, lines: frozenset[str] = frozenset(), depth: int = 0) -> None:
    """Raise Problem 400 when a string within ``value`` (JSON data) holds CR, LF or NUL, or when it is nested deeper
    than anything of ours; the fields ``lines`` may hold line breaks."""
    if depth > _DEEPEST:  # a body of 2 KB can be a thousand deep, which is more than Python's own stack takes
        raise Problem(400, f"内容嵌套超过 {_DEEPEST} 层", f"nested deeper than {_DEEPEST}", field="body")
    if isinstance(value, str):
        for character, name in (_IN_LINES if _may_have_lines(field, lines) else _FORBIDDEN).items():
            if character in value:
                zh, en = f"字段 {field} 含有不允许的控制字符 {name}", f"field {field} holds a forbidden {name}"
                raise Problem(400, zh, en, field=field)
    elif isinstance(value, dict):
        for key, inner in value.items():
            refuse_controls(key, field or "body")
            refuse_controls(inner, f"{field}.{key}" if field else key, lines, depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            refuse_controls(inner, f"{field}.{place}" if field else str(place), lines, depth + 1)


def checked(model: type[M], data: dict[str, Any], part: str) -> M:
    """``data`` as a ``model``. Raises Problem 400 that names the first field at fault; never echoes its value."""
    refuse_controls(data, "", multiline(model))
    try:
        return model.model_validate(data)
    except ValidationError as errors:
        first = errors.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or part
        raise Problem(400, f"字段 {field} 不合要求", f"field {field}: {first['msg']}", field=field) from None


async def read_body(request: web.Request, timeout_s: float) -> bytes:
    """The whole body, bounded by the application's ``client_max_size``. Raises Problem 408 for one that trickles."""
    if request.content.is_eof():  # it came with the head, as most do: nothing to wait for
        return await request.read()
    try:
        async with asyncio.timeout(timeout_s):
            return await request.read()
    except TimeoutError:
        raise Problem(408, "请求内容未及时送达", "the body did not arrive in time") from None


async def parse_body(request: web.Request, model: type[M], timeout_s: float) -> M:
    """The JSON body as a ``model``. An empty body stands for ``{}`` only where the model has no fields."""
    raw = await read_body(request, timeout_s)
    if not raw and model is Nothing:
        return checked(model, {}, "body")
    if request.content_type != "application/json":
        raise Problem(415, "请以 application/json 提交", "send the body as application/json", field="Content-Type")
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Problem(400, "请求内容不是有效的 JSON", f"the body is not valid JSON: {where}", field="body") from None
    if not isinstance(data, dict):
        raise Problem(400, "请求内容须为 JSON 对象", "the body must be a JSON object", field="body")
    return checked(model, data, "body")


def parse_query(request: web.Request, model: type[M]) -> M:
    """The query as a ``model``. A name given twice is an error rather than a guess."""
    data: dict[str, Any] = {}
    for name, value in request.query.items():
        if name in data:
            raise Problem(400, f"参数 {name} 重复", f"parameter {name} is given twice", field=name)
        data[name] = value
    return checked(model, data, "query")


def parse_path(request: web.Request) -> dict[str, str]:
    path = dict(request.match_info)
    refuse_controls(path, "")
    return path


KEY = "Idempotency-Key"


def idempotency_key(request: web.Request) -> str:
    """The key under which an act is done once (draft-ietf-httpapi-idempotency-key-header), "" when there is none.
    Raises Problem 400."""
    key = request.headers.get(KEY, "")
    if not (key.isascii() and key.isprintable() and len(key) <= 200):
        raise Problem(400, f"{KEY} 须为可见字符，最长 200", f"{KEY} must be printable, at most 200", field=KEY)
    return key
