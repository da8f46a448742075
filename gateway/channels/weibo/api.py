"""The calls of a fans service account: an answer to a person, and the files that people send.

Errors come as ``{"error_code": 21327, "error": "expired_token"}`` (open.weibo.com/wiki/Error_code), sometimes with
status 200. The codes of the message interface itself are not published, so those are judged by their words too; an
unknown one is tried again, because codes are added every year.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog

from gateway.channels.port import Fetched, Permanent, Retryable
from gateway.channels.weibo.config import WeiboConfig
from gateway.channels.weibo.replies import data_of

_log = structlog.get_logger(__name__)

_LARGEST_JSON = 1_048_576
_TOKEN = frozenset({21301, 21314, 21315, 21316, 21317, 21319, 21327, 21332, 10006, 10013})
_RIGHTS = frozenset({10005, 10014, 21321})
_LATER_S = {10003: 30.0, 10004: 600.0, 10009: 60.0, 10022: 900.0, 10023: 900.0, 10024: 900.0}
_NEVER = {
    10007: "内容格式不被接受 / the content's format is not accepted",
    10008: "参数错误 / a parameter is wrong",
    10017: "参数值不合法 / a parameter's value is not valid",
    20003: "用户不存在 / there is no such user",
    20005: "文件类型不被接受 / the type of the file is not accepted",
    20101: "内容不存在 / there is no such content",
    20012: "内容过长 / the text is too long",
    20016: "发送过于频繁或内容被拦截 / held back by the platform as spam",
    20018: "含有非法网址 / the text holds an address that the platform forbids",
    20021: "含有敏感内容 / the text did not pass the platform's check",
}
_CLOSED = re.compile(
    r"quota|48\s*h|out of (time|window)|not (follow|fan)|unfollow|black|blocked|no permission to send", re.I
)
_MEND_S = 3600.0


def judged(code: int, text: str, account: str) -> Retryable | Permanent:
    """What an error of the platform means. Tokens and rights are ours to mend, so what waits for them is kept."""
    if code in _TOKEN or code in _RIGHTS:
        _log.error("weibo_access_refused", account=account, error_code=code, why=text)
        what = "access_token已失效，请在微博后台更新" if code in _TOKEN else "应用没有此接口权限，请在微博后台开通"
        return Retryable(f"微博：{what} / the access token or its rights must be renewed (error_code {code})", _MEND_S)
    if code in _NEVER:
        return Permanent(f"微博：{_NEVER[code]} (error_code {code})")
    if _CLOSED.search(text):
        why = "已不能回复此人（超过48小时、次数用完或已取消关注）/ this person can no longer be answered"
        return Permanent(f"微博：{why}: {text} (error_code {code})")
    return Retryable(f"微博 error_code {code}: {text}", _LATER_S.get(code))


class WeiboApi:
    """Calls of one account. ``access_token`` is its page's. All raise Retryable or Permanent."""

    def __init__(self, config: WeiboConfig, http: aiohttp.ClientSession, access_token: str) -> None:
        self._config, self._http, self._token = config, http, access_token

    async def send_text(self, user_id: str, text: str) -> None:
        """One text to a person; it also stands in the account's own list of messages (save_sender_box)."""
        form = {
            "access_token": self._token,
            "type": "text",
            "data": data_of(text),
            "receiver_id": user_id,
            "save_sender_box": "1",
        }
        url = f"{self._config.api_base}/2/messages/reply.json"
        status, _, body = await self._call("POST", url, {}, form, _LARGEST_JSON)
        answer = _object(body)
        if answer is None:
            raise Retryable(f"微博 answered {status} without JSON")
        self._raise_for(answer)
        if answer.get("result") is not True or status != 200:
            raise Retryable(f"微博 answered {status} and not that the message was taken")

    async def media(self, fid: str) -> Fetched:
        """A file that a person sent, by the receiver's id of it (tovfid)."""
        if not fid:
            raise Permanent("没有文件编号 / there is no file id")
        url = f"{self._config.upload_base}/2/mss/msget"
        query = {"access_token": self._token, "fid": fid}
        status, kind, body = await self._call("GET", url, query, None, self._config.largest_media)
        if (kind.endswith("json") or body[:1] == b"{") and (answer := _object(body)) is not None:
            self._raise_for(answer)
        if status in (403, 404, 410):
            raise Permanent(f"文件已不存在 / the file is no longer there (status {status})")
        if status != 200 or not body or kind.startswith(("text/", "application/json")):
            raise Retryable(f"微博 answered {status} with {len(body)} bytes of {kind or 'no type'} instead of a file")
        return Fetched(body, "", kind)

    def _raise_for(self, answer: Mapping[str, Any]) -> None:
        code = answer.get("error_code")
        if code in (None, 0, "0"):
            return
        number = int(code) if re.fullmatch(r"[0-9]{1,9}", str(code)) else -1
        raise judged(number, str(answer.get("error", ""))[:200], self._config.account)

    async def _call(
        self, method: str, url: str, query: Mapping[str, str], form: Mapping[str, str] | None, largest: int
    ) -> tuple[int, str, bytes]:
        try:
            async with (
                asyncio.timeout(self._config.call_s),
                self._http.request(method, url, params=dict(query), data=form, allow_redirects=False) as response,
            ):
                body = await _read(response, largest)
                kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        except TimeoutError:
            raise Retryable(f"no answer of the platform within {self._config.call_s:g} s") from None
        except aiohttp.ClientError as error:  # its text may name the address with the token in it
            raise Retryable(f"the platform cannot be reached ({type(error).__name__})") from None
        if response.status == 429 or (response.status >= 500 and _object(body) is None):
            raise Retryable(f"the platform answered {response.status}")
        return response.status, kind, body


async def _read(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The body in at most ``largest`` bytes. Raises Permanent for one that announces or sends more."""
    pieces, size = list[bytes](), response.content_length or 0
    if size <= largest:
        size = 0
        async for piece in response.content.iter_chunked(65_536):
            size += len(piece)
            if size > largest:
                break
            pieces.append(piece)
    if size > largest:
        raise Permanent(f"文件过大 / the file is too large: more than {largest} bytes")
    return b"".join(pieces)


def _object(data: bytes) -> dict[str, Any] | None:
    if len(data) > _LARGEST_JSON:
        return None
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
