"""The carrier's ids of our messages, which answer and status report often spell differently: submit_sm_resp "0A1B2C"
(hexadecimal), the report "662316" (decimal), or the other way round, or with other zeros and case.

With ``auto`` nobody knows beforehand, so a report is looked up under each spelling: among the ids given lately, then in
the ledger, which remembers across a restart. Where two spellings both name a message, the one counts that fits what has
been seen: answers with letters a to f and reports without any are hexadecimal against decimal. Until letters have been
seen that is a guess, so the configuration should say how it is (``ids``).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from gateway.channels.sms.smpp.config import Ids

_HEX = re.compile(r"[0-9a-f]{1,16}")
_DECIMAL = re.compile(r"[0-9]{1,20}")
_REMEMBERED = 10_000

Known = Callable[[str], Awaitable[bool]]
"""Whether the ledger knows a message of ours by this id. Raises OSError."""


def canonical(id: str) -> str:
    """In small letters, without leading zeros."""
    bare = id.strip().lower()
    return bare.lstrip("0") or bare[:1]


def to_hex(id: str) -> str:
    """A decimal id in hexadecimal digits; "" for what is none."""
    return format(int(id), "x") if _DECIMAL.fullmatch(id) else ""


def to_decimal(id: str) -> str:
    """A hexadecimal id in decimal digits; "" for what is none."""
    return str(int(id, 16)) if _HEX.fullmatch(id) else ""


class MessageIds:
    """Of one account. ``given`` is told each id of an answer, ``named`` finds the one that a report means."""

    def __init__(self, spelling: Ids, known: Known) -> None:
        self._spelling, self._known = spelling, known
        self._given: OrderedDict[str, None] = OrderedDict()
        self._letters_given = self._letters_told = False

    def given(self, id: str) -> str:
        """The id by which a message is known from now on."""
        bare = canonical(id)
        if self._spelling == "hex_decimal":
            bare = to_decimal(bare) or bare
        self._letters_given |= _has_letters(bare)
        self._given[bare] = None
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
        return bare

    async def named(self, id: str) -> str:
        """The id of the message that a report is about, as ``given`` returned it. Raises OSError."""
        bare = canonical(id)
        if self._spelling == "decimal_hex":
            return to_decimal(bare) or bare
        if self._spelling != "auto":
            return bare
        self._letters_told |= _has_letters(bare)
        spellings = self._spellings(bare)
        for spelling in spellings:
            if spelling in self._given:
                return spelling
        for spelling in spellings:
            if await self._known(spelling):
                return spelling
        return bare

    def _spellings(self, bare: str) -> Sequence[str]:
        """Each once, the likeliest first."""
        others = [to_hex(bare), to_decimal(bare)]
        likely = [bare]
        if self._letters_given and not self._letters_told:
            likely.insert(0, others[0])
        elif self._letters_told and not self._letters_given:
            likely.insert(0, others[1])
        return [one for one in dict.fromkeys([*likely, *others]) if one]


def _has_letters(bare: str) -> bool:
    return bool(_HEX.fullmatch(bare)) and not bare.isdecimal()
