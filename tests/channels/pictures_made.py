"""Pictures, sounds and documents for tests, made in memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational


def photo(form: str = "JPEG", size: tuple[int, int] = (40, 20), orientation: int = 1, mode: str = "RGB") -> bytes:
    """A photo as a telephone takes it: left half red, right half blue, EXIF with camera, place and orientation."""
    picture = Image.new("RGB", size, "blue")
    picture.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "HUAWEI-SECRET-PHONE", "ABC-AL00", orientation
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (IFDRational(20), IFDRational(2), IFDRational(30))
    out = io.BytesIO()
    options = {} if form in ("GIF", "BMP") else {"exif": exif}
    if form == "JPEG":
        options["comment"] = b"a comment that nobody should see"
    picture.convert(mode).save(out, form, **options)
    return out.getvalue()


def bomb_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few hundred bytes whose header promises 3.6 gigapixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def office(part: str = "word/document.xml", *more: str) -> bytes:
    """An Office Open XML document with the given parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def mp3(frames: int = 3) -> bytes:
    """Silence, MPEG-1 layer III, 128 kbit/s at 44,100 Hz: frames of 417 bytes without ID3."""
    return (b"\xff\xfb\x90\x00" + b"\0" * 413) * frames


def ftyp(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0" + brand + b"isom" + b"\0" * 40


WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 200
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SCRIPT = b"#!/bin/sh\nrm -rf /\n"
