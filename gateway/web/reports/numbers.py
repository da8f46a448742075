"""Numbers as a report writes them, and how a figure moved against the period before. The same forms as
static/charts.js: a share with one decimal, seconds under a minute as they are, longer as 3:05 or 1:02:05.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.kpi.definitions import DEFINITIONS, Unit
from gateway.web.reports.words import Lang, words

_UNITS: dict[str, Unit] = {one.id: one.unit for one in DEFINITIONS}
_BETTER = {one.id: one.better for one in DEFINITIONS}


def unit_of(figure: str) -> Unit:
    """A figure's unit; of one that nobody defines, seconds."""
    return _UNITS.get(figure, "s")


def shown(value: float | None, unit: Unit = "count", lang: Lang = "zh") -> str:
    """A value with its unit; a dash when there is none."""
    if value is None:
        return "—"
    if unit == "share":
        return f"{_trimmed(f'{value * 100:.1f}')} %"
    if unit == "s":
        return _seconds(value, lang)
    if unit == "score":
        return f"{value:.2f}"
    return f"{value:,.0f}" if value == round(value) else _trimmed(f"{value:,.1f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(value: float, lang: Lang) -> str:
    whole = round(value)
    if whole < 60:
        return words("seconds", lang, n=_trimmed(f"{value:.1f}") if value < 10 else whole)
    minutes, seconds = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{seconds:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved: ``word`` 上升, 下降 or 持平 (up, down, unchanged), ``by`` how much, ``good`` None where
    neither way is better."""

    word: str
    by: str
    good: bool | None
    arrow: str = "＝"

    @property
    def text(self) -> str:
        return f"{self.word} {self.by}".strip()


def change(figure: str, now: float | None, before: float | None, lang: Lang = "zh") -> Change | None:
    """None when one of both is not known. Shares move by percentage points (个百分点), counts by per cent, seconds by
    seconds."""
    if now is None or before is None:
        return None
    unit, moved = unit_of(figure), now - before
    if unit == "share":
        by = _trimmed(f"{abs(moved) * 100:.1f}")
        still, text = by == "0", words("points", lang, n=by)
    elif unit == "s":
        still, text = abs(moved) < 0.05, shown(abs(moved), "s", lang)
    else:
        still = moved == 0
        text = f"{_trimmed(f'{abs(moved) / before * 100:.1f}')} %" if before else f"{shown(abs(moved))}"
    if still:
        return Change(words("same", lang), "", None)
    up = moved > 0
    better = _BETTER.get(figure, "")
    good = up is (better == "up") if better else None
    return Change(words("rose" if up else "fell", lang), text, good, "▲" if up else "▼")
