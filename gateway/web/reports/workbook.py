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
from gateway.web.reports.tables import Cell, heads, sheets
from gateway.web.reports.telling import sentences
from gateway.web.reports.unusual import findings
from gateway.web.reports.words import Lang, words
from gateway.web.sheet import plain

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMATS: dict[Unit, str] = {"share": "0.0%", "s": "0.0", "count": "#,##0", "score": "0.00"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(content: Content, made_at: float, lang: Lang = "zh") -> bytes:
    """The file. Some 50 ms: for a thread."""
    from openpyxl import Workbook  # 10 MB, where it is asked for

    book = Workbook()
    first = book.active
    assert first is not None
    first.title = words("overview", lang)
    _overview(first, content, made_at, lang)
    for sheet in sheets(content, lang):
        added = book.create_sheet(sheet.title)
        units = _units(sheet.rows)
        _heads(added, [_head(one, unit, lang) for one, unit in zip(sheet.heads, units, strict=True)])
        for row in sheet.rows:
            _row(added, row)
        added.freeze_panes = "B2"
        _widths(added)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _units(rows: Iterable[Iterable[Cell]]) -> list[Unit]:
    return [cell.unit for cell in next(iter(rows))]


def _head(name: str, unit: Unit, lang: Lang) -> str:
    return words("head.seconds", lang, head=name) if unit == "s" else name


def _overview(sheet: Worksheet, content: Content, made_at: float, lang: Lang) -> None:
    zone = content.period.zone
    lines = [content.hotline_in(lang), f"{title_of(content.period, lang)} {content.period.title_in(lang)}"]
    lines.append(words("made", lang, at=f"{datetime.fromtimestamp(made_at, zone):%Y-%m-%d %H:%M}"))
    lines += ["", *sentences(content, lang), "", *(one.text for one in findings(content, lang)), ""]
    for line in lines:
        sheet.append([_text(line)])
    before_word = content.period.before_in(lang)
    before_word = before_word[0].upper() + before_word[1:]
    _heads(sheet, [words("head.figure", lang), words("head.now", lang), before_word, words("head.change", lang)])
    for figure, name in heads(lang).items():
        now, before = content.total.get(figure), content.before.total.get(figure)
        if now is None and before is None:
            continue
        moved, unit = change(figure, now, before, lang), unit_of(figure)
        _row(
            sheet,
            [Cell(_head(name, unit, lang)), Cell(now, unit), Cell(before, unit), Cell(moved.text if moved else "")],
        )
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
