"""What all SMS accounts have in common; each link's own table stands in its folder and builds on ``SmsBase``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.schema import Key, Strict

OPT_OUT = ("TD", "T", "N", "R", "退订")
OPT_IN = ("DY", "KT", "START", "订阅", "恢复")


class SmsBase(Strict):
    """``[[sms]]``: one number by which citizens write. ``kind`` names the link.

    ``number`` is our own number (接入号) as the carrier gives it. ``signature`` is the name in 【】 that the carrier
    wants before each text ("" when it adds it itself). ``join_s``: parts of a long message that have not
    all come within it are released as a ticket with the flag ``incomplete``. ``opt_out`` and ``opt_in`` count only when
    they are the whole text, folded (full-width, case, spaces); ``guided`` asks for what a ticket lacks, as on WeChat.
    ``answer_s`` bounds how long a carrier waits for our commit; ``answers_a_day`` how many answers one number gets in a
    day (of the hall).
    """

    account: Key
    enabled: bool = True
    number: Annotated[str, Field(pattern=r"^[0-9]{0,21}$", description="digits, at most 21")] = ""
    signature: Annotated[str, Field(pattern=r"^[^【】\x00-\x1f\x7f]{0,20}$", description="without 【】")] = ""
    area_code: Annotated[str, Field(pattern=r"^([0-9]{6})?$")] = ""
    join_s: float = Field(default=120, ge=1, le=86_400)
    opt_out: tuple[str, ...] = OPT_OUT
    opt_in: tuple[str, ...] = OPT_IN
    guided: bool = False
    human: str = Field(default="请拨打12345，由人工为您服务。", min_length=1, max_length=200)
    answer_s: float = Field(default=4.5, gt=0, le=30)
    answers_a_day: int = Field(default=20, ge=0, le=1000)
