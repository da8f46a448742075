"""What keyword rules propose for a text: kind, category, area, urgency, each with the reason in words.

Transparent and modest: a proposal is the words that spoke for it, nothing is learnt and nothing guessed. When two
answers have equal support, or none has any, nothing is proposed. The text is cut into words (jieba's dictionary), so
that 消费 does not match inside 消费者 nor 提取 across 前提|取消; of keywords that lie in one another the longest counts
(煤气泄漏, not 煤气); one with a negation right before it (不是投诉) does not count.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, NamedTuple

from gateway.tickets.config import CategoriesConfig, IntakeConfig, KindRule, UrgencyRule

Field = Literal["kind", "category", "urgency", "area_code"]
Cut = Callable[[str], Sequence[str]]

READ_CHARS = 2000
"""So much of a text is read for proposals; what a citizen wants stands at its beginning."""

_PUNCTUATION = tuple(zip("，！？：；（）", ",!?:;()", strict=True))

_KNOWN_WORD_FREQUENCY = 20_000
"""What a keyword of two characters weighs in the dictionary: enough for 路灯|不亮 instead of jieba's own 路|灯不亮."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one keyword says: this field has this value, with so much weight, by this rule."""

    field: Field
    value: str
    weight: int
    unless: tuple[str, ...] = ()
    dial: tuple[str, ...] = ()


class _Hit(NamedTuple):
    start: int
    end: int
    word: str
    voice: _Voice


class Words:
    """Cuts text into words. Loading the dictionary takes a tenth of a second: make it once, off the event loop.

    The module's own dictionary is used (another is 24 MB more), so keywords of an earlier one remain words in it: at
    worst a text is cut where keywords of a former configuration stood.
    """

    def __init__(self, keywords: Iterable[str]) -> None:
        import rjieba  # reads its dictionary: only when somebody needs it

        self._jieba = rjieba
        for word in keywords:
            if len(word) == 2:
                self._jieba.add_word(word, _KNOWN_WORD_FREQUENCY, None)

    def cut(self, text: str) -> Sequence[str]:
        """The words of a text, in order and complete: joined they are the text again."""
        try:
            return self._jieba.cut(text, False)
        except UnicodeEncodeError:  # half a surrogate pair, as JSON may carry it
            return list(text)


class Proposer:
    """The rules, ready to read texts with. Raises nothing for any text."""

    def __init__(self, intake: IntakeConfig, categories: CategoriesConfig, areas: Mapping[str, Sequence[str]]) -> None:
        """``areas``: names by area code, beside those of the configuration."""
        self._voices: dict[str, list[_Voice]] = {}
        self._category_names = {item.code: item.name for item in categories.category}
        self._urgent_categories = frozenset(item.code for item in categories.category if item.urgent)
        self._parents = {item.code: categories.parents(item.code) for item in categories.category}
        self._area_names: dict[str, str] = {}
        self._take_rules(intake, categories, areas)
        self._lengths = _lengths(self._voices)
        self._beginnings = _beginnings(self._voices)
        self._negated = _negation(intake.negations)
        self._words = Words(self._voices)

    def _take_rules(
        self, intake: IntakeConfig, categories: CategoriesConfig, areas: Mapping[str, Sequence[str]]
    ) -> None:
        rule: KindRule | UrgencyRule
        for rule in intake.kind:
            self._say(rule.words, _Voice("kind", rule.value, rule.weight, rule.unless))
        for rule in intake.urgency:
            self._say(rule.words, _Voice("urgency", rule.value, 1, rule.unless, rule.dial))
        for item in categories.category:
            self._say(item.keywords, _Voice("category", item.code, 1))
        named = {area.code: (area.name, *area.words) for area in intake.area}
        for code, names in (dict(areas) | named).items():
            self._area_names[code] = names[0] if names else code
            self._say(names, _Voice("area_code", code, 1))

    def _say(self, words: Iterable[str], voice: _Voice) -> None:
        for word in words:
            self._voices.setdefault(_normal(word), []).append(voice)

    def propose(self, text: str, address: str = "") -> dict[str, Any]:
        """Proposals by ticket field: ``{"kind": {"value": "投诉", "why": "关键词 投诉 → 投诉"}}``.

        ``address`` is a place that was stated apart: place names there count before those of the text. A category has
        its ``name`` too, an urgency the numbers to ``dial``.
        """
        plain = _normal(text[:READ_CHARS])
        hits = self._hits(plain)
        found = {
            "kind": self._strongest("kind", hits, lambda value: value),
            "category": self._category(hits),
            "urgency": self._urgency(hits),
            "area_code": (address and self._area(self._hits(_normal(address)))) or self._area(hits),
        }
        if found["urgency"] is None and (category := found["category"]):
            found["urgency"] = self._of_urgent_category(category)
        return {name: proposal for name, proposal in found.items() if proposal}

    def category_name(self, code: str) -> str:
        """The name of a category, its code when it is unknown."""
        return self._category_names.get(code, code)

    def area_name(self, code: str) -> str:
        """The name of an area, "" when it is unknown."""
        return self._area_names.get(code, "")

    def _hits(self, plain: str) -> list[_Hit]:
        """Every keyword that stands in the text as a word, is not part of a longer one, and is not taken back."""
        hits = [
            _Hit(start, end, plain[start:end], voice)
            for start, end in self._spans(plain)
            for voice in self._voices[plain[start:end]]
            if not (voice.unless and any(word in plain for word in voice.unless))
        ]
        alone = len(hits) == 1
        return [hit for hit in hits if (alone or not _inside_another(hit, hits)) and not self._taken_back(plain, hit)]

    def _spans(self, plain: str) -> Iterator[tuple[int, int]]:
        """Where keywords stand: from the start of a word to the end of one. A keyword of three characters or more may
        end within a later word (停车费|用), which no dictionary decides well."""
        lengths, voices = self._lengths, self._voices
        # Hardly any place of a text begins like a keyword: only those are looked at one by one.
        places = [found.start() for found in self._beginnings.finditer(plain)] if self._beginnings else []
        ends = list(accumulate(map(len, self._words.cut(plain)))) if places else []
        for place in places:
            at = bisect_right(ends, place)
            if place and ends[at - 1] != place:  # within a word
                continue
            for length in lengths.get(plain[place : place + 2], ()):
                end = place + length
                if plain[place:end] in voices and (end in ends or (length > 2 and end > ends[at])):
                    yield place, end
            if ends[at] == place + 1 and plain[place] in voices:
                yield place, place + 1

    def _taken_back(self, plain: str, hit: _Hit) -> bool:
        if self._negated is None or hit.voice.field == "area_code":
            return False
        return self._negated.search(plain, max(0, hit.start - 8), hit.start) is not None

    def _strongest(self, field: Field, hits: Iterable[_Hit], name: Callable[[str], str]) -> dict[str, Any] | None:
        """The value with most weight, each keyword counted once; None when two are equal or there is none."""
        words: dict[str, dict[str, int]] = {}
        for hit in hits:
            if hit.voice.field == field:
                words.setdefault(hit.voice.value, {})[hit.word] = hit.voice.weight
        ranked = sorted(words, key=lambda value: -sum(words[value].values()))
        if not ranked or (len(ranked) > 1 and _weight(words[ranked[0]]) == _weight(words[ranked[1]])):
            return None
        value = ranked[0]
        return {"value": value, "why": f"关键词 {'、'.join(words[value])} → {name(value)}"}

    def _category(self, hits: list[_Hit]) -> dict[str, Any] | None:
        proposal = self._strongest("category", hits, self.category_name)
        return proposal and proposal | {"name": self.category_name(proposal["value"])}

    def _urgency(self, hits: list[_Hit]) -> dict[str, Any] | None:
        """The highest urgency that any word speaks for: between urgencies there is no tie."""
        for value in ("特急", "紧急"):
            speak = [hit for hit in hits if hit.voice.field == "urgency" and hit.voice.value == value]
            if speak:
                words = "、".join(dict.fromkeys(hit.word for hit in speak))
                dial = list(dict.fromkeys(number for hit in speak for number in hit.voice.dial))
                return {"value": value, "why": f"关键词 {words} → {value}"} | ({"dial": dial} if dial else {})
        return None

    def _of_urgent_category(self, category: Mapping[str, Any]) -> dict[str, Any] | None:
        code = category["value"]
        if self._urgent_categories.isdisjoint((code, *self._parents.get(code, ()))):
            return None
        return {"value": "紧急", "why": f"分类 {category['name']} 按紧急办理（{category['why']}）"}

    def _area(self, hits: Iterable[_Hit]) -> dict[str, Any] | None:
        """The one area that is named; a city beside one of its own districts is the district (GB/T 2260)."""
        words: dict[str, str] = {}
        for hit in hits:
            if hit.voice.field == "area_code":
                words.setdefault(hit.voice.value, hit.word)
        lowest = [code for code in words if not any(_contains(code, other) for other in words if other != code)]
        if len(lowest) != 1:
            return None
        code = lowest[0]
        return {"value": code, "why": f"地名 {words[code]} → {self._area_names[code]}（{code}）"}


def _contains(code: str, other: str) -> bool:
    """True when the area of ``code`` contains that of ``other``: 460000 > 460100 > 460108."""
    stem = code.rstrip("0")
    stem += "0" * (len(stem) % 2)
    return len(stem) < 6 and other.startswith(stem)


def _weight(words: Mapping[str, int]) -> int:
    return sum(words.values())


def _inside_another(hit: _Hit, hits: Iterable[_Hit]) -> bool:
    start, end, field = hit.start, hit.end, hit.voice.field
    for other in hits:
        longer = other.start <= start and end <= other.end and other.end - other.start > end - start
        if longer and other.voice.field == field:
            return True
    return False


def _lengths(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """By the first two characters: the lengths of the keywords that begin with them, longest first. One character
    alone is not among them."""
    found: dict[str, set[int]] = {}
    for word in words:
        if len(word) > 1:
            found.setdefault(word[:2], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def _beginnings(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds every place where a keyword may begin, and a few others: by one character of a set and one of another,
    which a pattern looks up ten times faster than we do. None without keywords."""
    firsts = {word[0] for word in words if len(word) > 1}
    seconds = {word[1] for word in words if len(word) > 1}
    singles = {word for word in words if len(word) == 1}
    ways = [f"{_one_of(firsts)}(?={_one_of(seconds)})"] * bool(firsts) + [_one_of(singles)] * bool(singles)
    return re.compile("|".join(ways)) if ways else None


def _one_of(characters: Iterable[str]) -> str:
    return f"[{''.join(re.escape(one) for one in sorted(characters))}]"


def _negation(words: Sequence[str]) -> re.Pattern[str] | None:
    """A negation that ends the text before a keyword, with little between (不是 来 投诉, 不是 要 投诉)."""
    if not words:
        return None
    longest_first = "|".join(re.escape(_normal(word)) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!有)(?<!是)(?:{longest_first})(?:我|想|要|来|去|在|为了|打算|进行|什么){{0,2}}$")


def _normal(text: str) -> str:
    """Lower case and half width, character by character, so that rules need one spelling of each word."""
    if text.isascii():
        return text.lower()
    for wide, half in _PUNCTUATION:  # what else keeps nearly every text from being normal as it is
        text = text.replace(wide, half)
    return (text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)).lower()
