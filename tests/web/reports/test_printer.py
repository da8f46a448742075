"""The gateway's end of the PDF process, with processes of the test's own in its place."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from gateway.web.reports.printer import NoPdf, Printer


def printer(script: str, limit_s: float = 60.0) -> Printer:
    return Printer(limit_s, (sys.executable, "-c", script))


async def test_what_the_process_says_is_the_pdf() -> None:
    echo = printer("import sys; sys.stdout.write('%PDF-' + sys.stdin.read())")
    assert await echo.print(b"hello") == b"%PDF-hello"
    assert (echo.made, echo.failed, echo.missing) == (1, 0, False)


async def test_missing_libraries_are_told_with_the_packages_that_bring_them() -> None:
    one = printer("import sys; print('OSError: no pango', file=sys.stderr); sys.exit(3)")
    with pytest.raises(NoPdf, match=r"libpango-1\.0-0") as no:
        await one.print(b"")
    assert no.value.missing and one.missing and one.failed == 1


@pytest.mark.parametrize("script", ["import sys; sys.exit(1)", "print('no pdf')", "raise ValueError('x')"])
async def test_a_process_that_makes_none_is_a_failure_in_words(script: str) -> None:
    with pytest.raises(NoPdf, match="日志") as no:
        await printer(script).print(b"")
    assert not no.value.missing


async def test_a_program_that_is_not_there_is_a_failure_in_words(tmp_path: Path) -> None:
    with pytest.raises(NoPdf, match="无法启动"):
        await Printer(60.0, (str(tmp_path / "nothing"),)).print(b"")


async def test_a_process_over_its_time_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = f"import os, time, pathlib; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)"
    with pytest.raises(NoPdf, match="超过"):
        await printer(script, 1.5).print(b"")
    if mark.exists() and (process := mark.read_text()):  # a slow machine: killed all the same before it said its number
        assert not Path(f"/proc/{process}").exists()


async def test_one_is_made_after_the_other(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time\n"
        f"mark = pathlib.Path({str(tmp_path)!r}) / 'busy'\n"
        "fd = os.open(mark, os.O_CREAT | os.O_EXCL)\n"
        "time.sleep(0.05)\nmark.unlink()\nprint('%PDF-')"
    )
    one = printer(script)
    made = await asyncio.gather(*(one.print(b"") for _ in range(3)))
    assert len(made) == 3 and one.failed == 0
