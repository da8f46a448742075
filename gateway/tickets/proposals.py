"""What keyword rules propose for a text: kind, category, area, urgency, each with the reason in words.

Transparent and modest: a proposal is the words that spoke for it, nothing is learnt and nothing guessed. When two
answers have equal support, or none has any, nothing is proposed. The text is cut into words (jieba's dictionary), so
that 消费 does not match inside 消费者 nor 提取 across 前提|取消; of keywords that lie in one another the longest counts
(煤气泄漏, not 煤气); one with a negation right before it (不是投诉) does not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.tickets.config import CategoriesConfig, IntakeConfig, KindRule, UrgencyRule

Field = Literal["kind", "category", "urgency", "area_code"]

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


_Keywords = Mapping[str, Sequence[tuple[str, Sequence[_Voice]]]]
"""By every beginning of a keyword, since a text's word at its place is one: the keywords that begin so, longest first,
each with what it says."""

_Heard = Mapping[Field, Sequence[tuple[str, _Voice]]]
"""The keywords that count in a text, in its order, each with what it says there; by field."""


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
        self._keywords = _by_beginning(self._voices)
        self._places = _by_beginning(_only("area_code", self._voices))
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
        heard = self._heard(self._keywords, _normal(text[:READ_CHARS]))
        found = {
            "kind": self._kind(heard),
            "category": self._category(heard),
            "urgency": self._urgency(heard),
            "area_code": (address and self._area(self._heard(self._places, _normal(address)))) or self._area(heard),
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

    def _heard(self, keywords: _Keywords, plain: str) -> _Heard:
        """Every keyword that stands in the text as a word, is not part of a longer one, and is not taken back."""
        heard: dict[Field, list[tuple[str, _Voice]]] = {}
        reached: dict[Field, tuple[int, int]] = {}  # the keyword of a field that reaches furthest
        for start, keyword, voices in self._standing(keywords, plain):
            here = (start, start + len(keyword))
            for voice in voices:
                if voice.unless and any(word in plain for word in voice.unless):
                    continue
                # They come by their place, the longest first: what lies in one lies in the furthest so far.
                outer = reached.setdefault(voice.field, here)
                if outer != here:
                    if here[1] <= outer[1]:
                        continue
                    reached[voice.field] = here
                if not self._taken_back(plain, start, voice):
                    heard.setdefault(voice.field, []).append((keyword, voice))
        return heard

    def _standing(self, keywords: _Keywords, plain: str) -> Iterator[tuple[int, str, Sequence[_Voice]]]:
        """Where keywords stand, in order: from the start of a word to the end of one. A keyword of three characters or
        more may end within a later word (停车费|用), which no dictionary decides well."""
        words = self._words.cut(plain)
        place = 0  # hardly any word of a text begins a keyword: the others cost one look
        for at, word in enumerate(words):
            if word in keywords:
                for keyword, voices in keywords[word]:
                    if keyword == word or (
                        plain.startswith(keyword, place) and (len(keyword) > 2 or len(words[at + 1]) == 1)
                    ):
                        yield place, keyword, voices
            place += len(word)

    def _taken_back(self, plain: str, start: int, voice: _Voice) -> bool:
        if self._negated is None or voice.field == "area_code":
            return False
        return self._negated.search(plain, max(0, start - 8), start) is not None

    def _kind(self, heard: _Heard) -> dict[str, Any] | None:
        strongest = _strongest(heard.get("kind", ()))
        if strongest is None:
            return None
        value, words = strongest
        return {"value": value, "why": f"关键词 {words} → {value}"}

    def _category(self, heard: _Heard) -> dict[str, Any] | None:
        strongest = _strongest(heard.get("category", ()))
        if strongest is None:
            return None
        code, words = strongest
        name = self.category_name(code)
        return {"value": code, "why": f"关键词 {words} → {name}", "name": name}

    def _urgency(self, heard: _Heard) -> dict[str, Any] | None:
        """The highest urgency that any word speaks for: between urgencies there is no tie."""
        urgent = heard.get("urgency", ())
        for value in ("特急", "紧急") if urgent else ():
            speak = [(word, voice) for word, voice in urgent if voice.value == value]
            if speak:
                words = "、".join(dict.fromkeys(word for word, _ in speak))
                dial = list(dict.fromkeys(number for _, voice in speak for number in voice.dial))
                return {"value": value, "why": f"关键词 {words} → {value}"} | ({"dial": dial} if dial else {})
        return None

    def _of_urgent_category(self, category: Mapping[str, Any]) -> dict[str, Any] | None:
        code = category["value"]
        if self._urgent_categories.isdisjoint((code, *self._parents.get(code, ()))):
            return None
        return {"value": "紧急", "why": f"分类 {category['name']} 按紧急办理（{category['why']}）"}

    def _area(self, heard: _Heard) -> dict[str, Any] | None:
        """The one area that is named; a city beside one of its own districts is the district (GB/T 2260)."""
        words: dict[str, str] = {}
        for word, voice in heard.get("area_code", ()):
            words.setdefault(voice.value, word)
        lowest = [code for code in words if not _contains_any(code, words)]
        if len(lowest) != 1:
            return None
        code = lowest[0]
        return {"value": code, "why": f"地名 {words[code]} → {self._area_names[code]}（{code}）"}


def _contains_any(code: str, others: Iterable[str]) -> bool:
    """True when the area of ``code`` contains another of these: 460000 > 460100 > 460108."""
    stem = code.rstrip("0")
    stem += "0" * (len(stem) % 2)
    return len(stem) < 6 and any(other != code and other.startswith(stem) for other in others)


def _strongest(heard: Sequence[tuple[str, _Voice]]) -> tuple[str, str] | None:
    """The value with most weight, each keyword counted once, and the words for it; None when two are equal or there is
    none."""
    if not heard:
        return None
    words: dict[str, dict[str, int]] = {}
    for word, voice in heard:
        words.setdefault(voice.value, {})[word] = voice.weight
    weights = {value: sum(said.values()) for value, said in words.items()}
    most = max(weights.values())
    strongest = [value for value, weight in weights.items() if weight == most]
    return (strongest[0], "、".join(words[strongest[0]])) if len(strongest) == 1 else None


def _only(field: Field, voices: Mapping[str, Sequence[_Voice]]) -> dict[str, Sequence[_Voice]]:
    chosen = {word: [voice for voice in said if voice.field == field] for word, said in voices.items()}
    return {word: said for word, said in chosen.items() if said}


def _by_beginning(voices: Mapping[str, Sequence[_Voice]]) -> _Keywords:
    found: dict[str, list[tuple[str, Sequence[_Voice]]]] = {}
    for keyword in sorted(voices, key=len, reverse=True):
        for length in range(1, len(keyword) + 1):
            found.setdefault(keyword[:length], []).append((keyword, voices[keyword]))
    return found


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
