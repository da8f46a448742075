"""One account of Aliyun's SMS (阿里云短信服务) as configured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.channels.sms.byhttp.config import ApiBase, ByTemplate
from gateway.schema import SecretRef

Param = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,29}$", description="a template's variable, without ${}")
]


class AliyunSms(ByTemplate):
    """``[[sms]]`` with ``kind = "aliyun"``. In Aliyun's console both addresses of the HTTP batch push are set: SmsUp to
    ``/in/sms/{account}/{secret}``, SmsReport to the same with ``/report``.

    ``sign_name`` is the approved signature (Aliyun puts it in front, so ``signature`` stays empty), ``template`` the
    approved template's code, ``params`` its variables in the order in which they stand. Without ``access_key_id`` the
    account only receives.
    """

    kind: Literal["aliyun"] = "aliyun"
    access_key_id: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    access_key_secret: SecretRef | Literal[""] = ""
    sign_name: str = Field(default="", max_length=40)
    template: str = Field(default="", pattern=r"^([A-Z0-9_]{1,40})?$")
    params: tuple[Param, ...] = Field(default=("text",), min_length=1, max_length=20)
    extend_code: str = Field(default="", pattern=r"^[0-9]{0,8}$", description="上行短信扩展码 (SmsUpExtendCode)")
    api_base: ApiBase = "https://dysmsapi.aliyuncs.com"

    @model_validator(mode="after")
    def _sends_whole_or_not_at_all(self) -> AliyunSms:
        if self.signature:
            raise ValueError("signature: Aliyun puts sign_name in front itself: leave signature empty")
        if self.access_key_id and not (self.access_key_secret and self.sign_name and self.template):
            raise ValueError("access_key_id: sending also needs access_key_secret, sign_name and template")
        if len(set(self.params)) < len(self.params):
            raise ValueError("params: a variable is named twice")
        return self
