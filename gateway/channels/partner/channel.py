"""One partner's channel: our tickets pushed to its platform, and the files that its tickets point at.

A push carries the delivery's id as ``webhook-id``, so the partner knows a retry. Its number for the case, when the
answer holds one, is kept on the ticket. Being taken is not being acknowledged: that comes as feedback, and the
delivery's ``answer_by`` says until when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, Final

import aiohttp
import orjson
import structlog

from gateway.channels.byurl import by_url, retry_after
from gateway.channels.partner import wire
from gateway.channels.partner.case import answer, case
from gateway.channels.port import ChannelMeans, Fetched, Permanent, Retryable, Sent
from gateway.guard import AddressRefused, Redirected, TooLarge, read_limited
from gateway.model.http import Door
from gateway.model.ids import TicketNo
from gateway.model.messages import Conversation, Delivery, KeptAttachment
from gateway.tickets.ports import NotFound, Tx
from gateway.tickets.telling import changed_data
from gateway.transfer.config import PartnerConfig

log = structlog.get_logger(__name__)

_LIMIT_S: Final = 20.0
_MOST_ANSWER: Final = 65_536
_TRY_AGAIN: Final = frozenset({408, 425, 429})


class PartnerChannel:
    """Implements ``Channel`` for one partner; its account is the partner's number."""

    name = "partner"

    def __init__(
        self,
        config: PartnerConfig,
        means: ChannelMeans,
        *,
        http: aiohttp.ClientSession,
        secret: str = "",
        in_secret: str = "",
        categories: Collection[str] = (),
        most_file: int = 20_000_000,
    ) -> None:
        """``http`` is a guarded session; ``categories`` our category codes; ``most_file`` bytes of a file fetched."""
        self.config, self.means, self.in_secret = config, means, in_secret
        self.account = config.number
        self.categories = frozenset(categories)
        self._http, self._secret, self._most_file = http, secret, most_file

    def doors(self) -> Sequence[Door]:
        """None of its own: all partners share those of ``PartnerGate``."""
        return ()

    async def run(self) -> None:
        """Nothing to do in the background."""

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """Fetch a file that the partner's ticket points at."""
        return await by_url(self._http, wanted.attachment.source.get("url", ""), self._most_file)

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """Push a ticket, or the reply to a ticket that came from the partner. Raises Retryable or Permanent; ends
        within 20 s."""
        push, is_reply = self.config.push, delivery.kind == "reply"
        url = (push.feedback_url or push.url) if is_reply else push.url
        if not url:
            raise Permanent(f"{self.config.name} ({self.account}) has no push address")
        ticket = await self.means.ledger.ticket(delivery.ticket_no)
        if ticket is None:
            raise Permanent(f"there is no ticket {delivery.ticket_no}")
        make = answer if is_reply else case
        body = orjson.dumps(make(self.config, ticket, delivery, self.means.zone))
        answered = await self._post(url, delivery.id, body)
        if is_reply:
            return Sent()
        external_no = self._number_in(answered)
        if external_no:
            await self._keep_number(ticket.ticket_no, external_no)
        return Sent(external_id=external_no, final=False)

    async def _post(self, url: str, id: str, body: bytes) -> dict[str, Any]:
        """The partner's answer, empty when it is no JSON object."""
        push = self.config.push
        headers = wire.signed_headers(self._secret, push.algorithm, id, int(self.means.clock()), body)
        try:
            async with (
                asyncio.timeout(_LIMIT_S),
                self._http.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return self._judged(response, await _json(response))
        except (AddressRefused, Redirected, aiohttp.InvalidURL) as error:
            raise Permanent(str(error)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Retryable(f"{self.config.name} could not be reached: {type(error).__name__}") from error

    def _judged(self, response: aiohttp.ClientResponse, answered: dict[str, Any]) -> dict[str, Any]:
        status = response.status
        if 200 <= status < 300 and answered.get("success") is not False:
            return answered
        if status == 409 and self._number_in(answered):
            return answered  # a retry of what it took the first time
        if 300 <= status < 500 and status not in _TRY_AGAIN:
            raise Permanent(f"{self.config.name} answered {status}")
        raise Retryable(f"{self.config.name} answered {status}", retry_after(response.headers))

    def _number_in(self, answered: dict[str, Any]) -> str:
        """The partner's own number in its answer, also where it is wrapped in ``data``, as Chinese platforms do."""
        inner = answered.get("data")
        for name in dict.fromkeys((self.config.fields.get("external_no", "external_no"), "external_no")):
            for body in (answered, inner):
                value = wire.find(body, name) if isinstance(body, dict) else None
                if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                    return str(value).strip()[:100]
        return ""

    async def _keep_number(self, number: TicketNo, external_no: str) -> None:
        async def work(tx: Tx) -> None:
            ticket = await tx.ticket(number)
            if ticket is None:
                raise NotFound(number)
            if ticket.external_nos.get(self.account) == external_no:
                return
            numbers = {**ticket.external_nos, self.account: external_no}
            changed = await tx.update_ticket(number, {"external_nos": numbers})
            data = changed_data(changed, ["external_nos"]) | {"author": self.account}
            await tx.emit("hotline.ticket.updated.v1", number, data, self.means.clock())

        await self.means.ledger.write(work)
        log.info("partner gave its number", partner=self.account, ticket_no=number)


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        return wire.read(await read_limited(response, _MOST_ANSWER))
    except (wire.Malformed, TooLarge):
        return {}
