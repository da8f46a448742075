"""Parameters."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.params import read_params


def read(text: str) -> tuple[str, dict[str, str]]:
    return read_params(text, Charsets(set()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Text/HTML", ("text/html", {})),
        ("text/plain; charset = UTF-8 ; a=b", ("text/plain", {"charset": "UTF-8", "a": "b"})),
        ('multipart/mixed;boundary="a;b=c"', ("multipart/mixed", {"boundary": "a;b=c"})),
        ("", ("", {})),
        (";;;", ("", {})),
        ('x/y; a="1\\"2"; b=3', ("x/y", {"a": '1"2', "b": "3"})),
        ("x/y; junk; a=1", ("x/y", {"a": "1"})),
        ("x/y; boundary=a%41%41", ("x/y", {"boundary": "a%41%41"})),
        ("name=a.txt", ("", {"name": "a.txt"})),
        ("x/y; a=1; A=2", ("x/y", {"a": "1"})),
    ],
)
def test_headers(text: str, expected: tuple[str, dict[str, str]]) -> None:
    assert read(text) == expected


@given(
    st.text(st.sampled_from("现场照片龙昆北路abc-1"), min_size=1, max_size=40),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_a_name_cut_anywhere_by_rfc_2231_is_joined(name: str, cuts: list[int]) -> None:
    coded = f"utf-8''{quote(name)}"
    ends = sorted({max(7, min(one, len(coded))) for one in cuts} | {0, len(coded)})
    pieces = [coded[one:two] for one, two in pairwise(ends)]
    field = "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))
    assert read(f"attachment{field}") == ("attachment", {"filename": name})


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_has_parameters(text: str) -> None:
    value, found = read(text)
    assert value == value.lower()
    assert len(found) <= 200
