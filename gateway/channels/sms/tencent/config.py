"""One account of Tencent Cloud's SMS (腾讯云短信) as configured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from gateway.channels.sms.byhttp.config import ApiBase, ByTemplate
from gateway.schema import SecretRef


class TencentSms(ByTemplate):
    """``[[sms]]`` with ``kind = "tencent"``. In Tencent's console (应用管理, 事件回调配置) the address for replies is
    ``/in/sms/{account}/{secret}``, that for reports the same with ``/report``.

    ``app_id`` is the SmsSdkAppId, ``sign_name`` the approved signature (Tencent puts it in front, so ``signature``
    stays empty), ``template`` the approved template's id, ``params`` how many variables {1}, {2} ... it has. Without
    ``secret_id`` the account only receives.
    """

    kind: Literal["tencent"] = "tencent"
    secret_id: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,64}$")
    secret_key: SecretRef | Literal[""] = ""
    app_id: str = Field(default="", pattern=r"^[0-9]{0,20}$")
    sign_name: str = Field(default="", max_length=40)
    template: str = Field(default="", pattern=r"^[0-9]{0,20}$")
    params: int = Field(default=1, ge=1, le=20)
    extend_code: str = Field(default="", pattern=r"^[0-9]{0,8}$")
    region: str = Field(default="ap-guangzhou", pattern=r"^[a-z0-9-]{1,40}$")
    api_base: ApiBase = "https://sms.tencentcloudapi.com"

    @model_validator(mode="after")
    def _sends_whole_or_not_at_all(self) -> TencentSms:
        if self.signature:
            raise ValueError("signature: Tencent puts sign_name in front itself: leave signature empty")
        if self.secret_id and not (self.secret_key and self.app_id and self.sign_name and self.template):
            raise ValueError("secret_id: sending also needs secret_key, app_id, sign_name and template")
        return self
