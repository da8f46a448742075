"""Seven-bit charsets that switch by escapes: ISO-2022-JP, -KR and -CN (RFC 1468, 1557, 1922) and HZ (RFC 1843).

Python's codecs for them refuse what mail programs write: vendor characters (NEC's ① in ISO-2022-JP), GBK inside HZ,
two of the charsets in one text; ISO-2022-CN it has none. Here each run between escapes is lifted to eight bits and
read by the wide codec of its charset.
"""

from __future__ import annotations

import re

_SWITCH = re.compile(rb"\x1b\$[()*+]?[@-Z]|\x1b[()*+.][@-Z]|\x1bN|\x0e|\x0f|\n")
_HZ = re.compile(rb"~(?:\{|\}|~|\n|\r\n)")
_KANA_SHIFT = 0xFF61 - 0x21
_LIFT = bytes(one | 0x80 for one in range(256))
_WIDE = {
    b"@": "euc_jis_2004", b"B": "euc_jis_2004", b"(@": "euc_jis_2004", b"(B": "euc_jis_2004", b"(O": "euc_jis_2004",
    b"(Q": "euc_jis_2004", b"A": "gb18030", b"(A": "gb18030", b"(C": "cp949",
}  # fmt: skip
_SHIFTED = {b")A": "gb18030", b")C": "cp949", b")E": "gb18030", b")G": "cns"}


def read_iso2022(data: bytes) -> tuple[str, bool]:
    """The text of ISO-2022 of any country, and whether every byte fitted. CNS planes become the replacement sign:
    they have no table here.
    """
    run, shift, shifted = "ascii", "cp949", False
    out: list[str] = []
    clean, at = True, 0
    for found in _SWITCH.finditer(data):
        clean &= _add(out, data[at : found.start()], shift if shifted else run)
        at, switch = found.end(), found[0]
        if switch in (b"\x0e", b"\x0f"):
            shifted = switch == b"\x0e"
        elif switch == b"\n":
            run, shifted = "ascii", False
            out.append("\n")
        elif switch[2:] in _SHIFTED:
            shift = _SHIFTED[switch[2:]]
        else:
            run = _designated(switch, run)
    clean &= _add(out, data[at:], shift if shifted else run)
    return "".join(out), clean


def _designated(switch: bytes, run: str) -> str:
    """The charset after an escape that changes the run itself."""
    if switch[1:2] == b"$":
        return _WIDE.get(switch[2:], run)
    if switch[1:2] == b"(":
        return "kana" if switch[2:] == b"I" else "ascii"
    return run


def _add(out: list[str], data: bytes, charset: str) -> bool:
    if not data:
        return True
    if charset == "kana":
        out.append("".join(chr(one + _KANA_SHIFT) if 0x21 <= one <= 0x5F else chr(one & 0x7F) for one in data))
        return True
    if charset == "cns":
        out.append("\ufffd" * (len(data) // 2))
        return False
    text = (data.translate(_LIFT) if charset != "ascii" else data).decode(charset, "replace")
    out.append(text)
    return "\ufffd" not in text


def read_hz(data: bytes) -> tuple[str, bool]:
    """The text of HZ, and whether every byte fitted."""
    out: list[str] = []
    clean, at, chinese = True, 0, False
    for found in _HZ.finditer(data):
        clean &= _add_hz(out, data[at : found.start()], chinese)
        at = found.end()
        if found[0] == b"~~":
            out.append("~")
        elif found[0] in (b"~{", b"~}"):
            chinese = found[0] == b"~{"
    clean &= _add_hz(out, data[at:], chinese)
    return "".join(out), clean


def _add_hz(out: list[str], data: bytes, chinese: bool) -> bool:
    """A line's end ends Chinese, too (RFC 1843)."""
    if not chinese or b"\n" not in data:
        return _add(out, data, "gb18030" if chinese else "ascii")
    first, rest = data.split(b"\n", 1)
    fits = _add(out, first.rstrip(b"\r"), "gb18030")
    out.append("\n")
    return _add(out, rest, "ascii") and fits
