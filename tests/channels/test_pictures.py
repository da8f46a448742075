"""Pictures made anew: nothing but the pixels, upright, and never more of them than the limit."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.channels.pictures import TooManyPixels, Unreadable, remade
from tests.channels.pictures_made import bomb_png, photo

MOST = 1_000_000


def _opened(body: bytes) -> Image.Image:
    with Image.open(io.BytesIO(body)) as picture:
        picture.load()
        return picture


def _colour(picture: Image.Image, x: int, y: int) -> str:
    pixel = picture.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return "red" if pixel[0] > 180 > pixel[2] else "blue"


@pytest.mark.parametrize(
    ("form", "kind", "written"),
    [
        ("JPEG", "jpeg", "jpeg"),
        ("PNG", "png", "png"),
        ("WEBP", "webp", "webp"),
        ("GIF", "gif", "png"),
        ("BMP", "bmp", "png"),
    ],
)
def test_the_picture_stays_and_what_hid_in_it_goes(form: str, kind: str, written: str) -> None:
    body = photo(form) + b"PK\x03\x04 hidden behind the end"
    clean, now = remade(body, kind, MOST)
    assert now == written
    assert not any(trace in clean for trace in (b"SECRET", b"ABC-AL00", b"comment", b"hidden", b"Exif"))
    picture = _opened(clean)
    assert (picture.format or "").lower() == written
    assert picture.size == (40, 20)
    assert (_colour(picture, 5, 10), _colour(picture, 35, 10)) == ("red", "blue")
    assert not picture.getexif()


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (40, 20), (2, 10)),
        (2, (40, 20), (37, 10)),
        (3, (40, 20), (37, 10)),
        (4, (40, 20), (2, 10)),
        (5, (20, 40), (10, 2)),
        (6, (20, 40), (10, 2)),
        (7, (20, 40), (10, 37)),
        (8, (20, 40), (10, 37)),
    ],
)
def test_the_orientation_that_exif_asks_for_is_carried_out(
    orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    picture = _opened(remade(photo(orientation=orientation), "jpeg", MOST)[0])
    assert picture.size == size
    assert _colour(picture, *red) == "red"
    assert _colour(picture, size[0] - 1 - red[0], size[1] - 1 - red[1]) == "blue"


@pytest.mark.parametrize(
    ("form", "kind", "mode"), [("JPEG", "jpeg", "CMYK"), ("JPEG", "jpeg", "L"), ("PNG", "png", "P")]
)
def test_unusual_colour_modes_are_written_too(form: str, kind: str, mode: str) -> None:
    assert _opened(remade(photo(form, mode=mode), kind, MOST)[0]).size == (40, 20)


def test_transparency_stays() -> None:
    picture, out = Image.new("RGBA", (4, 4), (255, 0, 0, 0)), io.BytesIO()
    picture.save(out, "PNG")
    assert _opened(remade(out.getvalue(), "png", MOST)[0]).getpixel((0, 0)) == (255, 0, 0, 0)


def test_of_an_animation_the_first_frame_is_kept() -> None:
    frames, out = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")], io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    picture = _opened(remade(out.getvalue(), "gif", MOST)[0])
    assert _colour(picture, 4, 4) == "red"
    assert getattr(picture, "n_frames", 1) == 1


def test_a_decompression_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(TooManyPixels, match="60000 x 60000"):
        remade(bomb_png(), "png", MOST)


def test_the_limit_is_exact() -> None:
    assert remade(photo(size=(100, 50)), "jpeg", 5000)
    with pytest.raises(TooManyPixels):
        remade(photo(size=(100, 51)), "jpeg", 5000)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_unreadable(keep: float) -> None:
    body = photo(size=(400, 200))
    with pytest.raises(Unreadable):
        remade(body[: int(len(body) * keep)], "jpeg", MOST)


@settings(max_examples=150)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 2000),
)
def test_any_damage_is_either_healed_or_unreadable(form: str, patches: list[tuple[int, bytes]], cut: int) -> None:
    body = bytearray(photo(form))
    for where, patch in patches:
        where %= len(body)
        body[where : where + len(patch)] = patch
    try:
        clean, written = remade(bytes(body[: max(cut, 30)]), form.lower(), MOST)
    except (Unreadable, TooManyPixels):
        return
    assert _opened(clean).size
    assert written in ("jpeg", "png", "webp")


@given(st.binary(max_size=200), st.sampled_from(["jpeg", "png", "webp", "gif", "bmp"]))
def test_bytes_that_are_no_picture_are_unreadable(body: bytes, kind: str) -> None:
    with pytest.raises((Unreadable, TooManyPixels)):
        remade(body, kind, MOST)
