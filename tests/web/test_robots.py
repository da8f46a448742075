"""A form is believed with work or an answer, in its time, once it was ours; anything else is doubted in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.robots import Forms, chinese_number, has_worked

BITS = 8


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def forms(clock: Clock) -> Forms:
    return Forms(b"k" * 32, clock, hours=1, least_s=3, bits=BITS)


def work_for(token: str) -> str:
    return next(str(n) for n in itertools.count() if has_worked(token, str(n), BITS))


def test_work_or_the_right_answer_is_enough(forms: Forms, clock: Clock) -> None:
    token = forms.issue()
    clock.now += 10
    right = forms.question(token).answer
    assert forms.doubt(token, trap="", work=work_for(token), answer="") is None
    assert forms.doubt(token, trap="", work="", answer=f" {right} ") is None
    assert forms.doubt(token, trap="", work="", answer=chinese_number(right)) is None
    assert forms.doubt(token, trap="", work="", answer="".join(chr(0xFEE0 + ord(d)) for d in str(right))) is None


@pytest.mark.parametrize(
    ("given_", "passes_s", "field"),
    [
        ({"work": "", "answer": "999"}, 10, "answer"),
        ({"work": "0" * 17, "answer": ""}, 10, "answer"),
        ({"trap": "http://spam"}, 10, ""),
        ({}, 1, ""),
        ({}, 3601, ""),
    ],
)
def test_each_doubt_says_what_to_do(
    forms: Forms, clock: Clock, given_: dict[str, str], passes_s: float, field: str
) -> None:
    token = forms.issue()
    clock.now += passes_s
    asked = {"trap": "", "work": work_for(token), "answer": "", **given_}
    doubt = forms.doubt(token, **asked)
    assert doubt is not None and doubt.field == field and doubt.zh and doubt.en


@given(st.text(max_size=60))
def test_a_token_that_is_not_ours_is_doubted_never_raised(token: str) -> None:
    forms = Forms(b"k" * 32, lambda: 1e6, hours=1, least_s=0, bits=BITS)
    assert forms.doubt(token, trap="", work="1", answer="1") is not None


def test_work_of_one_form_is_worth_nothing_for_another(forms: Forms) -> None:
    first, second = forms.issue(), forms.issue()
    assert first != second
    assert not has_worked(second, work_for(first), 20)


def test_questions_have_answers_that_fit_their_words(forms: Forms) -> None:
    names = {chinese_number(number): number for number in range(30)}
    for _ in range(200):
        asked = forms.question(forms.issue())
        sign = "加" if "加" in asked.zh else "减"
        first, _, second = asked.zh.partition("等于")[0].partition(sign)
        expected = names[first] + names[second] if sign == "加" else names[first] - names[second]
        assert asked.answer == expected >= 0


def test_a_form_keeps_its_question(forms: Forms) -> None:
    token = forms.issue()
    assert forms.question(token) == forms.question(token)
    assert len({forms.question(forms.issue()).zh for _ in range(50)}) > 5
