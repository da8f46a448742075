"""How text gets into a file that Asterisk reads, and nothing gets in that does not belong.

Asterisk's files know sections, ``key = value`` lines and ``;`` comments; a line end in a value would start a line
of the attacker's own. Configuration is validated long before, but these functions are the last gate and
trust nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,80}$")
_KEY = re.compile(r"^[A-Za-z0-9_.-]{1,60}(\([A-Za-z0-9_(),]*\))?$")
_EXTEN = re.compile(r"^(_[0-9*#+XZN\[\]!-]{1,60}|_[a-z]_\.|[0-9A-Za-z*#+_-]{1,80})$")


class RenderError(ValueError):
    """A value cannot be written into a file of Asterisk. The message names the value and what is wrong with it."""


def value(raw: object) -> str:
    """A value for the right-hand side: one line, with ``;`` escaped. Raises RenderError for control characters."""
    text = str(raw)
    if _CONTROL.search(text):
        raise RenderError(f"{text!r} holds a control character")
    return text.replace("\\", "\\\\").replace(";", "\\;") if ";" in text else text


def comment(text: str) -> str:
    """A comment line of any text: what could end the line or open a block comment becomes a space."""
    return "; " + re.sub(r"-{2,}", "-", _CONTROL.sub(" ", text).replace(";", " "))


@dataclass(slots=True)
class Conf:
    """A configuration file under construction. Methods return the Conf itself, so a section reads as one sentence."""

    lines: list[str] = field(default_factory=list)

    def note(self, text: str) -> Conf:
        self.lines.append(comment(text))
        return self

    def section(self, name: str, *, base: str = "", is_template: bool = False) -> Conf:
        """Begin ``[name]``; ``base`` is the template it inherits from."""
        if not _NAME.match(name) or (base and not _NAME.match(base)):
            raise RenderError(f"{name!r} is not a section name")
        mark = "(!)" if is_template else f"({base})" if base else ""
        self.lines += ["", f"[{name}]{mark}"]
        return self

    def set(self, **pairs: object) -> Conf:
        """``key = value`` lines; ``__`` in a key stands for ``-``."""
        for key, raw in pairs.items():
            self.put(key.replace("__", "-"), raw)
        return self

    def put(self, key: str, raw: object) -> Conf:
        if not _KEY.match(key):
            raise RenderError(f"{key!r} is not a key")
        text = ("yes" if raw else "no") if isinstance(raw, bool) else value(raw)
        self.lines.append(f"{key} = {text}".rstrip())
        return self

    def exten(self, name: str, *steps: str | tuple[str, str]) -> Conf:
        """An extension of the dialplan; a step is an application call, or a (label, application call) pair."""
        if not _EXTEN.match(name):
            raise RenderError(f"{name!r} is not an extension")
        for number, step in enumerate(steps):
            label, call = ("", step) if isinstance(step, str) else step
            head = f"exten => {name},1" if number == 0 else " same => n"
            self.lines.append(f"{head}{f'({label})' if label else ''},{value(call)}")
        return self

    def text(self) -> str:
        return "\n".join(self.lines).strip("\n") + "\n"


def begin(title: str) -> Conf:
    """A file's head: what it is, and that edits are lost."""
    return Conf().note(title).note("Written by gateway-12345 (gateway render) from config/. Edits here are lost.")
