"""WeCom customer service (微信客服) as configured: the enterprise, its customer-service account, its secrets.

``token`` and ``aes_key`` are those of 接收事件服务器, ``secret`` that of 微信客服 on WeCom's pages; the table holds
references to them, never themselves.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.channels.wechat.config import HUMAN, ApiBase
from gateway.schema import Key, SecretRef, Strict

KfId = Annotated[str, Field(pattern=r"^wk[0-9A-Za-z_-]{1,62}$", description="a customer-service account (wk...)")]


class WecomConfig(Strict):
    """``[[wecom]]``: one enterprise's customer service. Its address for the platform is ``/in/wecom/{account}``.

    Its tickets have the channel ``wechat`` and this ``account``, which must therefore differ from the official
    accounts' names. ``open_kfids`` are the customer-service accounts to pull from, none for all that the secret may
    read. ``pull_every_s`` is how often messages are pulled without a notice, for notices that went missing.
    """

    account: Key
    enabled: bool = True
    corp_id: str = Field(pattern=r"^ww[0-9A-Za-z]{1,40}$")
    token: SecretRef
    aes_key: SecretRef
    secret: SecretRef
    open_kfids: tuple[KfId, ...] = Field(default=(), max_length=50)
    api_base: ApiBase = "https://qyapi.weixin.qq.com"
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | Literal[""] = ""
    max_age_s: float = Field(default=300, ge=10, le=86_400)
    call_s: float = Field(default=10, gt=0, le=25, description="longest wait for one call of the platform's API")
    largest_media: int = Field(default=26_214_400, ge=1024, le=104_857_600, description="bytes of a fetched file")
    pull_every_s: float = Field(default=180, gt=0, le=3600)
    page: int = Field(default=200, ge=1, le=1000, description="messages asked for at once")
    guided: bool = True
    welcome: str = Field(default="", max_length=600)
    human: str = Field(default=HUMAN, min_length=1, max_length=600)
