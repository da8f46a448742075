"""Mail accounts as configured: the hotline's addresses, the mailboxes they are read from, the server they send by.

``[mailroom]`` is the one process that receives and reads mail for all accounts; ``[[email]]`` is an account.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.schema import Key, SecretRef, Strict

MailAddress = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}@[A-Za-z0-9.-]{1,190}$",
        description="an address without + in its first part (what follows a + is ours: it ties answers to tickets)",
    ),
]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$", description="a host name or address")]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$", description="a domain in lower case")]
Tls = Literal["implicit", "starttls", "none"]


class MailroomConfig(Strict):
    """``[mailroom]``: the process that receives and reads mail. It runs when an account is switched on.

    ``listen`` is where a mail server delivers ("" for IMAP only): ``tcp:127.0.0.1:8024`` or ``unix:/run/x.sock``;
    ``max_bytes`` is announced (SIZE) and kept to. ``peers`` are the addresses and networks that may deliver over TCP.
    ``certificate`` and ``certificate_key`` (files, PEM) switch STARTTLS on. ``commit_s``: a mail that the
    gateway has not committed within it is answered 451, so that the server before us keeps it.
    """

    listen: Annotated[str, Field(pattern=r"^(|tcp:[0-9A-Za-z.:\[\]-]+:[0-9]{1,5}|unix:/.{1,100})$")] = ""
    protocol: Literal["lmtp", "smtp"] = "lmtp"
    max_bytes: int = Field(default=36_700_160, ge=65_536, le=157_286_400)
    connections: int = Field(default=50, ge=1, le=1000)
    peers: tuple[str, ...] = ("127.0.0.1", "::1")
    certificate: str = ""
    certificate_key: str = ""
    commit_s: float = Field(default=30, gt=0, le=300)
    idle_s: float = Field(default=300, ge=5, le=3600)

    @field_validator("peers")
    @classmethod
    def _networks(cls, peers: tuple[str, ...]) -> tuple[str, ...]:
        for one in peers:
            ip_network(one, strict=False)  # its ValueError names what is wrong
        return peers

    @model_validator(mode="after")
    def _both(self) -> MailroomConfig:
        if bool(self.certificate) != bool(self.certificate_key):
            raise ValueError("certificate and certificate_key belong together")
        return self


class ImapConfig(Strict):
    """``[[email.imap]]``: a mailbox. ``done`` and ``failed`` are folders for what was taken and what could not be read
    ("" leaves mail where it is: UIDVALIDITY and UID are kept, so the read flag is nobody's business). ``idle_s`` renews
    IDLE (RFC 2177 says under 29 min, many servers cut at 10), ``poll_s`` looks again where IDLE is not offered or not
    trusted; ``call_s`` is the longest wait for any answer. ``since_days``: mail older than that at the first sight of a
    mailbox is left alone (0: only what comes from now on). ``ca`` and ``verify`` as for ``[email.smtp]``.
    """

    host: Host
    port: int = Field(default=993, ge=1, le=65_535)
    tls: Tls = "implicit"
    ca: str = ""
    verify: bool = True
    user: str = Field(min_length=1, max_length=200)
    password: SecretRef
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    done: str = Field(default="", max_length=200)
    failed: str = Field(default="", max_length=200)
    poll_s: float = Field(default=60, ge=0.2, le=3600)
    idle_s: float = Field(default=480, ge=1, le=540)
    call_s: float = Field(default=30, gt=0, le=300)
    since_days: int = Field(default=0, ge=0, le=3650)


class SmtpConfig(Strict):
    """``[email.smtp]``: the server that takes our mail. ``tls`` none is for a server on this machine only.

    ``verify`` False takes any certificate (a government intranet with its own authority should give ``ca`` instead).
    """

    host: Host
    port: int = Field(default=465, ge=1, le=65_535)
    tls: Tls = "implicit"
    ca: str = ""
    verify: bool = True
    user: str = Field(default="", max_length=200)
    password: SecretRef | None = None
    call_s: float = Field(default=20, gt=0, le=28)
    connections: int = Field(default=2, ge=1, le=20)


class DomainLimit(Strict):
    """``[[email.domain]]``: at most ``per_minute`` mails to one domain (QQ and 163 defer who sends faster)."""

    domain: Domain
    per_minute: int = Field(ge=1, le=10_000)


class EmailConfig(Strict):
    """``[[email]]``: one address of the hotline with its ways in and out.

    ``aliases`` are further addresses that are this account's. ``reply_key`` signs the address that answers come to
    (``12345+tag@...``): whoever answers it speaks of that ticket. ``plus`` False when the mail server does not deliver
    + addresses: then answers are tied by Message-IDs alone. ``receipt`` sends the ticket number back; it needs
    ``smtp``. ``automatic_per_day`` is the most answers that one address gets in a day, whatever its headers say:
    receipts, look-ups (查询) and help. Notices on a ticket's progress and replies by people are not counted.
    """

    account: Key
    enabled: bool = True
    address: MailAddress
    aliases: tuple[MailAddress, ...] = ()
    name: str = Field(default="", max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
    area_code: Annotated[str, Field(pattern=r"^([0-9]{6})?$")] = ""
    reply_key: SecretRef
    plus: bool = True
    receipt: bool = True
    automatic_per_day: int = Field(default=5, ge=0, le=1000)
    footer: str = Field(default="", max_length=600)
    imap: tuple[ImapConfig, ...] = ()
    smtp: SmtpConfig | None = None
    domain: tuple[DomainLimit, ...] = ()
    per_minute: int = Field(default=30, ge=1, le=10_000, description="to a domain that [[email.domain]] does not name")

    def addresses(self) -> tuple[str, ...]:
        """All addresses of the account in lower case."""
        return tuple(one.lower() for one in (self.address, *self.aliases))
