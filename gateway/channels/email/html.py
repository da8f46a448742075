"""HTML of a mail: safe to show, and as text.

One parser only: nh3 (ammonia, html5ever) makes safe HTML of anything, and the text is read from what it wrote, which
is regular. So the text says what the page shows, and nothing is parsed twice. What nh3 keeps to allow for is little:
no forms, scripts, frames, style sheets, and of styles only those that stay in their box. Images that would be fetched
from elsewhere lose their address; those in the mail keep ``cid:``; images inside the HTML itself become files.
Classes stay and ids get the prefix ``mail-``: the quotation marks of mail programs are known by them.

Trees as deep as stacks, or formatting that is never closed, cost the parser quadratic time: they are told by counting
tags first, and such HTML is shown as text.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from functools import cache

import nh3

from gateway.channels.email.htmltext import ATTRIBUTES, TOKEN, text_of
from gateway.channels.email.texts import MOST_TEXT, clean_text, named
from gateway.channels.email.transfer import from_base64

MOST_HTML = 2 * MOST_TEXT
"""Characters of safe HTML; the source is read up to MOST_TEXT."""

_TAGS = named(
    """a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div
    dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt
    ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var
    wbr"""
)
_DROPPED = named("script style title template noscript iframe object svg math select textarea")
_ATTRIBUTES = {
    "*": {"class", "id", "style", "dir", "hidden", "title"},
    "a": {"href", "name"},
    "blockquote": {"type", "cite"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign", "width"},
    "th": {"colspan", "rowspan", "align", "valign", "width"},
    "table": {"border", "cellpadding", "cellspacing", "width", "align"},
    "ol": {"start", "type"},
    "font": {"color", "size", "face"},
    "p": {"align"},
    "div": {"align"},
}
_STYLES = named(
    """display visibility color font-weight font-style font-size text-decoration text-align white-space border
    border-left border-style background-color mso-hide max-height"""
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})

_OPENING = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})")
_FORMATTING = named("a b big code em font i nobr s small strike strong tt u")
_VOID = named("area base br col embed hr img input link meta param source track wbr o:p")
_LOOSE = named("p li td th tr dt dd option tbody thead tfoot colgroup")
_FEW_TAGS, _FEW_CHARACTERS, _MOST_TAGS = 300, 100_000, 120_000
_MOST_DEPTH, _MOST_COST = 1000, 30_000_000
_DATA_IMAGE = re.compile(
    r"""(\bsrc\s*=\s*["']?)data:image/([a-z+.-]{2,20})(?:;[a-z0-9=-]{1,40})?;base64,([A-Za-z0-9+/=%\s]++)""",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*+>?")
_IMAGE = re.compile(r"<img((?: [a-z]+=\"[^\"]*+\")*+)>")

Keep = Callable[[str, bytes], str]
"""Takes the type and content of an image that stands inside the HTML; gives its content id."""


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS), clean_content_tags=set(_DROPPED), attributes=_ATTRIBUTES, strip_comments=True,
        link_rel="noopener noreferrer nofollow", url_schemes=set(_SCHEMES), filter_style_properties=set(_STYLES),
        id_prefix="mail-", url_relative="deny",
    )  # fmt: skip


def is_html(text: str) -> bool:
    """Whether a text that is labelled plain is HTML."""
    head = text[:300].lstrip().lower()
    return head.startswith(("<!doctype html", "<html", "<head", "<body", "<div", "<meta", "<style"))


def has_tags(text: str) -> bool:
    """Whether a text that is labelled HTML has any tag."""
    return re.search(r"<[a-zA-Z/!]", text) is not None


def safe_html(source: str, keep: Keep | None = None) -> tuple[str, frozenset[str]]:
    """Safe HTML and flags: ``remote_images`` (left out), ``truncated``, ``html_flattened``. Never raises."""
    flags: set[str] = set()
    if keep is not None and "data:image/" in source:
        source = _DATA_IMAGE.sub(lambda found: _kept(found, keep), source)
    if len(source) > MOST_TEXT:
        source = source[: source.rfind("<", 0, MOST_TEXT) if "<" in source[:MOST_TEXT] else MOST_TEXT]
        flags.add("truncated")
    source = clean_text(source)
    safe = _cleaned(source) if _is_moderate(source) else None
    if safe is None:
        flags.add("html_flattened")
        safe = f"<pre>{entities.escape(flattened(source))}</pre>"
    safe, remote = _without_remote(safe)
    flags |= {"remote_images"} if remote else set()
    if len(safe) > MOST_HTML:
        flags.add("truncated")
        safe = f"<pre>{entities.escape(text_of(safe, MOST_TEXT))}</pre>"
    return safe, frozenset(flags)


def flattened(source: str) -> str:
    """The words of HTML that is not worth a parser: every tag is a line's end or nothing."""
    lines = (one.strip() for one in entities.unescape(_ANY_TAG.sub("\n", source)).splitlines())
    return clean_text("\n".join(one for one in lines if one))


def _cleaned(source: str) -> str | None:
    """None when the parser gave up: a panic of it is no Exception, and no reason to lose a mail."""
    try:
        return _cleaner().clean(source).strip()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # pyo3's PanicException has no public name
        return None


def _is_moderate(source: str) -> bool:
    """Whether a parser will do with it: not too deep, and not much formatting that is opened anew in every block.

    A closing tag counts only when it closes the last one opened: HTML ignores others more often than not, and here an
    overestimate costs the looks of a mail, an underestimate minutes.
    """
    tags = source.count("<")
    if tags <= _FEW_TAGS and len(source) <= _FEW_CHARACTERS:
        return True
    if tags > _MOST_TAGS:
        return False
    lowered = source.lower()
    foreign = "<svg" in lowered or "<math" in lowered
    stack: list[tuple[str, int]] = []
    formatting = cost = 0
    for found in _OPENING.finditer(lowered):
        name = found[2]
        if name in _VOID or (name in _LOOSE and not foreign):
            cost += formatting
        elif found[1]:
            if stack and stack[-1][0] == name:
                formatting -= stack.pop()[1]
        else:
            cost += formatting
            weight = 100 + _width(source, found.end()) if name in _FORMATTING else 0
            formatting += weight
            stack.append((name, weight))
        if len(stack) > _MOST_DEPTH or cost > _MOST_COST:
            return False
    return True


def _width(source: str, at: int) -> int:
    """About how long a tag is."""
    end = source.find(">", at, at + 5000)
    return end - at if end >= 0 else 5000


def _kept(found: re.Match[str], keep: Keep) -> str:
    body, _ = from_base64(found[3].replace("%2B", "+").replace("%2F", "/").replace("%3D", "=").encode("ascii"))
    return f"{found[1]}cid:{keep(found[2].lower(), body)}"


def _without_remote(safe: str) -> tuple[str, bool]:
    """Images with an address elsewhere lose it; those of a pixel go altogether."""
    if "<img" not in safe:
        return safe, False
    seen: list[bool] = []

    def image(found: re.Match[str]) -> str:
        attributes = dict(ATTRIBUTES.findall(found[1]))
        source = attributes.pop("src", "")
        if source.lower().startswith("cid:"):
            return found[0]
        seen.append(bool(source))
        if attributes.get("width") in ("0", "1") or attributes.get("height") in ("0", "1"):
            return ""
        return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"

    cleaned = _IMAGE.sub(image, safe)
    return cleaned, any(seen)


__all__ = ["TOKEN", "flattened", "has_tags", "is_html", "safe_html", "text_of"]
