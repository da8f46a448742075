"""Hot topics: is what we see in this window more than chance gives, by its own history?

The same hours of the days before say what is usual. Requests that come independently are Poisson distributed, so the
**surprise** of ``n`` requests where ``mean`` are usual is -log10 P(X >= n): 3 means once in a thousand looks. Real
requests vary more than Poisson from day to day; so the mean is taken with what so few days may hide (half a request,
and one standard error), and a topic must also beat every one of those days. The numbers go into the alarm's text.

Places are words of the requests' texts that end as places do (路, 小区, 市场 ...), each counted once a request.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_PRIOR = 0.5
_MOST_SURPRISE = 30.0
_TEXT_CHARS = 300
_ENDS = (
    "路", "街", "大道", "巷", "胡同", "小区", "花园", "公寓", "家园", "新村", "社区", "村", "镇", "乡", "市场",
    "广场", "商场", "医院", "学校", "中学", "小学", "幼儿园", "大学", "大桥", "立交", "公园", "车站", "机场", "码头",
    "工地", "工业园", "园区", "水库", "海滩",
)  # fmt: skip
_CHINESE = re.compile(r"^[\u4e00-\u9fff]{2,12}$")
_NO_PLACE = frozenset(
    {"公路", "道路", "马路", "全村", "本村", "我村", "该村", "农村", "城镇", "乡镇", "村镇", "一路", "线路", "网路"}
)

Cut = Callable[[str], Sequence[str]]
"""A text into its words, in order and complete."""


@dataclass(frozen=True, slots=True)
class Topic:
    """``n`` in the window; ``mean`` and ``most`` a day in the same hours of the ``days`` before."""

    n: int
    mean: float
    most: int
    days: int
    surprise: float


def judge(n: int, before: Sequence[int]) -> Topic:
    """How surprising ``n`` is after so many on each of the days before; 0 when one of them had as many."""
    days = len(before)
    if not days:
        return Topic(n, 0.0, 0, 0, 0.0)
    mean = sum(before) / days
    usual = mean + math.sqrt(mean / days) + _PRIOR
    most = max(before)
    return Topic(n, mean, most, days, surprise(n, usual) if n > most else 0.0)


def surprise(n: int, mean: float) -> float:
    """-log10 P(X >= n) of a Poisson variable, at most 30; 0 for what is not above the mean."""
    if n <= mean:
        return 0.0
    # The tail as a multiple of its first term, so that nothing underflows.
    first = n * math.log(mean) - mean - math.lgamma(n + 1)
    total, term, k = 1.0, 1.0, n
    while term > 1e-12:
        k += 1
        term *= mean / k
        total += term
    return min(_MOST_SURPRISE, max(0.0, -(first + math.log(total)) / math.log(10)))


def chance(of: float) -> str:
    """A surprise as people say it: 3 -> 1/1000."""
    return f"1/{10 ** min(9, math.floor(of))}" if of >= 1 else "> 1/10"


def places_in(text: str, cut: Cut) -> set[str]:
    """The places that a text names. A word that is only an ending takes the word before it along (阳光 + 小区)."""
    found, before = set(), ""
    for word in cut(text[:_TEXT_CHARS]):
        joined = before + word if word in _ENDS else word
        if joined.endswith(_ENDS) and joined not in _NO_PLACE and joined not in _ENDS and _CHINESE.match(joined):
            found.add(joined)
        before = word
    return found


def busiest(texts: Iterable[str], cut: Cut, least: int, most: int = 20) -> list[tuple[str, int]]:
    """Places that at least so many texts name, the most named first. Some 3 us a text: not in the loop for
    thousands."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(places_in(text, cut))
    return [(word, n) for word, n in counted.most_common(most) if n >= least]
