"""A text for vendors that only fill templates: cut to what a template's variables hold, spread over them.

Cuts fall behind a full stop or a comma where one is near, never inside a character that is written with several code
points (an emoji with its joiner, a letter with its accent).
"""

from __future__ import annotations

import unicodedata

from gateway.channels.port import Permanent

_STOPS = "。！？；，、.!?;, "
_NEAR = 12
"""How far back a cut looks for a stop."""

_JOINER = "\u200d"
_FORBIDDEN = str.maketrans({"\r": None, "\n": " ", "\t": " ", "【": "[", "】": "]", "\x00": None})
"""【】 is the signature's alone, and a variable takes no line feed (isv.TEMPLATE_PARAMS_ILLEGAL)."""


def messages(text: str, params: int, chars: int, most: int) -> tuple[tuple[str, ...], ...]:
    """The values of a template's variables for each message that a text needs. Raises Permanent for a text of more
    than ``most`` messages, and for an empty one."""
    clean = text.translate(_FORBIDDEN).strip()
    if not clean:
        raise Permanent("回复内容为空 / the reply has no text")
    room = params * chars
    if len(clean) <= room:
        return (spread(clean, params),)
    whole = cut(clean, room - len(f"({most}/{most})"))
    if len(whole) > most:
        raise Permanent(
            f"内容过长，需{len(whole)}条短信，最多{most}条 / too long: {len(whole)} messages, {most} allowed"
        )
    return tuple(spread(f"({n}/{len(whole)}){piece}", params) for n, piece in enumerate(whole, 1))


def cut(text: str, most: int) -> list[str]:
    """Pieces of at most ``most`` characters that make up the text."""
    pieces, at = list[str](), 0
    while len(text) - at > most:
        end = _end(text, at, at + most)
        pieces.append(text[at:end])
        at = end
    return [*pieces, text[at:]]


def spread(text: str, params: int) -> tuple[str, ...]:
    """The text over so many variables, evenly, as vendors refuse an empty one when there is text for it."""
    size, longer = divmod(len(text), params)
    values, at = list[str](), 0
    for n in range(params):
        end = at + size + (1 if n < longer else 0)
        values.append(text[at:end])
        at = end
    return tuple(values)


def _end(text: str, start: int, end: int) -> int:
    for near in range(end, max(start + 1, end - _NEAR), -1):
        if text[near - 1] in _STOPS:
            return near
    at = end
    while at > start + 1 and _within(text, at):
        at -= 1
    return at if at > start + 1 else end


def _within(text: str, at: int) -> bool:
    """True when a cut before this place would part a character."""
    after = text[at]
    return text[at - 1] == _JOINER or after == _JOINER or unicodedata.category(after) in ("Mn", "Me", "Sk")
