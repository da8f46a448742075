"""Cleaning of Unicode that came from outside, and its limits: shared by headers, bodies and file names."""

from __future__ import annotations

import re

MOST_TEXT = 1_048_576
"""Bytes of UTF-8 that are shown of a mail's words."""

_NEWLINES = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LOW = bytes((*range(0x09), *range(0x0E, 0x20), 0x7F))
"""Controls of one byte of UTF-8."""
_BLANKS = re.compile(r"[\t\n\r]+")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u061c\u00ad]")
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\/]')
_PATH = re.compile(r"[\\/]")


def named(text: str) -> frozenset[str]:
    """The words of a text as a set: how the tables of tags and codecs are written down."""
    return frozenset(text.split())


def clean_text(text: str) -> str:
    """Newlines as LF, no controls but newline and tab, no lone surrogates."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x0b" in text or "\x0c" in text or "\x85" in text or "\u2028" in text or "\u2029" in text:
        text = _NEWLINES.sub("\n", text)
    return text if _is_clean(text) else _CONTROLS.sub("", text)


def _is_clean(text: str) -> bool:
    """False for texts that may hold controls. Looking at bytes is ten times as fast as a search by a class, and nearly
    all texts have none."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate
        return False
    if len(data.translate(None, _LOW)) != len(data):
        return False
    return text.isascii() or not (b"\xc2" in data or "\ufeff" in text or "\ufffe" in text or "\uffff" in text)


def one_line(text: str) -> str:
    """A header's value: on one line, without controls."""
    if "\t" in text:
        text = text.replace("\t", " ")
    if text.isprintable():
        return text.strip()
    return _CONTROLS.sub("", _BLANKS.sub(" ", clean_text(text))).strip()


def cut_text(text: str, most: int = MOST_TEXT) -> tuple[str, bool]:
    """The beginning that fits into ``most`` bytes of UTF-8, and whether anything was left out."""
    if len(text) * 4 <= most:
        return text, False
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text, False
    return data[:most].decode("utf-8", "ignore"), True


def file_name(name: str) -> str:
    """A name without path, controls and signs that turn the direction of writing; at most 120 characters, and the
    extension stays. "" when nothing is left.
    """
    name = _UNSEEN.sub("", one_line(name[:2000])).strip(" \"'")
    name = next((part for part in reversed(_PATH.split(name)) if part.strip(" .")), "")
    name = _FORBIDDEN.sub("_", name).strip(" .")
    if len(name) <= 120:
        return name
    stem, dot, extension = name.rpartition(".")
    return f"{stem[: 119 - len(extension)]}.{extension}" if dot and len(extension) <= 10 else name[:120]
