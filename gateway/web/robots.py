"""Proof against robots that needs no foreign service and no cookie: a signed form token with an age, a small proof of
work that a script does unseen, a question in words for browsers without script, and a field that people do not see.

None of it stops a determined person; all of it together makes ten thousand tickets cost ten thousand forms. The token
is also the idempotency key of its form, so it is good for one ticket however often it is sent.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from gateway.web.seals import Seal

_ZH = "零一二三四五六七八九十"
_EN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_WORK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Question:
    """A sum in words. ``answer`` never leaves the server."""

    zh: str
    en: str
    answer: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form that we handed out. ``id`` is random and names it for ever."""

    id: str
    issued_at: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a form is not believed, in words for the citizen; ``field`` is the one to fill in, "" for none."""

    zh: str
    en: str
    field: str = ""


def chinese_number(number: int) -> str:
    """0 to 99 in Chinese: 12 is 十二."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _ZH[ones]
    return ("" if tens == 1 else _ZH[tens]) + "十" + ("" if ones == 0 else _ZH[ones])


def has_worked(token: str, work: str, bits: int) -> bool:
    """Whether SHA-256 of ``token:work`` begins with ``bits`` zero bits (hashcash's idea)."""
    if not (work.isascii() and work.isdigit() and len(work) <= _WORK_LENGTH):
        return False
    digest = hashlib.sha256(f"{token}:{work}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - bits) == 0


class Forms:
    """Hands out form tokens under ``key`` and judges what comes back. ``clock`` is epoch seconds."""

    def __init__(self, key: bytes, clock: Callable[[], float], *, hours: float, least_s: float, bits: int) -> None:
        self._seal, self._questions = Seal(key, "form"), Seal(key, "question")
        self._clock, self._lasts_s, self._least_s, self.bits = clock, hours * 3600, least_s, bits

    def issue(self) -> str:
        """A token for a fresh form."""
        return self._seal.close([secrets.token_urlsafe(16), round(self._clock(), 3)])

    def read(self, token: str) -> Form | None:
        """The form of a token of ours, however old; None for anything else."""
        opened = self._seal.open(token)
        return None if opened is None else Form(str(opened[0]), float(opened[1]))

    def fresh(self, form: Form) -> bool:
        return 0 <= self._clock() - form.issued_at <= self._lasts_s

    def question(self, token: str) -> Question:
        """The question of a form: always the same for one token, so nothing is kept."""
        dice = self._questions.digest(token)
        first, second = 5 + dice[0] % 8, 2 + dice[1] % 7
        plus = dice[2] % 2 == 0 or second > first
        zh = f"{chinese_number(first)}{'加' if plus else '减'}{chinese_number(second)}等于几？请填数字"
        en = f"What is {_EN[first]} {'plus' if plus else 'minus'} {_EN[second]}? In digits"
        return Question(zh, en, first + second if plus else first - second)

    def answered(self, token: str, answer: str) -> bool:
        """In digits of any width, or in Chinese."""
        given = unicodedata.normalize("NFKC", answer).strip()
        right = self.question(token).answer
        return given in {str(right), chinese_number(right)}

    def doubt(self, token: str, *, trap: str, work: str, answer: str) -> Doubt | None:
        """What speaks against a form that came back, None when nothing does. ``trap`` is the field nobody sees."""
        form = self.read(token)
        if form is None or not self.fresh(form):
            return Doubt("页面已过期，已为您换新，请再点一次提交", "This form had expired: submit it once more")
        if trap:
            return Doubt("请将“网址”一栏留空后再提交", "Leave the field “Website” empty and submit again")
        if self._clock() - form.issued_at < self._least_s:
            return Doubt("提交过快，请稍候几秒再点一次提交", "That was very fast: wait a few seconds and submit again")
        if not has_worked(token, work, self.bits) and not self.answered(token, answer):
            return Doubt("请回答验证问题", "Answer the question below", "answer")
        return None
