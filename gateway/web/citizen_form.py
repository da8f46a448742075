"""The form in which a citizen says what is the matter: what was typed, how it looks, and what may be wrong with it.

A form that comes back with an error keeps everything: what was typed stands in its fields, photos that were taken are
named by their sealed handles. Each message stands at its field, in Chinese and English.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import orjson
from pydantic import ValidationError

from gateway.tickets.config import CategoriesConfig, CategoryConfig, Kind
from gateway.web.citizen_pages import Title, fault_of, page
from gateway.web.config import WebConfig
from gateway.web.html import Html, Inner, both, h
from gateway.web.robots import Question
from gateway.web.submissions import SubmissionBody

Faults = dict[str, tuple[str, str]]

_KINDS = {
    "咨询": "Question", "求助": "Help", "投诉": "Complaint", "举报": "Report", "建议": "Suggestion", "表扬": "Praise",
    "其他": "Other",
}  # fmt: skip
_TEXTS = ("text", "title", "kind", "category", "address", "crs", "name", "contact_number")
_FAULTS: Faults = {
    "kind": ("请重新选择类型", "Choose a kind again"),
    "category": ("请重新选择分类", "Choose a category again"),
    "text": ("请写明诉求内容", "Say what it is about"),
    "title": ("标题最多60字", "At most 60 characters"),
    "address": ("地点最多200字", "At most 200 characters"),
    "longitude": ("经度须为-180至180的数字", "A number from -180 to 180"),
    "latitude": ("纬度须为-90至90的数字", "A number from -90 to 90"),
    "crs": ("请重新选择坐标系", "Choose a system again"),
    "name": ("姓名最多40字", "At most 40 characters"),
    "contact_number": ("请填写正确的电话号码，如13800138000", "A telephone number, as 13800138000"),
}
_ORDER = (*_FAULTS, "photo", "answer")
"""The fields that may be at fault, as they come on the page."""

_TOGETHER = ("经度和纬度须同时填写", "Longitude and latitude belong together")


@dataclass(slots=True)
class Typed:
    """A form as it is shown. ``kept`` are photos taken before: their handle and name."""

    token: str
    values: Mapping[str, str] = field(default_factory=dict)
    kept: list[tuple[str, str]] = field(default_factory=list)
    faults: Faults = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.values.get(name, "")


def body_of(values: Mapping[str, str]) -> tuple[SubmissionBody | None, Faults]:
    """The submission that the fields make, or what is wrong with which of them."""
    data: dict[str, Any] = {name: values[name].strip() for name in _TEXTS if values.get(name, "").strip()}
    faults: Faults = {}
    for name in ("longitude", "latitude"):
        _read_degrees(name, values.get(name, ""), data, faults)
    if not faults and ("longitude" in data) != ("latitude" in data):
        faults["latitude" if "longitude" in data else "longitude"] = _TOGETHER
    for name in ("is_secret", "is_anonymous"):
        data[name] = bool(values.get(name))
    if "contact_number" in data:
        data["contact_number"] = unicodedata.normalize("NFKC", data["contact_number"])
    if data["is_anonymous"]:  # asked not to be recorded: then it is not, wherever it was typed
        data.pop("name", None)
        data.pop("contact_number", None)
    try:
        body = SubmissionBody.model_validate({**data, "text": data.get("text", "")})
    except ValidationError as errors:
        for error in errors.errors(include_url=False, include_input=False, include_context=False):
            if error["loc"]:  # what is of several fields has been seen above
                name = str(error["loc"][0])
                faults.setdefault(name, _FAULTS[name])
        return None, faults
    return (None, faults) if faults else (body, {})


def _read_degrees(name: str, text: str, data: dict[str, Any], faults: Faults) -> None:
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return
    try:
        data[name] = float(text)
    except ValueError:
        faults[name] = _FAULTS[name]


def form_page(
    title: Title, config: WebConfig, categories: CategoriesConfig, question: Question, bits: int, typed: Typed
) -> bytes:
    """The whole page around the form."""
    pieces = (
        h("h1", both("提交诉求", "Send a request")),
        _summary(typed.faults),
        _matter(config, categories, typed),
        _place(config, typed),
        _photos(config, typed) if config.photos_most else None,
        _person(typed),
        _proof(question, typed),
        h("button", both("提交诉求", "Send"), class_="main", id="send"),
        h(
            "p",
            both("提交即表示同意热线为办理此事使用您所填的信息；信息加密保存，查阅留有记录，不作他用。",
                 "By sending you agree that the hotline uses this to handle your request, and for nothing else."),
            class_="note",
        ),
    )  # fmt: skip
    form = h(
        "form", h("input", type="hidden", name="token", value=typed.token),
        h("input", type="hidden", name="work", id="work"), *pieces,
        id="request", method="post", action="/submit", enctype="multipart/form-data", novalidate=True,
        accept_charset="utf-8", data_bits=bits, data_photos=config.photos_most,
    )  # fmt: skip
    return page(title, ("提交诉求", "Send a request"), "/", form, aside=_aside(categories))


def _summary(faults: Faults) -> Html | None:
    if not faults:
        return None
    general = faults.get("")
    ordered = [name for name in _ORDER if name in faults]
    items = [h("li", h("a", both(*faults[name]), href=f"#{name}")) for name in ordered]
    heading = both(*general) if general else both("请改正以下内容后再提交", "Please put this right and send again")
    what = h("ul", items) if items else None
    return h("div", h("p", heading), what, class_="fault summary", role="alert", id="wrong")


def _card(zh: str, en: str, *inner: Inner) -> Html:
    return h("fieldset", h("legend", both(zh, en)), *inner, class_="card")


def _input(zh: str, en: str, name: str, typed: Typed, **attributes: str | int | bool | None) -> Html:
    wrong = name in typed.faults
    field = h(
        "input", id=name, name=name, value=typed.value(name) or None, aria_invalid="true" if wrong else None,
        aria_describedby=f"{name}-fault" if wrong else None, **attributes,
    )  # fmt: skip
    return h("label", both(zh, en), fault_of(name, typed.faults), field)


def _matter(config: WebConfig, categories: CategoriesConfig, typed: Typed) -> Html:
    kinds = [
        h(
            "label",
            h("input", type="radio", name="kind", value=kind, checked=typed.value("kind") == kind),
            h("span", both(kind, _KINDS.get(kind, ""))),
            class_="chip",
        )
        for kind in get_args(Kind)
    ]
    text = h(
        "label", both("什么事？", "What is it about?"), fault_of("text", typed.faults),
        h("textarea", typed.value("text"), id="text", name="text", rows=6, maxlength=config.text_most, required=True,
          placeholder="请写清时间、地点、经过和您的要求", aria_invalid="true" if "text" in typed.faults else None),
        h("span", class_="count js", id="count"),
    )  # fmt: skip
    return _card(
        "您要反映的事", "Your request",
        h(
            "div",
            h("span", both("类型（不确定可不选）", "Kind, if you know"), id="kind"),
            fault_of("kind", typed.faults),
            h("div", kinds, class_="chips"),
            role="radiogroup", aria_labelledby="kind",
        ),
        h("label", both("分类", "Category"), fault_of("category", typed.faults), _categories(categories, typed)),
        text,
        _input("标题（可不填）", "Title, if you like", "title", typed, maxlength=60, autocomplete="off"),
    )  # fmt: skip


def _categories(categories: CategoriesConfig, typed: Typed) -> Html:
    chosen = typed.value("category")
    below: dict[str, list[CategoryConfig]] = {}
    roots: list[CategoryConfig] = []
    for one in categories.category:
        above = categories.parents(one.code)
        if above:
            below.setdefault(above[-1], []).append(one)
        else:
            roots.append(one)
    groups = [
        h("optgroup", [_option(one, chosen) for one in below[root.code]], label=f"{root.name} {root.name_en}".strip())
        if root.code in below
        else _option(root, chosen)
        for root in roots
    ]
    unsure = h("option", "不确定，由工作人员判断 Not sure", value="")
    return h("select", unsure, groups, id="category", name="category")


def _option(one: CategoryConfig, chosen: str) -> Html:
    return h("option", f"{one.name} {one.name_en}".strip(), value=one.code, selected=one.code == chosen)


def _place(config: WebConfig, typed: Typed) -> Html:
    said = bool(typed.value("longitude") or typed.value("latitude"))
    settings = {
        "bounds": config.map_bounds, "crs": config.map_crs, "tiles": config.map_tiles, "credit": config.map_credit,
        "places": [[place.name, place.longitude, place.latitude] for place in config.map_places],
    }  # fmt: skip
    systems = [
        h("option", system, value=system, selected=typed.value("crs") == system)
        for system in ("WGS-84", "GCJ-02", "BD-09", "CGCS2000")
    ]
    by_hand = h(
        "details",
        h("summary", both("填写经纬度", "Coordinates")),
        h(
            "div",
            _input("经度", "Longitude", "longitude", typed, inputmode="decimal", maxlength=20, placeholder="110.1983"),
            _input("纬度", "Latitude", "latitude", typed, inputmode="decimal", maxlength=20, placeholder="20.0440"),
            h("label", both("坐标系", "System"), h("select", systems, id="crs", name="crs")),
            class_="three",
        ),
        open=said, id="by-hand",
    )  # fmt: skip
    pin = h(
        "div",
        h("p",
          h("button", both("在图上标出", "Mark on a map"), type="button", class_="quiet", id="open-map"),
          h("button", both("用我的位置", "Use my position"), type="button", class_="quiet", id="here"),
          class_="row pair"),
        h("div", id="map", data_map=orjson.dumps(settings).decode(), hidden=True),
        h("p", id="pinned", class_="note", role="status"),
        class_="js",
    )  # fmt: skip
    example = "如：海口市龙华区某路10号门前"
    where = _input("地点", "Address", "address", typed, maxlength=200, autocomplete="off", placeholder=example)
    return _card("在哪里", "Where", where, pin, by_hand)


def _photos(config: WebConfig, typed: Typed) -> Html:
    kept = [
        h(
            "label",
            h("input", type="checkbox", name="kept", value=handle, checked=True),
            h("span", both(f"已收到：{name or '照片'}", "received")),
            class_="tickbox",
        )
        for handle, name in typed.kept
    ]
    size = config.photo_bytes // 1_048_576
    hint = f"最多{config.photos_most}张，每张不超过{size}MB", f"up to {config.photos_most}, {size} MB each"
    return _card(
        "照片（可不传）", "Photos, if you have any",
        fault_of("photo", typed.faults),
        kept,
        h(
            "label",
            h("input", type="file", id="photo", name="photo", accept="image/*", multiple=True),
            h("span", both("选择或拍摄照片", "Choose or take photos"), class_="pick"),
            class_="shoot",
        ),
        h("div", id="shots", class_="js"),
        h("p", both(*hint), class_="note"),
    )  # fmt: skip


def _person(typed: Typed) -> Html:
    def box(name: str, zh: str, en: str) -> Html:
        tick = h("input", type="checkbox", id=name, name=name, value="1", checked=bool(typed.value(name)))
        return h("label", tick, h("span", both(zh, en)), class_="tickbox")

    return _card(
        "怎样联系您", "How to reach you",
        h(
            "div",
            _input("姓名", "Name", "name", typed, maxlength=40, autocomplete="name"),
            _input("手机", "Mobile", "contact_number", typed, type="tel", maxlength=20, autocomplete="tel"),
            class_="two", id="who",
        ),
        h("p", both("不留手机也可凭编号和查询码查看答复。", "You can look the answer up without."), class_="note"),
        box("is_secret", "请为我保密：姓名和电话不告知承办单位", "Keep my name and number from the department"),
        box("is_anonymous", "匿名提交：不登记姓名和电话", "Anonymous: record neither name nor number"),
    )  # fmt: skip


def _proof(question: Question, typed: Typed) -> Html:
    """What keeps robots out: a question that the script answers by work unseen, and a field that people do not see."""
    trap = h(
        "div",
        h("label", "网址 Website ", h("input", name="website", tabindex=-1, autocomplete="off")),
        class_="off", aria_hidden="true",
    )  # fmt: skip
    ask = h(
        "label", both(question.zh, question.en), fault_of("answer", typed.faults),
        h("input", id="answer", name="answer", inputmode="numeric", maxlength=8, autocomplete="off"),
    )  # fmt: skip
    return h("div", trap, h("div", ask, id="proof", class_="card"))


def _aside(categories: CategoriesConfig) -> Html:
    limits = [
        h("tr", h("th", both(limit.kind, _KINDS.get(limit.kind, ""))), h("td", f"{limit.days}"))
        for limit in categories.limit
        if not limit.complex
    ]
    table = [
        h("h2", both("办理时限", "Time limits")),
        h("table", limits, class_="limits"),
        h("p", both("单位：工作日", "in working days"), class_="note"),
    ]
    how = [
        ("提交后立即得到编号和查询码", "You get a number and a code at once"),
        ("热线转交承办单位办理", "The hotline sends it to who is in charge"),
        ("凭编号和查询码随时查看进度和答复", "Look up progress and the answer at any time"),
    ]
    return h(
        "aside",
        h("h2", both("怎样办理", "How it works")),
        h("ol", [h("li", both(zh, en)) for zh, en in how], class_="how"),
        table if limits else None,
    )
