"""What citizens are told: templates filled with values. Implements ``gateway.tickets.ports.Words``.

A template is cut at its placeholders once, when the configuration is loaded; values are put between the pieces and
never read as templates themselves, so a department named ``{x}`` stays that. A line whose placeholders are all
empty is left out: no citizen reads "承办单位：" with nothing behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.tickets.config import RepliesConfig
from gateway.tickets.wording import DEFAULTS, PLACEHOLDER, PLACEHOLDERS

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a template: texts, and between each two of them a placeholder."""

    texts: tuple[str, ...]
    names: tuple[str, ...]

    def say(self, values: Mapping[str, str]) -> str | None:
        """The line, or None when it lives from placeholders and none has a value."""
        given = [_CONTROL.sub("", values.get(name, "")) for name in self.names]
        if given and not any(given):
            return None
        return self.texts[0] + "".join(value + text for value, text in zip(given, self.texts[1:], strict=True))


def _lines(template: str) -> tuple[_Line, ...]:
    pieces = [PLACEHOLDER.split(line) for line in template.strip().split("\n")]
    return tuple(_Line(tuple(piece[0::2]), tuple(piece[1::2])) for piece in pieces)


class Templates:
    """Implements Words. ``use`` takes a newly loaded configuration."""

    def __init__(self, config: RepliesConfig) -> None:
        self.use(config)

    def use(self, config: RepliesConfig) -> None:
        """Speak by this configuration from now on; templates it does not name are the gateway's own."""
        self._lines = {name: _lines(text) for name, text in (DEFAULTS | config.templates).items()}
        self._longest = dict(config.longest)

    def say(self, template: str, **values: str) -> str:
        """The text of a template. Raises KeyError when there is no such template and ValueError for a value that it
        has no place for; a value that is not given counts as empty."""
        lines = self._lines[template]
        if stray := values.keys() - PLACEHOLDERS[template]:
            raise ValueError(f"the template {template} has no place for {', '.join(sorted(stray))}")
        return "\n".join(text for line in lines if (text := line.say(values)) is not None)

    def longest(self, channel: str) -> int | None:
        """The longest text in characters that a channel carries at once, None when it sets no limit."""
        return self._longest.get(channel)

    def fit(self, text: str, channel: str) -> str:
        """``text`` shortened with … to what the channel carries (an SMS of 10 parts, a WeChat text of 2,048 bytes)."""
        most = self._longest.get(channel)
        return text if most is None or len(text) <= most else text[: most - 1] + "…"
