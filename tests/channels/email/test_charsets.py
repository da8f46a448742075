"""Labels, and bytes that do not keep to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.charsets import Charsets, codec_of, strictly

SAID = "您好，我要投诉小区路灯不亮，请处理。"


def decode(data: bytes, label: str = "") -> tuple[str, set[str]]:
    flags: set[str] = set()
    return Charsets(flags).decode(data, label), flags


@pytest.mark.parametrize(
    "label", ["gb2312", "GBK", "gb_2312-80", "x-gbk", "cp936", "EUC-CN", " GB2312 ", '"gbk"', "gbk2312"]
)
def test_every_name_of_the_mainlands_charset_is_gb18030(label: str) -> None:
    assert codec_of(label) == "gb18030"


@pytest.mark.parametrize(
    "label",
    [
        "rot13",
        "rot_13",
        "zip",
        "zlib",
        "bz2",
        "hex",
        "base64",
        "uu",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
        "mbcs",
        "raw_unicode_escape",
        "string_escape",
        "oem",
        "",
        "\0",
        "encodings.aliases",
        "x-unknown",
        "é",
        "a" * 5000,
    ],
)
def test_what_is_no_charset_has_no_codec(label: str) -> None:
    assert codec_of(label) == ""
    assert decode(SAID.encode(), label)[0] == SAID


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf8", "utf_8"),
        ("cp65001", "utf_8"),
        ("Windows-1252", "cp1252"),
        ("iso-8859-1", "latin_1"),
        ("HZ", "hz"),
        ("KS_C_5601-1987", "euc_kr"),
        ("iso-8859-8-i", "iso8859_8"),
        ("x-sjis", "shift_jis"),
        ("Big5-HKSCS", "big5hkscs"),
    ],
)
def test_other_names_are_known(label: str, codec: str) -> None:
    assert codec_of(label) == codec


@given(
    st.binary(max_size=600),
    st.one_of(st.text(max_size=30), st.sampled_from(["utf-16", "hz", "iso-2022-jp", "utf-7", "gbk"])),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_under_any_label_have_a_text(data: bytes, label: str) -> None:
    assert isinstance(decode(data, label)[0], str)


CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=80)


@given(CHINESE, st.sampled_from(["us-ascii", "iso-8859-1", "utf-8", "gb2312", "big5", "", "x-what"]))
@settings(max_examples=200, deadline=None)
def test_utf8_is_read_under_any_label(text: str, label: str) -> None:
    assert decode(text.encode(), label)[0] == text


COMMON = st.text(
    st.sampled_from(SAID + "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会"),
    min_size=3,
    max_size=80,
)


@given(COMMON, st.sampled_from(["us-ascii", "iso-8859-1", "utf-8", "gb2312", "gbk", "", "x-what"]))
@settings(max_examples=200, deadline=None)
def test_everyday_chinese_in_gbk_is_read_under_any_label(text: str, label: str) -> None:
    assert decode(text.encode("gbk"), label)[0] == text


@given(COMMON, st.integers(1, 2))
@settings(max_examples=100, deadline=None)
def test_utf8_cut_anywhere_keeps_all_whole_characters(text: str, lost: int) -> None:
    assert decode(("路灯" + text).encode()[:-lost], "utf-8") == ("路灯" + text[:-1], {"text_repaired"})


@pytest.mark.parametrize(
    ("data", "label", "flags"),
    [
        (SAID.encode(), "utf-8", set()),
        (SAID.encode("gbk"), "gb2312", set()),
        (SAID.encode("gbk"), "utf-8", {"charset_lied"}),
        (SAID.encode(), "", {"charset_guessed"}),
        (b"plain", "", set()),
        (b"plain", "x-unknown", set()),
    ],
)
def test_guesses_and_lies_are_flagged(data: bytes, label: str, flags: set[str]) -> None:
    assert decode(data, label)[1] == flags


def test_western_text_is_not_taken_for_chinese() -> None:
    assert decode("Café déjà vu, garçon".encode("latin-1"), "iso-8859-1") == ("Café déjà vu, garçon", set())
    assert decode("José Núñez".encode())[0] == "José Núñez"


def test_the_detector_is_asked_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("gateway.channels.email.charsets._detect", lambda data: asked.append(data) or "")
    charsets = Charsets(set())
    for number in range(20):
        charsets.decode("Не горит фонарь на улице Ленина".encode("cp1251") * (number + 1))
    assert len(asked) == 3


def test_the_detector_reads_what_nobody_labelled() -> None:
    said = "Не горит фонарь на улице, просим починить его как можно скорее. " * 3
    assert decode(said.encode("koi8_r"))[0] == said


def test_strictly_refuses_what_does_not_fit() -> None:
    assert strictly(b"\xff", "utf_8") is None
    assert strictly(b"\x1b$A\xff\xff", "iso2022") is None
