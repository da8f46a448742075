"""User data is read by its format field alone, and what is sent comes back as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.coding import BINARY, UNDECODABLE, UNKNOWN, Decoded, decode, encode

WORDS = "海口路灯坏了，€5？"


@pytest.mark.parametrize("coding", [8, 9, 10, 11, 24, 25])
def test_ucs2_is_big_endian_with_pairs(coding: int) -> None:
    assert decode((WORDS + "😀").encode("utf-16-be"), coding) == Decoded(WORDS + "😀")


def test_a_byte_order_mark_is_believed_and_not_shown() -> None:
    assert decode(b"\xff\xfe" + "好".encode("utf-16-le"), 8) == Decoded("好")
    assert decode(b"\xfe\xff" + "好".encode("utf-16-be"), 8) == Decoded("好")


def test_gb_is_read_as_gb18030() -> None:
    assert decode("镕基𠮷䶮".encode("gb18030"), 15) == Decoded("镕基𠮷䶮")
    assert decode("海口".encode("gbk"), 15) == Decoded("海口")


def test_latin1_is_latin1() -> None:
    assert decode(b"caf\xe9", 3) == Decoded("café")


def test_format_0_is_what_the_carrier_means_by_it() -> None:
    assert decode(b"TD\x00", 0, "gsm7") == Decoded("TD@")
    assert decode(b"\x1b\x65 \x1b\x28\x1b\x29", 0, "gsm7") == Decoded("€ {}")
    assert decode(b"TD@", 0, "ascii") == Decoded("TD@")
    assert decode(b"TD", 1, "gsm7") == Decoded("TD")


def test_an_unknown_escape_shows_the_character_behind_it() -> None:
    assert decode(b"\x1bA\x1b\x1bB\x1b", 0, "gsm7") == Decoded("A B")


@pytest.mark.parametrize(
    ("data", "coding"),
    [(b"\x4f\x60\x59", 8), (b"\xd8\x00\x00A", 8), (b"\xff\xff", 15), ("海口".encode("gbk"), 0), (b"A\x81", 1)],
)
def test_what_does_not_decode_is_replaced_and_flagged_never_guessed(data: bytes, coding: int) -> None:
    read = decode(data, coding)
    assert read.flags == (UNDECODABLE,)
    assert "\ufffd" in read.text


def test_octets_beyond_seven_bits_are_no_septets() -> None:
    assert decode(b"A\x81B", 0, "gsm7") == Decoded("A\ufffdB", (UNDECODABLE,))


@pytest.mark.parametrize("coding", [2, 4])
def test_octets_are_no_text(coding: int) -> None:
    assert decode("海口".encode("utf-16-be"), coding) == Decoded("", (BINARY,))


@pytest.mark.parametrize("coding", [5, 14, 255, -1])
def test_an_unknown_format_is_not_guessed(coding: int) -> None:
    assert decode(b"abc", coding) == Decoded("", (BINARY, UNKNOWN))


def test_the_shortest_format_that_holds_all_is_taken() -> None:
    assert encode("Hello {1}").coding == 0
    assert encode("Hello {1}", "gsm7").units[6] == b"\x1b\x28"
    assert encode("café", "gsm7").coding == 0
    assert encode("café").coding == 8, "é is not ASCII"
    assert encode("a`b").coding == 8, "no carrier can put a backtick on the air in septets"
    assert encode(WORDS).coding == 8


def test_a_lone_surrogate_is_replaced_on_the_way_out() -> None:
    assert b"".join(encode("好\ud83d").units).decode("utf-16-be") == "好\ufffd"


@given(st.binary(max_size=300), st.integers(-1, 300), st.sampled_from(["ascii", "gsm7"]))
def test_any_octets_decode_to_something(data: bytes, coding: int, alphabet: object) -> None:
    read = decode(data, coding, alphabet)  # type: ignore[arg-type]
    read.text.encode()


@given(st.text(max_size=200), st.sampled_from(["ascii", "gsm7"]))
def test_what_is_encoded_decodes_to_itself(text: str, alphabet: object) -> None:
    coded = encode(text, alphabet)  # type: ignore[arg-type]
    back = decode(b"".join(coded.units), coded.coding, alphabet)  # type: ignore[arg-type]
    if not text.startswith(("\ufeff", "\ufffe")):
        assert back == Decoded(text)
