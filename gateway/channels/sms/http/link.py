"""Generic SMS by HTTP as a ``Link``: its doors, and one request a message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from yarl import URL

from gateway.channels.port import ChannelMeans, Permanent, Retryable
from gateway.channels.sms.byhttp.calls import Answered, call
from gateway.channels.sms.byhttp.door import Pieces, SmsDoors
from gateway.channels.sms.byhttp.times import e164
from gateway.channels.sms.coding import ASCII, encode
from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.normalise import messages, reports
from gateway.channels.sms.http.wire import carried, request
from gateway.channels.sms.port import Inbox
from gateway.model.http import Door, HttpAnswer, HttpAsked

_MEND_S = 3600.0
_REFUSED = frozenset({401, 403})
_WRONG = frozenset({400, 404, 405, 413, 414, 422})


class HttpLink:
    """Implements ``gateway.channels.sms.port.Link``. ``path`` and ``password`` are what the configuration's references
    point at. ValueError for a ``path`` unfit for an address."""

    def __init__(self, config: HttpSms, means: ChannelMeans, inbox: Inbox, *, path: str, password: str = "") -> None:
        self._config, self._means, self._path, self._password = config, means, path, password
        self._success, self._never = re.compile(config.send.success), re.compile(config.send.never)
        done = HttpAnswer(body=config.answer.encode(), content_type=config.answer_type)
        self.door = SmsDoors(config, inbox, path, self._read, done, ("GET", "POST"))

    def doors(self) -> Sequence[Door]:
        return self.door.doors()

    def figures(self) -> Mapping[str, float]:
        return self.door.figures()

    def _read(self, asked: HttpAsked, at_reports: bool) -> Pieces:
        kind = asked.headers.get("content-type", "") if asked.body else "application/x-www-form-urlencoded"
        read = reports if at_reports else messages
        return read(carried(asked, self._config), self._config, kind, asked.at)

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """One request. The gateway divides long texts itself, and its id (or ours) stands for all the parts."""
        config, how = self._config, self._config.send
        if not how.url:
            raise Permanent("此短信账号未配置发送 / this SMS account does not send")
        if len(text) > how.largest:
            raise Permanent(f"内容过长，最多{how.largest}字 / too long: at most {how.largest} characters")
        ready = request(config, self._places(target, text, key))
        url = URL(ready.url, encoded=True)
        answered = await call(self._means.http, ready.method, url, ready.headers, ready.body, config.call_s)
        return (self._id_of(answered) or key,)

    def _places(self, target: str, text: str, key: str) -> dict[str, str]:
        config = self._config
        base = f"{config.our_base.rstrip('/')}/in/sms/{config.account}/{self._path}/report"
        return {
            "to": e164(target) if config.send.international else target,
            "text": text,
            "from": config.number,
            "key": key,
            "coding": "0" if encode(text, "gsm7").coding == ASCII else "2",
            "report_url": f"{base}?{config.report.id}={quote(key, safe='')}{config.report_query}",
            "password": self._password,
        }

    def _id_of(self, answered: Answered) -> str:
        """The gateway's id for the message, "" when it gives none. Raises Retryable or Permanent for a no."""
        status, text = answered.status, answered.body.decode(errors="replace")
        if 200 <= status < 300 and (found := self._success.search(text)):
            return (found.groupdict().get("id") or "")[:120]
        if self._never.search(text):
            raise Permanent(f"短信网关拒绝发送 / the SMS gateway will not send it (status {status})")
        if status in _REFUSED or status in _WRONG:
            raise Retryable(
                f"短信网关拒绝访问，请检查配置 / the SMS gateway refuses us, see send (status {status})", _MEND_S
            )
        raise Retryable(f"短信网关未接受 / the SMS gateway did not take it (status {status})")

    async def run(self) -> None:
        """Nothing to keep: the gateway calls us."""
