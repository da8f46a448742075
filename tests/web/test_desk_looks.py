"""How the desk looks and reads, in a real browser: contrast by computation (WCAG 2.2 AA), a name for every control, a
window of any size and zoom, keys that stay in reach while a transfer runs, and nothing of one agent left for the next.

With GATEWAY_SHOTS=folder the browser also leaves pictures of these states there.
"""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.async_api import expect

from gateway.transfer.registry import PartnerLine
from tests.web.looking import looks_right
from tests.web.test_desk_page import (
    DAY,
    LARGE,
    PARTNERS,
    SMALL,
    DeskHall,
    all_there,
    at_desk,  # noqa: F401 (a fixture)
    fits,
    on_call,
    shoot,
    shown_partners,
    signed_in,
)

pytestmark = pytest.mark.browser

CONSULT = next(transfer for name, _, transfer in DAY if name == "consulting")


def transfer_of(state: str, **fields: Any) -> dict[str, Any]:
    known = next(transfer for name, _, transfer in DAY if name == state)
    return {"started_at": time.time() - 24, **known, **fields}


async def test_every_text_can_be_read_and_every_control_has_a_name(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    desk, now = DeskHall(fakes, **signed_in()), time.time()
    async with at_desk(desk) as (_, page):
        assert await looks_right(page) == []
        desk.waiting(now - 22)
        desk.own(**on_call("ringing"))
        await expect(page.locator(".call .heard")).to_contain_text("138****5678")
        assert await looks_right(page) == []
        desk.own(**on_call("three_way"))
        desk.transfer(**transfer_of("three-way"))
        await expect(page.locator(".runacts button")).to_have_count(4)
        assert await looks_right(page) == []
        desk.transfer(phase="ended", outcome="busy", acts=[], ended_at=now)
        desk.own(**on_call("held"))
        await page.keyboard.press("Alt+H")
        await expect(page.locator(".helpers button").first).to_be_visible()
        assert await looks_right(page) == []
        desk.hall.change_link("down")
        await expect(page.locator(".banner")).to_be_visible()
        assert await looks_right(page) == []


async def test_signing_in_and_the_end_of_a_wrap_up_can_be_read(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    async with at_desk(DeskHall(fakes)) as (_, page):
        await expect(page.locator(".signin")).to_be_visible()
        assert await looks_right(page) == []
        assert await page.locator("main").evaluate("main => main.inert")
    desk = DeskHall(fakes, **signed_in(presence="wrap_up", wrap_up_until=time.time() + 4))
    async with at_desk(desk) as (_, page):
        await expect(page.locator(".topbar .state")).to_have_attribute("data-near", "true")
        assert await looks_right(page) == []
        await shoot(page, "look-wrap-near-1366")


@pytest.mark.parametrize("height", [650, 768, 900])
async def test_partners_stay_in_reach_while_a_transfer_runs(
    fakes: Any,
    at_desk: Any,  # noqa: F811
    height: int,
) -> None:
    """650: a maximised browser on a screen of 1366 x 768."""
    desk = DeskHall(fakes, **signed_in(**on_call("consulting")))
    async with at_desk(desk, {"width": 1366, "height": height}) as (_, page):
        desk.transfer(**transfer_of("consulting"))
        await expect(page.locator(".runacts button")).to_have_count(6)
        seen = (
            ".runacts button >> nth=5",
            ".partners .search input",
            '[data-partner="110"]',
            ".inbox h3",
            ".day",
        )
        for part in seen:
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)
        assert await fits(page) == []
        await shoot(page, f"look-consulting-1366x{height}")
        await page.keyboard.press("Alt+P")
        await page.keyboard.type("jjjc")
        await page.keyboard.press("Enter")
        await expect(page.locator(".readout output")).to_have_text("1 2 3 8 8")


def many_partners() -> list[PartnerLine]:
    lines = shown_partners()
    for n in range(40 - len(lines)):
        name = f"海南省第{n}号公用事业与公共服务综合保障热线"
        one = PARTNERS[5].model_copy(update={"number": f"9610{n:02d}", "name": name, "name_en": f"Utility {n}"})
        lines.append(PartnerLine(one, True, "free", 0, 0))  # type: ignore[arg-type]
    return lines


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1366", "1920"])
async def test_forty_partners_with_long_names_are_all_reached(
    fakes: Any,
    at_desk: Any,  # noqa: F811
    size: dict[str, int],
) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking", agent_name="阿不都热依木·买买提明")))
    async with at_desk(desk, size) as (site, page):
        site.transfers.lines = many_partners
        await page.reload()
        await expect(page.locator(".pkey")).to_have_count(40)
        await all_there(page)
        last = page.locator(".pkey").last
        await last.scroll_into_view_if_needed()
        await expect(last).to_be_in_viewport(ratio=1)
        assert await fits(page) == []
        await shoot(page, f"look-forty-{size['width']}")


ZOOMED = [(1280, 720), (1093, 614), (911, 512), (683, 384)]
"""A window of 1366 x 768 at 125, 150 and 200 per cent, and a small screen."""


@pytest.mark.parametrize(("width", "height"), ZOOMED)
async def test_zoomed_page_scrolls_down_only_and_hides_nothing(
    fakes: Any,
    at_desk: Any,  # noqa: F811
    width: int,
    height: int,
) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk, {"width": width, "height": height}) as (_, page):
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wide = "[...document.querySelectorAll('.form, .form > fieldset, .form-foot, .right > *, .left > *')]"
        assert await page.evaluate(f"{wide}.filter(one => one.scrollWidth > one.clientWidth + 1).length") == 0
        assert [one for one in await fits(page) if one != "page"] == []
        for part in (".act.bad", "#f-content", ".form .send", '[data-partner="110"]', ".inbox h3", "#f-callback"):
            place = page.locator(part)
            await place.scroll_into_view_if_needed()
            await expect(place).to_be_in_viewport(ratio=0.9)
        await page.evaluate("scrollTo(0, 0)")
        await shoot(page, f"look-zoom-{width}")


async def test_menu_is_walked_by_arrows_and_gives_the_focus_back(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    async with at_desk(DeskHall(fakes, **signed_in())) as (_, page):
        opener = page.locator(".who > button")
        await opener.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".who .menu button").first).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(".who .menu button").nth(1)).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.locator(".who .menu")).to_have_count(0)
        await expect(opener).to_be_focused()
        await opener.click()
        await page.locator(".clock").click()
        await expect(page.locator(".who .menu")).to_have_count(0)


async def test_two_clicks_on_dial_are_one_call(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    async with at_desk(DeskHall(fakes, **signed_in())) as (_, page):
        asked: list[Any] = []

        async def slowly(route: Any) -> None:
            asked.append(route.request.post_data_json)
            await page.wait_for_timeout(100)
            await route.fulfill(status=202, json={"call_ref": "1"})

        await page.route("**/api/v1/desk/dial", slowly)
        await page.fill(".dial input", "0898 65321234")
        await page.locator(".dial .row button").evaluate("key => { key.click(); key.click(); }")
        await expect(page.locator(".dial input")).to_have_value("")
        assert [one["number"] for one in asked] == ["089865321234"]


async def test_clock_of_the_computer_moves_no_clock_of_the_desk(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    desk = DeskHall(fakes, **signed_in(**on_call("talking", since=time.time() - 3_600)))
    async with at_desk(desk) as (_, page):
        clock = page.locator(".call .since.big")
        await expect(clock).to_have_text(re.compile(r"^1:\d\d:\d\d$"))  # for an hour from now
        await page.evaluate("() => { const real = Date.now; Date.now = () => real() + 3_600_000; }")
        await expect(clock).not_to_have_text(await clock.inner_text())
        await expect(clock).to_have_text(re.compile(r"^1:\d\d:\d\d$"))


async def test_next_agent_in_this_tab_finds_nothing_of_the_last(fakes: Any, at_desk: Any) -> None:  # noqa: F811
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (_, page):
        await page.locator("#f-content").fill("张三的电话是138")
        desk.own(**signed_in(activity="idle", call_id=None, caller=None))
        await expect(page.locator(".dial .back")).to_contain_text("138****5678")
        kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        assert "张三" not in kept
        await page.locator(".who > button").click()
        await page.get_by_role("menuitem", name="退出登录").click()
        await expect(page).to_have_url(re.compile("/login"))
        kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        assert "5678" not in kept and "张三" not in kept
