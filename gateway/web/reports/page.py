"""A report as a page, in Chinese or English, set for A4, the same markup in the browser and on paper. Nothing in it
needs a script; what only a browser has (the way back, the downloads) is not printed.
"""

from __future__ import annotations

import re
from datetime import datetime

from gateway.web.html import Html, Inner, h, join
from gateway.web.reports.content import Content
from gateway.web.reports.drawing import Series, heat, line, stacked
from gateway.web.reports.numbers import change, shown, unit_of
from gateway.web.reports.periods import WEEKDAYS_EN, Period
from gateway.web.reports.source import Row, Values
from gateway.web.reports.tables import Sheet, sheets
from gateway.web.reports.telling import ANSWER_LINE_S, CONNECTION_LINE, STANDARD, sentences
from gateway.web.reports.unusual import findings, rules
from gateway.web.reports.words import Lang, words

_TILES = ("requests", "connection_rate", "rate_15s", "wait_mean", "lost", "tickets")
_TARGETS = frozenset({"connection_rate", "rate_15s", "wait_mean", "lost"})
_SHORT_DAYS: dict[Lang, tuple[str, ...]] = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": tuple(day[:3] for day in WEEKDAYS_EN),
}
_WHOLE = 13
"""A table of so many rows stays on one page."""
_NOTES = ("note.requests", "note.rate", "note.handling", "note.before")
_TAGS: dict[Lang, str] = {"zh": "zh-CN", "en": "en"}

_LOOSE = re.compile(r"(?<=[0-9]) (?=[%\u4e00-\u9fff]|s\b)")


def _tied(text: str) -> str:
    """A number and its unit do not part at the end of a line."""
    return _LOOSE.sub("\u00a0", text)


def title_of(period: Period, lang: Lang = "zh") -> str:
    """运行日报, 运行周报, 运行月报; Daily, Weekly, Monthly report."""
    return words(period.kind, lang)


def address(period: Period, lang: Lang, ending: str = "") -> str:
    """Where a report stands; ``ending`` as ".pdf"."""
    return f"/reports/{period.kind}/{period.id}{ending}{'' if lang == 'zh' else f'?lang={lang}'}"


def report(content: Content, made_at: float, corrected: bool = False, lang: Lang = "zh") -> Html:
    """The report itself, without the page around it. ``corrected``: an earlier one of the period told others."""
    return h(
        "article",
        _head(content, made_at, corrected, lang),
        _tiles(content, lang),
        _section(words("overview", lang), [h("p", _tied(one)) for one in sentences(content, lang)]),
        _section(words("notable", lang), _findings(content, lang)),
        None if content.empty else _pictures(content, lang),
        [_table(sheet, lang) for sheet in sheets(content, lang)],
        h("footer", [h("p", words(one, lang)) for one in _NOTES], class_="notes"),
        class_="report",
    )


def page(content: Content, made_at: float, corrected: bool = False, *, pdf: bool = True, lang: Lang = "zh") -> bytes:
    """The page for a browser. ``pdf`` False: none can be made here, and the page says so."""
    body = h("body", _bar(content, pdf, lang), h("main", report(content, made_at, corrected, lang), id="main"))
    return _document(content, lang, body, h("link", rel="stylesheet", href="/static/report.css"))


def paper(content: Content, made_at: float, corrected: bool = False, lang: Lang = "zh") -> bytes:
    """The page for the PDF, whose style is given to the printer beside it."""
    return _document(content, lang, h("body", report(content, made_at, corrected, lang)))


def _document(content: Content, lang: Lang, body: Html, *links: Html) -> bytes:
    hotline = content.hotline_in(lang)
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="author", content=hotline),
        h("title", f"{title_of(content.period, lang)} {content.period.title_in(lang)} · {hotline}"),
        h("link", rel="icon", href="/static/icon.svg", type="image/svg+xml") if links else None,
        *links,
    )
    return f"<!doctype html>{h('html', head, body, lang=_TAGS[lang])}".encode()


def _bar(content: Content, pdf: bool, lang: Lang) -> Html:
    """What only a browser has: the ways to other reports, the same in the other language, the files."""
    period = content.period
    other: Lang = "en" if lang == "zh" else "zh"
    back = h("a", words("bar.back", lang), href="/reports")
    if lang == "zh":
        back = h("a", words("bar.back", lang), " ", h("small", "Reports", lang="en"), href="/reports")
    ways = [back, h("a", words("bar.before", lang), href=address(period.before, lang))]
    if content.complete:
        ways.append(h("a", words("bar.next", lang), href=address(period.next, lang)))
    tongue = h("a", words("bar.other", lang), href=address(period, other), hreflang=_TAGS[other], lang=_TAGS[other])
    files = [h("a", "PDF", href=address(period, lang, ".pdf"), class_="file")]
    if not pdf:
        files = [h("span", words("bar.no_pdf", lang), class_="missing")]
    files.append(h("a", "XLSX", href=address(period, lang, ".xlsx"), class_="file"))
    space = h("span", class_="space")
    return h("nav", ways, space, tongue, files, class_="bar", aria_label=words("bar", lang))


def _section(title: str, *inner: Inner, class_: str | None = None) -> Html:
    return h("section", h("h2", title), *inner, class_=class_)


def _at(moment: float, content: Content) -> str:
    return f"{datetime.fromtimestamp(moment, content.period.zone):%Y-%m-%d %H:%M}"


def _head(content: Content, made_at: float, corrected: bool, lang: Lang) -> Html:
    said = words("made", lang, at=_at(made_at, content))
    if corrected:
        said += words("corrected", lang)
    running = None
    if content.left:
        running = h("p", words("counting", lang, n=content.left), class_="running")
    elif not content.complete:
        running = h("p", words("running", lang, at=_at(content.as_of, content)), class_="running")
    return h(
        "header",
        h("p", content.hotline_in(lang), class_="hotline"),
        h("h1", title_of(content.period, lang)),
        h("p", content.period.title_in(lang), class_="when"),
        running,
        h("p", said, class_="made"),
    )


def _tiles(content: Content, lang: Lang) -> Html:
    tiles = [_tile(content, one, lang) for one in _TILES]
    return h("section", tiles, class_="tiles", aria_label=words("main", lang))


def _tile(content: Content, figure: str, lang: Lang) -> Html:
    now, before = content.total.get(figure), content.before.total.get(figure)
    moved = change(figure, now, before, lang)
    way = None
    if moved is not None:
        mood = "same" if moved.good is None else "good" if moved.good else "bad"
        key = "moved.way" if moved.by else "moved.still"
        text = words(key, lang, arrow=moved.arrow, before=content.period.before_in(lang), moved=moved.text)
        way = h("span", text, class_=f"way {mood}")
    target = words(f"target.{figure}", lang, standard=STANDARD) if figure in _TARGETS else ""
    return h(
        "div",
        h("span", words(f"tile.{figure}", lang), class_="name"),
        h("b", shown(now, unit_of(figure), lang), class_="value"),
        way,
        h("span", target, class_="target") if target else None,
        class_="tile",
        data_figure=figure,
        data_state=_state(figure, now),
    )


def _state(figure: str, now: float | None) -> str | None:
    """Beside the law's line or not; figures without one have no state."""
    if now is None:
        return None
    if figure == "connection_rate":
        return "good" if now >= CONNECTION_LINE else "bad"
    if figure == "wait_mean":
        return "good" if now <= ANSWER_LINE_S else "bad"
    return None


def _findings(content: Content, lang: Lang) -> list[Html]:
    found = findings(content, lang)
    looked = h("p", words("rules", lang, rules=words("then", lang).join(rules(lang))), class_="rules")
    if not found:
        return [h("p", words("calm", lang), class_="calm"), looked]
    lines = [h("li", h("b", words(f"level.{one.level}", lang)), _tied(one.text), data_level=one.level) for one in found]
    return [h("ul", lines, class_="findings"), looked]


# -- charts ------------------------------------------------------------------------------------------------------------


def _figure(title: str, keys: list[tuple[str, str]], drawing: Html) -> Html:
    legend = [h("span", h("i", class_=f"hue {hue}"), text) for hue, text in keys]
    return h("figure", h("figcaption", h("b", title), legend), drawing)


def _pictures(content: Content, lang: Lang) -> Html:
    rows = list(content.course.rows)
    labels = [_short(row, content) for row in rows]
    by = "hour" if content.course.by == "hour" else "day"
    requests, rate, wait = (words(f"chart.{one}.{by}", lang) for one in ("requests", "rate", "wait"))
    in_time, late, lost = _parts(rows)
    calls = stacked(
        requests, labels, [Series("", in_time, "good"), Series("", late, "warn"), Series("", lost, "bad")], lang=lang
    )
    earlier = Series("", _earlier(content, len(rows)), "before", dashed=True)
    rates = line(
        rate, labels, [Series("", [row.values.get("connection_rate") for row in rows]), earlier], "share",
        law=CONNECTION_LINE, lang=lang,
    )  # fmt: skip
    waits = line(
        wait, labels, [Series("", [row.values.get("wait_mean") for row in rows])], "s", law=ANSWER_LINE_S, lang=lang
    )
    keys = [(hue, words(f"chart.{name}", lang)) for hue, name in (("good", "soon"), ("warn", "late"), ("bad", "lost"))]
    before = content.period.before_in(lang)
    figures = [
        _figure(requests, keys, calls),
        _figure(rate, [("first", words("chart.now", lang)), ("before", before), ("law", "95 %")], rates),
        _figure(
            words("chart.seconds", lang, title=wait),
            [("first", words("chart.answered", lang)), ("law", words("chart.promise", lang))], waits,
        ),
    ]  # fmt: skip
    if content.period.kind != "day":
        title = words("chart.heat", lang)
        figures.append(_figure(words("chart.times", lang, title=title), [], _heat(content, title, lang)))
    return _section(words("course", lang), *figures, class_="pictures")


def _short(row: Row, content: Content) -> str:
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    if content.period.kind == "day":
        return f"{at.hour}"
    return f"{at.month}/{at.day}" if content.period.kind == "week" else f"{at.day}"


def _parts(rows: list[Row]) -> tuple[list[float], list[float], list[float]]:
    """Answered in time, answered later, lost; their sum is the requests."""

    def in_time(values: Values) -> float:
        return float(round((values.get("rate_15s") or 0) * (values.get("requests") or 0)))

    quick = [in_time(row.values) for row in rows]
    late = [max(0.0, (row.values.get("answered") or 0) - quick[i]) for i, row in enumerate(rows)]
    return quick, late, [row.values.get("lost") or 0 for row in rows]


def _earlier(content: Content, count: int) -> list[float | None]:
    """The period before, place by place: as long as this one."""
    rates = [row.values.get("connection_rate") for row in content.before.rows][:count]
    return [*rates, *([None] * (count - len(rates)))]


def _heat(content: Content, title: str, lang: Lang) -> Html:
    """Requests by weekday and hour, summed over the period."""
    cells: list[list[float | None]] = [[None] * 24 for _ in range(7)]
    for row in content.hours.rows:
        at = datetime.fromtimestamp(row.since or 0, content.period.zone)
        cells[at.weekday()][at.hour] = (cells[at.weekday()][at.hour] or 0) + (row.values.get("requests") or 0)
    return heat(title, _SHORT_DAYS[lang], [str(hour) for hour in range(24)], cells, lang=lang)


# -- tables ------------------------------------------------------------------------------------------------------------


def _table(sheet: Sheet, lang: Lang) -> Html:
    rows = sheet.rows if sheet.short is None else sheet.rows[: sheet.short]
    head = h("thead", h("tr", [h("th", one, scope="col") for one in sheet.heads]))
    body = h(
        "tbody", [h("tr", h("th", row[0].text, scope="row"), [h("td", one.text) for one in row[1:]]) for row in rows]
    )
    left = len(sheet.rows) - len(rows)
    more = h("p", words("rest", lang, n=left), class_="more") if left > 0 else None
    whole = len(rows) <= _WHOLE
    return _section(sheet.title, join(h("table", head, body), more), class_="table whole" if whole else "table")
