"""Sealed values open with their key and in their place only; one number has one hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import LedgerError, LedgerKeys
from gateway.ledger.personal import KINDS, Seal, key_id, normal_number

OLD = LedgerKeys(personal=b"o" * 32, lookup=b"l" * 32)
NEW = LedgerKeys(personal=b"n" * 32, lookup=b"l" * 32, former=(b"o" * 32,))


TEXT = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(TEXT, TEXT))
def test_what_is_sealed_opens_again(values: dict[str, str]) -> None:
    seal = Seal(OLD)
    assert seal.open("calls/1", seal.close("calls/1", values)) == values


def test_sealing_twice_gives_different_bytes() -> None:
    seal = Seal(OLD)
    assert seal.close("calls/1", {"n": "138"}) != seal.close("calls/1", {"n": "138"})


def test_a_value_moved_to_another_row_does_not_open() -> None:
    seal = Seal(OLD)
    with pytest.raises(LedgerError, match="calls/2"):
        seal.open("calls/2", seal.close("calls/1", {"n": "138"}))


@pytest.mark.parametrize("position", [0, 4, 16, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    seal = Seal(OLD)
    sealed = bytearray(seal.close("calls/1", {"n": "138"}))
    sealed[position] ^= 1
    with pytest.raises(LedgerError):
        seal.open("calls/1", bytes(sealed))


def test_a_former_key_still_opens_and_the_new_one_seals() -> None:
    sealed = Seal(OLD).close("calls/1", {"n": "138"})
    rotated = Seal(NEW)
    assert rotated.open("calls/1", sealed) == {"n": "138"}
    assert not rotated.current(sealed)
    fresh = rotated.close("calls/1", {})
    assert rotated.current(fresh)
    with pytest.raises(LedgerError, match=key_id(NEW.personal).hex()):
        Seal(OLD).open("calls/1", fresh)


@pytest.mark.parametrize(
    ("spelling", "normal"),
    [
        ("13812345678", "13812345678"),
        ("+8613812345678", "13812345678"),
        ("0086 138 1234 5678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("(0898) 6666-6666", "089866666666"),
        ("+86 898 6666 6666", "089866666666"),
        ("+86 0898 6666 6666", "089866666666"),
        ("110", "110"),
        ("+1 202 555 0100", "+12025550100"),
        ("Anonymous", "anonymous"),
        ("", ""),
    ],
)
def test_spellings_of_a_number_are_one(spelling: str, normal: str) -> None:
    assert normal_number(spelling) == normal


@given(st.text(max_size=30))
def test_any_text_has_a_hash_unless_nothing_is_left_of_it(text: str) -> None:
    once = normal_number(text)
    assert (Seal(OLD).number_hash(text) is None) == (once == "")


def test_the_hash_needs_the_key() -> None:
    other = LedgerKeys(personal=b"o" * 32, lookup=b"m" * 32)
    assert Seal(OLD).number_hash("110") != Seal(other).number_hash("110")
    assert Seal(OLD).number_hash(" - ") is None


@pytest.mark.parametrize(("personal", "lookup"), [(b"short", b"l" * 32), (b"p" * 32, b"short")])
def test_keys_of_a_wrong_length_are_refused(personal: bytes, lookup: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LedgerKeys(personal=personal, lookup=lookup)


def test_keys_do_not_show_in_their_representation() -> None:
    assert "oooo" not in repr(OLD)


@given(st.text(min_size=1, max_size=30))
def test_a_text_s_hashes_differ_by_kind_and_from_that_of_a_number(text: str) -> None:
    seal = Seal(OLD)
    hashes = [seal.text_hash(kind, text) for kind in KINDS]
    number = seal.number_hash(text)
    assert len({*hashes, number, (number or b"")[:16]}) == len(KINDS) + 2
    assert hashes == [Seal(OLD).text_hash(kind, text) for kind in KINDS]


def test_a_text_s_hash_keeps_what_a_number_s_hash_forgets() -> None:
    seal = Seal(OLD)
    assert len({seal.text_hash("user", text) for text in ("oAB", "oab", "o-AB", "oAB ", "o\ud800", "o\ud801")}) == 6
    assert seal.text_hash("user", "") is None


def test_a_text_s_hash_needs_the_key() -> None:
    other = LedgerKeys(personal=b"o" * 32, lookup=b"m" * 32)
    assert Seal(OLD).text_hash("user", "oAB") != Seal(other).text_hash("user", "oAB")


@given(st.binary(max_size=50))
def test_bytes_that_are_sealed_open_again_in_their_place(plain: bytes) -> None:
    seal = Seal(OLD)
    sealed = seal.close_bytes("raws/1", plain)
    assert seal.open_bytes("raws/1", sealed) == plain
    with pytest.raises(LedgerError, match="raws/2"):
        seal.open_bytes("raws/2", sealed)
