"""What Asterisk itself says of every seat, from its console and not by our own AMI code, to hold a seat map against.

``queue show`` tells who is a member where, paused and why; ``core show channels concise`` tells each telephone's
channels. From the two comes one word a seat, as the map has it. A map and a console are never read at one instant:
what differs counts only when two looks in a row show the same seat with the same two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_MEMBER = re.compile(r"^ +(?P<name>.+?) \((?P<interface>PJSIP/[0-9]+w?)(?: from [^)]*)?\)(?P<more>.*)$", re.MULTILINE)
_PAUSED = re.compile(r"\(paused(?::(?P<reason>\w+))?")
_GONE = ("(Unavailable)", "(Invalid)")
_CHANNEL = re.compile(r"^PJSIP/(?P<extension>[0-9]+)w?-[0-9a-f]+$")

ON_THE_LINE = {"Up": "talking", "Ringing": "ringing"}
"""Channel states that the map has a word for; every other one (Down, Rsrvd, Dialing, Ring) is on the way to them."""


def seats_of(queues: str, channels: str, extensions: Iterable[str]) -> dict[str, str]:
    """The word of each extension: signed_out, ready, not_ready, wrap_up, offline, ringing, talking.

    ``queues`` and ``channels`` are what ``queue show`` and ``core show channels concise`` print.
    """
    words = dict.fromkeys(extensions, "signed_out")
    for found in _MEMBER.finditer(queues):
        extension = found["interface"].removeprefix("PJSIP/").removesuffix("w")
        if extension in words:
            words[extension] = _presence(found["more"])
    for line in channels.splitlines():
        parts = line.split("!")
        if len(parts) > 4 and (channel := _CHANNEL.match(parts[0])) and channel["extension"] in words:
            words[channel["extension"]] = ON_THE_LINE.get(parts[4], "ringing")
    return words


def _presence(more: str) -> str:
    if any(word in more for word in _GONE):
        return "offline"
    paused = _PAUSED.search(more)
    if paused is None:
        return "ready"
    return "wrap_up" if paused["reason"] == "wrap_up" else "not_ready"


@dataclass
class Compared:
    """Looks so far, and the differences that a second look has confirmed: (seat, on the map, at Asterisk)."""

    looks: int = 0
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    _suspects: set[tuple[str, str, str]] = field(default_factory=set)

    def look(self, shown: Mapping[str, str], true: Mapping[str, str]) -> set[tuple[str, str, str]]:
        """Take one look; returns what differs now, which ``again`` confirms or clears a moment later."""
        self.looks += 1
        self._suspects = _differences(shown, true)
        return self._suspects

    def again(self, shown: Mapping[str, str], true: Mapping[str, str]) -> None:
        """The second look at the same suspects."""
        self.differences += sorted(self._suspects & _differences(shown, true))
        self._suspects = set()


def _differences(shown: Mapping[str, str], true: Mapping[str, str]) -> set[tuple[str, str, str]]:
    return {(seat, shown.get(seat, "missing"), word) for seat, word in true.items() if shown.get(seat) != word}
