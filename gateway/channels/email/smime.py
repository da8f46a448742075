"""The content of S/MIME mail that is signed but not encrypted (RFC 8551, 3.5.2): SignedData's inner octets.

Only the way to the content is read (BER, RFC 5652), no signature is checked: the mail is shown, not trusted.
"""

from __future__ import annotations

_SIGNED = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT, _OID, _SET, _INTEGER = 0x30, 0x04, 0x24, 0xA0, 0x06, 0x31, 0x02
_MOST_PIECES = 1_000_000


def signed_content(data: bytes) -> bytes:
    """The signed MIME entity, b"" when there is none or the structure is another one."""
    try:
        return _content(data)
    except IndexError:
        return b""


def _content(data: bytes) -> bytes:
    """ContentInfo { signedData, [0] SignedData { version, digests, { data, [0] OCTET STRING } ... } }."""
    at = _expect(data, 0, _SEQUENCE)
    at = _oid(data, at, _SIGNED)
    at = _expect(data, at, _EXPLICIT)
    at = _expect(data, at, _SEQUENCE)
    at = _past(data, at, _INTEGER)
    at = _past(data, at, _SET)
    at = _expect(data, at, _SEQUENCE)
    at = _oid(data, at, _DATA)
    at = _expect(data, at, _EXPLICIT)
    return _octets(data, at)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, length (-1: until the end marks) and where the content begins."""
    tag, length = data[at], data[at + 1]
    if length < 0x80:
        return tag, length, at + 2
    if length == 0x80:
        return tag, -1, at + 2
    size = length & 0x7F
    if size > 8:
        raise IndexError
    return tag, int.from_bytes(data[at + 2 : at + 2 + size], "big"), at + 2 + size


def _expect(data: bytes, at: int, tag: int) -> int:
    found, _, start = _head(data, at)
    if found != tag:
        raise IndexError
    return start


def _past(data: bytes, at: int, tag: int) -> int:
    found, length, start = _head(data, at)
    if found != tag or length < 0:
        raise IndexError
    return start + length


def _oid(data: bytes, at: int, value: bytes) -> int:
    end = _past(data, at, _OID)
    if not data[:end].endswith(value):
        raise IndexError
    return end


def _octets(data: bytes, at: int) -> bytes:
    tag, length, start = _head(data, at)
    if tag == _OCTETS and length >= 0:
        return data[start : start + length]
    if tag != _OCTETS_IN_PIECES:
        raise IndexError
    end = len(data) if length < 0 else min(start + length, len(data))
    pieces: list[bytes] = []
    while start < end and len(pieces) < _MOST_PIECES:
        tag, length, start = _head(data, start)
        if tag != _OCTETS or length < 0:
            break
        pieces.append(data[start : start + length])
        start += length
    return b"".join(pieces)
