"""By when a ticket must be done: its category's or its kind's limit, counted in working days.

The calendar is another package's; what is needed of it comes in as a function. Limits are config/categories.toml's
(practice of Baoji: 咨询 2, 求助 3, complex 5, 建议 and 投诉举报 10 working days, and one extension).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.tickets.config import CategoriesConfig

AddWorkingDays = Callable[[float, int], float]
"""(epoch seconds, working days) -> epoch seconds; ValueError when so many days do not come."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``days`` in working days; ``longest`` with the one extension that may be granted."""

    days: int
    longest: int


class Deadlines:
    """Limits of a taxonomy, on a calendar."""

    def __init__(self, categories: CategoriesConfig, add_working_days: AddWorkingDays) -> None:
        self._add = add_working_days
        self._kinds: dict[tuple[str, bool], Limit] = {
            (limit.kind, limit.complex): Limit(limit.days, limit.days + limit.extension_days)
            for limit in categories.limit
        }
        own = {item.code: item.days for item in categories.category}
        self._categories = {
            code: next((days for each in (code, *categories.parents(code)) if (days := own[each]) is not None), None)
            for code in own
        }

    def limit(self, kind: str, category: str = "", *, is_complex: bool = False) -> Limit | None:
        """The category's own limit (its nearest parent's), else the kind's; None when neither has one."""
        of_kind = (is_complex and self._kinds.get((kind, True))) or self._kinds.get((kind, False))
        days = self._categories.get(category)
        if days is None:
            return of_kind or None
        return Limit(days, days + (of_kind.longest - of_kind.days if of_kind else 0))

    def after(self, start: float, days: int) -> float:
        """``days`` working days after ``start``, epoch seconds."""
        return self._add(start, days)

    def fields(self, kind: str, category: str, start: float) -> dict[str, Any]:
        """``limit_days`` and ``deadline_at`` of a ticket received at ``start``; both None when it has no limit yet."""
        limit = self.limit(kind, category) if kind else None
        if limit is None:
            return {"limit_days": None, "deadline_at": None}
        return {"limit_days": limit.days, "deadline_at": self._add(start, limit.days)}
