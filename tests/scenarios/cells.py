"""Cells: many transfers at the same time on one hotline, none in the way of another.

A cell has an entry number, a queue, a seat and a partner of its own, so that who comes back to the front of a queue is
taken by nobody else. Every partner may be reached in every mode; how long one may ring is short.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from conftest import SHORT_GREETING
from hall import Story

from tools.lab.carrier import Carrier
from tools.lab.phone import Manner, Phone, PhoneFailed
from tools.lab.site import CONFIG

T = TypeVar("T")

CELLS = 24
PATIENT, HASTY = "8800", "8900"
PARTNERS = {PATIENT: 180, HASTY: 5}
"""How each partner's number begins, and how long it may ring: the most and the least that may be configured."""

PATIENCE_S = 60.0


def cells_config(folder: Path) -> Path:
    """The shipped configuration with CELLS cells besides."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    (config / "ivr" / "greeting.toml").write_text(SHORT_GREETING, encoding="utf-8")
    numbers = range(1, CELLS + 1)
    queue = '\n[[queue]]\nid = "m{0:02}"\nname = "队列{0}"\nname_en = "Cell {0}"\nwrap_up_s = 1\nrecord = false\n'
    entry = (
        '\n[[entry]]\nnumber = "9700{0:02}"\nname = "单元{0}"\nname_en = "Cell {0}"\ntrack = "own"\nqueue = "m{0:02}"\n'
    )
    partner = (
        '\n[[partner]]\nnumber = "{0}{1:02}"\nname = "单位{0}{1}"\nname_en = "Partner {0}{1}"\nmode = "attended"\n'
        'modes = ["blind", "consult", "three_way"]\nanswer_s = {2}\n'
    )
    seat = (
        '\n[[seat_blocks]]\nprefix = "{3}"\nfirst_extension = {1}\ncount = 1\nroom = "cells"\nx = {2}\ny = 0\n'
        'columns = 1\nqueues = ["m{0:02}"]\n'
    )
    room = (
        f'\n[[rooms]]\nid = "cells"\nname = "试验区"\nname_en = "Cells"\nx = 0\ny = 20\nwidth = {CELLS}\nheight = 2\n'
    )
    _append(config / "queues.toml", (queue.format(n) for n in numbers))
    _append(config / "entries.toml", (entry.format(n) for n in numbers))
    _append(config / "partners.toml", (partner.format(p, n, s) for n in numbers for p, s in PARTNERS.items()))
    _append(config / "halls" / "haikou.toml", (room, *(seat.format(n, 8700 + n, n - 1, _prefix(n)) for n in numbers)))
    return config


def _prefix(number: int) -> str:
    """What the seat of a cell is called, before its 001: MA, MB ..."""
    return f"M{chr(ord('A') + number - 1)}"


def _append(file: Path, more: Iterable[str]) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "".join(more), encoding="utf-8")


@dataclass
class Cell:
    """One citizen, one agent, one partner, and the key between them."""

    story: Story
    number: int
    citizen: Phone
    agent: Phone
    partner: Phone
    transfer_id: str = ""

    @classmethod
    async def open(cls, story: Story, carrier: Carrier, number: int, stack: AsyncExitStack, partner: Manner) -> Cell:
        """The agent has signed in, the citizen has called, and each hears the other; the agent takes no other call."""
        site = story.site
        sip_port = site.settings.asterisk.sip_port
        extension = str(8700 + number)
        agent = await stack.enter_async_context(Phone.open("agent", extension, sip_port))
        await agent.register(site.secrets.seats[extension])
        citizen = await stack.enter_async_context(Phone.open("citizen", f"139000{number:05}", sip_port))
        numbers = [f"{begin}{number:02}" for begin in PARTNERS]
        cell = cls(story, number, citizen, agent, await carrier.phone("partner", *numbers, manner=partner))
        await story.until(lambda: story.reachable(cell.seat), f"cell {number}: the agent's telephone is registered")
        await story.sign_in(cell.seat, str(1000 + number))
        await citizen.call(f"9700{number:02}", limit_s=PATIENCE_S)
        await citizen.until_hears("agent", limit_s=PATIENCE_S)
        await cell.until(cell.talks, "the gateway has heard that they talk")
        await story.lead.not_ready(cell.seat, "meal")
        await cell.until(lambda: story.presence(cell.seat, "not_ready"), "the agent takes no other call")
        return cell

    async def talks(self) -> bool:
        """What the phones hear is ahead of what Asterisk has told."""
        seat = next(one for one in await self.story.lead.seats() if one["id"] == self.seat)
        return bool(seat["activity"] == "talking" and seat["call_id"])

    @property
    def seat(self) -> str:
        return f"{_prefix(self.number)}001"

    async def press(self, mode: str, partner: str = PATIENT) -> None:
        body = {"seat": self.seat, "partner": f"{partner}{self.number:02}", "mode": mode}
        self.transfer_id = str((await self.story.lead._ask("POST", "/api/v1/transfers", body))["transfer_id"])

    async def act(self, act: str) -> None:
        """Press something of the transfer, once the page would offer it."""
        await self.until(partial(self._offers, act), f"{act} may be pressed")
        await self.story.lead._ask("POST", f"/api/v1/transfers/{self.transfer_id}/{act}", {})

    async def _offers(self, act: str) -> bool:
        return act in (await self.transfer())["acts"]

    async def transfer(self) -> dict[str, Any]:
        return await self.story.lead._ask("GET", f"/api/v1/transfers/{self.transfer_id}")

    async def until(self, true: Callable[[], Awaitable[Any]], what: str) -> Any:
        return await self.story.until(true, f"cell {self.number}: {what}", PATIENCE_S)

    async def phase(self, *phases: str) -> dict[str, Any]:
        """The transfer once it is in one of these phases."""

        async def there() -> dict[str, Any] | None:
            found = await self.transfer()
            return found if found["phase"] in phases else None

        return await self.until(there, f"the transfer is {' or '.join(phases)}")  # type: ignore[no-any-return]

    # -- where everybody is --------------------------------------------------------------------------------------------

    async def hears(self, who: str, *parties: str) -> None:
        phone: Phone = getattr(self, who)
        await phone.until_hears(*parties, limit_s=PATIENCE_S)

    async def citizen_is(self, where: str) -> None:
        """agent, partner, queue or gone."""
        if where == "gone":
            await self.citizen.until("ended", PATIENCE_S)
        elif where == "queue":
            await self.until(self._waits, "the citizen waits at the front of the queue")
            assert self.citizen.line == "up"
        else:
            await self.hears("citizen", where)
            await self.hears(where, "citizen")

    async def let_go(self) -> None:
        """Once the citizen's call ends with the partner's. The record says "released" before Asterisk has been told so,
        and a partner who hangs up in between gives the citizen back; the agent, whose end comes after that order, is
        no sign of it where he was let go before (blind)."""
        await self.until(lambda: asyncio.to_thread(self._is_let_go), "the citizen stays with the partner alone")

    def _is_let_go(self) -> bool:
        rx = self.story.site.asterisk.rx
        shown = (line.split("!") for line in rx("core show channels concise").splitlines())
        channels = [parts[0] for parts in shown if len(parts) > 7 and parts[7] == self.citizen.number]
        return any("GW_XFER=completed" in rx(f"core show channel {channel}") for channel in channels)

    async def _waits(self) -> bool:
        queues = await self.story.lead.queues()
        return any(queue["id"] == f"m{self.number:02}" and queue["waiting"] for queue in queues)

    async def how_it_stands(self) -> str:
        """All that helps to understand a cell that failed."""
        phones = [f"{p.party}: {p.line} hears {sorted(p.hears())}\n{p.said()}" for p in self._phones()]
        seat = await self.story.seat_view(self.seat)
        record = await self.transfer() if self.transfer_id else {}
        shown = await asyncio.to_thread(self.story.site.asterisk.rx, "core show channels concise")
        queue = await asyncio.to_thread(self.story.site.asterisk.rx, f"queue show m{self.number:02}")
        call = record.get("call_id", "-")
        log = "\n".join(line for line in self.story.log().splitlines() if call in line)[-1500:]
        return "\n".join([f"cell {self.number}", *phones, str(seat), str(record), shown, queue, log])

    def _phones(self) -> tuple[Phone, ...]:
        return self.citizen, self.agent, self.partner

    async def go_home(self) -> None:
        """Everybody hangs up who has not, the agent signs out, and nothing is left of the cell."""
        for phone in self._phones():
            with suppress(PhoneFailed):  # Asterisk was killed meanwhile
                await phone.hang_up()
        await self.story.lead.sign_out(self.seat)
        await self.until(lambda: self.story.presence(self.seat, "signed_out"), "the agent has gone home")

    async def nothing_left(self) -> None:
        """No stuck seat, no ghost transfer."""

        async def idle() -> bool:
            return bool((await self.story.seat_view(self.seat))["activity"] == "idle")

        await self.until(idle, "the seat is idle")
        await self.phase("ended")


async def side_by_side(work: Sequence[Callable[[], Awaitable[T]]], at_once: int) -> list[T | BaseException]:
    """Run all, so many at once; a failure is the result of the one that failed."""
    gate = asyncio.Semaphore(at_once)

    async def one(run: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await run()

    return await asyncio.gather(*(one(run) for run in work), return_exceptions=True)


def checked(found: T | BaseException) -> T:
    """A result of ``side_by_side``; raises what failed."""
    if isinstance(found, BaseException):
        raise found
    return found
