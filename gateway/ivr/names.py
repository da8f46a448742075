"""How a prompt is named: stably from flow, node and part, so that a recording of the same name replaces the voice.

``greeting`` + ``welcome`` is ``gw/greeting-welcome``, its text for the second asking ``gw/greeting-welcome-retry``; the
words of ``gateway.ivr.speech`` are ``gw/say/<token>``. The language is the folder, chosen by the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.ivr.config import LANGUAGES, Flow, Text

FOLDER = "gw"
DIALPLAN_PROMPTS = (
    "static-greeting",
    "not-in-service",
    "sorry-timeout",
    "sorry-full",
    "sorry-no-seat",
    "sorry-system",
    "hold-wait",
    "hold-thanks",
    "queue-closed",
    "queue-closed-on",
    "queue-closed-end",
    "transfer-hold",
    "transfer-back",
    "transfer-ended",
    "virtual-notice",
    "virtual-refused",
    "virtual-expired",
    "virtual-away",
)
"""The prompts that the dialplan plays without any flow; no flow may have one of these names."""

_VOICE = re.compile(rf"\[({'|'.join(LANGUAGES)})\]")


@dataclass(frozen=True, slots=True)
class FlowPrompt:
    """One text of a flow: ``key`` is where it stands in the file, ``name`` its sound without folder."""

    key: str
    name: str
    text: Text


def prompt_name(flow: str, node: str, part: str = "") -> str:
    """The name of a text's sound, without folder and ending."""
    return f"{flow}-{node}-{part}" if part else f"{flow}-{node}"


def sound(name: str) -> str:
    """The sound as Asterisk knows it: ``gw/<name>``."""
    return f"{FOLDER}/{name}"


def say_sound(token: str) -> str:
    """The sound of a token of ``gateway.ivr.speech``."""
    return f"{FOLDER}/say/{token}"


def prompts_of(flow: Flow) -> Iterator[FlowPrompt]:
    """Every text of a flow, in the order of the file."""
    for name, node in flow.nodes.items():
        for field, part in (("text", ""), ("retry_text", "retry")):
            text = getattr(node, field, None)
            if isinstance(text, Text):
                yield FlowPrompt(f"nodes.{name}.{field}", prompt_name(flow.id, name, part), text)


def voiced(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """The parts of a text with the language that speaks each: ``"您好[en]hello"`` in zh is (zh, 您好), (en, hello)."""
    pieces = _VOICE.split(text)
    spoken = zip([language, *pieces[1::2]], pieces[::2], strict=True)
    return tuple((voice, piece.strip()) for voice, piece in spoken if piece.strip())
