"""Text of SMS user data and back. The format field says how the octets are meant; nothing is ever guessed.

    field  name               carriers' use
    0      ASCII or GSM 7     CMPP, SGIP, SMGP: ASCII; SMPP: the centre's default, which is GSM 7-bit
                              (3GPP TS 23.038, 6.2.1), one septet an octet. ``alphabet`` says which.
    1      ASCII (IA5)        SMPP 3.4, 5.2.19
    2, 4   octets             kept as they are: no text
    3      Latin-1            SMPP 3.4, 5.2.19. (CMPP's table calls 3 writing to the card: no citizen sends that.)
    8      UCS-2              UTF-16, big-endian, with surrogate pairs: telephones send them, whatever the name says
    9      UCS-2              in no carrier's table. It is what a gateway shows that hands on the air interface's data
                              coding scheme (3GPP TS 23.038, 4): bits 3 and 2 "10" are UCS-2, bit 0 counts only when
                              bit 4 is set. So are 10 and 11, and with bit 4 (a message class) 24 to 27.
    15     GB                 CMPP 2.0, 7.4.2.1: 含GB汉字. Read as GB 18030, which contains GBK and GB 2312.

What does not decode becomes U+FFFD with the flag ``undecodable``; the original is kept beside the message anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Alphabet = Literal["ascii", "gsm7"]
"""What format 0 means at a carrier."""

ASCII, LATIN1, OCTETS, UCS2, GB = 0, 3, 4, 8, 15
UNDECODABLE, BINARY, UNKNOWN = "undecodable", "binary", "coding_unknown"

_GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet by septet (3GPP TS 23.038, 6.2.1)."""

_EXTENDED: Final = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
"""What stands behind an escape (6.2.1.1)."""

_ESCAPE: Final = 0x1B
_OF_GSM: Final = {char: bytes((septet,)) for septet, char in enumerate(_GSM) if septet != _ESCAPE} | {
    char: bytes((_ESCAPE, septet)) for septet, char in _EXTENDED.items()
}
_UCS2_FIELDS: Final = frozenset({8, 9, 10, 11, 24, 25, 26, 27})
_LONE: Final = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with flags that tell what was odd (``undecodable``, ``binary``, ``coding_unknown``)."""

    text: str
    flags: tuple[str, ...] = ()


def decode(data: bytes, coding: int, alphabet: Alphabet = "ascii") -> Decoded:
    """The text of user data (without its header). Never raises."""
    if coding in _UCS2_FIELDS:
        return _ucs2(data)
    if coding == GB:
        return _by_codec(data, "gb18030")
    if coding == LATIN1:
        return Decoded(data.decode("latin-1"))
    if coding == ASCII and alphabet == "gsm7":
        return _gsm7(data)
    if coding in (0, 1):
        return _by_codec(data, "ascii")
    return Decoded("", (BINARY,) if coding in (2, 4) else (BINARY, UNKNOWN))


def _by_codec(data: bytes, codec: str) -> Decoded:
    try:
        return Decoded(data.decode(codec))
    except UnicodeDecodeError:
        return Decoded(data.decode(codec, "replace"), (UNDECODABLE,))


def _ucs2(data: bytes) -> Decoded:
    """A byte order mark is not guessed but said; without one it is big-endian (3GPP TS 23.038, 6.2.3)."""
    codec = "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-16-be"
    bare = data[2:] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data
    return _by_codec(bare, codec)


def _gsm7(data: bytes) -> Decoded:
    """One septet an octet. An unknown escape shows the character behind it, as 6.2.1.1 asks."""
    text: list[str] = []
    odd, escaped = False, False
    for octet in data:
        if octet > 0x7F:
            text.append("\ufffd")
            odd, escaped = True, False
        elif octet == _ESCAPE and not escaped:
            escaped = True
        elif escaped:
            text.append(_EXTENDED.get(octet, " " if octet == _ESCAPE else _GSM[octet]))
            escaped = False
        else:
            text.append(_GSM[octet])
    return Decoded("".join(text), (UNDECODABLE,) if odd else ())


@dataclass(frozen=True, slots=True)
class Coded:
    """A text by characters, each as the octets that a part must not divide. ``coding`` is the format field.

    ``costs`` are what each character takes on the air: septets for format 0, octets else.
    """

    coding: int
    units: tuple[bytes, ...]
    costs: tuple[int, ...]


def encode(text: str, alphabet: Alphabet = "ascii") -> Coded:
    """A text in the shortest format that holds all of it: 0 when it can, else UCS-2.

    For ASCII too it must be in the air interface's alphabet, into which the carrier turns it: a backtick is not, and
    braces take two septets. Lone surrogates become U+FFFD.
    """
    septets = [_OF_GSM.get(char) for char in text]
    if all(one is not None for one in septets) and (alphabet == "gsm7" or text.isascii()):
        known = [one for one in septets if one is not None]
        units = known if alphabet == "gsm7" else [char.encode("ascii") for char in text]
        return Coded(ASCII, tuple(units), tuple(map(len, known)))
    units = [char.encode("utf-16-be") for char in text.translate(_LONE)]
    return Coded(UCS2, tuple(units), tuple(map(len, units)))
