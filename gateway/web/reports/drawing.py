"""The charts of a report as SVG: bars on top of each other, a line with the law's, and hour by weekday. Made on the
server, because paper and mail run no script; colours stand as attributes, because a printed page and the browser's
policy both allow those and nothing else. Each says in words what it shows (``aria-label``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.kpi.definitions import Unit
from gateway.web.html import Html, h, join
from gateway.web.reports.numbers import shown
from gateway.web.reports.words import Lang, words

WIDE = 700.0
_LEFT, _RIGHT, _TOP, _BELOW = 44.0, 10.0, 12.0, 22.0
_GRID, _BASE, _INK, _LAW = "#e3e7ee", "#8a94a6", "#47536a", "#b86e00"
HUES = {"good": "#14804a", "bad": "#c1272d", "warn": "#d99114", "first": "#1f5fbf", "before": "#8a94a6"}
_HEAT = ("#f2f4f8", "#dfe8f5", "#c8d9ef", "#aec6e6", "#8fb0dc", "#6f98cf", "#3d6cb0", "#2f62aa", "#1a4f9f")
_WHOLE_FROM = 0.8
"""A share's axis ends at 100 % when something on it is higher."""
_FONT = "Noto Sans CJK SC, WenQuanYi Micro Hei, PingFang SC, Microsoft YaHei, sans-serif"

Points = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Points
    hue: str = "first"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    high: float
    low: float
    ticks: Sequence[float]


def stacked(
    title: str, labels: Sequence[str], series: Sequence[Series], *, high: float = 190, lang: Lang = "zh"
) -> Html:
    """Parts of a whole, one bar a label; counts."""
    sums = [math.fsum(one.values[i] or 0 for one in series) for i in range(len(labels))]
    axis = _axis(max(sums, default=0), "count")
    wide = (WIDE - _LEFT - _RIGHT) / max(1, len(labels))
    bar = min(34.0, wide * 0.74)
    drawn = [_frame(axis, labels, "count", high)]
    for i in range(len(labels)):
        reached = 0.0
        for one in series:
            value = one.values[i] or 0
            if value:
                top, foot = _y(reached + value, axis, high), _y(reached, axis, high)
                x = _LEFT + (i + 0.5) * wide - bar / 2
                drawn.append(_box(x, top, bar, max(0.4, foot - top), HUES[one.hue]))
                reached += value
    said = words("chart.none", lang, title=title)
    if any(sums):
        said = words("chart.most", lang, title=title, label=labels[sums.index(max(sums))], n=shown(max(sums)))
    return _svg(said, high, *drawn)


def line(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    unit: Unit,
    *,
    law: float | None = None,
    high: float = 170,
    lang: Lang = "zh",
) -> Html:
    """One line a series, with gaps where nothing is known; ``law`` is a line across."""
    known = [value for one in series for value in one.values if value is not None]
    low = 0.0
    if unit == "share" and known:
        low = min(0.9, math.floor(min(known, default=0.9) * 10) / 10)
    axis = _axis(max([*known, law or 0], default=0), unit, low)
    drawn = [_frame(axis, labels, unit, high, lang)]
    if law is not None:
        y = _y(law, axis, high)
        drawn.append(_stroke(f"M{_LEFT:g},{y:.1f}H{WIDE - _RIGHT:g}", _LAW, 1.3, "6 4"))
        drawn.append(_text(WIDE - _RIGHT, y - 4, shown(law, unit, lang), "end", _LAW))
    for one in series:
        drawn += _lines(one, axis, len(labels), high)
    first = [value for value in series[0].values if value is not None]
    said = words("chart.none", lang, title=title)
    if first:
        low_, high_ = (shown(one, unit, lang) for one in (min(first), max(first)))
        said = words("chart.span", lang, title=title, low=low_, high=high_)
    return _svg(said, high, *drawn)


def heat(
    title: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Points], *, lang: Lang = "zh"
) -> Html:
    """Strength of colour by count, with the count in each cell."""
    left, top, cell = 40.0, 18.0, 21.0
    wide = (WIDE - left) / max(1, len(columns))
    most = max((value for line in values for value in line if value is not None), default=0) or 1
    drawn = [_text(left + (i + 0.5) * wide, 12, text, "middle") for i, text in enumerate(columns)]
    for n, name in enumerate(rows):
        y = top + n * cell
        drawn.append(_text(left - 6, y + 14, name, "end"))
        for i, value in enumerate(values[n]):
            if value is not None:
                step = round(value / most * 8)
                drawn.append(_box(left + i * wide + 0.7, y + 0.7, wide - 1.4, cell - 1.4, _HEAT[step]))
                ink = "#ffffff" if step >= 6 else "#14202f"
                drawn.append(_text(left + (i + 0.5) * wide, y + 14, shown(value), "middle", ink, 9))
    return _svg(words("chart.highest", lang, title=title, n=shown(most)), top + len(rows) * cell + 4, *drawn)


# -- parts -------------------------------------------------------------------------------------------------------------


def _svg(said: str, high: float, *inner: Html) -> Html:
    body = join(*inner)
    return h(
        "svg", body, viewBox=f"0 0 {WIDE:g} {high:g}", width="100%", role="img", aria_label=said, font_family=_FONT,
        xmlns="http://www.w3.org/2000/svg", preserveAspectRatio="xMidYMid meet", class_="drawing",
    )  # fmt: skip


def _box(x: float, y: float, wide: float, high: float, fill: str) -> Html:
    return h("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{wide:.1f}", height=f"{high:.1f}", fill=fill)


def _text(x: float, y: float, text: str, anchor: str, fill: str = _INK, size: float = 10) -> Html:
    return h("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, fill=fill, font_size=f"{size:g}")


def _stroke(path: str, hue: str, wide: float, dash: str | None = None) -> Html:
    return h("path", d=path, fill="none", stroke=hue, stroke_width=f"{wide:g}", stroke_dasharray=dash)


def _y(value: float, axis: Axis, high: float) -> float:
    part = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
    return high - _BELOW - part * (high - _BELOW - _TOP)


def _axis(most: float, unit: Unit, low: float = 0.0) -> Axis:
    """From ``low`` to a round number over the most, in about four steps."""
    least = {"share": low + 0.01, "count": 4.0, "s": 4.0, "score": 1.0}[unit]
    most = max(most, least)
    if unit == "share" and most > _WHOLE_FROM:
        most = 1.0
    raw = (most - low) / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= raw - 1e-12)
    if unit == "count":
        step = max(1.0, math.ceil(step))
    steps = math.ceil((most - low) / step - 1e-9)
    high = min(1.0, low + steps * step) if unit == "share" else low + steps * step
    return Axis(high, low, [min(high, low + i * step) for i in range(steps + 1)])


def _frame(axis: Axis, labels: Sequence[str], unit: Unit, high: float, lang: Lang = "zh") -> Html:
    """Grid, values at the left, labels below as far as they fit."""
    drawn = []
    for value in axis.ticks:
        y = _y(value, axis, high)
        drawn.append(_stroke(f"M{_LEFT:g},{y:.1f}H{WIDE - _RIGHT:g}", _BASE if value == axis.low else _GRID, 0.8))
        drawn.append(_text(_LEFT - 6, y + 3.5, _tick(value, unit, lang), "end"))
    wide = (WIDE - _LEFT - _RIGHT) / max(1, len(labels))
    widest = max((sum(10 if one > "⺀" else 6 for one in text) for text in labels), default=0) + 6
    every = max(1, math.ceil(widest / wide))
    for i, text in enumerate(labels):
        if i % every == 0:
            drawn.append(_text(_LEFT + (i + 0.5) * wide, high - 7, text, "middle"))
    return join(*drawn)


def _tick(value: float, unit: Unit, lang: Lang) -> str:
    if unit == "s":
        return shown(value, unit, lang).replace(" ", "").removesuffix(words("seconds", lang, n="").strip())
    return shown(value, unit).replace(" ", "") if unit == "share" else shown(value, unit)


def _lines(one: Series, axis: Axis, count: int, high: float) -> list[Html]:
    wide = (WIDE - _LEFT - _RIGHT) / max(1, count)
    drawn: list[Html] = []
    stretch: list[str] = []
    for i, value in enumerate([*one.values, None]):
        if value is not None:
            stretch.append(f"{_LEFT + (i + 0.5) * wide:.1f},{_y(value, axis, high):.1f}")
            continue
        if len(stretch) > 1:
            drawn.append(
                _stroke(
                    f"M{'L'.join(stretch)}", HUES[one.hue], 1.2 if one.dashed else 1.9, "4 3" if one.dashed else None
                )
            )
        if stretch and not one.dashed:
            drawn += [
                h("circle", cx=x, cy=y, r="2.2", fill=HUES[one.hue]) for x, y in (at.split(",") for at in stretch)
            ]
        stretch = []
    return drawn
