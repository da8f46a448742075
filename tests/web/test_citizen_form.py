"""The form is small, complete without script, shows what was typed, and its fields make a submission or say why not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.config import CategoriesConfig
from gateway.web import assets
from gateway.web.citizen_form import Typed, body_of, form_page
from gateway.web.config import WebConfig
from gateway.web.robots import Question

CATEGORIES = CategoriesConfig.model_validate(
    tomllib.loads((Path(__file__).parents[2] / "config" / "categories.toml").read_text("utf-8"))
)
QUESTION = Question("七加五等于几", "seven plus five", 12)


def show(typed: Typed, **config: Any) -> str:
    return form_page(("热线", "hotline"), WebConfig(**config), CATEGORIES, QUESTION, 13, typed).decode()


def test_all_that_a_phone_must_load_is_under_thirty_kilobytes() -> None:
    found = assets.load()
    files = sum(len(found[name].body) for name in ("citizen.css", "citizen.js", "icon.svg"))
    assert len(show(Typed("t" * 100)).encode()) + files < 30_000


def test_every_category_is_offered_within_its_group_and_the_chosen_one_stays() -> None:
    text = show(Typed("t", {"category": "0402"}))
    for one in CATEGORIES.category:
        assert one.name in text
    assert '<option value="0402" selected>市政设施 Municipal works</option>' in text
    assert text.count("<optgroup") == len({one.parent for one in CATEGORIES.category if one.parent})


def test_every_input_has_a_label_and_every_fault_is_tied_to_its_field() -> None:
    faults = {"title": ("长", "long"), "contact_number": ("错", "wrong")}
    text = show(Typed("t", faults=faults))
    labelled = re.findall(r"<label[^>]*>.*?</label>", text, re.S)
    inputs = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*>', text)
    assert sum(len(re.findall(r"<(?:input|select|textarea)", one)) for one in labelled) == len(inputs)
    assert 'aria-describedby="title-fault"' in text and 'id="title-fault"' in text
    assert 'href="#contact_number"' in text


def test_the_answer_is_not_on_the_page() -> None:
    assert "七加五等于几" in show(Typed("t")) and ">12<" not in show(Typed("t"))


def test_a_form_without_photos_has_no_field_for_them() -> None:
    assert 'name="photo"' not in show(Typed("t"), photos_most=0)


SHOWN = ["text", "title", "address", "name", "contact_number", "longitude"]


@given(st.dictionaries(st.sampled_from(SHOWN), st.text(max_size=80)))
def test_whatever_was_typed_is_shown_without_becoming_markup(values: dict[str, str]) -> None:
    text = show(Typed("t", values))
    assert len(re.findall(r"<script", text)) == 1 and text.count("<form") == 1


@given(
    st.dictionaries(
        st.sampled_from(["text", "title", "kind", "category", "address", "crs", "name", "contact_number", "longitude",
                         "latitude", "is_secret", "is_anonymous"]),
        st.text(max_size=90) | st.sampled_from(["咨询", "20", "110.5", "1e999", "nan", "-91", "13812345678"]),
    )
)  # fmt: skip
def test_any_fields_make_a_body_or_faults_never_an_error(values: dict[str, str]) -> None:
    body, faults = body_of(values)
    assert (body is None) == bool(faults)
    for zh, en in faults.values():
        assert zh and en


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "text"),
        ({"text": "x", "title": "x" * 61}, "title"),
        ({"text": "x", "longitude": "abc"}, "longitude"),
        ({"text": "x", "longitude": "181", "latitude": "0"}, "longitude"),
        ({"text": "x", "latitude": "20"}, "longitude"),
        ({"text": "x", "kind": "别的"}, "kind"),
        ({"text": "x", "contact_number": "电话"}, "contact_number"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(values: dict[str, str], field: str) -> None:
    assert list(body_of(values)[1]) == [field]


def test_digits_of_any_width_are_digits() -> None:
    body, _ = body_of(
        {"text": "x", "longitude": "１１０．５", "latitude": " 20 ", "contact_number": "１３８１２３４５６７８"}
    )
    assert body is not None and (body.longitude, body.latitude, body.contact_number) == (110.5, 20.0, "13812345678")
