"""A citizen with a phone files a request on the page, with a photo and a pin, and reads there what was answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from office import LOOPBACK, Office, office_on
from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from gateway.web.robots import chinese_number, has_worked
from tests.plugins.lab import MakeSite

ARGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE = {"width": 390, "height": 844}
NUMBER = re.compile(r"^460000-\d{8}-\d{7}$")
WORDS = "龙华区某路10号门前路灯不亮已有三天，晚上行人经过很危险。\n请尽快派人修好。"
ANSWER = "已派人维修，今晚恢复照明。"
GPS = 34853
MAKER = "CameraOfTheCitizen"
NUMERALS = {chinese_number(n): n for n in range(100)}


@pytest.fixture
async def office(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Office]:
    site = await make_site(config_dir=quick_config, overrides=LOOPBACK, start=False)
    async with office_on(site) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(ARGS))
        yield opened
        await opened.close()


def photo() -> bytes:
    """A picture as a phone makes it: with the maker's name and the place where it was taken."""
    exif = Image.Exif()
    exif[271] = MAKER
    exif[GPS] = {1: "N", 2: (20.0, 2.0, 31.0), 3: "E", 4: (110.0, 11.0, 55.0)}
    kept = BytesIO()
    Image.new("RGB", (800, 600), "#1d2b45").save(kept, "JPEG", exif=exif)
    body = kept.getvalue()
    assert MAKER.encode() in body and Image.open(BytesIO(body)).getexif().get_ifd(GPS)
    return body


async def sum_of(question: Locator) -> str:
    """The answer that a person finds to the question on the page."""
    found = re.search(r"(\w+?)([加减])(\w+?)等于", await question.inner_text())
    assert found
    first, second = NUMERALS[found[1]], NUMERALS[found[3]]
    return str(first + second if found[2] == "加" else first - second)


async def receipt_of(page: Page) -> tuple[str, str]:
    await expect(page).to_have_url(re.compile(r"/receipt\?t="))
    await expect(page.locator("#no")).to_have_text(NUMBER)
    return await page.locator("#no").inner_text(), await page.locator("#code").inner_text()


async def look_up(page: Page, office: Office, number: str, code: str) -> Locator:
    """The steps that /progress shows to who types number and code."""
    await page.goto(f"{office.url}/progress")
    await page.fill("input[name=ticket_no]", number)
    await page.fill("input[name=query_code]", code)
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".steps")).to_contain_text("诉求已收到")
    return page.locator(".steps")


async def check_ticket(office: Office, number: str) -> dict[str, Any]:
    """The ticket has what was typed, the pin with its reference system, and a photo that tells of no place."""
    ticket = await office.ticket(number)
    assert ticket["channel"] == "web" and ticket["kind"] == "投诉"
    assert [message["text"] for message in ticket["messages"]] == [WORDS]
    assert ticket["crs"] == "WGS-84"
    assert 108.3 < ticket["longitude"] < 111.3 and 18.0 < ticket["latitude"] < 20.3
    (kept,) = ticket["attachments"]
    assert (kept["state"], kept["mime"], kept["name"]) == ("kept", "image/jpeg", "路灯.jpg")
    body = await download(office, kept["id"])
    picture = Image.open(BytesIO(body))
    assert picture.format == "JPEG" and picture.size == (800, 600)
    assert not picture.getexif() and MAKER.encode() not in body and b"Exif" not in body
    stored = {file.name: file.read_bytes() for file in (office.site.state_dir / "files").rglob("*") if file.is_file()}
    assert kept["sha256"] in stored
    assert not any(MAKER.encode() in sealed for sealed in stored.values()), "the original lies there for all to read"
    return ticket


async def download(office: Office, id: str) -> bytes:
    assert office.lead._session is not None
    async with office.lead._session.get(f"{office.url}/api/v1/attachments/{id}") as answer:
        assert answer.status == 200
        return await answer.read()


async def test_a_request_with_photo_and_pin_from_a_phone_becomes_a_ticket_and_its_answer_is_read_on_the_page(
    office: Office, browser: Browser
) -> None:
    phone = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = await phone.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(office.url)
    await page.locator(".chip", has_text="投诉").tap()
    await page.fill("#text", WORDS)
    await page.tap("#open-map")
    await page.locator("#map canvas").tap(position={"x": 180, "y": 90})
    await expect(page.locator("#pinned")).to_contain_text("WGS-84")
    await page.set_input_files("#photo", {"name": "路灯.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await expect(page.locator("#shots img")).to_have_count(1)
    await page.fill("#contact_number", "13812345678")
    await page.tap("#send")
    number, code = await receipt_of(page)

    ticket = await check_ticket(office, number)
    assert ticket["contact_number"] == "138****5678"
    await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": ANSWER})
    await expect(await look_up(page, office, number, code)).to_contain_text(ANSWER)
    assert errors == []
    opened = [event["subject"] for event in await office.told() if event["type"] == "hotline.ticket.opened.v1"]
    assert opened == [number]
    await phone.close()


async def test_the_same_holds_without_javascript(office: Office, browser: Browser) -> None:
    phone = await browser.new_context(viewport=PHONE, java_script_enabled=False, device_scale_factor=2)
    page = await phone.new_page()
    await page.goto(office.url)
    await page.locator(".chip", has_text="投诉").click()
    await page.fill("#text", WORDS)
    await page.click("#by-hand summary")
    await page.fill("#longitude", "110.19")
    await page.fill("#latitude", "20.04")
    await page.set_input_files("#photo", {"name": "路灯.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await page.fill("#answer", await sum_of(page.locator("#proof")))
    await page.click("#send")
    number, code = await receipt_of(page)

    ticket = await check_ticket(office, number)
    assert (ticket["longitude"], ticket["latitude"]) == (110.19, 20.04)
    await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": ANSWER})
    await expect(await look_up(page, office, number, code)).to_contain_text(ANSWER)
    await office.told()
    await phone.close()


async def test_a_form_that_is_sent_twice_at_once_and_again_after_a_kill_is_one_ticket(office: Office) -> None:
    async with office.http.get(office.url) as answer:
        token = unescape(re.findall(r'name="token" value="([^"]+)"', await answer.text())[0])
    work = next(str(n) for n in range(1 << 22) if has_worked(token, str(n), 13))

    async def send() -> str:
        form = aiohttp.FormData({"token": token, "work": work, "text": WORDS}, default_to_multipart=True)
        async with office.http.post(f"{office.url}/submit", data=form) as answer:
            assert answer.status == 200 and answer.url.path == "/receipt"
            return re.findall(r'id="no"[^>]*>([^<]+)<', await answer.text())[0]

    numbers = list(await asyncio.gather(*(send() for _ in range(4))))
    office.kill()
    await office.start()
    numbers.append(await send())
    (ticket,) = await office.tickets()
    assert numbers == [ticket["ticket_no"]] * 5
    assert len((await office.ticket(ticket["ticket_no"]))["messages"]) == 1
    await office.told()
