"""A fake of Aliyun's SMS service: checks ACS3-HMAC-SHA256 from the request as it stands on the wire, records what is
sent, refuses as it is told, and pushes SmsUp and SmsReport, at first and after 1, 5 and 10 minutes (without waiting).

Written from help.aliyun.com's documents, independently of the gateway's code.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.sms_pushing import Pushes, push

KEY_ID, KEY_SECRET = "LTAI5tFakeFakeFake", "fake-key-secret"
TRIES = 4
_PROOF = re.compile(r"ACS3-HMAC-SHA256 Credential=(\S+?),SignedHeaders=(\S+?),Signature=([0-9a-f]{64})")


@dataclass(frozen=True)
class SentSms:
    phone: str
    sign_name: str
    template: str
    values: dict[str, str]
    out_id: str
    biz_id: str

    @property
    def text(self) -> str:
        return "".join(self.values.values())


class FakeAliyunSms:
    """``sent`` are the messages taken, ``base`` the address of the API, ``refusals`` codes
    and messages that come first (None lets a message through)."""

    def __init__(self, clock: Callable[[], float], cut_s: float = 5.0) -> None:
        self.clock, self.cut_s = clock, cut_s
        self.base = ""
        self.sent: list[SentSms] = []
        self.refusals: list[tuple[str, str] | None] = []
        self.raw_answers: list[tuple[int, bytes]] = []
        self.wrong: list[str] = []
        """Why calls were refused for their signature."""
        self._nonces: set[str] = set()
        self._numbers = itertools.count(932702304080415357)
        self._sequence = itertools.count(1234567890)
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeAliyunSms]:
        app = web.Application()
        app.router.add_route("*", "/", self._call)
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

    def up(self, phone: str, text: str, dest_code: str = "4321") -> dict[str, Any]:
        """A citizen's message as SmsUp has it."""
        return {
            "phone_number": phone,
            "content": text,
            "send_time": self._local(),
            "dest_code": dest_code,
            "sequence_id": next(self._sequence),
            "sign_name": "海口12345",
        }

    def report(self, sent: SentSms, success: bool = True) -> dict[str, Any]:
        """A message's fate as SmsReport has it."""
        return {
            "phone_number": sent.phone,
            "send_time": self._local(),
            "report_time": self._local(),
            "success": success,
            "err_code": "DELIVERED" if success else "MK:0013",
            "err_msg": "用户接收成功" if success else "空号",
            "sms_size": "1",
            "biz_id": sent.biz_id,
            "out_id": sent.out_id,
        }

    async def push(self, url: str, *items: dict[str, Any], tries: int = TRIES) -> Pushes:
        """One callback with several items, repeated until it is taken."""
        assert self._http is not None
        return await push(self._http, url, json.dumps(items, ensure_ascii=False).encode(), tries, self.cut_s)

    def _local(self) -> str:
        return datetime.fromtimestamp(self.clock() + 8 * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S")

    # -- being called --------------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if why := self._fault(request, await request.read()):
            self.wrong.append(why)
            return web.json_response({"Code": "SignatureDoesNotMatch", "Message": why, "RequestId": "R"}, status=400)
        if self.raw_answers:
            status, body = self.raw_answers.pop(0)
            return web.Response(status=status, body=body)
        if self.refusals and (refusal := self.refusals.pop(0)):
            code, message = refusal
            return web.json_response({"Code": code, "Message": message, "RequestId": "R"})
        query = request.query
        values = json.loads(query["TemplateParam"])
        if any(len(value) > 35 for value in values.values()):
            return web.json_response(
                {"Code": "isv.PARAM_LENGTH_LIMIT", "Message": "参数超出长度限制", "RequestId": "R"}
            )
        biz_id = f"{next(self._numbers)}^0"
        self.sent.append(
            SentSms(query["PhoneNumbers"], query["SignName"], query["TemplateCode"], values, query["OutId"], biz_id)
        )
        return web.json_response({"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "R"})

    def _fault(self, request: web.Request, body: bytes) -> str:
        """What is wrong with a call's signature, "" for nothing."""
        found = _PROOF.fullmatch(request.headers.get("Authorization", ""))
        if found is None or found[1] != KEY_ID:
            return "no Authorization of ours"
        names = found[2].split(";")
        if not {"host", *(name.lower() for name in request.headers if name.lower().startswith("x-acs-"))} <= set(names):
            return "a header that must be signed is not"
        if request.headers["x-acs-content-sha256"] != hashlib.sha256(body).hexdigest():
            return "the body's hash is wrong"
        if (request.headers["x-acs-action"], request.headers["x-acs-version"]) != ("SendSms", "2017-05-25"):
            return "no such action"
        at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        nonce = request.headers["x-acs-signature-nonce"]
        if abs(at - self.clock()) > 900 or nonce in self._nonces:
            return "too old, or a nonce that came before"
        self._nonces.add(nonce)
        raw_query = request.raw_path.partition("?")[2]
        canonical = "\n".join([
            request.method, "/", "&".join(sorted(raw_query.split("&"))),
            *(f"{name}:{request.headers[name].strip()}" for name in sorted(names)), "", ";".join(sorted(names)),
            request.headers["x-acs-content-sha256"],
        ])  # fmt: skip
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        good = hmac.digest(KEY_SECRET.encode(), to_sign.encode(), "sha256").hex()
        return "" if good == found[3] else f"signature {found[3]} is not {good}"
