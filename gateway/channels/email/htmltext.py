"""Text of safe HTML, as a reader would copy it out: blocks on lines of their own, cells by tab, lists with their marks,
links with their address where it says more, quotations as "> " lines, nothing that is hidden.

It reads only what nh3 wrote: tags are balanced, attributes in double quotes, text without a bare ``<``.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, field

from gateway.channels.email.texts import named

TOKEN = re.compile(r'<(/?)([a-z0-9]+)((?:[^>"]|"[^"]*+")*+)>')
ATTRIBUTES = re.compile(r' ([a-z]+)="([^"]*+)"')

_BLOCKS = named(
    """address article blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header
    hr li main nav ol p pre section summary table tbody tfoot thead tr ul"""
)
_CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "wbr", "col"})
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden|mso-hide:\s*all|font-size:\s*0(?:px|pt|em|%)?\s*(?:;|$)")
_NO_QUOTE = re.compile(r"border(?:-style|-left)?:\s*(?:none|0)")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_WIDE_BREAK = re.compile(
    "(?<=[\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff60])[ \t]*\n\\s*(?=[\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff60])"
)
_FILE_LIKE = re.compile(r"\.[A-Za-z]{3,4}$")
_RULE = "_" * 32


@dataclass(slots=True)
class _Writer:
    """Lines with a prefix of "> " a quotation."""

    most: int
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: int = 0
    size: int = 0
    pending: bool = False  # a blank that is written if more follows
    begun: bool = False  # whether the line holds anything that is seen

    def words(self, text: str) -> None:
        """Inline text; blanks collapse as browsers do it."""
        if not text:
            return
        collapsed = _SPACE.sub(" ", _WIDE_BREAK.sub("", text))
        if collapsed == " ":
            self.pending = self.begun
            return
        if collapsed[0] == " ":
            self.pending = self.begun
            collapsed = collapsed[1:]
        self.put(collapsed)

    def put(self, text: str) -> None:
        """Text as it is."""
        if self.pending:
            self.line.append(" ")
            self.pending = False
        self.begun = True
        if text.endswith(" ") and not text.endswith("\u00a0"):
            self.pending, text = True, text[:-1]
        self.line.append(text)

    def end(self, force: bool = False) -> None:
        """The line's end; without ``force`` only when there is something on it."""
        if self.begun or force:
            text = "".join(self.line).replace("\u00a0", " ").rstrip()
            prefix = "> " * min(self.quotes, 20)
            self.lines.append((prefix + text).rstrip() if not text else prefix + text)
            self.size += len(self.lines[-1]) + 1
        self.line, self.pending, self.begun = [], False, False

    def full(self) -> bool:
        return self.size > self.most


@dataclass(slots=True)
class _State:
    writer: _Writer
    hidden: int = 0  # open tags since one that hides what is in it
    pre: int = 0
    lists: list[int] = field(default_factory=list)  # the next number, -1 for bullets
    links: list[tuple[str, int]] = field(default_factory=list)
    quotes: list[bool] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)


def text_of(safe: str, most: int = 1_048_576) -> str:
    """The words of safe HTML, at most about ``most`` characters of them."""
    state = _State(_Writer(most))
    at = 0
    for found in TOKEN.finditer(safe):
        if at < found.start() and not state.hidden:
            _words(state, safe[at : found.start()])
        at = found.end()
        _tag(state, found[1] == "/", found[2], found[3])
        if state.writer.full():
            break
    else:
        if not state.hidden:
            _words(state, safe[at:])
    state.writer.end()
    return _tidied(state.writer.lines)


def _tidied(lines: list[str]) -> str:
    """No more than one empty line at a time."""
    kept = [one for number, one in enumerate(lines) if one or (number and lines[number - 1])]
    return "\n".join(kept).strip("\n")


def _words(state: _State, text: str) -> None:
    text = entities.unescape(text)
    if not state.pre:
        state.writer.words(text)
        return
    first, *rest = text.split("\n")
    state.writer.put(first) if first else None
    for line in rest:
        state.writer.end(force=True)
        state.writer.put(line) if line else None


def _tag(state: _State, closing: bool, name: str, rest: str) -> None:
    if state.hidden:
        state.hidden += 0 if name in _VOID else -1 if closing else 1
        return
    if not closing and rest and name not in _VOID and _hides(rest):
        state.hidden = 1
        return
    if name in _BLOCKS:
        _block(state, closing, name, rest)
    elif name == "br":
        state.writer.end(force=True)
    elif name == "a":
        _link(state, closing, rest)
    elif name in _CELLS:
        _cell(state, closing)
    elif name == "img":
        alt = entities.unescape(dict(ATTRIBUTES.findall(rest)).get("alt", ""))
        if 0 < len(alt) <= 12 and not _FILE_LIKE.search(alt):
            state.writer.words(alt)  # an emoji


def _hides(rest: str) -> bool:
    return " hidden" in rest or (
        "style=" in rest and _HIDDEN.search(dict(ATTRIBUTES.findall(rest)).get("style", "")) is not None
    )


def _block(state: _State, closing: bool, name: str, rest: str) -> None:
    writer = state.writer
    writer.end()
    if name == "hr":
        writer.put(_RULE)
        writer.end()
    elif name == "blockquote":
        _quotation(state, closing, rest)
    elif name == "pre":
        state.pre = max(0, state.pre + (-1 if closing else 1))
    elif name in ("ol", "ul"):
        _list(state, closing, name, rest)
    elif name == "li" and not closing:
        _item(state)
    elif name == "tr":
        if closing and state.cells:
            state.cells.pop()
        elif not closing:
            state.cells.append(0)


def _quotation(state: _State, closing: bool, rest: str) -> None:
    """A quotation, unless its border is none: that is how editors indent."""
    if closing:
        state.writer.quotes -= state.quotes.pop() if state.quotes else 0
        return
    attributes = dict(ATTRIBUTES.findall(rest))
    quotes = attributes.get("type") == "cite" or not _NO_QUOTE.search(attributes.get("style", ""))
    state.quotes.append(quotes)
    state.writer.quotes += quotes


def _list(state: _State, closing: bool, name: str, rest: str) -> None:
    if closing:
        if state.lists:
            state.lists.pop()
        return
    start = dict(ATTRIBUTES.findall(rest)).get("start", "1")
    state.lists.append(-1 if name == "ul" else int(start) if start.isdecimal() and len(start) < 6 else 1)


def _item(state: _State) -> None:
    indent = "  " * min(len(state.lists) - 1, 10)
    if state.lists and state.lists[-1] >= 0:
        state.writer.put(f"{indent}{state.lists[-1]}. ")
        state.lists[-1] += 1
    else:
        state.writer.put(f"{indent}• ")


def _cell(state: _State, closing: bool) -> None:
    """A tab before each cell but the first of its row."""
    if closing or not state.cells:
        return
    if state.cells[-1] and state.writer.begun:
        state.writer.pending = False
        state.writer.line.append("\t")
    state.cells[-1] += 1


def _link(state: _State, closing: bool, rest: str) -> None:
    writer = state.writer
    if not closing:
        address = entities.unescape(dict(ATTRIBUTES.findall(rest)).get("href", ""))
        state.links.append((address, len(writer.line)))
        return
    if not state.links:
        return
    address, start = state.links.pop()
    shown = "".join(writer.line[start:]).strip()
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    if shown and address.startswith(("http", "mailto:", "tel:")) and not _same(shown, bare):
        writer.put(f" <{bare[:500]}>")


def _same(shown: str, address: str) -> bool:
    """Whether the words of a link say its address already."""
    plain = address.partition("://")[2] or address
    return plain.rstrip("/").casefold() in shown.rstrip("/").casefold() or shown.casefold() in ("", address.casefold())
