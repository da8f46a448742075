"""What a spreadsheet would compute is text."""

from __future__ import annotations

import pytest

from gateway.web.sheet import plain


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@x", "\tx", "\r=x"])
def test_what_looks_like_a_formula_is_text(cell: str) -> None:
    assert plain(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["公安", "", "12345", 3, -3, 0.5, None])
def test_all_else_is_as_it_was(cell: object) -> None:
    assert plain(cell) is cell
