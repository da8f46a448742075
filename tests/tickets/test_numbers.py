from __future__ import annotations

import pytest

from gateway.tickets.numbers import first_mobile, kinds_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("电话13812345678", "13812345678"),
        ("１３８ １２３４ ５６７８请回电", "13812345678"),
        ("打138-1234-5678，或13987654321", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("座机0898-66123456", ""),
        ("身份证110105199003071231", ""),
        ("订单号123456789012345", ""),
        ("没有电话", ""),
    ],
)
def test_the_first_mobile_is_the_number_to_call_back(text, number):
    assert first_mobile(text) == number


def test_kinds_are_told_once_in_order():
    assert kinds_in("琼A12345，13812345678，13987654321，a@b.cn") == ("plate", "mobile", "email")
