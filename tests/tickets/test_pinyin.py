"""Names of categories as they are typed on a Latin keyboard."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.config import CategoriesConfig, CategoryConfig
from gateway.tickets.pinyin import answered, asked, paths_of, spelled

CATEGORIES = CategoriesConfig(
    category=(CategoryConfig(code="01", name="市场监管"), CategoryConfig(code="0101", name="消费维权", parent="01"))
)


@pytest.mark.parametrize(
    ("name", "whole", "initials"),
    [
        ("市场监管", "shichangjianguan", "scjg"),
        ("重庆路", "chongqinglu", "cql"),
        ("12345热线", "12345rexian", "12345rx"),
        ("WiFi、网络", "wifiwangluo", "wifiwl"),
        ("", "", ""),
    ],
)
def test_a_name_is_spelled_whole_and_by_initials(name: str, whole: str, initials: str) -> None:
    assert spelled([name]) == [(whole, initials)]


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_names_have_spellings_without_blanks(names: list[str]) -> None:
    for whole, initials in spelled(names):
        assert not any(one.isspace() for one in whole + initials) and len(initials) <= len(whole)


def test_the_program_answers_by_name() -> None:
    names = ["消费维权", "路灯"]
    program = [sys.executable, "-m", "gateway.tickets.pinyin"]
    done = subprocess.run(program, input=asked(names), capture_output=True, check=True, timeout=60)
    assert answered(done.stdout, names) == {"消费维权": ("xiaofeiweiquan", "xfwq"), "路灯": ("ludeng", "ld")}


@pytest.mark.parametrize("output", [b"", b"{}", b"[]", b"[[1]]", b'[["a"]]'])
def test_an_answer_that_is_none_is_refused(output: bytes) -> None:
    with pytest.raises(ValueError):
        answered(output, ["路灯"])


def test_a_path_leads_from_the_top_down() -> None:
    paths = paths_of(CATEGORIES)
    assert paths["0101"] == "市场监管 / 消费维权" and paths["01"] == "市场监管"
    assert set(paths) == {one.code for one in CATEGORIES.category}


def test_a_path_of_parents_in_a_circle_or_unknown_ends() -> None:
    one, two = CategoryConfig(code="1", name="一", parent="2"), CategoryConfig(code="2", name="二", parent="1")
    lost = CategoryConfig(code="3", name="三", parent="9")
    circle = CategoriesConfig.model_construct(category=(one, two, lost))
    assert paths_of(circle) == {"1": "二 / 一", "2": "一 / 二", "3": "三"}
