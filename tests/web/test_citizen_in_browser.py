"""The citizens' pages in a real browser: a request with a photo and a pin on a phone, and again without JavaScript.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, expect

from gateway.tickets.config import CategoriesConfig
from gateway.web.config import MapPlace

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
CONFIG = Path(__file__).parents[2] / "config"
TOWNS = [
    ("海口", 110.20, 20.04), ("三亚", 109.51, 18.25), ("儋州", 109.58, 19.52), ("琼海", 110.47, 19.26),
    ("文昌", 110.80, 19.54), ("万宁", 110.39, 18.80), ("东方", 108.65, 19.10), ("五指山", 109.52, 18.78),
]  # fmt: skip
WORDS = "龙华区某路10号门前路灯不亮已有三天，晚上行人经过很危险。\n请尽快派人修好。"


@pytest.fixture
async def hotline(open_site: Any) -> AsyncIterator[Any]:
    """A site with the example's categories and the names of its towns."""
    categories = CategoriesConfig.model_validate(tomllib.loads((CONFIG / "categories.toml").read_text("utf-8")))
    places = [MapPlace(name=name, longitude=lon, latitude=lat) for name, lon, lat in TOWNS]
    async with open_site(categories=categories, map_places=places) as site:
        yield site


def photo(width: int = 1200) -> bytes:
    """A street at night, more or less."""
    image = Image.new("RGB", (width, width * 3 // 4), "#1d2b45")
    pen = ImageDraw.Draw(image)
    for place in range(0, width, 40):
        pen.line([(place, 0), (width // 2, width // 2)], fill=(40 + place * 90 // width, 60, 110), width=9)
    pen.rectangle([width // 2 - 12, width // 8, width // 2 + 12, width * 3 // 4], fill="#8d99ad")
    kept = BytesIO()
    image.save(kept, "JPEG")
    return kept.getvalue()


async def shoot(page: Page, name: str, *, whole: bool = True) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def watched(page: Page) -> list[str]:
    """Errors of the page's own code, and what the content security policy stopped."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    return errors


async def fits(page: Page) -> bool:
    """Nothing is wider than the window."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def read_receipt(page: Page) -> tuple[str, str]:
    await expect(page).to_have_url(re.compile(r"/receipt\?t="))
    number, code = page.locator("#no"), page.locator("#code")
    await expect(number).to_have_text(re.compile(r"^460000-\d{8}-\d{7}$"))
    return await number.inner_text(), await code.inner_text()


async def test_citizen_files_a_request_with_photo_and_pin_on_a_phone(hotline: Any, browser: Browser) -> None:
    phone = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = await phone.new_page()
    errors = watched(page)
    await page.goto(f"http://127.0.0.1:{hotline.port}/")
    await shoot(page, "citizen-390")
    await page.locator(".chip", has_text="投诉").tap()
    await page.select_option("#category", "0402")
    await page.fill("#text", WORDS)
    await page.fill("#address", "海口市龙华区某路10号门前")
    await page.tap("#open-map")
    await page.locator("#map canvas").tap(position={"x": 180, "y": 90})
    await expect(page.locator("#pinned")).to_contain_text("WGS-84")
    await page.set_input_files("#photo", {"name": "路灯.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await expect(page.locator("#shots img")).to_have_count(1)
    await page.fill("#name", "陈小明")
    await page.fill("#contact_number", "13812345678")
    await page.check("#is_secret")
    await expect(page.locator("#proof")).to_be_hidden()
    assert await fits(page)
    await shoot(page, "citizen-390-filled")
    await page.tap("#send")
    number, code = await read_receipt(page)
    await shoot(page, "citizen-390-receipt")

    ticket = hotline.ledger.rows.tickets[number]
    assert (ticket.kind, ticket.category, ticket.content) == ("投诉", "0402", WORDS)
    assert (ticket.name, ticket.contact_number, ticket.is_secret) == ("陈小明", "13812345678", True)
    assert ticket.crs == "WGS-84" and 108.3 < ticket.longitude < 111.3 and 18.0 < ticket.latitude < 20.3
    [kept] = await hotline.ledger.attachments(number)
    assert kept.attachment.name == "路灯.jpg" and hotline.files.kept[kept.attachment.sha256].startswith(b"\xff\xd8")

    await page.get_by_role("button", name="查看进度").tap()
    await expect(page).not_to_have_url(re.compile("/receipt"))
    await expect(page.locator("h1")).to_contain_text("已收到")
    assert code not in page.url
    assert errors == []
    await phone.close()


async def test_the_same_without_javascript(hotline: Any, browser: Browser) -> None:
    phone = await browser.new_context(viewport=PHONE, java_script_enabled=False, device_scale_factor=2)
    page = await phone.new_page()
    await page.goto(f"http://127.0.0.1:{hotline.port}/")
    await page.locator(".chip", has_text="求助").click()
    await page.fill("#address", "海口市龙华区某路10号门前")
    await page.click("#by-hand summary")
    await page.fill("#longitude", "110.19")
    await page.fill("#latitude", "二十")
    await page.set_input_files("#photo", {"name": "灯.jpg", "mimeType": "image/jpeg", "buffer": photo(400)})
    await shoot(page, "citizen-390-plain")
    await page.click("#send")

    await expect(page.locator(".summary")).to_contain_text("纬度")
    await expect(page.locator("#text-fault")).to_contain_text("请写明诉求内容")
    await expect(page.locator("#answer-fault")).to_contain_text("验证")
    await expect(page.locator("#address")).to_have_value("海口市龙华区某路10号门前")
    await expect(page.get_by_label("求助")).to_be_checked()
    await expect(page.get_by_text("已收到：灯.jpg")).to_be_visible()
    await shoot(page, "citizen-390-errors")
    await page.fill("#text", WORDS)
    await page.fill("#latitude", "20.04")
    await page.fill("#answer", str(answer_of(hotline, await page.locator("input[name=token]").get_attribute("value"))))
    await page.click("#send")
    number, code = await read_receipt(page)

    ticket = hotline.ledger.rows.tickets[number]
    assert (ticket.kind, ticket.longitude, ticket.latitude, ticket.crs) == ("求助", 110.19, 20.04, "WGS-84")
    assert len(await hotline.ledger.attachments(number)) == 1

    hotline.ledger.rows.tickets[number] = replace(
        ticket, state="closed", sent_at=ticket.received_at + 600, department="海口市市政管理局", title="路灯不亮",
        closed_at=ticket.received_at + 90_000, result="已更换灯具，当晚恢复照明。",
    )  # fmt: skip
    await page.goto(f"http://127.0.0.1:{hotline.port}/progress")
    await page.fill("input[name=ticket_no]", number)
    await page.fill("input[name=query_code]", code.lower())
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".steps")).to_contain_text("海口市市政管理局")
    await expect(page.locator(".steps")).to_contain_text("已更换灯具")
    assert await fits(page)
    await shoot(page, "citizen-390-progress")
    await page.get_by_role("button", name="非常满意 very satisfied").click()
    await expect(page.locator(".good")).to_contain_text("感谢")
    assert hotline.ledger.rows.tickets[number].satisfaction == 5
    await phone.close()


def answer_of(site: Any, token: str | None) -> int:
    """The server's own answer: a person reads the question, a test need not."""
    from gateway.web.services import DESK

    return int(site.server.application()[DESK].counter.forms.question(token or "").answer)


async def test_pin_is_set_and_moved_by_keyboard_and_dragged_by_mouse(hotline: Any, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1366, "height": 768})
    errors = watched(page)
    await page.goto(f"http://127.0.0.1:{hotline.port}/")
    await page.click("#open-map")
    canvas = page.locator("#map canvas")
    await expect(canvas).to_be_focused()
    await page.keyboard.press("Enter")
    first = float(await page.input_value("#longitude"))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("+")
    assert float(await page.input_value("#longitude")) > first
    box = await canvas.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 200, box["y"] + 200)
    placed = [float(await page.input_value(f"#{name}")) for name in ("longitude", "latitude")]
    await page.mouse.move(box["x"] + 200, box["y"] + 190)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 300, box["y"] + 140, steps=4)
    await page.mouse.up()
    moved = [float(await page.input_value(f"#{name}")) for name in ("longitude", "latitude")]
    assert moved[0] > placed[0] and moved[1] > placed[1]
    await shoot(page, "citizen-1366-map")
    await page.click("text=取消标记")
    assert await page.input_value("#longitude") == ""
    assert errors == []
    await page.close()


async def test_position_of_the_phone_becomes_the_pin(hotline: Any, browser: Browser) -> None:
    context = await browser.new_context(
        viewport=PHONE, geolocation={"longitude": 110.3, "latitude": 20.0}, permissions=["geolocation"]
    )
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{hotline.port}/")
    await page.click("#here")
    await expect(page.locator("#longitude")).to_have_value("110.300000")
    await expect(page.locator("#pinned")).to_contain_text("20.00000°N 110.30000°E（WGS-84）")
    await shoot(page, "citizen-390-here")
    await context.close()


async def test_a_map_in_gcj02_shifts_the_position_as_our_own_conversion_does(open_site: Any, browser: Browser) -> None:
    from gateway.model.coordinates import convert

    async with open_site(map_crs="GCJ-02") as site:
        context = await browser.new_context(
            geolocation={"longitude": 110.3, "latitude": 20.0}, permissions=["geolocation"]
        )
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{site.port}/")
        await page.click("#here")
        await expect(page.locator("#pinned")).to_contain_text("GCJ-02")
        expected = convert(110.3, 20.0, "WGS-84", "GCJ-02")
        assert expected is not None
        seen = [float(await page.input_value(f"#{name}")) for name in ("longitude", "latitude")]
        assert seen == pytest.approx(expected, abs=2e-6)
        await context.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
async def test_pages_on_a_desk(hotline: Any, browser: Browser, width: int, height: int) -> None:
    page = await browser.new_page(viewport={"width": width, "height": height})
    errors = watched(page)
    for path, name in (("/", "form"), ("/progress", "progress")):
        await page.goto(f"http://127.0.0.1:{hotline.port}{path}")
        assert await fits(page)
        await shoot(page, f"citizen-{width}-{name}", whole=False)
    assert errors == []
    await page.close()
