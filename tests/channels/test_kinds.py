"""Kinds are told by content; names are made harmless."""

from __future__ import annotations

import re
import struct
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.config import FILE_KINDS
from gateway.channels.kinds import FORMS, clean_name, is_evidence, kind_of, seems
from tests.channels.pictures_made import (
    EXE,
    HTML,
    OLE2,
    PDF,
    SCRIPT,
    SVG,
    WAV,
    ftyp,
    mp3,
    office,
    photo,
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (photo("JPEG"), "jpeg"),
        (photo("PNG"), "png"),
        (photo("WEBP"), "webp"),
        (photo("GIF"), "gif"),
        (photo("BMP"), "bmp"),
        (b"#!AMR\n\x3c", "amr"),
        (b"#!AMR-WB\n", "amr"),
        (b"#!SILK_V3\x00", "silk"),
        (b"\x02#!SILK_V3\x00", "silk"),
        (mp3(), "mp3"),
        (b"ID3\x04" + mp3(), "mp3"),
        (WAV, "wav"),
        (b"OggS\0\x02", "ogg"),
        (ftyp(b"M4A "), "m4a"),
        (ftyp(b"isom"), "mp4"),
        (ftyp(b"mp42"), "mp4"),
        (ftyp(b"3gp4"), "mp4"),
        (ftyp(b"qt  "), "mov"),
        (PDF, "pdf"),
        (b"\xef\xbb\xbf\n" + PDF, "pdf"),
        (office("word/document.xml"), "docx"),
        (office("xl/workbook.xml"), "xlsx"),
        (office("ppt/presentation.xml"), "pptx"),
    ],
)
def test_kinds_that_are_taken_are_recognised(body: bytes, kind: str) -> None:
    assert kind_of(body) == kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        EXE,
        HTML,
        SVG,
        SCRIPT,
        OLE2,
        b"\x7fELF\x02\x01\x01",
        b"<?php system($_GET['c']);",
        b"BM" + b"A" * 60,
        b"RIFF\0\0\0\0AVI LIST",
        ftyp(b"heic"),
        mp3(1)[:300],
        b"\xff\xfb\x90\x00" + b"\0" * 600,
        b"GIF8",
        office("word/document.xml", "word/vbaProject.bin"),
        office("xl/workbook.xml", "XL/VBAPROJECT.BIN"),
        office("META-INF/MANIFEST.MF"),
        office()[:-30],
        HTML + PDF,
    ],
)
def test_anything_else_is_not(body: bytes) -> None:
    assert kind_of(body) is None


def test_every_kind_of_the_configuration_has_a_form() -> None:
    assert set(FORMS) == set(FILE_KINDS)


def test_a_directory_that_claims_a_million_parts_is_not_opened() -> None:
    body = bytearray(office())
    end = body.rfind(b"PK\x05\x06")
    struct.pack_into("<H", body, end + 10, 60_000)
    assert kind_of(bytes(body)) is None


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (ftyp(b"heic"), "heic"),
        (ftyp(b"mif1"), "heic"),
        (ftyp(b"avif"), "avif"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (OLE2, "doc"),
    ],
)
def test_what_citizens_send_in_good_faith_is_told_from_the_rest(body: bytes, word: str) -> None:
    assert is_evidence(body) == word
    assert kind_of(body) is None


@pytest.mark.parametrize("body", [EXE, HTML, SVG, SCRIPT, ftyp(b"isom"), photo()])
def test_the_rest_is_no_evidence(body: bytes) -> None:
    assert is_evidence(body) == ""


@pytest.mark.parametrize(("body", "word"), [(HTML, "html"), (SVG, "svg"), (SCRIPT, "script"), (EXE, "exe")])
def test_what_is_refused_has_a_word(body: bytes, word: str) -> None:
    assert seems(body) == word


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"RIFF", b"\0\0\0\x18ftyp", b"\xff\xfb\x90", b"BM"])
)
def test_any_bytes_get_an_answer(body: bytes, start: bytes) -> None:
    assert kind_of(start + body) in (None, *FILE_KINDS)
    assert isinstance(seems(start + body), str)
    assert isinstance(is_evidence(start + body), str)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 400))
def test_a_damaged_document_gets_an_answer(patch: bytes, where: int) -> None:
    body = bytearray(office())
    where = min(where, len(body) - 1)
    body[where : where + len(patch)] = patch
    assert kind_of(bytes(body)) in (None, "docx", "xlsx", "pptx")


@pytest.mark.parametrize(
    ("given_name", "extension", "clean"),
    [
        ("photo.jpg", "jpg", "photo.jpg"),
        ("路灯.PNG", "jpg", "路灯.jpg"),
        ("evil.jpg.exe", "jpg", "evil.jpg"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("C:\\Users\\张三\\照片.jpeg", "jpg", "照片.jpg"),
        ("a\x00b\nc.jpg", "jpg", "abc.jpg"),
        ("gpj.\u202eexe", "jpg", "gpj.jpg"),
        ("", "mp4", "file.mp4"),
        ("...", "mp4", "file.mp4"),
        (".htaccess", "jpg", "file.jpg"),
        ("CON.jpg", "jpg", "file-CON.jpg"),
        ("\udc80half\ud83d.jpg", "jpg", "half.jpg"),
        ('a<b>"c".jpg', "jpg", "a_b__c_.jpg"),
        ("x", "", "x"),
    ],
)
def test_names_are_made_harmless(given_name: str, extension: str, clean: str) -> None:
    assert clean_name(given_name, extension) == clean


@given(st.text(max_size=300), st.sampled_from(["jpg", "", "docx"]))
def test_any_name_becomes_a_short_one_without_paths_and_controls(name: str, extension: str) -> None:
    clean = clean_name(name, extension)
    assert 1 <= len(clean) <= 100
    assert not re.search(r'[/\\<>:"|?*]', clean)
    assert not any(unicodedata.category(character)[0] == "C" for character in clean)
    assert not clean.startswith(".")
    assert clean.encode()
    if extension:
        assert clean.endswith("." + extension)
        assert "." not in clean.removesuffix("." + extension)[-8:] or re.search(r"\.[^.]*[^A-Za-z0-9]", clean)
