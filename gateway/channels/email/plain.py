"""Plain text bodies: format=flowed (RFC 3676), enriched text, files written into the text by uuencode, PGP's armour,
and the plain part that only says that the reader cannot show HTML.
"""

from __future__ import annotations

import re

_QUOTES = re.compile(r">+")
_TAGS = re.compile(r"<<|<[^<>\n]{0,200}>")
_EXCUSE = re.compile(
    r"不支持\s*HTML|无法(?:正常)?(?:显示|查看|阅读)|HTML\s*(?:格式|邮件)|請使用|请使用.{0,20}(?:浏览器|客户端)"
    r"|(?:not|n't) (?:support|display|view|read|show).{0,30}(?:html|message|mail)"
    r"|(?:html|MIME)[ -](?:enabled|capable|compatible)"
    r"|view (?:this|the) (?:e?-?mail|message|newsletter)|in HTML format|multi-?part message in MIME",
    re.IGNORECASE,
)
_LONGEST_EXCUSE = 400
_ARMOUR = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[!-~]{1,40}: [^\n]*+\n)*+\n?")
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_ENCRYPTED = re.compile(r"-----BEGIN PGP MESSAGE-----")


def unflowed(text: str, delete_space: bool = False) -> str:
    """Format=flowed: lines that end in a blank go on in the next one of the same depth of quotation."""
    out: list[str] = []
    depth = 0
    pieces: list[str] = []
    for line in text.split("\n"):
        level, content = _level(line)
        if pieces and (level != depth or content == "-- "):
            out.append(_quoted(depth, "".join(pieces)))
            pieces = []
        depth = level
        if content.endswith(" ") and content != "-- ":
            pieces.append(content[:-1] if delete_space else content)
            continue
        out.append(_quoted(depth, "".join((*pieces, content))))
        pieces = []
    if pieces:
        out.append(_quoted(depth, "".join(pieces)))
    return "\n".join(out)


def _level(line: str) -> tuple[int, str]:
    found = _QUOTES.match(line)
    level = found.end() if found else 0
    content = line[level:]
    return level, content[1:] if content.startswith(" ") else content


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}" if depth else text


def says_nothing(text: str) -> bool:
    """Whether the plain part of an alternative is empty, an excuse, or question marks where Chinese was."""
    plain = text.strip(" \t\n\u00a0\u3000")
    if not plain:
        return True
    if len(plain) <= _LONGEST_EXCUSE and _EXCUSE.search(plain):
        return True
    return plain.count("?") > 0.4 * len(plain) and plain.count("?") > 5


def unarmoured(text: str) -> tuple[str, str]:
    """The words of a text signed by PGP, and ``signed`` or ``encrypted`` ("" for neither)."""
    if "-----BEGIN PGP" not in text:
        return text, ""
    if _ENCRYPTED.search(text):
        return text, "encrypted"
    found = _ARMOUR.search(text)
    end = text.find(_SIGNATURE, found.end()) if found else -1
    if found is None or end < 0:
        return text, ""
    words = "\n".join(line.removeprefix("- ") for line in text[found.end() : end].split("\n"))
    return f"{text[: found.start()]}{words.rstrip()}\n", "signed"


def unenriched(text: str) -> str:
    """text/enriched and text/richtext (RFC 1896): tags are left out, one newline is none."""
    joined = re.sub(r"\n(\n*)", lambda found: found[1] or " ", text)
    return _TAGS.sub(lambda found: "<" if found[0] == "<<" else "\n" if found[0].lower() == "<nl>" else "", joined)
