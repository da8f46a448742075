"""Bytes to text when the label is missing, misspelt or a lie: the order is declared, UTF-8, GB18030, detector.

Chinese mail is labelled gb2312 and holds GBK, is labelled iso-8859-1 and holds either, or holds UTF-8 under any name;
so gb2312 and all its names are read as gb18030, and a label is overruled where the bytes prove it wrong. Labels are
looked up in a table of our own: Python's codecs include some that are no charsets (rot13, zip, idna), and asking for
unknown ones fills a cache that never empties. Everything here answers for any bytes and any label.
"""

from __future__ import annotations

import encodings.aliases
import re
from collections.abc import Mapping, MutableSet
from functools import cache, lru_cache

from gateway.channels.email.iso2022 import read_hz, read_iso2022
from gateway.channels.email.texts import named

_CODECS = named(
    """ascii utf_8 utf_7 utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be gb18030 big5hkscs shift_jis euc_jp
    euc_kr johab latin_1 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10
    iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257
    cp1258 koi8_r koi8_t koi8_u kz1048 ptcp154 tis_620 mac_roman mac_cyrillic mac_greek mac_latin2 mac_turkish cp437
    cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874"""
)
_SAME = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs", "cp932": "shift_jis",
    "shift_jis_2004": "shift_jis", "shift_jisx0213": "shift_jis", "euc_jis_2004": "euc_jp", "euc_jisx0213": "euc_jp",
    "cp949": "euc_kr", "iso2022_jp": "iso2022", "iso2022_jp_1": "iso2022", "iso2022_jp_2": "iso2022",
    "iso2022_jp_2004": "iso2022", "iso2022_jp_3": "iso2022", "iso2022_jp_ext": "iso2022", "iso2022_kr": "iso2022",
}  # fmt: skip
"""Codecs of Python by the one that reads the same and more."""
_NAMES = {
    "gb_2312_80": "gb18030", "x_gb2312": "gb18030", "euc_cn": "gb18030", "windows_936": "gb18030", "cp936": "gb18030",
    "gb2312_80": "gb18030", "chinese": "gb18030", "gb18030_2000": "gb18030", "hz_gb_2312": "hz", "hz": "hz",
    "iso_2022_cn": "iso2022", "iso_2022_cn_ext": "iso2022", "iso_2022_kr": "iso2022", "iso_2022_jp": "iso2022",
    "utf8mb4": "utf_8", "cp65001": "utf_8", "unicode_1_1_utf_8": "utf_8", "unicode": "utf_16", "ucs_2": "utf_16",
    "iso_10646_ucs_2": "utf_16", "unicode_1_1_utf_7": "utf_7", "unicode_2_0_utf_7": "utf_7", "cp65000": "utf_7",
    "ks_c_5601_1987": "euc_kr", "ks_c_5601": "euc_kr", "windows_949": "euc_kr", "windows_31j": "shift_jis",
    "ms932": "shift_jis", "x_sjis": "shift_jis", "sjis": "shift_jis", "windows_950": "big5hkscs",
    "big5_hkscs": "big5hkscs", "big5_eten": "big5hkscs", "cn_big5": "big5hkscs", "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8", "cn_gb": "gb18030", "ansi": "", "x_mac_roman": "mac_roman", "macintosh": "mac_roman",
}  # fmt: skip
_FAMILIES = (
    ("utf8", "utf_8"), ("utf_8", "utf_8"), ("gb", "gb18030"), ("big5", "big5hkscs"), ("iso_2022", "iso2022"),
    ("utf_16", "utf_16"), ("utf_7", "utf_7"), ("shift", "shift_jis"), ("euc_kr", "euc_kr"), ("euc_jp", "euc_jp"),
)  # fmt: skip
"""What a name that nobody knows begins with: ``utf-8?``, ``gbk2312``."""
_CHAINS: Mapping[str, tuple[str, ...]] = {
    "big5hkscs": ("big5hkscs", "cp950"),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "euc_kr": ("cp949",),
    "cp1252": ("cp1252", "latin_1"),
}
_WESTERN = frozenset({"ascii", "latin_1", "cp1252", "iso8859_15"})
_SEVEN_BIT = frozenset({"utf_7", "hz", "iso2022"})
_WIDE = {"utf_16": ("utf_16_le", "utf_16_be"), "utf_32": ("utf_32_le", "utf_32_be")}
_WIDE_ONES = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LONG = re.compile(rb"[\xe0-\xf4]")
_ESCAPE = re.compile(rb"\x1b\$[@AB]|\x1b\$[()*+][A-Z]")
_THREES = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_BIG5_COMMON = re.compile(rb"[\xa1-\xa3][\x40-\xfe]|[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
_HIGH, _LOW = bytes(range(0x80, 0x100)), bytes(range(0x80))
_COMMON_LEADS = bytes((*range(0xA1, 0xA4), *range(0xB0, 0xD8)))
_SAMPLE = 2048
_DETECT_BYTES, _DETECT_TIMES = 65_536, 3
"""The detector costs milliseconds a kilobyte: a mail gets few looks, whatever it holds."""


@cache
def _labels() -> Mapping[str, str]:
    table = {name: _SAME.get(codec, codec) for name, codec in encodings.aliases.aliases.items()}
    table |= {codec: codec for codec in _CODECS} | _SAME | _NAMES
    known = _CODECS | _SEVEN_BIT
    return {key: codec for name, codec in table.items() if codec in known and (key := _NOT_WORD.sub("_", name))}


@lru_cache(maxsize=256)
def codec_of(label: str) -> str:
    """The codec that reads what goes by this label, "" for an unknown one or one that is no charset."""
    key = _NOT_WORD.sub("_", label[:60].lower()).strip("_")
    if not key:
        return ""
    table = _labels()
    for name in (key, key.removeprefix("x_"), key.removeprefix("cs"), key.replace("windows_", "cp", 1)):
        if name in table:
            return table[name]
    return next((codec for start, codec in _FAMILIES if key.removeprefix("x_").startswith(start)), "")


class Charsets:
    """Decodes what one mail holds; what had to be guessed (``charset_guessed``), overruled (``charset_lied``) or
    replaced (``text_repaired``) goes into ``flags``. ``hint`` is the charset that the mail uses elsewhere.
    """

    def __init__(self, flags: MutableSet[str]) -> None:
        self.flags = flags
        self.hint = ""
        self._looks = _DETECT_TIMES

    def decode(self, data: bytes, label: str = "") -> str:
        """The text of ``data`` labelled ``label`` ("" for none)."""
        codec = codec_of(label)
        if data.isascii() and codec not in _SEVEN_BIT and codec not in _WIDE_ONES and not _escaped(data):
            return data.decode("ascii")
        return self._marked(data) or self._declared(data, codec, bool(label)) or self._guessed(data, codec)

    def _marked(self, data: bytes) -> str:
        """By its byte order mark."""
        if data.startswith(b"\xef\xbb\xbf"):
            return strictly(data[3:], "utf_8") or ""
        if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
            return data.decode("utf_32", "replace")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf_16", "replace")
        return ""

    def _declared(self, data: bytes, codec: str, labelled: bool) -> str:
        """As the label says, unless the bytes prove it wrong; "" when it cannot be."""
        if not codec:
            if labelled:
                self.flags.add("charset_guessed")
            return ""
        if codec in _WIDE_ONES:
            return self._wide(data, codec)
        if codec not in _SEVEN_BIT and _escaped(data) and data.isascii():
            return self._lied(read_iso2022(data)[0])
        text = strictly(data, codec)
        if text is None or codec == "utf_8":
            return text or ""
        return self._overruled(data, codec) or text

    def _wide(self, data: bytes, codec: str) -> str:
        """UTF-16 and -32, unless the bytes are plainly of eight bits."""
        if b"\0" not in data and (data.isascii() or _LONG.search(data)) and (text := strictly(data, "utf_8")):
            return self._lied(text)
        return _wide(data, codec)

    def _overruled(self, data: bytes, codec: str) -> str:
        """Valid UTF-8 with characters of three bytes is nothing else; Chinese under a western label is Chinese."""
        if codec in _SEVEN_BIT and data.isascii():
            return ""
        western = codec in _WESTERN
        text = strictly(data, "utf_8")  # first: on GBK it fails at once
        if text is not None and (western or _LONG.search(data)) and not _is_gb(data, text):
            return self._lied(text)
        if western and _likely_gb(data) and (text := strictly(data, "gb18030")):
            return self._lied(text)
        return self._big5(data) if codec == "gb18030" else ""

    def _big5(self, data: bytes) -> str:
        """Big5 under a label of the mainland: nearly all of it is valid GBK, none of it readable."""
        if _likely_gb(data) or not _likely_big5(data) or (text := strictly(data, "big5hkscs")) is None:
            return ""
        return self._lied(text)

    def _lied(self, text: str) -> str:
        self.flags.add("charset_lied")
        return text

    def _guessed(self, data: bytes, codec: str) -> str:
        """Without a label, or against it."""
        if _escaped(data) and data.isascii():
            self.flags.add("charset_guessed")
            return read_iso2022(data)[0]
        text = strictly(data, "utf_8")
        if text is not None and not _is_gb(data, text):
            self.flags.add("charset_lied" if codec else "charset_guessed")
            return text
        if cut := _cut_short(data, codec or "utf_8") or _mostly_utf8(data):
            self.flags.add("text_repaired")
            return cut
        self.flags.add("charset_lied" if codec else "charset_guessed")
        return self._chinese(data) or self._detected(data, codec)

    def _chinese(self, data: bytes) -> str:
        if mixture := _by_lines(data):
            self.flags.add("text_repaired")
            return mixture
        if not _likely_gb(data):
            if (hinted := codec_of(self.hint)) and hinted not in _WIDE_ONES and (text := strictly(data, hinted)):
                return text
            if _likely_big5(data) and (text := strictly(data, "big5hkscs")):
                return text
            return "" if _is_odd(data) else strictly(data, "gb18030") or _cut_short(data, "gb18030")
        return strictly(data, "gb18030") or _cut_short(data, "gb18030")

    def _detected(self, data: bytes, codec: str) -> str:
        """The last resort."""
        if self._looks > 0 and len(data) > 8:
            self._looks -= 1
            if found := _detect(data[:_DETECT_BYTES]):
                return data.decode(found, "replace")
        if (text := strictly(data, "gb18030")) is not None:
            return text
        self.flags.add("text_repaired")
        best = codec if codec in _CODECS and codec not in ("ascii", *_WIDE_ONES) else "gb18030"
        return min((data.decode(name, "replace") for name in (best, "utf_8")), key=lambda one: one.count("\ufffd"))


def strictly(data: bytes, codec: str) -> str | None:
    """The text when every byte fits, else None. ``codec`` is one that ``codec_of`` gives."""
    if codec in ("hz", "iso2022"):
        text, clean = read_hz(data) if codec == "hz" else read_iso2022(data)
        return text if clean else None
    for name in _CHAINS.get(codec, (codec,)):
        try:
            return data.decode(name)
        except (UnicodeError, ValueError):
            continue
    return None


def _escaped(data: bytes) -> bool:
    return b"\x1b" in data and _ESCAPE.search(data) is not None


def _wide(data: bytes, codec: str) -> str:
    """UTF-16 or -32 in the byte order that gives more of what people write; "" when neither does."""
    names = _WIDE.get(codec, (codec,))
    texts = [data.decode(name, "replace") for name in names]
    best = max(texts, key=_written)
    return best if _written(best) > 0.6 else ""


def _written(text: str) -> float:
    """The share of ASCII, CJK and full-width characters in the beginning of a text."""
    head = text[:2000]
    fits = sum(one in "\r\n\t" or " " <= one < "\x7f" or "\u3000" <= one < "\ua000" or one >= "\uff00" for one in head)
    return (fits - 2 * head.count("\ufffd")) / max(1, len(head))


def _is_gb(data: bytes, as_utf8: str) -> bool:
    """True for bytes that are valid UTF-8 by chance: short Chinese, whose characters of two bytes would be Cyrillic."""
    if len(data) > 400 or _LONG.search(data):
        return False
    if all(one < "\u0100" for one in as_utf8):
        return False  # Latin letters with accents
    highs = data.translate(None, _LOW)
    return 2 * len(_COMMON.findall(data)) == len(highs)


def _likely_gb(data: bytes) -> bool:
    """Most of what is not ASCII are signs and characters of the everyday part of GB2312."""
    text = data[:_SAMPLE].decode("gb18030", "replace")
    wide = len(text) - len(text.encode("ascii", "ignore"))
    leads = text.encode("gb2312", "ignore").translate(None, _LOW)[::2]
    return wide > 0 and len(leads) - len(leads.translate(None, _COMMON_LEADS)) >= 0.7 * wide


def _likely_big5(data: bytes) -> bool:
    pairs = _PAIRS.findall(data[:_SAMPLE])
    return len(pairs) > 3 and sum(_BIG5_COMMON.fullmatch(one) is not None for one in pairs) >= 0.9 * len(pairs)


def _is_odd(data: bytes) -> bool:
    """Enough high bytes to ask the detector about."""
    return len(data) - len(data.translate(None, _HIGH)) > 16


def _cut_short(data: bytes, codec: str) -> str:
    """The text without its last character, when only that is incomplete."""
    if codec not in ("utf_8", "gb18030", "big5hkscs"):
        return ""
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        if error.start > 0 and error.reason in ("unexpected end of data", "incomplete multibyte sequence"):
            return data[: error.start].decode(codec, "replace")
    return ""


def _mostly_utf8(data: bytes) -> str:
    """UTF-8 with some broken bytes."""
    highs = len(data) - len(data.translate(None, _HIGH))
    whole = sum(map(len, _THREES.findall(data)))
    return data.decode("utf_8", "replace") if whole >= 6 and whole >= 0.9 * highs else ""


def _by_lines(data: bytes) -> str:
    """A mixture of UTF-8 and GB18030, where what was quoted kept its own charset; "" for anything else."""
    lines = data.split(b"\n")
    if len(lines) == 1:
        return ""
    texts = [strictly(one, "utf_8") for one in lines]
    if not any(text is not None and _LONG.search(line) for text, line in zip(texts, lines, strict=True)):
        return ""
    rest = [text if text is not None else strictly(line, "gb18030") for text, line in zip(texts, lines, strict=True)]
    return "" if None in rest else "\n".join(text or "" for text in rest)


def _detect(data: bytes) -> str:
    """The codec that the detector takes the bytes for, "" when it cannot tell."""
    from charset_normalizer import from_bytes  # 30 ms and megabytes: only for mail that needs it

    best = from_bytes(data, steps=5, chunk_size=512, enable_fallback=False).best()
    return codec_of(best.encoding) if best is not None else ""
