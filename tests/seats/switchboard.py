"""A switch that remembers as Asterisk does, and a voice without a sound: for tests of queues opened and closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.model.orders import Forget, Order, OrderRefused, Remember


class Switchboard:
    """``Switch`` and ``Memory`` in one: what is remembered is what is kept. ``refuses`` is raised for every order."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.rows: dict[tuple[str, str], str] = {}
        self.refuses = ""
        self.silent = False

    async def carry_out(self, order: Order) -> None:
        if self.refuses:
            raise OrderRefused(order, self.refuses)
        self.orders.append(order)
        if isinstance(order, Remember):
            self.rows[order.family, order.key] = order.text
        elif isinstance(order, Forget):
            self.rows.pop((order.family, order.key), None)

    async def kept(self, family: str) -> Mapping[str, str]:
        if self.silent:
            raise OrderRefused(family, "the link is down")
        return {key: text for (of, key), text in self.rows.items() if of == family}


class Voice:
    """Says what it was to speak; ``mute``: nothing can be spoken."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str]] = []
        self.kept_only: list[frozenset[str]] = []
        self.mute = False

    async def speak(self, id: str, zh: str, en: str) -> str:
        if self.mute:
            raise OrderRefused(id, "espeak-ng not found")
        self.spoken.append((zh, en))
        return f"gw/notice/{id}"

    async def install(self, id: str, recording: str) -> str:
        return f"gw/notice/{id}"

    def recordings(self) -> list[str]:
        return ["typhoon"]

    async def keep_only(self, sounds: Collection[str]) -> None:
        self.kept_only.append(frozenset(sounds))
