"""A stage for mail: a real ledger with intake, ticket service and dispatcher, an account, and an SMTP server it uses.

async with open_email(tmp_path) as stage:
    await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天"))
    await stage.deliver()
    stage.sink.taken                                  # what left, as the server has it
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

from gateway.channels.config import DeliveryConfig
from gateway.channels.email.channel import EmailChannel
from gateway.channels.email.config import EmailConfig
from gateway.channels.email.mailroom.desk import Envelope
from gateway.channels.email.mailroom.office import Account, AccountReader
from gateway.channels.email.port import Handed
from gateway.channels.outgoing import Dispatcher
from gateway.model.ids import new_id
from gateway.model.messages import Delivery, KeptMessage, Raw
from gateway.model.records import Ticket
from tests.channels.door_stage import Clock, Stage, open_stage
from tests.channels.email.smtp_server import Sink, smtp_server

CITIZEN, OURS = "wang@example.com", "12345@hotline.example"
KEY = "reply-key-of-the-tests-0123456789"
_numbers = count(1)


@dataclass
class EmailStage:
    stage: Stage
    channel: EmailChannel
    config: EmailConfig
    sink: Sink
    dispatcher: Dispatcher
    reader: AccountReader

    @property
    def clock(self) -> Clock:
        return self.stage.clock

    def handed(
        self,
        raw: bytes,
        *,
        to: str = OURS,
        sender: str | None = CITIZEN,
        cursor: tuple[str, Mapping[str, int]] | None = None,
    ) -> Handed:
        """What the mailroom makes of a mail: read and normalised by the real code."""
        at = self.clock()
        envelope = Envelope(sender, to) if sender is not None else None
        message, _ = self.reader.read(raw, at, envelope)
        original = Raw(new_id(), "email", self.config.account, at, "message/rfc822", raw)
        return Handed(original, message, cursor)

    async def receive(self, raw: bytes, **how: Any) -> None:
        await self.channel.take(self.handed(raw, **how))

    async def deliver(self) -> list[EmailMessage]:
        """Rounds of the dispatcher (a person gets one mail a round); the mails that left in them."""
        before = len(self.sink.taken)
        tries = -1
        while tries != self.sink.tries:
            tries = self.sink.tries
            await self.dispatcher.once()
        return [parsed(one.content) for one in self.sink.taken[before:]]

    async def tickets(self) -> list[Ticket]:
        """Oldest first."""
        return await self.stage.tickets()

    async def messages(self, ticket: Ticket) -> list[KeptMessage]:
        return list(await self.stage.ledger.messages(ticket_no=ticket.ticket_no))

    async def deliveries(self) -> list[Delivery]:
        """Oldest first."""
        return list(reversed(await self.stage.ledger.deliveries(limit=1000)))


@asynccontextmanager
async def open_email(
    folder: Path, sink: Sink | None = None, smtp: dict[str, Any] | None = None, **changes: Any
) -> AsyncIterator[EmailStage]:
    """``changes`` to the usual account; ``smtp`` to its server's configuration."""
    folder.mkdir(exist_ok=True)
    async with smtp_server(sink) as server_sink, open_stage(folder) as stage:
        server = {"host": "127.0.0.1", "port": server_sink.port, "tls": "none", **(smtp or {})}
        usual = {"account": "hainan", "address": OURS, "name": "海南12345热线", "reply_key": "env:KEY", "smtp": server}
        config = EmailConfig.model_validate({**usual, **changes})

        async def report(channel: str, account: str, external_id: str, state: Any, error: str) -> bool:
            return await dispatcher.report(channel, account, external_id, state, error)

        channel = EmailChannel(config, stage.means, reply_key=KEY, password="mima", report=report)
        dispatcher = Dispatcher(
            stage.ledger, {(channel.name, channel.account): channel}, DeliveryConfig(), clock=stage.clock
        )
        reader = AccountReader(Account(config, KEY, ()))
        try:
            yield EmailStage(stage, channel, config, server_sink, dispatcher, reader)
        finally:
            if channel.outgoing.relay is not None:
                channel.outgoing.relay.close()


def mail(subject: str, text: str, *, sender: str = f"王女士 <{CITIZEN}>", to: str = OURS, **headers: str) -> bytes:
    """A citizen's mail with a Message-ID of its own. Further headers with _ for -."""
    made = EmailMessage(policy=policy.SMTP.clone(max_line_length=990))  # it would write long ids as encoded words
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = "Sat, 21 Nov 2026 12:00:00 +0800"
    for name, value in {"Message_ID": f"<m{next(_numbers)}@example.com>", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def answer_to(ours: EmailMessage, text: str, *, by_tag: bool = True, by_id: bool = True, **more: str) -> bytes:
    """What a citizen's program writes when they answer a mail of ours."""
    to = str(ours["Reply-To"]) if by_tag else OURS
    headers = {"In_Reply_To": str(ours["Message-ID"]), "References": str(ours["Message-ID"])} if by_id else {}
    return mail(f"回复：{ours['Subject']}", text, **{"to": to, **headers, **more})


def parsed(content: bytes) -> EmailMessage:
    """By the standard library's parser."""
    made = message_from_bytes(content, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def body(made: EmailMessage) -> str:
    """Its text with LF."""
    return str(made.get_content()).replace("\r\n", "\n")


def bounce(
    original_id: str, *, action: str = "failed", status: str = "5.1.1", to: str = "12345@hotline.example"
) -> bytes:
    """A delivery report as RFC 3464 wants it."""
    return (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\r\nTo: {to}\r\nSubject: Undelivered Mail\r\n"
        f"Message-ID: <b-{action}-{status}@mx.example.com>\r\nDate: Sat, 21 Nov 2026 12:01:00 +0800\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {CITIZEN}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} <{CITIZEN}> no such user\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original_id}>\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()
