"""A fake of Tencent Cloud's SMS: checks TC3-HMAC-SHA256 from the request as it stands on the wire, records what is
sent, refuses as it is told, and pushes replies and reports until they are answered with ``{"result":0}``.

Written from cloud.tencent.com's documents, independently of the gateway's code.
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

SECRET_ID, SECRET_KEY, APP_ID = "AKIDFakeFakeFakeFake", "fake-secret-key", "1400006666"
TRIES = 3
_PROOF = re.compile(
    r"TC3-HMAC-SHA256 Credential=(\w+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
    r"SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True)
class SentSms:
    phone: str
    sign_name: str
    template: str
    values: list[str]
    context: str
    serial_no: str

    @property
    def text(self) -> str:
        return "".join(self.values)


class FakeTencentSms:
    """``sent`` are the messages taken, ``base`` the address of the API, ``refusals`` status codes that
    come first (None lets a message through)."""

    def __init__(self, clock: Callable[[], float], cut_s: float = 5.0) -> None:
        self.clock, self.cut_s = clock, cut_s
        self.base = ""
        self.sent: list[SentSms] = []
        self.refusals: list[str | None] = []
        self.errors: list[str] = []
        """Codes of whole calls that are refused (Response.Error)."""
        self.raw_answers: list[tuple[int, bytes]] = []
        self.wrong: list[str] = []
        self._numbers = itertools.count(1)
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeTencentSms]:
        app = web.Application()
        app.router.add_post("/", self._call)
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

    def reply(self, mobile: str, text: str, nationcode: str = "86") -> dict[str, Any]:
        """A citizen's message; Tencent gives it no id."""
        return {
            "extend": "", "mobile": mobile, "nationcode": nationcode, "sign": "海口12345", "text": text,
            "time": int(self.clock()),
        }  # fmt: skip

    def report(self, sent: SentSms, success: bool = True) -> dict[str, Any]:
        at = datetime.fromtimestamp(self.clock() + 8 * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return {
            "user_receive_time": at,
            "nationcode": "86",
            "mobile": sent.phone.removeprefix("+86"),
            "report_status": "SUCCESS" if success else "FAIL",
            "errmsg": "DELIVRD" if success else "UNDELIV",
            "description": "用户短信送达成功" if success else "用户关机",
            "sid": sent.serial_no,
        }

    async def push(self, url: str, what: dict[str, Any] | list[dict[str, Any]], tries: int = TRIES) -> Pushes:
        """One callback: a reply alone or a list of reports, repeated until it is taken."""
        assert self._http is not None
        return await push(self._http, url, json.dumps(what, ensure_ascii=False).encode(), tries, self.cut_s)

    # -- being called --------------------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if why := self._fault(request, body):
            self.wrong.append(why)
            return self._answer({"Error": {"Code": "AuthFailure.SignatureFailure", "Message": why}})
        if self.raw_answers:
            status, raw = self.raw_answers.pop(0)
            return web.Response(status=status, body=raw)
        if self.errors:
            return self._answer({"Error": {"Code": self.errors.pop(0), "Message": "refused"}})
        asked = json.loads(body)
        if asked["SmsSdkAppId"] != APP_ID:
            return self._answer({"Error": {"Code": "InvalidParameterValue.SdkAppIdNotExist", "Message": "no"}})
        phone = asked["PhoneNumberSet"][0]
        if self.refusals and (code := self.refusals.pop(0)):
            return self._answer({"SendStatusSet": [{"Code": code, "Message": "no", "SerialNo": ""}]})
        serial_no = f"5000:{next(self._numbers):020d}"
        self.sent.append(
            SentSms(
                phone,
                asked["SignName"],
                asked["TemplateId"],
                asked["TemplateParamSet"],
                asked["SessionContext"],
                serial_no,
            )
        )
        status = {"SerialNo": serial_no, "PhoneNumber": phone, "Fee": 1, "Code": "Ok", "Message": "send success"}
        return self._answer({"SendStatusSet": [status]})

    def _answer(self, response: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"Response": response | {"RequestId": "R"}})

    def _fault(self, request: web.Request, body: bytes) -> str:
        """What is wrong with a call's signature, "" for nothing."""
        found = _PROOF.fullmatch(request.headers.get("Authorization", ""))
        if found is None or found[1] != SECRET_ID:
            return "no Authorization of ours"
        stamp = request.headers["X-TC-Timestamp"]
        if (
            abs(int(stamp) - self.clock()) > 300
            or datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d") != found[2]
        ):
            return "too old, or of another day"
        if (request.headers["X-TC-Action"], request.headers["X-TC-Version"]) != ("SendSms", "2021-01-11"):
            return "no such action"
        names = found[3].split(";")
        if not {"content-type", "host"} <= set(names):
            return "a header that must be signed is not"
        lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
        canonical = f"POST\n/\n\n{lines}\n{found[3]}\n{hashlib.sha256(body).hexdigest()}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{found[2]}/sms/tc3_request\n{digest}"
        of_day = hmac.digest(b"TC3" + SECRET_KEY.encode(), found[2].encode(), "sha256")
        of_request = hmac.digest(hmac.digest(of_day, b"sms", "sha256"), b"tc3_request", "sha256")
        good = hmac.digest(of_request, to_sign.encode(), "sha256").hex()
        return "" if good == found[4] else f"signature {found[4]} is not {good}"
