"""A module without its test is named; small ones, packages and other names of the same test are not."""

from __future__ import annotations

from pathlib import Path

from tools.check_mirror import missing

LONG = "x = 1\n" * 40 + "def f(): return x\n"


def put(root: Path, name: str, text: str = LONG) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def test_a_long_module_without_a_test_is_named_with_the_place_of_its_test(tmp_path: Path) -> None:
    put(tmp_path, "gateway/seats/table.py")
    put(tmp_path, "gateway/app.py")
    assert missing(tmp_path) == [
        "gateway/app.py has no tests/test_app.py",
        "gateway/seats/table.py has no tests/seats/test_table.py",
    ]


def test_a_test_in_the_mirrored_folder_satisfies(tmp_path: Path) -> None:
    put(tmp_path, "gateway/seats/table.py")
    put(tmp_path, "gateway/ivr/step.py")
    put(tmp_path, "tests/seats/test_table.py")
    put(tmp_path, "tests/ivr/test_ivr_step.py")
    assert missing(tmp_path) == []


def test_a_test_elsewhere_does_not_satisfy(tmp_path: Path) -> None:
    put(tmp_path, "gateway/seats/table.py")
    put(tmp_path, "tests/ivr/test_table.py")
    put(tmp_path, "tests/seats/test_tables.py")
    assert len(missing(tmp_path)) == 1


def test_packages_and_short_modules_need_none(tmp_path: Path) -> None:
    put(tmp_path, "gateway/seats/__init__.py")
    put(tmp_path, "gateway/seats/short.py", "def f(): return 1\n" * 40)
    assert missing(tmp_path) == []


def test_a_module_that_only_defines_needs_none(tmp_path: Path) -> None:
    method = '    def act(self) -> None:\n        """Acts."""\n\n    async def more(self) -> None: ...\n'
    put(tmp_path, "gateway/seats/ports.py", "class Port(Protocol):\n" + method * 20)
    assert missing(tmp_path) == []
