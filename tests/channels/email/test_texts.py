"""Cleaning and cutting."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.texts import clean_text, cut_text, file_name, one_line


@given(st.text(st.characters()))
def test_clean_text_has_no_controls_and_can_be_encoded(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert not any((ord(one) < 32 or 0x7F <= ord(one) < 0xA0) and one not in "\n\t" for one in cleaned)
    assert clean_text(cleaned) == cleaned


_SIGNS = st.sampled_from(
    "a路 \n\r\t\x00\x0b\x0c\x1f\x7f\x80\x85\x9f\u00a0\u2027\u2028\u2029\ud800\udfff\ufeff\ufffe\uffff\U0001f600"
)


@given(st.text(_SIGNS, max_size=8))
def test_clean_text_does_what_its_classes_of_signs_say(text: str) -> None:
    """It looks at bytes where it can, which must not be seen."""
    lines = re.sub("\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    assert clean_text(text) == re.sub("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]", "", lines)


@given(st.text(st.characters()))
def test_one_line_is_one_line(text: str) -> None:
    assert not set(one_line(text)) & set("\n\r\t\x0b\x0c\x85\u2028")


@given(st.text(max_size=300), st.integers(1, 100))
def test_a_cut_is_a_beginning_that_fits(text: str, most: int) -> None:
    kept, cut = cut_text(text, most)
    assert text.startswith(kept)
    assert len(kept.encode()) <= most
    assert cut == (kept != text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("/etc/passwd", "passwd"),
        ("..\\x\\照片.jpg", "照片.jpg"),
        ("...", ""),
        ("a/", "a"),
        ("", ""),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\0b\n.jpg", "ab .jpg"),
        ("a:b.txt", "a_b.txt"),
        ("x" * 200 + ".docx", "x" * 115 + ".docx"),
        ("'quoted.doc'", "quoted.doc"),
        (" . .. ", ""),
    ],
)
def test_file_names(name: str, expected: str) -> None:
    assert file_name(name) == expected


@given(st.text(st.characters()))
def test_any_file_name_is_harmless(name: str) -> None:
    cleaned = file_name(name)
    assert len(cleaned) <= 120
    assert not set(cleaned) & set('/\\:*?"<>|\0\n\u202e')
    assert cleaned not in (".", "..")
