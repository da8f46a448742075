"""Cells for spreadsheets. A CSV that leaves us is opened by a program that computes what looks like a formula, and what
is in the cells was written by anybody.
"""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(cell: T) -> T | str:
    """The cell, as text that no spreadsheet computes: with ' before what it would take for a formula (OWASP, CSV
    injection). Numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
