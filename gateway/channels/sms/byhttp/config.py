"""What every ``[[sms]]`` account by HTTP has: the secret in its address, who may call, how long a call may take."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field

from gateway.channels.sms.config import SmsBase
from gateway.schema import SecretRef

ApiBase = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$", description="scheme and host, no path")]


class ByHttp(SmsBase):
    """Its address for the vendor is ``/in/sms/{account}/{secret}``, for reports ``/in/sms/{account}/{secret}/report``.

    ``path`` says where the secret part is, e.g. ``made:sms-hainan-path``: vendors that sign nothing are known by
    nothing else, so it has at least 16 of ``A-Z a-z 0-9 - _``. ``allow`` are the networks that may call, none for
    all; an address behind a proxy is judged as the web server's ``trusted_proxies`` say. ``at_once`` bounds how many
    messages of one callback are under way together, ``max_body`` its bytes.
    """

    path: SecretRef
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    max_body: int = Field(default=1_048_576, ge=1024, le=16_777_216)
    at_once: int = Field(default=16, ge=1, le=200)
    call_s: float = Field(default=10, gt=0, le=25, description="longest wait for one call of the vendor's API")


class ByTemplate(ByHttp):
    """An account of a vendor that sends only what fits an approved template (短信模板).

    A text is spread over the template's variables, at most ``param_chars`` characters each (Aliyun allows 35 in the
    usual kind, Tencent what its review granted); what does not fit into one message goes out as several that are
    numbered (1/3), at most ``most_messages``.
    """

    param_chars: int = Field(default=35, ge=8, le=1000)
    most_messages: int = Field(default=8, ge=1, le=30)
