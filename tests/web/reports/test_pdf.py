"""The PDF process: what it sets can be read back, with its fonts inside, and it fetches nothing that a page names."""

from __future__ import annotations

import asyncio
import builtins
import io
import sys
from typing import Any

import pytest

from gateway.web.reports import pdf
from gateway.web.reports.page import paper
from gateway.web.reports.printer import Printer
from tests.web.reports.pdf_text import read_pdf
from tests.web.reports.samples import HOTLINE, content_of, period


@pytest.mark.timeout(240)
async def test_the_pdf_of_a_week_says_what_the_page_says() -> None:
    content = await content_of("week")
    read = read_pdf(await Printer(180).print(paper(content, period().until)))
    text = read.text.replace("\n", "").replace("\u00a0", " ").replace(" ", "")
    assert read.pages >= 3
    assert read.fonts, "no font is embedded"
    for words in (HOTLINE, "运行周报", "2026年第47周（11月16日至11月22日）", "接通率", "值得关注", "噪声扰民",
                  "公安报警服务台（110）",
                  "周六", f"第1页，共{read.pages}页"):  # fmt: skip
        assert words.replace(" ", "") in text, words


@pytest.mark.timeout(240)
async def test_an_address_in_a_page_is_not_fetched() -> None:
    asked = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        page = f'<img src="http://127.0.0.1:{port}/x.png"><img src="file:///etc/passwd"><p>hello</p>'
        made = await Printer(180).print(page.encode())
    assert made.startswith(b"%PDF-") and asked == []


def test_without_its_libraries_the_process_says_which_are_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(pdf.os, "nice", lambda _: 0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<p>x</p>")))
    assert pdf.main() == pdf.NO_LIBRARY
    assert "libpango-1.0-0" in capsys.readouterr().err
