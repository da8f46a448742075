"""Masking of personal numbers: what a page, a log or the feed shows to those who may not see the whole.

PIPL article 51 asks for de-identification; the shape 138****5678 is what Chinese citizens know from their bills.
"""

from __future__ import annotations

import re

_RUN = re.compile(r"(?<!\d)\+?\d{7,19}(?!\d)")


def mask_number(number: str) -> str:
    """Hide the middle: ``13812345678`` -> ``138****5678``; shorter than 7 characters keeps only its last two."""
    if len(number) < 7:
        return "*" * max(0, len(number) - 2) + number[-2:] if number else ""
    head, tail = (3, 4) if len(number) >= 9 else (2, 2)
    return f"{number[:head]}{'*' * (len(number) - head - tail)}{number[-tail:]}"


def mask_text(text: str) -> str:
    """Mask every run of 7 to 19 digits in free text (telephone and identity-card numbers)."""
    return _RUN.sub(lambda found: mask_number(found.group()), text)
