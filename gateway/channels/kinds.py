"""What a file is, told by its content alone: declared names and types lie, by mistake or by intent.

Only the kinds of ``config.FileKind`` are recognised here, by signatures strict enough to be an allow list. Everything
else is nothing to us; ``seems`` gives it a name for people. Pure; any bytes give an answer.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass

from gateway.channels.config import FileKind

PICTURES: frozenset[str] = frozenset({"jpeg", "png", "webp", "gif", "bmp"})


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind is called outside."""

    mime: str
    extension: str


FORMS: dict[FileKind, Form] = {
    "jpeg": Form("image/jpeg", "jpg"),
    "png": Form("image/png", "png"),
    "webp": Form("image/webp", "webp"),
    "gif": Form("image/gif", "gif"),
    "bmp": Form("image/bmp", "bmp"),
    "amr": Form("audio/amr", "amr"),
    "mp3": Form("audio/mpeg", "mp3"),
    "wav": Form("audio/wav", "wav"),
    "silk": Form("audio/silk", "silk"),
    "m4a": Form("audio/mp4", "m4a"),
    "ogg": Form("audio/ogg", "ogg"),
    "mp4": Form("video/mp4", "mp4"),
    "mov": Form("video/quicktime", "mov"),
    "pdf": Form("application/pdf", "pdf"),
    "docx": Form("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "pptx": Form("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
}

_STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"#!AMR\n", "amr"),
    (b"#!AMR-WB\n", "amr"),
    (b"#!SILK_V3", "silk"),
    (b"\x02#!SILK_V3", "silk"),  # as WeChat sends it
    (b"OggS\0", "ogg"),
    (b"ID3", "mp3"),
)
_RIFF: dict[bytes, FileKind] = {b"WEBP": "webp", b"WAVE": "wav"}
_BRANDS: tuple[tuple[re.Pattern[bytes], FileKind], ...] = (
    (re.compile(rb"M4[AB] "), "m4a"),
    (re.compile(rb"qt  "), "mov"),
    (re.compile(rb"iso.|mp4[12]|avc1|M4V |dash|3g[p2].|mmp4|MSNV"), "mp4"),
)
_STILLS = re.compile(rb"hei[cxms]|hev[cxms]|mif1|msf1|avi[fs]")
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_PARTS: tuple[tuple[str, FileKind], ...] = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("ppt/presentation.xml", "pptx"),
)
_MOST_PARTS, _MOST_DIRECTORY = 5000, 1_048_576


def kind_of(body: bytes) -> FileKind | None:
    """The kind, or None for what is not on the list. A document with macros is on no list."""
    for start, kind in _STARTS:
        if body.startswith(start):
            return kind
    return _container(body) or ("mp3" if _mpeg_frames(body) else None)


def _container(body: bytes) -> FileKind | None:
    """Forms whose beginning only says what they are packed in."""
    if body[:4] == b"RIFF":
        return _RIFF.get(body[8:12])
    if body[4:8] == b"ftyp":
        return next((kind for brand, kind in _BRANDS if brand.fullmatch(body[8:12])), None)
    if body[:4] == b"PK\x03\x04":
        return _office(body)
    if body[:2] == b"BM" and int.from_bytes(body[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    return "pdf" if body.removeprefix(b"\xef\xbb\xbf")[:64].lstrip().startswith(b"%PDF-") else None


def is_evidence(body: bytes) -> str:
    """A word for what we do not hand on but citizens send in good faith; empty for the rest.

    Photos that cannot be cleaned of their metadata here (HEIC of iPhones, AVIF, TIFF), and documents of old Word, Excel
    and WPS (OLE2), whose macros we cannot judge.
    """
    if body[4:8] == b"ftyp" and (brand := _STILLS.fullmatch(body[8:12])):
        return "avif" if brand[0].startswith(b"avi") else "heic"
    if body[:4] in (b"II*\0", b"MM\0*"):
        return "tiff"
    return "doc" if body[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" else ""


def seems(body: bytes) -> str:
    """A word for a file that is not taken (``exe``, ``html``, ``zip``); empty when nothing is known of it."""
    head = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<script")):
        return "html"
    if b"<svg" in head:
        return "svg"
    if head.startswith((b"#!", b"mz")):
        return "script" if head.startswith(b"#!") else "exe"
    import puremagic  # 2 MB of signatures for a name that is told to people: only when one is wanted

    try:
        guesses = puremagic.magic_string(body[:4096])
    except (puremagic.PureError, ValueError):
        return ""
    return next((guess.extension.lstrip(".") for guess in guesses if guess.extension), "")


def _office(body: bytes) -> FileKind | None:
    """An Office Open XML document without macros, judged by its directory; nothing is unpacked."""
    end = body.rfind(b"PK\x05\x06", max(0, len(body) - 65_557))
    if end < 0 or len(body) < end + 22 or body[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        return None
    entries, size = struct.unpack_from("<HI", body, end + 10)
    if entries > _MOST_PARTS or size > _MOST_DIRECTORY:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
    except Exception:  # zipfile raises a dozen kinds for a directory made to hurt it
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for part, kind in _PARTS if part in names), None)


# Kilobits a second by index (ISO/IEC 11172-3, 13818-3), layer III only; 0 is "free" and 15 forbidden: not taken.
_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8000)}


def _mpeg_frames(body: bytes) -> bool:
    """True when two MPEG audio frames of layer III lie one behind the other: one alone is a pattern of luck."""
    length = _mpeg_frame(body[:4])
    return length > 0 and _mpeg_frame(body[length : length + 4]) > 0


def _mpeg_frame(head: bytes) -> int:
    """Length of the frame that begins with these four bytes; 0 for none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] >> 1 & 3 != 1:
        return 0
    version, rate, samples = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or samples == 3:
        return 0
    kbits = (_RATES_1 if version == 3 else _RATES_2)[rate]
    slots = 144_000 if version == 3 else 72_000
    return slots * kbits // _SAMPLES[version][samples] + (head[2] >> 1 & 1)


# -- names -------------------------------------------------------------------------------------------------------------

_LONGEST = 100
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])")
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean_name(name: str, extension: str) -> str:
    """A declared name made fit for any disk and page: no path, no control or direction characters, 100 at most.

    The extension is the content's own; one that claimed something else is taken off.
    """
    text = re.split(r"[/\\]", name)[-1]
    text = unicodedata.normalize("NFC", "".join(c for c in text if unicodedata.category(c)[0] != "C"))
    stem = _FORBIDDEN.sub("_", text)
    while (head := re.fullmatch(r"(.*)\.[A-Za-z0-9]{1,8}", stem)) is not None:
        stem = head[1]
    stem = stem.strip(" .")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"file{'-' if stem else ''}{stem}"
    ending = f".{extension}" if extension else ""
    return stem[: _LONGEST - len(ending)].rstrip(" .") + ending
