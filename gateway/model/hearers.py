"""Who is told of which facts. A call makes some fifteen and a part of the gateway wants two or three of them: each says
so once, and a fact costs a look-up and the calls of those who want it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from gateway.model.facts import Fact


class Hearers:
    """Tells each fact to those who want its kind, in the order in which they asked. They may not wait."""

    def __init__(self) -> None:
        self._by_kind: dict[type[Any], tuple[Callable[[Any], None], ...]] = {}

    def add(self, told: Callable[[Any], None], *kinds: type[Any]) -> None:
        """``told`` is told of facts of these kinds from now on; of all facts without any."""
        for kind in kinds or get_args(Fact):
            self._by_kind[kind] = (*self._by_kind.get(kind, ()), told)

    def tell(self, fact: Fact) -> None:
        for told in self._by_kind.get(type(fact), ()):
            told(fact)
