"""The people of a transfer on a whole hotline: a citizen, an agent at a seat and a partner behind the carrier, each
with a telephone that says whom it hears (``tools.lab.phone``), and the key pressed over the gateway's own API.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

from hall import Story

from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner, Phone
from tools.lab.site import Site


@contextmanager
def carrier_site(config: Path) -> Iterator[tuple[Site, int]]:
    """A site whose trunk leads to a port of ours, where the partners' telephones are; its Asterisk runs."""
    ports = Ports()
    carrier = ports.take()
    with short_folder() as state:
        trunk = {"GATEWAY__ASTERISK__TRUNK_CONTACT": f"sip:127.0.0.1:{carrier}"}
        site = Site.free(state, config_dir=config, overrides=trunk)
        try:
            yield site.start(), carrier
        finally:
            site.stop()
            ports.close()


class Board:
    """One citizen, one agent at A001, one partner."""

    def __init__(self, story: Story, carrier: int) -> None:
        self.story, self.carrier = story, carrier
        self._stack = AsyncExitStack()
        self.sip_port = story.site.settings.asterisk.sip_port
        self.citizen: Phone
        self.agent: Phone
        self.partner: Phone

    @classmethod
    @asynccontextmanager
    async def open(cls, story: Story, carrier: int) -> AsyncIterator[Self]:
        board = cls(story, carrier)
        async with board._stack:
            board.partner = await board.phone("partner", "110", port=carrier)
            yield board

    async def phone(self, party: str, number: str, *, manner: Manner | None = None, port: int = 0) -> Phone:
        opened = Phone.open(party, number, self.sip_port, manner=manner, port=port)
        return await self._stack.enter_async_context(opened)

    async def talking(self, number: str = "13812345678", seat: str = "A001", agent: str = "1001") -> Self:
        """The agent is ready, the citizen has called 12345, and they hear each other."""
        self.seat, self.number = seat, number
        extension = await self.story.extension(seat)
        self.agent = await self.phone("agent", extension)
        await self.agent.register(self.story.site.secrets.seats[extension])
        await self.story.until(lambda: self.story.reachable(seat), "the agent's telephone is registered")
        await self.story.sign_in(seat, agent)
        self.citizen = await self.phone("citizen", number)
        self.story.numbers["citizen"] = number
        await self.citizen.call("12345")
        await self.citizen.until_hears("agent")
        await self.agent.until_hears("citizen")

        async def known() -> bool:  # what the phones hear is ahead of what Asterisk has told
            view = await self.story.seat_view(seat)
            return bool(view["activity"] == "talking" and view["call_id"])

        await self.story.until(known, "the gateway has heard that they talk")
        return self

    async def press(self, partner: str = "110", *, key: str = "", **body: Any) -> str:
        """Press the partner's key; returns the transfer's id."""
        return await self._asked("/api/v1/transfers", {"seat": self.seat, "partner": partner, **body}, key)

    async def act(self, transfer: str, act: str) -> None:
        """Press something of a transfer, once the page would offer it: what the phones hear is ahead of that."""
        await self.transfer_is(transfer, f"{act} may be pressed", lambda t: act in t["acts"])
        await self._asked(f"/api/v1/transfers/{transfer}/{act}", {})

    async def _asked(self, path: str, body: dict[str, Any], key: str = "") -> str:
        lead = self.story.lead
        assert lead._session is not None
        headers = {"X-CSRF-Token": lead._csrf, **({"Idempotency-Key": key} if key else {})}
        async with lead._session.post(self.story.site.web_url + path, json=body, headers=headers) as answer:
            said = await answer.json(content_type=None)
            assert answer.status == 202, said
            return str(said["transfer_id"])

    async def transfer(self, id: str) -> dict[str, Any]:
        """The transfer as the API shows it."""
        return await self.story.lead._ask("GET", f"/api/v1/transfers/{id}")

    async def transfer_is(self, id: str, what: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async def so() -> dict[str, Any] | None:
            found = await self.transfer(id)
            return found if true(found) else None

        return await self.story.until(so, f"the transfer: {what}")
