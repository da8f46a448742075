"""A report as a workbook (XLSX): the sentences, the figures beside those of the period before, and every table whole.
Numbers are numbers with a format, so that they can be computed with; texts are never formulas.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.kpi.definitions import Unit
from gateway.web.reports.content import Content
from gateway.web.reports.numbers import change, unit_of
from gateway.web.reports.page import title_of
from gateway.web.reports.tables import WORDS, Cell, sheets
from gateway.web.reports.telling import sentences
from gateway.web.reports.unusual import findings
from gateway.web.sheet import plain

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS: dict[Unit, str] = {"share": "0.0%", "s": "0.0", "count": "#,##0", "score": "0.00"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(content: Content, made_at: float) -> bytes:
    """The file. Some 50 ms: for a thread."""
    from openpyxl import Workbook  # 10 MB, where it is asked for

    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "概述"
    _overview(first, content, made_at)
    for sheet in sheets(content):
        added = book.create_sheet(sheet.title)
        _heads(
            added,
            [f"{one}（秒）" if unit == "s" else one for one, unit in zip(sheet.heads, _units(sheet.rows), strict=True)],
        )
        for row in sheet.rows:
            _row(added, row)
        added.freeze_panes = "B2"
        _widths(added)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _units(rows: Iterable[Iterable[Cell]]) -> list[Unit]:
    return [cell.unit for cell in next(iter(rows))]


def _overview(sheet: Worksheet, content: Content, made_at: float) -> None:
    zone = content.period.zone
    lines = [content.hotline, f"{title_of(content.period)} {content.period.title}"]
    lines.append(f"制作时间 {datetime.fromtimestamp(made_at, zone):%Y-%m-%d %H:%M}")
    lines += ["", *sentences(content), "", *(one.text for one in findings(content)), ""]
    for line in lines:
        sheet.append([_text(line)])
    _heads(sheet, ["指标", "本期", content.period.before_word, "变化"])
    for figure, name in WORDS.items():
        now, before = content.total.get(figure), content.before.total.get(figure)
        if now is None and before is None:
            continue
        moved, unit = change(figure, now, before), unit_of(figure)
        name = f"{name}（秒）" if unit == "s" else name
        _row(sheet, [Cell(name), Cell(now, unit), Cell(before, unit), Cell(moved.text if moved else "")])
    sheet.column_dimensions["A"].width = 30
    for letter in "BCD":
        sheet.column_dimensions[letter].width = 16


def _heads(sheet: Worksheet, heads: list[str]) -> None:
    from openpyxl.styles import Font, PatternFill

    sheet.append(heads)
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DFE8F5")


def _row(sheet: Worksheet, cells: Iterable[Cell]) -> None:
    made = list(cells)
    sheet.append([_text(one.value) if isinstance(one.value, str) else one.value for one in made])
    for cell, one in zip(sheet[sheet.max_row], made, strict=True):
        if not isinstance(one.value, str) and one.value is not None:
            cell.number_format = _FORMATS[one.unit]


def _text(text: str) -> str:
    """Without what XML cannot carry, and never a formula."""
    return plain(_CONTROLS.sub("", text))


def _widths(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 26
    for i in range(1, sheet.max_column):
        sheet.column_dimensions[chr(ord("A") + i)].width = 14
