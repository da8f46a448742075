"""What the accounts of carriers' binary protocols have in common: any (SMPP), and those with a contract's fees (CMPP,
SMGP).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.channels.sms.config import SmsBase
from gateway.channels.sms.limits import Limits
from gateway.schema import SecretRef

Ascii = Annotated[str, Field(pattern=r"^[!-~]*$", description="printable ASCII without blanks")]


class LineBase(SmsBase):
    """Where the carrier's gateway is and how we behave towards it.

    ``connections`` are kept at once, each with a ``window`` of messages without an answer in either direction.
    ``per_second`` is our own limit of messages a second over all of them (0: none).

    After ``active_s`` of silence an active test goes out, ``active_tries`` in all, ``active_wait_s`` apart. A message
    without an answer after ``response_s`` (T) is sent again, ``tries`` (N) times in all: the standard's 60 s and 3. A
    repeat may reach the citizen twice. ``reconnect_first_s`` and ``reconnect_most_s`` bound the pauses between
    connections. ``patience_s`` is how long what was delivered is held, unanswered and tried again, while our ledger
    keeps nothing; then we log off until it does, because the carrier gives a message up after 3 x 60 s without answer
    but keeps it for one who is not connected. ``tls`` is for a tunnel's end: the standards know none.
    """

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]
    port: int = Field(ge=1, le=65_535)
    tls: bool = False
    window: int = Field(default=16, ge=1, le=1024)
    per_second: float = Field(default=0, ge=0, le=10_000)
    connections: int = Field(default=1, ge=1, le=16)
    active_s: float = Field(default=30, ge=0.05, le=180)
    active_wait_s: float = Field(default=10, ge=0.05, le=60)
    active_tries: int = Field(default=3, ge=1, le=10)
    response_s: float = Field(default=60, ge=0.05, le=300)
    tries: int = Field(default=3, ge=1, le=10)
    login_s: float = Field(default=10, ge=0.05, le=60)
    reconnect_first_s: float = Field(default=1, ge=0.01, le=60)
    reconnect_most_s: float = Field(default=60, ge=0.01, le=3600)
    patience_s: float = Field(default=45, ge=0.05, le=170)

    def limits(self) -> Limits:
        """What a session goes by."""
        return Limits(
            window=self.window, answer_s=self.response_s, tries=self.tries, active_s=self.active_s,
            active_wait_s=self.active_wait_s, active_tries=self.active_tries, login_s=self.login_s,
        )  # fmt: skip


class CarrierBase(LineBase):
    """An account with a shared secret and fees.

    ``secret`` is the shared secret of the login. ``service_id`` the service (业务代码), ``src_id`` the number that
    citizens see (接入号 with extension; empty: ``number``), ``fee_type`` and ``fee_code`` (in fen) as the contract
    says: 01 is free of charge.
    """

    secret: SecretRef
    service_id: Annotated[Ascii, Field(max_length=10)] = ""
    src_id: Annotated[str, Field(pattern=r"^[0-9]{0,21}$", description="digits, at most 21")] = ""
    fee_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")] = "01"
    fee_code: Annotated[str, Field(pattern=r"^[0-9]{1,6}$")] = "0"

    @property
    def source(self) -> str:
        """The number that citizens see."""
        return self.src_id or self.number
