"""Masking: the middle is hidden, and no input comes out whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.masking import find_personal, is_bank_card, is_id_card, mask_number, mask_personal, mask_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("089866123456", "089*****3456"),
        ("66123456", "66****56"),
        ("12345", "***45"),
        ("", ""),
    ],
)
def test_numbers_show_head_and_tail_only(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@given(st.text(alphabet="0123456789+", min_size=3, max_size=24))
def test_no_number_of_three_or_more_comes_out_whole(number: str) -> None:
    assert mask_number(number) != number
    assert len(mask_number(number)) == len(number)


def test_numbers_in_text_are_masked_and_short_ones_left() -> None:
    assert mask_text("请回电13812345678，转12345") == "请回电138****5678，转12345"
    assert mask_text("身份证46000019900101123X") == "身份证460**********1123X"


def kinds(text: str) -> list[tuple[str, str]]:
    return [(found.kind, found.value) for found in find_personal(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("电话13812345678。", [("mobile", "13812345678")]),
        ("１３８１２３４５６７８", [("mobile", "13812345678")]),
        ("138 1234 5678", [("mobile", "13812345678")]),
        ("+86 138-1234-5678", [("mobile", "13812345678")]),
        ("13812345678 13987654321", [("mobile", "13812345678"), ("mobile", "13987654321")]),
        ("0898-66123456", [("landline", "089866123456")]),
        ("(0898)66123456", [("landline", "089866123456")]),
        ("+(0898)66123456", [("landline", "089866123456")]),
        ("3+13812345678", [("mobile", "13812345678")]),
        ("琼a12345和粤bd12345", [("plate", "琼A12345"), ("plate", "粤BD12345")]),
        ("010－12345678", [("other", "12345678")]),  # no number in Beijing begins with 1
        ("400-800-1234", [("service", "4008001234")]),
        ("身份证11010519491231002X", [("id_card", "11010519491231002X")]),
        ("身份证 110105 19491231 002x", [("id_card", "11010519491231002x")]),
        ("卡号6222 0212 3456 7890 128", [("bank_card", "6222021234567890128")]),
        ("车牌琼A·12345", [("plate", "琼A12345")]),
        ("琼AD12345和粤B12345D", [("plate", "琼AD12345"), ("plate", "粤B12345D")]),
        ("琼ａ12345", [("plate", "琼A12345")]),
        ("zhang.san@example.com.cn", [("email", "zhang.san@example.com.cn")]),
        ("工单460000-20261121-0000001", []),
        ("2026-11-21 10:00，3楼，12345热线", []),
        ("66123456", [("other", "66123456")]),
        ("没有号码", []),
    ],
)
def test_personal_numbers_are_found_by_their_kind(text: str, found: list[tuple[str, str]]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    "number",
    ["11010519491231002x", "11010519491331002X", "110105194912310021", "1101051949123100", "00000000000000000X"],
)
def test_only_a_right_check_and_date_make_an_identity_card(number: str) -> None:
    assert is_id_card(number) is (number == "11010519491231002x")


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("6222021234567890128", True),
        ("6222021234567890129", False),
        ("4111111111111111", True),
        ("0000000000000000", False),
    ],
)
def test_bank_cards_pass_luhn(number: str, is_one: bool) -> None:
    assert is_bank_card(number) is is_one


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话138 1234 5678，或0898-66123456", "电话138 **** 5678，或089*-****3456"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("+86 138-1234-5678", "+86 138-****-5678"),
        ("身份证11010519491231002X", "身份证110***********002X"),
        ("琼A·12345", "琼A·***45"),
        ("邮箱zhang.san@example.com", "邮箱z***@example.com"),
        ("工单460000-20261121-0000001", "工单460000-20261121-0000001"),
        ("订单20261121123456789", "订单202**********6789"),
        ("编号A1234567", "编号A12***67"),
    ],
)
def test_personal_numbers_are_masked_where_they_stand(text: str, shown: str) -> None:
    assert mask_personal(text) == shown


@given(st.text(max_size=60) | st.text(alphabet="0123456789 -+.()（）０１２Xx琼A京B@.cn，", max_size=60))
def test_masking_hides_and_changes_nothing_else(text: str) -> None:
    found = find_personal(text)
    assert all(0 <= a.start < a.end <= b.start for a, b in pairwise(found))
    shown = mask_personal(text)
    assert all(new in (old, "*") for old, new in zip(text, shown, strict=False)) or "@" in text or "＠" in text
    if "@" not in text and "＠" not in text:
        assert len(shown) == len(text)


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["电话", "：", "a", "，tel "]),
    st.text(max_size=5),
)
def test_no_mobile_comes_out_whole(number: str, before: str, after: str) -> None:
    assert number not in mask_personal(f"{before}{number}{after}")
