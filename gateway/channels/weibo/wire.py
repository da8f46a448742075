"""A push of Weibo's fans service: proved and read. Bytes and query in, fields out; no IO, no clock of its own.

The signature is SHA-1 over the sorted AppSecret, timestamp and nonce. It does not cover the body, so whoever sees one
push could send another body under it: its age is bounded, and within that time a nonce belongs to the first body that
came with it. The platform's own repeat has the same body and passes. Fields come out by the names of the JSON format
(type, sender_id, receiver_id, created_at, text, data), also from the XML that the platform offers for WeChat's clients
(open.weibo.com/wiki, 消息推送服务 and 微信XML格式兼容).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from defusedxml.ElementTree import fromstring as defused  # type: ignore[import-untyped]

from gateway.channels.wechat_crypto import NOT_XML_TEXT, WireError, check_signature, read_envelope

Fields = Mapping[str, Any]

_ECHO = re.compile(r"[!-~]{1,256}")
_STAMP = re.compile(r"[0-9]{1,14}")
_MILLISECONDS = 11
"""Digits from which a timestamp counts milliseconds: seconds have ten until the year 2286."""

_OUTER: Mapping[str, tuple[str, ...]] = {
    "type": ("type", "MsgType"),
    "sender_id": ("sender_id", "FromUserName"),
    "receiver_id": ("receiver_id", "ToUserName"),
    "created_at": ("created_at", "CreateTime"),
    "text": ("text", "Content", "Label"),
    "id": ("id", "MsgId"),
}
_INNER: Mapping[str, tuple[str, ...]] = {
    "subtype": ("subtype", "Event"),
    "key": ("key", "EventKey"),
    "ticket": ("ticket", "Ticket"),
    "tovfid": ("tovfid", "MediaId", "MediaID"),
    "vfid": ("vfid",),
    "longitude": ("longitude", "Longitude", "Location_Y"),
    "latitude": ("latitude", "Latitude", "Location_X"),
}
_TYPES = {"location": "position"}
"""Types by WeChat's names."""


@dataclass(frozen=True, slots=True)
class Push:
    """A proved push. ``format`` is the one that the answer must have."""

    fields: Fields
    format: Literal["json", "xml"]
    flags: tuple[str, ...] = ()


class Nonces:
    """The signatures of the last ``max_age_s`` seconds, at most ``most``, each with the digest of its body."""

    def __init__(self, max_age_s: float, most: int) -> None:
        self._lasts_s, self._most = 2 * max_age_s, most  # a clock ahead of ours by max_age_s is valid twice as long
        self._seen: OrderedDict[tuple[str, str], tuple[float, bytes]] = OrderedDict()

    def check(self, query: Mapping[str, str], body: bytes, now: float) -> None:
        """Raises WireError (401) when this signature came with another body before."""
        key = (query.get("timestamp", ""), query.get("nonce", ""))
        digest = hashlib.sha256(body).digest()
        self._forget(now)
        first = self._seen.setdefault(key, (now, digest))
        if first[1] != digest:
            raise WireError("nonce", "was used for another message", 401)

    def _forget(self, now: float) -> None:
        while self._seen:
            at, _ = next(iter(self._seen.values()))
            if len(self._seen) < self._most and now - at <= self._lasts_s:
                return
            self._seen.popitem(last=False)


class Wire:
    """The wire of one account. Without ``nonces`` a signature may be used again (reading files)."""

    def __init__(self, app_secret: str, nonces: Nonces | None = None) -> None:
        """Raises ValueError without a secret."""
        if not app_secret:
            raise ValueError("the AppSecret is needed to check signatures")
        self._secret, self._nonces = app_secret, nonces

    def echo(self, query: Mapping[str, str], now: float, max_age_s: float | None) -> str:
        """The answer to the platform's verification GET. Raises WireError."""
        self._prove(query, now, max_age_s)
        text = query.get("echostr", "")
        if not _ECHO.fullmatch(text):
            raise WireError("echostr", "is missing or not plain text")
        return text

    def open(self, query: Mapping[str, str], body: bytes, now: float, max_age_s: float | None) -> Push:
        """Prove and read a push. Raises WireError and nothing else, whatever the bytes."""
        self.prove(query, body, now, max_age_s)
        return read_proved(body)

    def prove(self, query: Mapping[str, str], body: bytes, now: float, max_age_s: float | None) -> None:
        """Check signature, age and nonce. For the event loop's thread only. Raises WireError (401)."""
        self._prove(query, now, max_age_s)
        if self._nonces is not None:
            self._nonces.check(query, body, now)

    def _prove(self, query: Mapping[str, str], now: float, max_age_s: float | None) -> None:
        check_signature(query, "signature", self._secret)
        stamp = query.get("timestamp", "")
        if not _STAMP.fullmatch(stamp):
            raise WireError("timestamp", "is not a number of seconds", 401)
        at = int(stamp) / 1000 if len(stamp) >= _MILLISECONDS else int(stamp)
        if max_age_s is not None and abs(now - at) > max_age_s:
            raise WireError("timestamp", f"is more than {max_age_s:g} s away from now", 401)


def read_proved(body: bytes) -> Push:
    """Read a push that was proved: a WireError is ``vouched``, because its original must be kept."""
    try:
        return read(body)
    except WireError as error:
        raise error.vouch() from None


def read(body: bytes) -> Push:
    """A push's fields, JSON or XML told by its first character. Raises WireError that says what is wrong."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        found, mended = _read_xml(body)
        return Push(canonical(found), "xml", ("mended",) if mended else ())
    found, mended = _read_json(body)
    return Push(canonical(found), "json", ("mended",) if mended else ())


def canonical(found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by their JSON names. What lies in ``data`` may also lie outside, as in XML.

    Raises WireError when there is no type: it is no message then.
    """
    inner = found.get("data")
    data = dict(inner) if isinstance(inner, dict) else {}
    outer = {name: _first(found, names) for name, names in _OUTER.items()}
    for name, names in _INNER.items():
        if data.get(name) in (None, "") and (value := _first(found, names)) not in (None, ""):
            data[name] = value
    kind = outer["type"]
    if not isinstance(kind, str) or not kind.strip():
        raise WireError("type", "missing")
    kind = kind.strip().lower()
    outer["type"] = _TYPES.get(kind, kind)
    return {name: value for name, value in outer.items() if value is not None} | {"data": data}


def _first(found: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((found[name] for name in names if found.get(name) not in (None, "")), None)


def _read_json(body: bytes) -> tuple[dict[str, Any], bool]:
    try:
        text, mended = body.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, mended = body.decode("utf-8", "replace").removeprefix("\ufeff"), True
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("body", f"is neither JSON nor XML ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise WireError("body", "is not a JSON object")
    return found, mended


def _read_xml(body: bytes) -> tuple[dict[str, Any], bool]:
    """The leaves of the XML by name: what the JSON format nests in ``data`` may be nested here too, or not."""
    _, mended = read_envelope(body)  # refuses DTDs, entities and deep nesting
    text = NOT_XML_TEXT.sub("", body.decode("utf-8-sig", "replace"))
    root = defused(text, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    found: dict[str, Any] = {}
    for element in root.iter():
        if element is not root and not len(element):
            found.setdefault(element.tag, element.text or "")
    return found, mended
