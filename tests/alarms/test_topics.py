"""The judgement of topics agrees with the Poisson tail summed by hand, and knows places in real sentences."""

from __future__ import annotations

import math

import pytest
import rjieba
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.topics import busiest, chance, judge, places_in, surprise


def cut(text: str) -> list[str]:
    return list(rjieba.cut(text, True))


@pytest.mark.parametrize(("n", "mean"), [(5, 1.0), (10, 2.0), (23, 4.1), (60, 40.0), (9, 0.5)])
def test_surprise_is_the_poisson_tail(n: int, mean: float) -> None:
    below = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(n))
    assert surprise(n, mean) == pytest.approx(-math.log10(1 - below), rel=1e-3)


@given(st.integers(0, 5000), st.floats(0.01, 3000))
def test_surprise_is_never_negative_nor_endless_and_grows_with_n(n: int, mean: float) -> None:
    assert 0 <= surprise(n, mean) <= surprise(n + 1, mean) + 1e-9 <= 30.1
    assert surprise(n, mean) == 0 or n > mean


def test_a_topic_must_beat_every_day_of_its_history() -> None:
    rising = judge(23, [4, 3, 6, 5, 2, 4, 5])
    assert (rising.n, round(rising.mean, 1), rising.most, rising.days) == (23, 4.1, 6, 7) and rising.surprise > 6
    assert judge(23, [4, 3, 24, 5, 2, 4, 5]).surprise == 0
    assert judge(8, [7, 8, 6, 7, 8, 9, 7]).surprise == 0
    assert judge(9, []).surprise == 0


def test_few_requests_about_something_new_are_less_surprising_than_many() -> None:
    nothing = [0] * 7
    assert judge(3, nothing).surprise < 3 < judge(5, nothing).surprise


def test_chances_are_said_as_people_say_them() -> None:
    assert [chance(it) for it in (0.5, 3.0, 3.9, 20.0)] == ["> 1/10", "1/1000", "1/1000", "1/1000000000"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("反映海口市龙华区滨海大道88号停水", {"滨海大道"}),
        ("阳光小区停水三天没人管", {"阳光小区"}),
        ("海垦路夜市油烟扰民", {"海垦路"}),
        ("道路不平，小区没有电", set()),
        ("", set()),
    ],
)
def test_places_are_found_in_real_sentences(text: str, found: set[str]) -> None:
    assert places_in(text, cut) == found


def test_each_text_counts_a_place_once_and_the_busiest_stands_first() -> None:
    texts = ["海垦路停水，海垦路停电", "海垦路停水", "阳光小区停水"]
    assert busiest(texts, cut, 2) == [("海垦路", 2)]
    assert busiest(texts, cut, 1)[0] == ("海垦路", 2)


@given(st.text(max_size=400))
def test_no_text_breaks_the_search(text: str) -> None:
    assert all(2 <= len(place) <= 12 for place in places_in(text.encode("utf-8", "replace").decode(), cut))
