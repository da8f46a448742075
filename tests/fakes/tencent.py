"""A fake Tencent: the cloud side of WeChat official accounts and of WeCom customer service, on a free loopback port.

It answers the calls that the gateway makes (stable_token, media/get, message/custom/send, message/subscribe/bizsend,
gettoken, kf/sync_msg, kf/send_msg, kf/send_msg_on_event) with the platforms' own fields, codes and limits, and it
pushes as they push: signed, plain, compatible or encrypted (by wechatpy, not by the gateway's code), and again, three
times in all, when there is no answer within five seconds (``cut_s``) or none with status 200.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import xmltodict
from aiohttp import web
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

Mode = Literal["plain", "compatible", "encrypted"]

TRIES = 3
WINDOW_S, MESSAGES = 48 * 3600, 5
_PREVIEW = {"thing": 20, "phrase": 5, "character_string": 32, "name": 10}


def sign(*parts: str) -> str:
    """The platforms' SHA-1 over the sorted parts, by wechatpy."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def aes_key(seed: int = 1) -> str:
    """A 43 character EncodingAESKey."""
    return base64.b64encode(random.Random(seed).randbytes(32)).decode().rstrip("=")


def xml_of(fields: Mapping[str, Any]) -> str:
    """A message as the platform writes it: texts in CDATA, numbers bare."""
    nodes = (
        f"<{k}>{v}</{k}>" if isinstance(v, int | float) else f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()
    )
    return f"<xml>{''.join(nodes)}</xml>"


@dataclass
class Official:
    """One official account on the platform's side."""

    app_id: str = "wx0123456789abcdef"
    secret: str = "app-secret"
    token: str = "push-token"
    key: str = field(default_factory=aes_key)
    gh: str = "gh_12345"
    mode: Mode = "encrypted"

    @property
    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.token, self.key, self.app_id)

    def signed(self, now: float, body: str = "", mode: Mode | None = None) -> tuple[dict[str, str], bytes]:
        """Query and body of a push at ``now`` in the account's mode."""
        mode = mode or self.mode
        stamp, nonce = str(int(now)), str(random.randrange(10**9))
        query = {"signature": sign(self.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if mode == "plain":
            return query, body.encode()
        sealed = self.crypto.encrypt_message(body, nonce, stamp)
        parsed = xmltodict.parse(sealed)["xml"]
        query |= {"encrypt_type": "aes", "msg_signature": parsed["MsgSignature"]}
        inner = body.removeprefix("<xml>").removesuffix("</xml>") if mode == "compatible" else ""
        to = f"<ToUserName><![CDATA[{self.gh}]]></ToUserName>" if mode == "encrypted" else ""
        return query, f"<xml>{to}{inner}<Encrypt><![CDATA[{parsed['Encrypt']}]]></Encrypt></xml>".encode()

    def read_reply(self, body: bytes) -> dict[str, str]:
        """The fields of a passive reply, opened and checked; {} for "success"."""
        if body in (b"", b"success"):
            return {}
        fields = xmltodict.parse(body)["xml"]
        if "Encrypt" in fields:
            text = self.crypto.decrypt_message(body, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"])
            fields = xmltodict.parse(text)["xml"]
        return dict(fields)


@dataclass
class Pushed:
    """What became of a push: the statuses of its tries (0 for none in time) and the reply of the answered one."""

    statuses: list[int] = field(default_factory=list)
    reply: dict[str, str] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        return bool(self.statuses) and self.statuses[-1] == 200

    @property
    def text(self) -> str:
        return self.reply.get("Content", "")


@dataclass
class Corp:
    """One enterprise on WeCom's side with its customer-service account."""

    corp_id: str = "ww0123456789abcdef"
    secret: str = "kf-secret"
    token: str = "kf-token"
    key: str = field(default_factory=lambda: aes_key(2))
    kf: str = "wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw"


class FakeTencent:
    """Both platforms. ``clock`` may be moved; ``sent``, ``subscribed`` and ``kf_sent`` hold what citizens would see."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.cut_s, self.repeat_s = 5.0, 0.0
        self.official, self.corp = Official(), Corp()
        self.base = ""
        self.sent: list[tuple[str, str]] = []
        self.subscribed: list[dict[str, Any]] = []
        self.agreed: set[str] = set()
        self.kf_sent: list[dict[str, Any]] = []
        self.kf_welcomed: list[dict[str, Any]] = []
        self.asked: list[str] = []
        """Paths called, in order."""
        self.tokens_made: list[bool] = []
        """One entry a stable_token or gettoken call that was answered: whether a refresh was forced."""
        self.page = 1000
        self._tokens: set[str] = set()
        self._current = ""
        self._media: dict[str, tuple[bytes, str, str]] = {}
        self._faults: dict[str, deque[Any]] = {}
        self._last: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._kf_messages: list[dict[str, Any]] = []
        self._kf_ids: set[str] = set()
        self._numbers = itertools.count(1)
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTencent]:
        app = web.Application(client_max_size=8_388_608)
        app.router.add_post("/cgi-bin/stable_token", self._stable_token)
        app.router.add_get("/cgi-bin/gettoken", self._get_token)
        for path, answer in (
            ("/cgi-bin/message/custom/send", self._custom_send),
            ("/cgi-bin/message/subscribe/bizsend", self._bizsend),
            ("/cgi-bin/kf/sync_msg", self._sync_msg),
            ("/cgi-bin/kf/send_msg", self._kf_send),
            ("/cgi-bin/kf/send_msg_on_event", self._kf_event),
        ):
            app.router.add_post(path, self._with_token(answer))
        app.router.add_get("/cgi-bin/media/get", self._with_token(self._media_get))
        app.router.add_get("/video/{id}", self._video)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base = "http://127.0.0.1:{}".format(*runner.addresses[0][1:2])
        try:
            async with aiohttp.ClientSession() as self._http:
                yield self
        finally:
            await runner.cleanup()

    # -- what tests set up ---------------------------------------------------------------------------------------------

    def fail(self, path: str, *answers: Any) -> None:
        """The next calls of ``path`` get these: a number is an errcode, ``"hang"`` no answer, or a whole answer."""
        self._faults.setdefault(path, deque()).extend(answers)

    def expire_tokens(self) -> None:
        """All tokens end, as when someone fetched one elsewhere."""
        self._tokens.clear()
        self._current = ""

    def refuse_tokens_silently(self) -> None:
        """All tokens are refused, though stable_token still hands the present one out until it is forced."""
        self._tokens.clear()

    def add_media(self, data: bytes, mime: str = "image/jpeg", name: str = "a.jpg") -> str:
        media_id = f"media-{next(self._numbers)}"
        self._media[media_id] = (data, mime, name)
        return media_id

    def message(self, openid: str, kind: str = "text", **fields: Any) -> dict[str, Any]:
        """The fields of a message of a citizen, with a fresh MsgId."""
        head = {"ToUserName": self.official.gh, "FromUserName": openid, "CreateTime": int(self.clock())}
        tail = {} if kind == "event" else {"MsgId": 23_000_000_000_000_000 + next(self._numbers)}
        return {**head, "MsgType": kind, **fields, **tail}

    # -- pushing -------------------------------------------------------------------------------------------------------

    async def push(self, url: str, fields: Mapping[str, Any], mode: Mode | None = None, tries: int = TRIES) -> Pushed:
        """Push a message until it is answered, as WeChat does. A citizen's message opens their window."""
        user = str(fields.get("FromUserName", ""))
        if fields.get("MsgType") != "event":
            self._last[user], self._counts[user] = self.clock(), 0
        pushed = Pushed()
        for _ in range(tries):
            query, body = self.official.signed(self.clock(), xml_of(fields), mode)
            status, answer = await self.post(url, query, body)
            pushed.statuses.append(status)
            if status == 200:
                pushed.reply = self.official.read_reply(answer)
                break
            await asyncio.sleep(self.repeat_s)
        return pushed

    async def post(self, url: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """One try: status and body, (0, b"") when there was no answer in time."""
        assert self._http is not None
        try:
            async with (
                asyncio.timeout(self.cut_s),
                self._http.post(url, params=dict(query), data=body, headers={"Content-Type": "text/xml"}) as response,
            ):
                return response.status, await response.read()
        except (TimeoutError, aiohttp.ClientError):
            return 0, b""

    def kf_callback(self) -> tuple[dict[str, str], bytes]:
        """Query and body of WeCom's notice that there are messages to pull."""
        corp, stamp, nonce = self.corp, str(int(self.clock())), str(random.randrange(10**9))
        event = {
            "ToUserName": corp.corp_id, "CreateTime": int(stamp), "MsgType": "event", "Event": "kf_msg_or_event",
            "Token": "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR", "OpenKfId": corp.kf,
        }  # fmt: skip
        crypto = WeChatCrypto(corp.token, corp.key, corp.corp_id)
        parsed = xmltodict.parse(crypto.encrypt_message(xml_of(event), nonce, stamp))["xml"]
        query = {"msg_signature": parsed["MsgSignature"], "timestamp": stamp, "nonce": nonce}
        return query, xml_of({"ToUserName": corp.corp_id, "Encrypt": parsed["Encrypt"], "AgentID": ""}).encode()

    def kf_write(self, user: str, kind: str = "text", origin: int = 3, **fields: Any) -> str:
        """A citizen writes to customer service: it waits to be pulled. Returns its msgid."""
        number = f"4FkCe{next(self._numbers):08d}"
        message = {"msgid": number, "send_time": int(self.clock()), "origin": origin, "msgtype": kind, kind: fields}
        message |= {"open_kfid": self.corp.kf, "external_userid": user} if kind != "event" else {}
        self._kf_messages.append(message)
        if origin == 3:
            self._last[user], self._counts[user] = self.clock(), 0
        return number

    # -- answering -----------------------------------------------------------------------------------------------------

    def _with_token(self, answer: Callable[[web.Request, Any], web.StreamResponse]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if (fault := await self._fault(request)) is not None:
                return fault
            if request.query.get("access_token") not in self._tokens:
                return _error(40001, "invalid credential, access_token is invalid or not latest")
            raw = await request.read()
            if raw and b"\\u" in raw:
                return _error(40035, "characters must be sent as UTF-8: citizens would see the escapes")
            return answer(request, json.loads(raw) if raw else {})

        return handle

    async def _fault(self, request: web.Request) -> web.StreamResponse | None:
        self.asked.append(request.path)
        faults = self._faults.get(request.path)
        if not faults:
            return None
        fault = faults.popleft()
        if fault == "hang":
            await asyncio.Event().wait()
        return _error(fault, "scripted") if isinstance(fault, int) else fault

    async def _stable_token(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if (fault := await self._fault(request)) is not None:
            return fault
        if (asked["appid"], asked["secret"]) != (self.official.app_id, self.official.secret):
            return _error(40125, "invalid appsecret")
        return self._token(bool(asked.get("force_refresh")))

    async def _get_token(self, request: web.Request) -> web.StreamResponse:
        if (fault := await self._fault(request)) is not None:
            return fault
        if (request.query["corpid"], request.query["corpsecret"]) != (self.corp.corp_id, self.corp.secret):
            return _error(40001, "invalid credential")
        return self._token(False)

    def _token(self, force: bool) -> web.StreamResponse:
        if force or not self._current:
            self._current = f"token-{next(self._numbers)}"
            self._tokens.add(self._current)
        self.tokens_made.append(force)
        return web.json_response({"access_token": self._current, "expires_in": 7200, "errcode": 0})

    def _allowed(self, user: str) -> int:
        """0, or why no customer-service message is allowed: 45015 past the window, 45047 too many."""
        last = self._last.get(user)
        if last is None or self.clock() - last >= WINDOW_S:
            return 45015
        if self._counts.get(user, 0) >= MESSAGES:
            return 45047
        self._counts[user] = self._counts.get(user, 0) + 1
        return 0

    def _custom_send(self, request: web.Request, asked: Any) -> web.StreamResponse:
        text = asked["text"]["content"]
        if len(text.encode()) > 2048:
            return _error(45002, "content size out of limit")
        if code := self._allowed(asked["touser"]):
            return _error(code, "response out of time limit or subscription is canceled")
        self.sent.append((asked["touser"], text))
        return _error(0, "ok")

    def _bizsend(self, request: web.Request, asked: Any) -> web.StreamResponse:
        for name, value in asked["data"].items():
            if not value["value"] or len(value["value"]) > _PREVIEW.get(name.rstrip("0123456789"), 32):
                return _error(47003, f"argument invalid! data.{name}.value invalid")
        if asked["touser"] not in self.agreed:
            return _error(43101, "user refuse to accept the msg")
        self.subscribed.append(asked)
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": 2_000 + len(self.subscribed)})

    def _media_get(self, request: web.Request, asked: Any) -> web.StreamResponse:
        media = self._media.get(request.query.get("media_id", ""))
        if media is None:
            return _error(40007, "invalid media_id")
        data, mime, name = media
        if (
            mime.startswith("video/")
            and request.query["access_token"].startswith("token-")
            and not name.startswith("kf")
        ):
            return web.json_response({"video_url": f"{self.base}/video/{request.query['media_id']}"})
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=data, content_type=mime, headers=headers)

    async def _video(self, request: web.Request) -> web.StreamResponse:
        data, mime, _ = self._media[request.match_info["id"]]
        return web.Response(body=data, content_type=mime)

    def _sync_msg(self, request: web.Request, asked: Any) -> web.StreamResponse:
        start = int(asked.get("cursor") or 0)
        end = min(start + min(asked.get("limit", 1000), self.page), len(self._kf_messages))
        found = {"msg_list": self._kf_messages[start:end], "next_cursor": str(end)}
        return web.json_response({"errcode": 0, "has_more": int(end < len(self._kf_messages)), **found})

    def _kf_send(self, request: web.Request, asked: Any) -> web.StreamResponse:
        if asked.get("open_kfid") != self.corp.kf:
            return _error(95000, "invalid open_kfid")
        if asked.get("msgid") in self._kf_ids:
            return _error(40058, "duplicate msgid")
        if code := self._allowed(asked["touser"]):
            return _error({45015: 95002, 45047: 95001}[code], "send msg session or count limit")
        self._kf_ids.add(asked.get("msgid", ""))
        self.kf_sent.append(asked)
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": asked.get("msgid", "")})

    def _kf_event(self, request: web.Request, asked: Any) -> web.StreamResponse:
        self.kf_welcomed.append(asked)
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": asked.get("msgid", "")})


def _error(code: int, text: str) -> web.StreamResponse:
    return web.json_response({"errcode": code, "errmsg": text})
