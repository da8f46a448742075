"""The tables that ``[[sms]]`` may be, told apart by ``kind``: a configuration is read without the links."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.tencent.config import TencentSms

AnySms = Annotated[AliyunSms | TencentSms | HttpSms | CmppSms | SmgpSms | SmppSms, Field(discriminator="kind")]
