"""A fake Weibo: the platform's side of the fans service (粉丝服务平台), on a free loopback port.

It pushes as Weibo does: signed with the AppSecret, JSON or XML, three times in all until it is answered with 200 within
``cut_s``. It answers messages/reply and mss/msget with the platform's own fields, error codes and limits: 48 hours
after a message without a number, one answer to a mention, none to somebody who has unfollowed. The code of a closed
window is ours: the documents name none.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import aiohttp
import xmltodict
from aiohttp import web

TRIES = 3
WINDOW_S = 48 * 3600
SECRET, TOKEN, UID = "app-secret", "2.00-access-token", 1902538057
CLOSED = 21999


def created_at(at: float) -> str:
    """A time as Weibo writes it."""
    return (datetime.fromtimestamp(at, UTC) + timedelta(hours=8)).strftime("%a %b %d %H:%M:%S +0800 %Y")


def signed(at: float, nonce: str, secret: str = SECRET) -> dict[str, str]:
    """The query of a push."""
    stamp = str(int(at))
    joined = "".join(sorted((secret, stamp, nonce)))
    return {"signature": hashlib.sha1(joined.encode()).hexdigest(), "timestamp": stamp, "nonce": nonce}


@dataclass
class Pushed:
    """What became of a push: the statuses of its tries (0 for none in time) and the last answer."""

    statuses: list[int] = field(default_factory=list)
    body: bytes = b""

    @property
    def reply(self) -> dict[str, Any]:
        """The passive reply, {} for none."""
        if not self.body:
            return {}
        return dict(xmltodict.parse(self.body)["xml"]) if self.body[:1] == b"<" else dict(json.loads(self.body))

    @property
    def text(self) -> str:
        """What the citizen reads."""
        reply = self.reply
        if "data" in reply:
            return str(json.loads(unquote(reply["data"]))["text"])
        return str(reply.get("Content", ""))


class FakeWeibo:
    """``sent`` are the messages that citizens got, ``base`` the address of the API."""

    def __init__(self, clock: Callable[[], float], cut_s: float = 5.0) -> None:
        self.clock, self.cut_s = clock, cut_s
        self.base = ""
        self.sent: list[tuple[str, str]] = []
        self.faults: list[tuple[int, Any]] = []
        """Answers (status, body) that come before the usual ones."""
        self.files: dict[str, tuple[str, bytes]] = {}
        self.token = TOKEN
        self._wrote: dict[str, float] = {}
        self._mentions: Counter[str] = Counter()
        self._nonces = itertools.count(1)
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeWeibo]:
        app = web.Application()
        app.router.add_post("/2/messages/reply.json", self._reply)
        app.router.add_get("/2/mss/msget", self._file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with aiohttp.ClientSession() as self._http:
                yield self
        finally:
            await runner.cleanup()

    # -- pushing -------------------------------------------------------------------------------------------------------

    def message(self, user: int, text: str = "", kind: str = "text", **data: Any) -> dict[str, Any]:
        """A message of a citizen by the names of the JSON format."""
        at = created_at(self.clock())
        return {
            "type": kind, "receiver_id": UID, "sender_id": user, "created_at": at, "text": text, "data": data,
        }  # fmt: skip

    def add_file(self, data: bytes, mime: str = "image/jpeg") -> str:
        """A file that a citizen has sent; the receiver's id of it."""
        fid = str(1000 + len(self.files))
        self.files[fid] = (mime, data)
        return fid

    async def push(self, url: str, fields: Mapping[str, Any], xml: bool = False, tries: int = TRIES) -> Pushed:
        """Push a message until it is answered. A citizen's message opens their window."""
        user = str(fields.get("sender_id", ""))
        if fields.get("type") == "mention":
            self._mentions[user] += 1
        elif (fields.get("data") or {}).get("subtype") == "unfollow":
            self._wrote.pop(user, None)
        else:
            self._wrote[user] = self.clock()
        body = xml_of(fields) if xml else json.dumps(fields).encode()
        pushed = Pushed()
        for _ in range(tries):
            query = signed(self.clock(), str(next(self._nonces)))
            status, pushed.body = await self.post(url, query, body)
            pushed.statuses.append(status)
            if status == 200:
                if pushed.body and fields.get("type") == "mention":
                    self._mentions[user] -= 1
                break
        return pushed

    async def post(self, url: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """One try: status and body, (0, b"") when there was no answer in time."""
        assert self._http is not None
        try:
            async with asyncio.timeout(self.cut_s), self._http.post(url, params=dict(query), data=body) as response:
                return response.status, await response.read()
        except (TimeoutError, aiohttp.ClientError):
            return 0, b""

    # -- being called --------------------------------------------------------------------------------------------------

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if self.faults:
            status, body = self.faults.pop(0)
            return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))
        if form.get("access_token") != self.token:
            return _error(21327, "expired_token")
        text = json.loads(unquote(str(form["data"])))["text"]
        if form.get("type") != "text" or len(text) >= 300:
            return _error(20012, "content is too long!")
        user = str(form["receiver_id"])
        if self.clock() - self._wrote.get(user, -WINDOW_S) >= WINDOW_S:
            if self._mentions[user] < 1:
                return _error(CLOSED, "no message quota for this receiver")
            self._mentions[user] -= 1
        self.sent.append((user, text))
        answer = {"result": True, "sender_id": UID, "receiver_id": int(user), "type": "text", "data": form["data"]}
        return web.json_response(answer)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if self.faults:
            status, body = self.faults.pop(0)
            return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))
        if request.query.get("access_token") != self.token:
            return _error(21332, "invalid_access_token")
        if (fid := request.query.get("fid", "")) not in self.files:
            return _error(20101, "target does not exist")
        mime, data = self.files[fid]
        return web.Response(body=data, content_type=mime)


def xml_of(fields: Mapping[str, Any]) -> bytes:
    """The message in the XML that is made for WeChat's clients."""
    data, moment = fields.get("data") or {}, datetime.strptime(fields["created_at"], "%a %b %d %H:%M:%S %z %Y")
    named = {
        "ToUserName": fields["receiver_id"], "FromUserName": fields["sender_id"], "MsgType": fields["type"],
        "CreateTime": int(moment.timestamp()), "Content": fields.get("text", ""), "MediaId": data.get("tovfid"),
        "Event": data.get("subtype"), "EventKey": data.get("key"), "Location_X": data.get("latitude"),
        "Location_Y": data.get("longitude"), "MsgId": "",
    }  # fmt: skip
    if named["MsgType"] == "position":
        named["MsgType"] = "location"
    nodes = (f"<{k}><![CDATA[{v}]]></{k}>" for k, v in named.items() if v is not None)
    return f"<xml>{''.join(nodes)}</xml>".encode()


def _error(code: int, text: str) -> web.StreamResponse:
    body = {"request": "/2/messages/reply.json", "error_code": code, "error": text}
    return web.json_response(body, status=403)
