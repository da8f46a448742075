"""Editing the plan in the page: dragged, undone, seen as a diff, saved, refused.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.web.plan_edit import PlanChange, PlanDraft, PlanRefused
from tests.web.cockpit import big_plan, busy_hall, log_in, shoot
from tests.web.looking import toasted

pytestmark = pytest.mark.browser

DIFF = '--- a/halls/haikou.toml\n+++ b/halls/haikou.toml\n@@ -1,3 +1,3 @@\n room = "main"\n-x = 0\n+x = 1'


class StubFiles:
    """Keeps what is asked; a save moves the seats of the hall, as the reload would."""

    def __init__(self, hall: Any) -> None:
        self.hall = hall
        self.asked: list[PlanChange] = []
        self.saved: list[PlanChange] = []
        self.writable = True
        self.refuses = ""

    async def preview(self, change: PlanChange) -> PlanDraft:
        self.asked.append(change)
        return PlanDraft("halls/haikou.toml", "v1", DIFF, self.writable)

    async def save(self, change: PlanChange, version: str) -> PlanDraft:
        if self.refuses:
            raise PlanRefused(self.refuses, stale=True)
        self.saved.append(change)
        for seat, (room, x, y) in change.seats.items():
            self.hall.change(seat, room=room, x=x, y=y)
        return replace(await self.preview(change), saved=True)


@pytest.fixture
def editing(open_site: Any, fakes: Any, browser: Browser) -> Any:
    """The map of a lead in the mode of editing: ``async with editing() as (page, files)``."""

    @asynccontextmanager
    async def make() -> Any:
        hall = busy_hall(fakes, large=False)
        files = StubFiles(hall)
        async with open_site(hall=hall, floor=big_plan(large=False), more={"plan_files": files}) as site:
            page = await browser.new_page(viewport={"width": 1920, "height": 1080})
            errors = await log_in(page, site, fakes.password)
            await page.locator('[data-tool="edit"]').click()
            await expect(page.locator(".editing-bar")).to_be_visible()
            yield page, files
            assert errors == []
            await page.close()

    return make


async def drag(page: Page, what: str, cell: str) -> None:
    """Drag by the mouse, in steps as a hand does."""
    from_box = await page.locator(what).bounding_box()
    to_box = await page.locator(f'.cell[data-cell="{cell}"]').bounding_box()
    assert from_box is not None and to_box is not None
    await page.mouse.move(from_box["x"] + from_box["width"] / 2, from_box["y"] + from_box["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(to_box["x"] + to_box["width"] / 2, to_box["y"] + to_box["height"] / 2, steps=4)
    await page.mouse.up()


async def test_a_dragged_seat_is_saved_after_its_diff_was_seen(editing: Any) -> None:
    async with editing() as (page, files):
        await drag(page, '.seat[data-seat="A008"]', "main 0 2")
        await expect(page.locator(".editing-bar")).to_contain_text("1 处改动")
        await shoot(page, "seats-edit-1920")
        await page.get_by_role("button", name="查看改动").click()
        await expect(page.locator("pre.diff")).to_contain_text("+x = 1")
        await shoot(page, "seats-edit-diff-1920")
        assert files.saved == []
        await page.get_by_role("button", name="保存布局").click()
        await expect(page.locator(".editing-bar")).to_have_count(0)
        await toasted(page, "布局已保存")
        assert files.saved == [PlanChange("haikou", {"A008": ("main", 0, 2)}, {})]


async def test_a_taken_cell_is_refused_and_undo_goes_back(editing: Any) -> None:
    async with editing() as (page, _):
        await drag(page, '.seat[data-seat="A008"]', "main 3 2")
        await toasted(page, "该位置已有 柱子")
        await expect(page.locator(".editing-bar")).to_contain_text("0 处改动")
        await drag(page, '.seat[data-seat="A008"]', "second 0 2")
        await expect(page.locator(".editing-bar")).to_contain_text("1 处改动")
        await page.get_by_role("button", name="撤销").click()
        await expect(page.locator(".editing-bar")).to_contain_text("0 处改动")


async def test_pillars_come_go_and_move_and_keys_move_a_seat(editing: Any) -> None:
    async with editing() as (page, files):
        await page.locator('.cell[data-cell="main 0 2"]').dblclick()
        await expect(page.locator(".pillar")).to_have_count(2)
        await drag(page, '[data-pillar="main 3 2"]', "main 5 2")
        await page.locator('[data-pillar="main 0 2"]').dblclick()
        await expect(page.locator(".pillar")).to_have_count(1)
        await page.locator('.seat[data-seat="A009"]').focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(".editing-bar")).to_contain_text("2 处改动")
        await page.get_by_role("button", name="查看改动").click()
        await expect(page.locator("pre.diff")).to_be_visible()
        assert files.asked == [PlanChange("haikou", {"A009": ("main", 0, 2)}, {"main": ((5, 2),)})]


async def test_what_the_gateway_refuses_is_said_and_the_work_is_kept(editing: Any) -> None:
    async with editing() as (page, files):
        files.refuses = "halls/haikou.toml 已被他人修改，请重新打开布局"
        await drag(page, '.seat[data-seat="A008"]', "main 0 2")
        await page.get_by_role("button", name="查看改动").click()
        await page.get_by_role("button", name="保存布局").click()
        await expect(page.locator("dialog.ask .wrong")).to_contain_text("已被他人修改")
        await page.keyboard.press("Escape")
        await expect(page.locator(".editing-bar")).to_contain_text("1 处改动")
        files.refuses, files.writable = "", False
        await page.get_by_role("button", name="查看改动").click()
        await expect(page.locator("dialog.ask")).to_contain_text("网关不能写配置文件")
        await expect(page.get_by_role("button", name="复制改动")).to_be_visible()
