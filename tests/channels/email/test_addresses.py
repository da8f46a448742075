"""Addresses."""

from __future__ import annotations

from email.headerregistry import Address as Reference

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.addresses import read_addresses
from gateway.channels.email.charsets import Charsets
from gateway.channels.email.mail import Address


def read(text: str) -> tuple[Address, ...]:
    return read_addresses(text, Charsets(set()))


NAMES = st.text(st.sampled_from('李四abc ,;:<>@()"\\.'), max_size=20).map(str.strip)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_quoted_names_with_any_sign_in_them_are_read_back(names: list[str]) -> None:
    text = ", ".join(str(Reference(name, "a", f"x{number}.cn")) for number, name in enumerate(names))
    found = read(text)
    assert [one.address for one in found] == [f"a@x{number}.cn" for number in range(len(names))]
    for one, name in zip(found, names, strict=True):
        if not set(name) & set('"<>,') and name.strip() == name:
            assert one.name == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("undisclosed-recipients:;", ()),
        ("a@b.cn; c@d.cn", (Address("a@b.cn"), Address("c@d.cn"))),
        (",,;", ()),
        ("Group: a@b.cn, X <c@d.cn>;, e@f.cn", (Address("a@b.cn"), Address("c@d.cn", "X"), Address("e@f.cn"))),
        ("a@b.cn (comment (nested))", (Address("a@b.cn", "comment nested"),)),
        ("<>", ()),
        ("a@B.CN.", (Address("a@b.cn"),)),
    ],
)
def test_lists(text: str, expected: tuple[Address, ...]) -> None:
    assert read(text) == expected


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_has_addresses(text: str) -> None:
    for one in read(text):
        assert one.address or one.name
        assert one.address.count("@") in (0, 1)


def test_their_number_is_bounded() -> None:
    assert len(read("a@b.cn," * 5000)) == 300
