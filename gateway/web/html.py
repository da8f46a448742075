"""Markup from Python: ``h("p", "text", class_="note")``. Whatever is not markup already is escaped, so what a citizen
typed can stand anywhere in a page; there is no other way to put text into one.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Html(str):
    """Markup: goes into other markup as it is."""

    __slots__ = ()


Inner = str | Iterable[str] | None
Value = str | int | float | bool | None


def h(name: str, /, *inner: Inner, **attributes: Value) -> Html:
    """An element. ``class_`` and ``for_`` lose their underscore, inner ones become hyphens; None and False leave an
    attribute out, True writes its bare name."""
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{join(*inner)}</{name}>")


def join(*inner: Inner) -> Html:
    """Pieces one after the other; None is nothing, text is escaped."""
    return Html("".join(_piece(one) for one in inner))


def _piece(inner: Inner) -> str:
    if inner is None:
        return ""
    if isinstance(inner, Html):
        return inner
    if isinstance(inner, str):
        return escape(inner, quote=False)
    return "".join(_piece(one) for one in inner)


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def both(zh: str, en: str) -> Html:
    """Chinese, with the English beside it in small."""
    return join(zh, Html(" "), h("small", en, lang="en"))


def lines(text: str) -> Html:
    """Text with its line breaks."""
    first, *rest = text.split("\n")
    return join(first, [join(h("br"), line) for line in rest])
