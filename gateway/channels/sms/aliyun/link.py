"""Aliyun's SMS as a ``Link``: its doors for SmsUp and SmsReport, and SendSms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from yarl import URL

from gateway.channels.port import ChannelMeans, Permanent, Retryable
from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.aliyun.errors import judged
from gateway.channels.sms.aliyun.normalise import pieces
from gateway.channels.sms.aliyun.wire import result, signed
from gateway.channels.sms.byhttp.calls import Sending, call
from gateway.channels.sms.byhttp.door import Pieces, SmsDoors
from gateway.channels.sms.byhttp.template import messages
from gateway.channels.sms.port import Inbox
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.ids import new_id

_DONE = HttpAnswer(body='{"code":0,"msg":"成功"}'.encode(), content_type="application/json; charset=utf-8")


class AliyunLink:
    """Implements ``gateway.channels.sms.port.Link``. ``path`` and ``access_key_secret`` are what the configuration's
    references point at. ValueError for a ``path`` unfit for an address."""

    def __init__(
        self, config: AliyunSms, means: ChannelMeans, inbox: Inbox, *, path: str, access_key_secret: str = ""
    ) -> None:
        self._config, self._means, self._secret = config, means, access_key_secret
        self._sending = Sending()
        self.door = SmsDoors(config, inbox, path, self._read, _DONE)

    def doors(self) -> Sequence[Door]:
        return self.door.doors()

    def figures(self) -> Mapping[str, float]:
        return self.door.figures()

    def _read(self, asked: HttpAsked, reports: bool) -> Pieces:
        return pieces(asked.body, asked.headers.get("content-type", ""), self._config.number, asked.at)

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """One message, or several for a long text; each has its own BizId, by which its report comes."""
        config = self._config
        if not config.access_key_id:
            raise Permanent("此短信账号未配置发送 / this SMS account does not send")
        wanted = messages(text, len(config.params), config.param_chars, config.most_messages)
        values = [json.dumps(dict(zip(config.params, one, strict=True)), ensure_ascii=False) for one in wanted]
        return await self._sending.send(key, values, lambda value, _: self._send_one(target, value, key))

    async def _send_one(self, target: str, values: str, key: str) -> str:
        config = self._config
        params = {
            "PhoneNumbers": target,
            "SignName": config.sign_name,
            "TemplateCode": config.template,
            "TemplateParam": values,
            "OutId": key,
        }
        if config.extend_code:
            params["SmsUpExtendCode"] = config.extend_code
        ready = signed(
            "SendSms",
            params,
            key_id=config.access_key_id,
            secret=self._secret,
            host=config.api_base.partition("://")[2],
            at=self._means.clock(),
            nonce=new_id(),
        )
        url = URL(f"{config.api_base}/?{ready.query}", encoded=True)
        answered = await call(self._means.http, "POST", url, ready.headers, None, config.call_s)
        told = result(answered.body)
        if told.code == "OK" and told.biz_id:
            return told.biz_id
        if not told.code or told.code == "OK":
            raise Retryable(f"阿里云短信 answered {answered.status} without a code or a BizId")
        raise judged(told.code, told.message, config.account)

    async def run(self) -> None:
        """Nothing to keep: Aliyun calls us."""
