"""The table [asterisk] of config/gateway.toml: where Asterisk listens, whom it trusts, what seats may dial outside.

Every value here ends up in a configuration file of Asterisk or in its dialplan, where a semicolon, a comma or a line
end has a meaning of its own. So every text is bound to a pattern that leaves no such character in.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from gateway.schema import Dialable, Strict

Host = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?$", description="an IPv4 address or a host name"),
]
Network = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?(/[0-9]{1,2})?$",
        description="an IPv4 address, a network as 10.1.0.0/16, or a host name",
    ),
]
Port = Annotated[int, Field(ge=1, le=65535, description="a port from 1 to 65535")]
OutsidePattern = Annotated[
    str,
    Field(
        pattern=r"^_([0-9*#+XZN]|\[[0-9*#+-]{1,12}\]){3,24}$",
        description="an Asterisk pattern of fixed length: _ then digits, X, Z, N or [3-9]; no wildcards . and !",
    ),
]
SipUri = Annotated[
    str,
    Field(
        pattern=r"^(sip:[A-Za-z0-9_.-]{1,253}(:[0-9]{1,5})?)?$",
        description='the carrier as "sip:host:port", or "" when no calls go out',
    ),
]
WebSocketUrl = Annotated[
    str,
    Field(
        pattern=r"^(wss?://[A-Za-z0-9_.-]{1,253}(:[0-9]{1,5})?/[A-Za-z0-9_./-]{0,100})?$",
        description='where browsers find Asterisk\'s websocket, as "wss://phone.example/ws"; "" for its own address',
    ),
]
IceUrl = Annotated[
    str,
    Field(
        pattern=r"^(stun|turns?):[A-Za-z0-9_.-]{1,253}(:[0-9]{1,5})?(\?transport=(udp|tcp))?$",
        description='a STUN or TURN server, as "stun:10.1.0.9:3478"',
    ),
]
Codec = Literal["alaw", "ulaw", "g722", "opus"]

CHINESE_NUMBERS = (
    "_1[3-9]XXXXXXXXX",  # mobiles
    "_0[12]XXXXXXXXX",  # three-digit area codes with eight digits: 010, 020 ...
    "_0[3-9]XXXXXXXXX",  # four-digit area codes with seven digits
    "_0[3-9]XXXXXXXXXX",  # four-digit area codes with eight digits
    "_[2-8]XXXXXX",  # local, seven digits
    "_[2-8]XXXXXXX",  # local, eight digits: Hainan's 0898 has these
)


class IceServer(Strict):
    """[[asterisk.ice_servers]]: what helps a softphone outside the hall's own network to be heard."""

    urls: IceUrl
    username: str = Field(default="", max_length=100)
    credential: str = Field(default="", max_length=200)

    def for_browser(self) -> dict[str, str]:
        """As RTCPeerConnection takes it: without what is empty."""
        return {name: text for name, text in self.model_dump().items() if text}


class AsteriskConfig(Strict):
    """[asterisk]. ``host`` is where the gateway finds Asterisk; the binds say where Asterisk itself listens."""

    host: Host = "127.0.0.1"
    ami_port: Port = 5038
    ami_bind: Host = "127.0.0.1"
    ami_permit: list[Network] = Field(default=["127.0.0.1"], min_length=1)
    agi_host: Host = "127.0.0.1"
    agi_bind: Host = "127.0.0.1"
    agi_port: Port = 4573
    agi_guard_s: int = Field(default=8, ge=2, le=60)
    sip_bind: Host = "127.0.0.1"
    sip_port: Port = 5060
    external_address: Host | None = None
    local_networks: tuple[Network, ...] = ()
    http_bind: Host = "127.0.0.1"
    http_port: Port = 8088
    softphone_url: WebSocketUrl = ""
    ice_servers: tuple[IceServer, ...] = ()
    rtp_start: Port = 10000
    rtp_end: Port = 19999
    trunk_match: list[Network] = Field(default=["127.0.0.1"], min_length=1)
    trunk_contact: SipUri = ""
    trunk_qualify_s: int = Field(default=0, ge=0, le=3600, description="how often the carrier is asked by SIP OPTIONS")
    trunk_codecs: list[Codec] = Field(default=["alaw", "ulaw"], min_length=1)
    seat_codecs: list[Codec] = Field(default=["alaw", "ulaw", "g722"], min_length=1)
    seat_qualify_s: int = Field(default=0, ge=0, le=3600)
    registration_s: int = Field(default=3600, ge=60, le=86400)
    caller_id: Dialable = "12345"
    entry_prefixes: tuple[Dialable, ...] = ()
    outside: tuple[OutsidePattern, ...] = CHINESE_NUMBERS
    dial_s: int = Field(default=45, ge=5, le=180)

    @property
    def websocket(self) -> str:
        """Where a browser finds the softphone's websocket. Asterisk's own address unless a proxy has another."""
        bind = self.host if self.http_bind == "0.0.0.0" else self.http_bind  # noqa: S104 (it is only compared)
        return self.softphone_url or f"ws://{bind}:{self.http_port}/ws"

    @property
    def open_socket(self) -> bool:
        """Whether whoever reaches the websocket may be taken for the carrier: a proxy on this machine brings browsers
        in from an address that ``trunk_match`` takes for it (docs/desk.md)."""
        here = ("127.", "localhost", "0.0.0.0/")
        return bool(self.softphone_url) and any(one.lower().startswith(here) for one in self.trunk_match)

    @field_validator("rtp_end")
    @classmethod
    def _room_for_media(cls, end: int, info: object) -> int:
        """A call takes two ports (RTP and RTCP) on each of its two legs."""
        start = getattr(info, "data", {}).get("rtp_start")
        if isinstance(start, int) and end - start < 7:
            raise ValueError(f"must be at least 7 above rtp_start ({start})")
        return end
