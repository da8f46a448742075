"""A value: what a frozen dataclass promises, without its cost."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import dataclass, field, fields, replace
from inspect import signature
from pathlib import Path

import pytest

from gateway.model.facts import LegCreated, Snapshot
from gateway.model.value import value

_ROOT = Path(__file__).parents[2]


@value
class Spot:
    """Where something is."""

    x: int
    y: int = 0
    tags: tuple[str, ...] = field(default_factory=tuple)
    far: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "far", self.x > 100)


@value
class Named(Spot):
    name: str = field(default="", kw_only=True)


def test_it_is_equal_hashed_and_shown_by_its_fields() -> None:
    assert Spot(1, 2) == Spot(1, y=2) != Spot(1)
    assert {Spot(1): "here"}[Spot(1)] == "here"
    assert repr(Spot(1)) == "Spot(x=1, y=0, tags=(), far=False)"
    assert [one.name for one in fields(Spot)] == ["x", "y", "tags", "far"]


def test_it_has_slots_defaults_and_what_comes_after_init() -> None:
    spot = Spot(101)
    assert (spot.y, spot.tags, spot.far) == (0, (), True)
    assert not hasattr(spot, "__dict__")
    assert str(signature(Spot)) == "(x: 'int', y: 'int' = 0, tags: 'tuple[str, ...]' = <factory>) -> None"
    with pytest.raises(TypeError, match=r"Spot\.__init__\(\) missing 1 required positional argument: 'x'"):
        Spot()  # type: ignore[call-arg]


def test_a_value_of_a_value() -> None:
    named = Named(101, name="far off")
    assert (named.x, named.name, named.far) == (101, "far off", True)
    assert named != Spot(101)
    assert replace(named, x=1) == Named(1, name="far off")


def test_it_is_copied_and_pickled() -> None:
    named = Named(101, tags=("a",), name="far off")
    assert copy.copy(named) == copy.deepcopy(named) == pickle.loads(pickle.dumps(named)) == named


def test_a_frozen_class_and_a_value_do_not_inherit_from_each_other() -> None:
    with pytest.raises(TypeError, match="cannot inherit frozen dataclass from a non-frozen one"):
        dataclass(frozen=True, slots=True)(type("Below", (Spot,), {}))
    frozen = dataclass(frozen=True, slots=True)(type("Above", (), {"__annotations__": {"x": int}}))
    with pytest.raises(TypeError, match="cannot inherit non-frozen dataclass from a frozen one"):
        value(type("Below", (frozen,), {}))


def test_nothing_refuses_at_run_time() -> None:
    for made in (Spot, LegCreated, Snapshot):
        assert made.__setattr__ is object.__setattr__


_WRONG = """
from dataclasses import asdict, fields, replace
from gateway.model.facts import LegRang
from gateway.model.ids import CallId, LegId
rang = LegRang(1.0, LegId("a"), CallId("b"), "PJSIP/1")
asdict(rang), fields(rang), replace(rang, at=2.0)
rang.at = 2.0
replace(rang, at="later")
LegRang(1.0, LegId("a"), CallId("b"))
"""


def test_mypy_refuses_what_the_class_does_not(tmp_path: Path) -> None:
    """The one guard that is left, so it is tried out; so is what else mypy knows of dataclasses."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(_WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", f"--cache-dir={tmp_path}", str(wrong)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT).stdout
    places = [line.partition("wrong.py:")[2].partition(":")[0] for line in said.splitlines() if " error: " in line]
    assert places == ["7", "8", "9"], said
