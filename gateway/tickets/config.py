"""Categories (事项分类) and time limits of tickets, read from config/categories.toml.

A taxonomy is data that each province writes for itself, so it carries a scheme and a version that every ticket keeps.
Limits are in working days of the hall's calendar; the example's are those that Baoji's hotline publishes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.schema import Label, Strict

Kind = Literal["咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"]
Code = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$", description="letters, digits, . and -, 1 to 20")
]
Keyword = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")]


class LimitConfig(Strict):
    """How long a kind of request may take. ``extension_days`` is the one extension that may be granted, 0 for none."""

    kind: Kind
    complex: bool = False
    days: int = Field(ge=1, le=60)
    extension_days: int = Field(default=0, ge=0, le=60)


class CategoryConfig(Strict):
    """One node of the taxonomy. ``parent`` is the code above it; ``keywords`` suggest it from a request's text."""

    code: Code
    name: Label
    name_en: str = ""
    parent: Code | None = None
    keywords: tuple[Keyword, ...] = ()
    days: int | None = Field(default=None, ge=1, le=60)
    urgent: bool = False


class CategoriesConfig(Strict):
    """config/categories.toml. ``urgent_minutes`` is the response to urgent cases, ``send_minutes`` the sending on."""

    scheme: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = "default"
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,20}$")] = "1"
    urgent_minutes: int = Field(default=30, ge=1, le=1440)
    send_minutes: int = Field(default=10, ge=1, le=1440)
    limit: tuple[LimitConfig, ...] = ()
    category: tuple[CategoryConfig, ...] = ()

    def parents(self, code: str) -> tuple[str, ...]:
        """The codes above ``code``, nearest first; stops at an unknown code or a circle."""
        above = {item.code: item.parent for item in self.category}
        found: list[str] = []
        parent = above.get(code)
        while parent is not None and parent in above and parent not in found:
            found.append(parent)
            parent = above[parent]
        return tuple(found)

    def limit_for(self, kind: str, *, is_complex: bool = False) -> LimitConfig | None:
        """The limit of a kind; the plain one when no complex one is given; None when the kind has none."""
        of_kind = {limit.complex: limit for limit in self.limit if limit.kind == kind}
        return of_kind.get(is_complex) or of_kind.get(False)
