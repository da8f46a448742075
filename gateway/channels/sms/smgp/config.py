"""``[[sms]] kind = "smgp"``: an account at China Telecom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.channels.sms.carrier_config import Ascii, CarrierBase


class SmgpSms(CarrierBase):
    """``client_id`` is the account of the login, ``sp_code`` the company code (MsgSrc) where the contract wants it;
    ``fixed_fee`` in fen. SMGP's fee type 00 is free of charge.
    """

    kind: Literal["smgp"] = "smgp"
    version: Literal["3.0"] = "3.0"
    port: int = Field(default=8890, ge=1, le=65_535)
    client_id: Annotated[Ascii, Field(min_length=1, max_length=8)]
    sp_code: Annotated[Ascii, Field(max_length=8)] = ""
    fee_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "00"
    fixed_fee: Annotated[str, Field(pattern=r"^[0-9]{1,6}$")] = "0"
