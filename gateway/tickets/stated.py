"""What a sender stated about a ticket (``Message.given``): taken where it fits the field, kept apart where it does not.

Forms, Open311 clients and partners state what they like. A value that a field cannot hold must not lose the message
and must not bend the field: it is kept under ``more["given"]`` with a flag, for an agent to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from gateway.model.records import Track
from gateway.tickets.config import CategoriesConfig, Kind, Urgency

_BOOLEANS = ("is_secret", "is_anonymous", "is_public", "need_callback")
_TEXTS = {
    "title": 100, "name": 60, "against": 100, "against_number": 40, "address": 300, "asset_id": 100, "language": 20,
    "entry_number": 20, "contact_number": 40, "email": 200,
}  # fmt: skip
_CHOICES: dict[str, tuple[Any, ...]] = {
    "kind": get_args(Kind),
    "urgency": get_args(Urgency),
    "sex": ("男", "女"),
    "subject_type": ("自然人", "法人", "其他组织"),
    "crs": ("WGS-84", "GCJ-02", "BD-09", "CGCS2000"),
    "track": get_args(Track),
    "risk_level": (1, 2, 3),
}
_DEGREES = {"longitude": 180.0, "latitude": 90.0}

_NO = object()
"""A value that the field cannot hold."""


class Stated:
    """Checks stated fields. Categories may be stated by code or by name."""

    def __init__(self, categories: CategoriesConfig) -> None:
        self._codes = {item.code: item.code for item in categories.category}
        self._codes |= {item.name: item.code for item in reversed(categories.category) if item.name not in self._codes}
        self._checks: dict[str, Callable[[Any], Any]] = (
            dict.fromkeys(_BOOLEANS, _boolean)
            | {name: _text_of(most) for name, most in _TEXTS.items()}
            | {name: _choice_of(choices) for name, choices in _CHOICES.items()}
            | {name: _degrees_of(most) for name, most in _DEGREES.items()}
            | {"category": self._category, "area_code": _area_code}
        )

    def fields(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(ticket fields, what did not fit). Empty values count as not stated."""
        fitting: dict[str, Any] = {}
        strange: dict[str, Any] = {}
        for name, value in given.items():
            if value is None or value == "":
                continue
            check = self._checks.get(name)
            checked = check(value) if check is not None else _NO
            if checked is _NO:
                strange[name] = value
            else:
                fitting[name] = checked
        return fitting, strange

    def one(self, name: str, value: Any) -> Any:
        """The value as the field holds it. Raises KeyError for a field that nobody states, ValueError when it does
        not fit."""
        checked = self._checks[name](value)
        if checked is _NO:
            raise ValueError(f"{name} cannot be {value!r}")
        return checked

    def _category(self, value: Any) -> Any:
        return self._codes.get(value, _NO) if isinstance(value, str) else _NO


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else _NO


def _area_code(value: Any) -> Any:
    return value if isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdecimal() else _NO


def _text_of(most: int) -> Callable[[Any], Any]:
    return lambda value: value.strip() if isinstance(value, str) and len(value.strip()) <= most else _NO


def _choice_of(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    """The choice itself is kept: 1.0 and True are equal to 1, but no column takes them for it."""

    def check(value: Any) -> Any:
        if isinstance(value, bool):
            return _NO
        return next((choice for choice in choices if choice == value), _NO)

    return check


def _degrees_of(most: float) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return float(value) if number and -most <= value <= most else _NO

    return check
