"""Tencent's SMS as a ``Link``: its doors for replies and reports, and SendSms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from yarl import URL

from gateway.channels.port import ChannelMeans, Permanent, Retryable
from gateway.channels.sms.byhttp.calls import Sending, call
from gateway.channels.sms.byhttp.door import Pieces, SmsDoors
from gateway.channels.sms.byhttp.template import messages
from gateway.channels.sms.byhttp.times import e164
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.tencent.config import TencentSms
from gateway.channels.sms.tencent.errors import judged
from gateway.channels.sms.tencent.normalise import pieces
from gateway.channels.sms.tencent.wire import result, signed
from gateway.model.http import Door, HttpAnswer, HttpAsked

_DONE = HttpAnswer(body=b'{"result":0,"errmsg":"OK"}', content_type="application/json; charset=utf-8")


class TencentLink:
    """Implements ``gateway.channels.sms.port.Link``. ``path`` and ``secret_key`` are what the configuration's
    references point at. ValueError for a ``path`` unfit for an address."""

    def __init__(
        self, config: TencentSms, means: ChannelMeans, inbox: Inbox, *, path: str, secret_key: str = ""
    ) -> None:
        self._config, self._means, self._secret = config, means, secret_key
        self._sending = Sending()
        self.door = SmsDoors(config, inbox, path, self._read, _DONE)

    def doors(self) -> Sequence[Door]:
        return self.door.doors()

    def figures(self) -> Mapping[str, float]:
        return self.door.figures()

    def _read(self, asked: HttpAsked, reports: bool) -> Pieces:
        return pieces(asked.body, asked.headers.get("content-type", ""), self._config.number, asked.at)

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """One message, or several for a long text; each has its own SerialNo, by which its report comes."""
        config = self._config
        if not config.secret_id:
            raise Permanent("此短信账号未配置发送 / this SMS account does not send")
        wanted = messages(text, config.params, config.param_chars, config.most_messages)
        values = [json.dumps(one, ensure_ascii=False) for one in wanted]
        return await self._sending.send(key, values, lambda value, _: self._send_one(target, value, key))

    async def _send_one(self, target: str, values: str, key: str) -> str:
        config = self._config
        asked = {
            "PhoneNumberSet": [e164(target)],
            "SmsSdkAppId": config.app_id,
            "SignName": config.sign_name,
            "TemplateId": config.template,
            "TemplateParamSet": json.loads(values),
            "SessionContext": key,
        }
        if config.extend_code:
            asked["ExtendCode"] = config.extend_code
        body = json.dumps(asked, ensure_ascii=False).encode()
        headers = signed(
            "SendSms",
            body,
            secret_id=config.secret_id,
            secret_key=self._secret,
            host=config.api_base.partition("://")[2],
            region=config.region,
            at=self._means.clock(),
        )
        answered = await call(self._means.http, "POST", URL(f"{config.api_base}/"), headers, body, config.call_s)
        told = result(answered.body)
        if told.code == "Ok" and told.serial_no:
            return told.serial_no
        if told.code in ("", "Ok"):
            raise Retryable(f"腾讯云短信 answered {answered.status} without a code or a SerialNo")
        raise judged(told.code, config.account)

    async def run(self) -> None:
        """Nothing to keep: Tencent calls us."""
