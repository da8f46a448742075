"""Values that are cheap to make: frozen for the type checker, plain dataclasses at run time.

The ``__init__`` of a frozen dataclass sets each field through ``object.__setattr__``, because its own refuses: three to
five times the cost of an assignment, and a sampler found it on top of all when calls came thick. So ``value`` is for
what is made for each call event, submission or entry of the feed: mypy refuses a write to a field (PEP 681), and the
running program trusts it to have done so. What is made seldom, and what must prove at run time that nobody changes it,
stays ``dataclass(frozen=True, slots=True)``. The two cannot inherit from each other; dataclasses see to that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A dataclass with slots, equal and hashed by its fields, which are never written to after ``__init__``."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
