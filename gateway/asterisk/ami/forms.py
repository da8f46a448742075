"""How Asterisk writes the events of one kind, learnt from what it sends.

All events of a kind have the same headers in the same order (or one of two or three such forms: with and without the
other channel), some twenty to forty of which a reader wants five to twelve. A frame that is written like one seen
before is read by one pattern, at half the price of taking every line apart; any other is the business of ``wire``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_MOST = 4
"""Forms of one kind that are remembered: each is tried in turn, so many more would cost more than they save."""

Pairs = Iterable[tuple[str, str]]


class Forms:
    """The forms of one kind of event, of which only the headers ``taken`` are read."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = frozenset(taken)
        self._known: list[tuple[Callable[[str], re.Match[str] | None], tuple[str, ...]]] = []

    def read(self, raw: bytes) -> Pairs | None:
        """The headers that are taken, in the order sent; None when the frame has a form that is not known."""
        text = raw.decode("utf-8", "replace")
        for matches, names in self._known:
            found = matches(text)
            if found is not None:
                return zip(names, found.groups(), strict=True)
        return None

    def learn(self, names: Sequence[str]) -> None:
        """A frame has these headers, none of them twice, each written with a blank after its colon."""
        if len(self._known) < _MOST:
            # A value with a CR of its own fits no form.
            lines = (re.escape(name) + (": ([^\r]*)" if name in self._taken else ": [^\r]*") for name in names)
            taken = tuple(name for name in names if name in self._taken)
            self._known.append((re.compile("\r\n".join(lines)).fullmatch, taken))
