"""Numbers that citizens write into their text: what the intake takes from them.

Finding and masking are in ``gateway.model.masking``, because pages mask the same numbers; here is only what the
intake does with them. A number is found, never guessed: what is not a telephone by its shape is not called.
"""

from __future__ import annotations

import re

from gateway.model.masking import find_personal

_MAYBE = re.compile(r"1(?:[\W_]?\d){10}")
"""Cheap: most texts hold nothing that could be a mobile number, in any digits and separators."""


def first_mobile(text: str) -> str:
    """The first mobile number in a text, 11 digits, or "": the one to call back when none was stated."""
    if not _MAYBE.search(text) and not _MAYBE.search(text.replace("１", "1")):
        return ""
    return next((found.value for found in find_personal(text) if found.kind == "mobile"), "")


def kinds_in(text: str) -> tuple[str, ...]:
    """The kinds of personal numbers in a text, each once, in order: what an agent is warned of."""
    return tuple(dict.fromkeys(found.kind for found in find_personal(text)))
