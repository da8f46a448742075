"""Pictures made anew: the same picture, nothing else. EXIF with its place and telephone, comments, profiles, further
frames and whatever was hidden behind the end are left behind; the orientation that EXIF asked for is carried out.

The size is judged from the header before anything is unpacked (decompression bombs). Synchronous: run it in a thread.
"""

from __future__ import annotations

import io
from typing import Literal

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gateway.channels.config import FileKind

# The readers themselves and not Image.open, which tries others too and only warns of bombs, process-wide.
_READERS: dict[str, type[ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "webp": WebPImageFile,
    "gif": GifImageFile,
    "bmp": BmpImageFile,
}
_WRITTEN: dict[str, Literal["jpeg", "png", "webp"]] = {
    "jpeg": "jpeg",
    "png": "png",
    "webp": "webp",
    "gif": "png",
    "bmp": "png",
}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUALITY = {"jpeg": 90, "webp": 85}


class TooManyPixels(Exception):
    """The picture unpacks into more than the limit."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"{width} x {height} pixels")


class Unreadable(Exception):
    """It begins like a picture and cannot be unpacked: damaged, cut short, or made to hurt."""


def remade(body: bytes, kind: str, max_pixels: int) -> tuple[bytes, FileKind]:
    """The picture written anew, and the kind it was written as (a GIF's first frame becomes a PNG).

    Raises TooManyPixels and Unreadable.
    """
    try:
        with _READERS[kind](io.BytesIO(body)) as picture:
            _judge(picture, max_pixels)
            picture.load()
            _judge(picture, max_pixels)  # a GIF's frame may be larger than its header said
            return _written(_upright(picture), _WRITTEN[kind]), _WRITTEN[kind]
    except TooManyPixels:
        raise
    except (Exception, Image.DecompressionBombError) as error:  # Pillow raises a dozen kinds for damaged bytes
        raise Unreadable(f"{type(error).__name__}: {error}"[:200]) from error


def _judge(picture: Image.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise TooManyPixels(picture.width, picture.height)


def _upright(picture: Image.Image) -> Image.Image:
    try:
        turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF is no reason to refuse a good picture
        turn = None
    return picture.transpose(turn) if turn is not None else picture


def _written(picture: Image.Image, kind: Literal["jpeg", "png", "webp"]) -> bytes:
    if kind == "jpeg" and picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    if kind == "webp" and picture.mode not in ("RGB", "RGBA"):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    # Pillow writes what it read into ``info``: profile, comment, XMP. Only what the pixels mean may stay.
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    out = io.BytesIO()
    if kind == "png":
        picture.save(out, "PNG")
    else:
        picture.save(out, kind.upper(), quality=_QUALITY[kind])
    return out.getvalue()
