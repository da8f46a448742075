"""One account of Weibo's fans service (粉丝服务平台) as configured: who it is and how its pushes are signed.

``app_secret`` is the AppSecret of the developer mode's application, ``access_token`` the token of its page; the table
holds references to them, never themselves.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.channels.wechat.config import HUMAN, Command
from gateway.schema import Key, SecretRef, Strict

ApiBase = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$", description="scheme and host, no path")]


class WeiboConfig(Strict):
    """``[[weibo]]``: its address for the platform is ``/in/weibo/{account}``. JSON and XML pushes are taken alike, and
    each is answered in its own format, so the page's choice of format needs no key here.

    ``uid`` is checked against the receiver when given. ``max_age_s`` bounds the age of a signature in seconds; the
    body is not covered by it, so ``nonces`` that were seen within it are remembered with their bodies. ``answer_s``:
    how long a push may take before it is left unanswered, so that the platform sends it again (it cuts at 5 s).
    ``guided``, ``welcome``, ``human`` and ``menu`` are as for WeChat.
    """

    account: Key
    enabled: bool = True
    uid: str = Field(default="", pattern=r"^[0-9]{0,20}$")
    app_secret: SecretRef
    access_token: SecretRef
    api_base: ApiBase = "https://m.api.weibo.com"
    upload_base: ApiBase = "https://upload.api.weibo.com"
    area_code: Annotated[str, Field(pattern=r"^([0-9]{6})?$")] = ""
    max_age_s: float = Field(default=300, ge=10, le=86_400)
    nonces: int = Field(default=50_000, ge=100, le=1_000_000, description="signatures remembered within max_age_s")
    answer_s: float = Field(default=4.5, gt=0, le=4.8)
    call_s: float = Field(default=10, gt=0, le=25, description="longest wait for one call of the platform's API")
    largest_media: int = Field(default=26_214_400, ge=1024, le=104_857_600, description="bytes of a fetched file")
    guided: bool = True
    welcome: str = Field(default="", max_length=600)
    human: str = Field(default=HUMAN, min_length=1, max_length=600)
    menu: dict[str, Command] = Field(default_factory=dict)
