"""The pinyin of categories comes from a program, once; without it the desk goes on."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from gateway.tickets.config import CategoriesConfig, CategoryConfig
from gateway.web.spelling import Speller


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these is about how long a program may take to begin."""
    monkeypatch.setattr("gateway.web.spelling._LIMIT_S", 60.0)


def categories(*names: str) -> CategoriesConfig:
    return CategoriesConfig(category=tuple(CategoryConfig(code=str(n), name=one) for n, one in enumerate(names)))


COUNTING = (
    "import json,sys; n=json.load(sys.stdin); open(sys.argv[1],'a').write('x')\nprint(json.dumps([[o,o] for o in n]))"
)


async def test_the_dictionary_spells_what_is_configured() -> None:
    assert await Speller().of(categories("路灯", "其他")) == {"路灯": ("ludeng", "ld"), "其他": ("qita", "qt")}


async def test_it_is_asked_once_and_again_when_the_names_have_changed(tmp_path) -> None:
    count = tmp_path / "count"
    speller = Speller((sys.executable, "-c", COUNTING, str(count)))
    both = await asyncio.gather(*(speller.of(categories("a", "a")) for _ in range(5)))
    assert both[0] == {"a": ("a", "a")} and count.read_text() == "x"
    await speller.of(categories("a", "b"))
    assert count.read_text() == "xx"


async def test_a_program_that_nobody_waits_for_any_more_is_ended(tmp_path) -> None:
    began = tmp_path / "began"
    endless = f"import os,time; open({str(began)!r},'w').write(str(os.getpid())); time.sleep(600)"
    asking = asyncio.ensure_future(Speller((sys.executable, "-c", endless)).of(categories("a")))
    async with asyncio.timeout(60):
        while not (began.exists() and began.read_text()):
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(int(began.read_text()), 0)


async def test_a_pipe_that_closes_under_it_is_no_defect_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed(*_: object) -> bytes:
        raise RuntimeError("unable to perform operation on <WriteUnixTransport closed=True>; the handler is closed")

    speller = Speller()
    monkeypatch.setattr(speller, "_run", closed)  # uvloop, when the program ends between its start and the write
    assert await speller.of(categories("a")) == {}


@pytest.mark.parametrize(("again_s", "asked"), [(3600.0, "x"), (0.0, "xxx")])
async def test_a_program_that_fails_is_not_waited_for_by_every_desk(tmp_path, again_s: float, asked: str) -> None:
    count = tmp_path / "count"
    failing = f"open({str(count)!r},'a').write('x'); raise SystemExit(3)"
    speller = Speller((sys.executable, "-c", failing), again_s)
    assert [await speller.of(categories("a")) for _ in range(3)] == [{}, {}, {}]
    assert count.read_text() == asked
    assert await speller.of(categories("b")) == {}  # other names are another matter
    assert count.read_text() == f"{asked}x"


async def test_no_categories_need_no_program() -> None:
    assert await Speller(("/nowhere/at/all",)).of(categories()) == {}


@pytest.mark.parametrize(
    "command",
    [
        ("/nowhere/at/all",),
        (sys.executable, "-c", "raise SystemExit(3)"),
        (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"),
        (sys.executable, "-c", "print('[]')"),
        (sys.executable, "-c", "print('nothing of ours')"),
    ],
)
async def test_a_program_that_fails_leaves_words_and_codes(command: tuple[str, ...]) -> None:
    assert await Speller(command).of(categories("路灯")) == {}
