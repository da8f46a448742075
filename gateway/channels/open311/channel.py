"""The Open311 endpoint: discovery and the six methods of GeoReport v2 under /open311/v2.

A request that is posted again (the same key in ``Idempotency-Key``, or the same words by the same client within
``repeat_s``) is answered with the first id. Ids are given at once, so a token is only handed out for a request that was
kept without a ticket. Reading needs no key; with its key a client also reads the replies to what it filed.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

import aiohttp

from gateway.channels.byurl import by_url
from gateway.channels.open311 import normalise, wire
from gateway.channels.open311.config import Open311Config
from gateway.channels.open311.requests import found, is_shown, request, search
from gateway.channels.open311.services import Services
from gateway.channels.open311.wire import Fault, Form, Format, Refusal
from gateway.channels.port import ChannelMeans, Fetched, Permanent, Sent
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Conversation, Delivery, KeptAttachment, Message, Raw
from gateway.model.records import Ticket
from gateway.tickets.config import CategoriesConfig
from gateway.tickets.ports import Taken

BASE: Final = "/open311/v2"
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
_MOST_READ: Final = 65_536
_LONGEST_KEY: Final = 200
_PICTURES: Final = ("image/", "video/", "audio/")

T = TypeVar("T")
Answer = Callable[[HttpAsked, str, Format], Awaitable[HttpAnswer]]


class Open311Channel:
    """Implements ``Channel`` for the endpoint. ``keys`` are the clients' keys by name, ``http`` a guarded session."""

    name = "open311"

    def __init__(
        self,
        config: Open311Config,
        means: ChannelMeans,
        *,
        categories: CategoriesConfig,
        keys: Mapping[str, str],
        http: aiohttp.ClientSession,
        most_file: int = 20_971_520,
    ) -> None:
        self.account = config.account
        self._config, self._means, self._http, self._most_file = config, means, http, most_file
        self._services = Services(categories, config.attribute)
        self._keys = {name: key.encode() for name, key in keys.items()}

    # -- as a channel --------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """There is no way back over Open311: clients ask. Raises Permanent."""
        raise Permanent("Open311 客户端自行查询答复，不能主动送达 / Open311 clients ask for the reply themselves")

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """Fetch a ``media_url``. Raises Retryable or Permanent."""
        return await by_url(self._http, wanted.attachment.source.get("url", ""), self._most_file)

    async def run(self) -> None:
        """Nothing to do in the background."""

    def doors(self) -> Sequence[Door]:
        """Each resource by its extension, and without one by the Accept header."""
        ends = ("", ".xml", ".json")
        doors: list[Door] = []
        for end in ends:
            doors += self._read(f"/discovery{end}", self._discovery, f"discovery{end}", "Open311 discovery")
            doors += self._read(f"/services{end}", self._list_services, f"services{end}", "GET service list")
            doors += self._read(f"/requests{end}", self._list, f"requests{end}", "GET service requests", "POST")
            doors.append(
                self._door(
                    "POST", f"/requests{end}", self._file, f"requests{end}", "POST service request: a form", True
                )
            )
        doors += self._read("/services/{service_code}", self._definition, "service_code", "GET service definition")
        doors += self._read("/requests/{service_request_id}", self._one, "service_request_id", "GET service request")
        doors += self._read("/tokens/{token}", self._token, "token", "GET service_request_id from a token")
        doors += self._read("/media/{attachment_id}", self._media, "attachment_id", "A public picture of a request")
        return tuple(doors)

    def _read(self, path: str, answer: Answer, named: str, summary: str, *also: str) -> list[Door]:
        """GET, HEAD (the server leaves the body out) and the browsers' OPTIONS of a resource."""
        methods = ("GET", "HEAD", *also, "OPTIONS")

        async def options(_asked: HttpAsked) -> HttpAnswer:
            return wire.allowed(*methods)

        doors = [self._door(method, path, answer, named, summary) for method in ("GET", "HEAD")]
        return [*doors, Door("OPTIONS", BASE + path, options, "open311_options", f"{summary}: what may be sent", 0)]

    def _door(self, method: str, path: str, answer: Answer, named: str, summary: str, with_body: bool = False) -> Door:
        label = f"open311_{answer.__name__.strip('_')}"
        most = self._config.max_body if method == "POST" else _MOST_READ
        more = "Open311 GeoReport v2; append .xml or .json" if "{" in path else "Open311 GeoReport v2"
        return Door(method, BASE + path, partial(self._enter, answer, named), label, f"{summary} ({more})", most)

    async def _enter(self, answer: Answer, named: str, asked: HttpAsked) -> HttpAnswer:
        """``named`` is the path variable that carries name and extension, else the name itself."""
        name, kind = wire.format_of(wire.plain(asked.path.get(named, named)), asked.headers)
        try:
            return await answer(asked, name, kind)
        except Refusal as refusal:
            return wire.errors(kind, refusal.faults)

    # -- reading -------------------------------------------------------------------------------------------------------

    async def _discovery(self, asked: HttpAsked, _name: str, kind: Format) -> HttpAnswer:
        config = self._config
        changeset = config.changeset or self._services.version
        endpoint = {
            "specification": SPECIFICATION,
            "url": self._url(asked),
            "changeset": changeset,
            "type": config.stage,
            "formats": ["text/xml", "application/json"],
        }
        document = {
            "changeset": changeset,
            "contact": config.contact,
            "key_service": config.key_service,
            "endpoints": [endpoint],
        }
        return wire.rendered(kind, "discovery", "", document)

    async def _list_services(self, asked: HttpAsked, _name: str, kind: Format) -> HttpAnswer:
        self._reader(wire.query(asked.target))
        return wire.rendered(kind, "services", "service", self._services.listed())

    async def _definition(self, asked: HttpAsked, code: str, kind: Format) -> HttpAnswer:
        self._reader(wire.query(asked.target))
        if code not in self._services:
            raise Refusal(Fault(404, f"service_code {code[:20]} was not found"))
        return wire.rendered(kind, "service_definition", "", self._services.definition(code))

    async def _list(self, asked: HttpAsked, _name: str, kind: Format) -> HttpAnswer:
        form = wire.query(asked.target)
        client = self._reader(form)
        zone, now = self._means.zone, self._means.clock()
        wanted = search(form, self._services, now=now, zone=zone, size=self._config.page_size)
        tickets = await found(self._means.ledger, wanted, self.account)
        told = [(ticket, *await self._beside(ticket, asked, client)) for ticket in tickets]
        return await asyncio.to_thread(self._rendered, told, kind)  # a thousand take longer than the loop may wait

    async def _one(self, asked: HttpAsked, number: str, kind: Format) -> HttpAnswer:
        client = self._reader(wire.query(asked.target))
        ticket = await self._shown(number)
        return self._rendered([(ticket, *await self._beside(ticket, asked, client))], kind)

    async def _token(self, asked: HttpAsked, token: str, kind: Format) -> HttpAnswer:
        self._reader(wire.query(asked.target))
        kept = await self._means.ledger.message(token)
        mine = kept is not None and (kept.message.channel, kept.message.account) == (self.name, self.account)
        if kept is None or not mine:
            raise Refusal(Fault(404, f"token {token[:40]} was not found"))
        if not kept.ticket_no:
            raise Refusal(Fault(404, "there is no service_request_id for this token yet"))
        known = {"service_request_id": str(kept.ticket_no), "token": token}
        return wire.rendered(kind, "service_requests", "request", [known])

    async def _media(self, asked: HttpAsked, _name: str, kind: Format) -> HttpAnswer:
        id = wire.plain(asked.path.get("attachment_id", ""))
        kept = await self._means.ledger.attachment(id)
        ticket = await self._means.ledger.ticket(kept.ticket_no) if kept is not None and kept.ticket_no else None
        if kept is None or ticket is None or not self._is_public(kept, ticket):
            raise Refusal(Fault(404, "there is no such file"))
        try:
            body = await self._means.files.read(kept.attachment.sha256)
        except FileNotFoundError:
            raise Refusal(Fault(404, "the file is not there any more")) from None
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
        return HttpAnswer(200, body, kept.attachment.mime, {**headers, "Access-Control-Allow-Origin": "*"})

    async def _shown(self, number: str) -> Ticket:
        ticket = await self._means.ledger.ticket(TicketNo(number))
        if ticket is None or not is_shown(ticket, self.account):
            raise Refusal(Fault(404, f"service_request_id {number[:40]} was not found"))
        return ticket

    async def _beside(self, ticket: Ticket, asked: HttpAsked, client: str) -> tuple[str, str]:
        """What stands beside a ticket: its last reply and the address of its picture, as far as the client may see."""
        reply = await self._reply(ticket) if ticket.is_public or await self._filed_by(ticket, client) else ""
        return reply, await self._media_url(ticket, asked) if ticket.is_public else ""

    def _rendered(self, told: Sequence[tuple[Ticket, str, str]], kind: Format) -> HttpAnswer:
        listed = [
            request(ticket, self._config, self._services, self._means.zone, reply=reply, media_url=url)
            for ticket, reply, url in told
        ]
        return wire.rendered(kind, "service_requests", "request", listed)

    async def _filed_by(self, ticket: Ticket, client: str) -> bool:
        if not client:
            return False
        first = await self._means.ledger.messages(ticket_no=ticket.ticket_no, limit=1)
        return bool(first) and first[0].message.more.get("client") == client

    async def _reply(self, ticket: Ticket) -> str:
        replies = await self._means.ledger.replies(ticket.ticket_no)
        return next((reply.text for reply in reversed(replies) if reply.author != "system"), "")

    async def _media_url(self, ticket: Ticket, asked: HttpAsked) -> str:
        kept = await self._means.ledger.attachments(ticket.ticket_no)
        first = next((one for one in kept if self._is_public(one, ticket)), None)
        return f"{self._url(asked)}/media/{first.attachment.id}" if first else ""

    def _is_public(self, kept: KeptAttachment, ticket: Ticket) -> bool:
        shown = is_shown(ticket, self.account) and ticket.is_public
        return shown and kept.attachment.state == "kept" and kept.attachment.mime.startswith(_PICTURES)

    def _url(self, asked: HttpAsked) -> str:
        """Where clients reach us: as configured, else as this one did."""
        return self._config.url.rstrip("/") or f"http://{asked.headers.get('host', 'localhost')}{BASE}"

    # -- filing --------------------------------------------------------------------------------------------------------

    async def _file(self, asked: HttpAsked, _name: str, kind: Format) -> HttpAnswer:
        content_type, given = asked.headers.get("content-type", ""), asked.headers.get("idempotency-key", "")
        form = await self._aside(asked, wire.posted, asked.target, content_type, asked.body)
        client = self._reader(form)
        if not client and self._config.need_key:
            raise Refusal(Fault(403, "api_key was not provided"))
        if len(given) > _LONGEST_KEY or not given.isprintable():
            raise Refusal(Fault(400, f"Idempotency-Key must be at most {_LONGEST_KEY} printable characters"))
        key, earlier = await self._aside(asked, normalise.keys, form, client, given, asked.at, self._config.repeat_s)
        message, faults = normalise.message(
            form, self._config, self._services, client=client, key=key, at=asked.at, zone=self._means.zone
        )
        if message is None:
            raise Refusal(*faults)
        ticket = await self._before(earlier, asked.at)
        if ticket is None:
            meta = {"client": client, "target": wire.without_key(asked.target), "idempotency_key": given}
            raw = Raw(new_id(), self.name, self.account, asked.at, content_type, asked.body, meta)
            taken = await self._take(raw, message, form)
            if taken.ticket is None:
                return self._without_ticket(taken, form, kind)
            ticket = taken.ticket
        return self._told(ticket, form, kind)

    async def _aside(self, asked: HttpAsked, work: Callable[..., T], *given: Any) -> T:
        """Do work on a large body in a thread, on a small one here."""
        return await asyncio.to_thread(work, *given) if len(asked.body) > _MOST_READ else work(*given)

    async def _before(self, earlier: str, at: float) -> Ticket | None:
        """The ticket that the same request opened in the window before, if that is not too long ago."""
        ticket = await self._means.ledger.ticket_by_key(earlier) if earlier else None
        return ticket if ticket is not None and at - ticket.received_at <= self._config.repeat_s else None

    async def _take(self, raw: Raw, message: Message, form: Form) -> Taken:
        files: list[Attachment] = [
            await self._means.files.take_in(part.body, part.filename, part.content_type) for part in form.files
        ]
        message = replace(message, attachments=(*message.attachments, *files))
        taken = await self._means.intake.take(raw, message)
        if message.attachments:
            self._means.wake()
        return taken

    def _told(self, ticket: Ticket, form: Form, kind: Format) -> HttpAnswer:
        notice = self._means.words.say("received", ticket_no=ticket.ticket_no, query_code=ticket.query_code)
        said = {
            "service_request_id": str(ticket.ticket_no),
            "service_notice": notice,
            "account_id": form.one("account_id"),
        }
        return wire.rendered(kind, "service_requests", "request", [said])

    def _without_ticket(self, taken: Taken, form: Form, kind: Format) -> HttpAnswer:
        if taken.outcome == "denied":
            raise Refusal(Fault(403, f"requests of this account are not taken at present: {taken.reason}"))
        said = {"token": taken.message_id, "account_id": form.one("account_id")}
        return wire.rendered(kind, "service_requests", "request", [said])

    # -- who asks ------------------------------------------------------------------------------------------------------

    def _reader(self, form: Form) -> str:
        """The client whose key was sent, "" without a key. Raises Refusal for a wrong key or jurisdiction."""
        wanted, asked = self._config.jurisdiction_id.lower(), form.one("jurisdiction_id").lower()
        if wanted and asked and asked != wanted:
            raise Refusal(Fault(404, f"jurisdiction_id {asked[:100]} was not found"))
        given = form.one("api_key").encode("utf-8", "replace")
        if not given:
            return ""
        names = [name for name, key in self._keys.items() if hmac.compare_digest(key, given)]
        if not names:
            raise Refusal(Fault(403, "api_key is not valid"))
        return names[0]
