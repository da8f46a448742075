"""One WeChat official account (公众号) as configured: who it is, how its pushes are sealed, what it says.

``token`` and ``aes_key`` are what the platform's page 服务器配置 shows, ``app_secret`` its AppSecret; the table holds
references to them, never themselves.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.schema import Key, SecretRef, Strict

Mode = Literal["plain", "compatible", "encrypted"]
"""明文模式, 兼容模式, 安全模式."""

Command = Literal["progress", "help", "human"]
"""What a menu button (CLICK) may stand for: 查询, 帮助, 人工."""

SubscribeValue = Literal["ticket_no", "text", "state", "title", "at", "department"]
"""What a field of a subscribe message can be filled with."""

HUMAN = "人工服务请拨打12345热线（24小时）。\nTo speak to a person, dial 12345 (24 hours)."

ApiBase = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$", description="scheme and host, no path")]
TemplateField = Annotated[
    str,
    Field(
        pattern=(
            r"^(thing|short_thing|const|phrase|name|number|letter|symbol|character_string|time|date|amount"
            r"|phone_number|car_number)[0-9]{1,3}$"
        ),
        description="a field as the template shows it, such as thing1",
    ),
]


class SubscribeConfig(Strict):
    """The subscribe message (订阅通知) that is used when customer-service messages are no longer allowed.

    ``fields`` says which of our values goes into which field of the template; values are cut to what WeChat allows for
    the kind of field (thing 20 characters, phrase 5 ...). ``page`` is where a tap leads, {ticket_no} is filled in.
    """

    template_id: str = Field(min_length=10, max_length=80)
    fields: dict[TemplateField, SubscribeValue] = Field(min_length=1)
    page: str = Field(default="", max_length=512)


class WechatConfig(Strict):
    """``[[wechat]]``: one account. Its address for the platform is ``/in/wechat/{account}``.

    ``original_id`` (gh_...) is checked against ToUserName when given. ``max_age_s`` bounds the age of a signature in
    seconds; ``answer_s`` is how long a push may take before it is left unanswered, so that the platform sends it again
    (it cuts at 5 s). ``guided`` asks for what is missing after a ticket was opened. ``welcome`` replaces the template
    said to a new follower, ``human`` answers 人工. ``menu`` maps keys of click buttons to what they stand for.
    """

    account: Key
    enabled: bool = True
    original_id: str = Field(default="", pattern=r"^(gh_[0-9a-zA-Z]{1,40})?$")
    app_id: str = Field(pattern=r"^wx[0-9a-zA-Z]{1,40}$")
    mode: Mode = "encrypted"
    token: SecretRef
    aes_key: SecretRef | Literal[""] = ""
    app_secret: SecretRef
    api_base: ApiBase = "https://api.weixin.qq.com"
    media_hosts: tuple[str, ...] = ("qpic.cn", "weixin.qq.com", "qq.com")
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | Literal[""] = ""
    max_age_s: float = Field(default=300, ge=10, le=86_400)
    answer_s: float = Field(default=4.5, gt=0, le=4.8)
    call_s: float = Field(default=10, gt=0, le=25, description="longest wait for one call of the platform's API")
    largest_media: int = Field(default=26_214_400, ge=1024, le=104_857_600, description="bytes of a fetched file")
    guided: bool = True
    welcome: str = Field(default="", max_length=600)
    human: str = Field(default=HUMAN, min_length=1, max_length=600)
    menu: dict[str, Command] = Field(default_factory=dict)
    subscribe: SubscribeConfig | None = None

    @model_validator(mode="after")
    def _sealed_needs_key(self) -> WechatConfig:
        if self.mode != "plain" and not self.aes_key:
            raise ValueError(f'mode "{self.mode}" needs aes_key (EncodingAESKey of the platform\'s page)')
        return self
