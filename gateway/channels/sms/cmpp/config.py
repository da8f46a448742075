"""``[[sms]] kind = "cmpp"``: an account at China Mobile, or at anyone who speaks its protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.channels.sms.carrier_config import Ascii, CarrierBase
from gateway.channels.sms.cmpp.units import Version


class CmppSms(CarrierBase):
    """``version`` is what we ask for; a gateway that answers with a lower one is followed. ``source_addr`` is the
    company code (企业代码, SP_Id), which is also Msg_src. ``fee_user_type``: 0 the receiver, 1 the sender, 2 we,
    3 the number in ``fee_terminal_id`` are charged.
    """

    kind: Literal["cmpp"] = "cmpp"
    version: Version = "2.0"
    port: int = Field(default=7890, ge=1, le=65_535)
    source_addr: Annotated[Ascii, Field(min_length=1, max_length=6)]
    fee_user_type: Literal[0, 1, 2, 3] = 2
    fee_terminal_id: Annotated[str, Field(pattern=r"^[0-9]{0,21}$")] = ""
