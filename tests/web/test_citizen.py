"""The form over HTTP, as a browser without script sends it: nothing typed is lost, nothing is filed twice, no robot
gets in cheaply, and what goes wrong is a page in words.
"""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway.web.services import DESK

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100
TOKEN = re.compile(r'name="token" value="([^"]+)"')
KEPT = re.compile(r'name="kept" value="([^"]+)"')


async def page(client: Any, method: str, path: str, **rest: Any) -> tuple[int, str, Any]:
    async with client.http.request(method, path, allow_redirects=False, **rest) as response:
        return response.status, await response.text(), response


class Browser:
    """A citizen's browser without script: opens the form, fills it in, sends it."""

    def __init__(self, site: Any) -> None:
        self.site, self.client = site, site.client()
        self.token = ""

    async def open(self) -> str:
        status, text, _ = await page(self.client, "GET", "/")
        assert status == 200
        self.read(text)
        return text

    def read(self, text: str) -> None:
        found = TOKEN.search(text)
        assert found is not None
        self.token = found[1]

    @property
    def answer(self) -> str:
        return str(self.site.server.application()[DESK].counter.forms.question(self.token).answer)

    async def send(self, photos: Any = (), kept: Any = (), headers: Any = None, **fields: str) -> tuple[int, str, Any]:
        data = aiohttp.FormData(quote_fields=False)  # names of files as browsers send them
        for name, value in {"token": self.token, "work": "", "answer": self.answer, "website": "", **fields}.items():
            data.add_field(name, value, content_type="text/plain")
        for handle in kept:
            data.add_field("kept", handle)
        for name, body in photos:
            data.add_field("photo", body, filename=name, content_type="image/jpeg")
        return await page(self.client, "POST", "/submit", data=data, headers=headers)


@pytest.fixture
async def browser(site: Any) -> Browser:
    opened = Browser(site)
    await opened.open()
    return opened


async def test_a_request_becomes_a_ticket_and_a_receipt_that_can_be_shown_again(site: Any, browser: Browser) -> None:
    fields = {
        "text": "路灯不亮\r\n三天了", "kind": "投诉", "category": "0402", "longitude": "１１０.２", "latitude": "20",
        "crs": "GCJ-02", "name": "张三", "contact_number": "138 1234 5678", "is_secret": "1",
    }  # fmt: skip
    status, _, response = await browser.send([("灯.jpg", JPEG), ("", b"")], **fields)
    assert status == 303
    where = response.headers["Location"]
    [ticket] = site.ledger.rows.tickets.values()
    assert ticket.query_code not in where and ticket.ticket_no not in where
    assert (ticket.content, ticket.kind, ticket.longitude, ticket.crs) == ("路灯不亮\n三天了", "投诉", 110.2, "GCJ-02")
    assert (ticket.name, ticket.contact_number, ticket.is_secret) == ("张三", "13812345678", True)
    assert len(await site.ledger.attachments(ticket.ticket_no)) == 1
    for _ in range(2):
        status, text, response = await page(browser.client, "GET", where)
        assert status == 200 and ticket.ticket_no in text and ticket.query_code in text
        assert response.headers["Cache-Control"] == "no-store" and "138" not in text
    site.ahead["s"] += 3601
    status, text, _ = await page(browser.client, "GET", where)
    assert status == 404 and ticket.query_code not in text and "回执页已过期" in text
    assert (await page(browser.client, "GET", "/receipt?t=forged.x"))[0] == 404


async def test_the_button_pressed_twice_is_one_ticket_and_one_receipt(site: Any, browser: Browser) -> None:
    answers = await asyncio.gather(*(browser.send([("a.jpg", JPEG)], text="路灯") for _ in range(3)))
    assert {status for status, _, _ in answers} == {303}
    assert len(site.ledger.rows.tickets) == 1


async def test_a_form_sent_before_and_changed_since_is_said_and_can_be_sent_as_another(
    site: Any, browser: Browser
) -> None:
    await browser.send(text="路灯不亮")
    status, text, _ = await browser.send(text="井盖丢失")
    assert status == 409 and "460000-20261121-0000001" in text and "井盖丢失" in text
    assert len(site.ledger.rows.tickets) == 1
    browser.read(text)
    assert (await browser.send(text="井盖丢失"))[0] == 303
    assert len(site.ledger.rows.tickets) == 2


async def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(site: Any, browser: Browser) -> None:
    photos = [("灯.jpg", JPEG)]
    status, text, _ = await browser.send(
        photos, text="", title="<b>标题", longitude="110", contact_number="abc", address='某路"10号', answer="-1"
    )
    assert status == 422
    for fault in ("请写明诉求内容", "经度和纬度须同时填写", "请填写正确的电话号码", "请回答验证问题"):
        assert fault in text
    for typed in ("&lt;b&gt;标题", 'value="110"', 'value="abc"', "某路&quot;10号", "已收到：灯.jpg"):
        assert typed in text
    assert "<b>标题" not in text and not site.ledger.rows.tickets
    token = browser.token
    browser.read(text)
    assert browser.token == token
    handles = KEPT.findall(text)
    assert (await browser.send(kept=handles, text="路灯不亮"))[0] == 303
    [ticket] = site.ledger.rows.tickets.values()
    assert [one.attachment.name for one in await site.ledger.attachments(ticket.ticket_no)] == ["灯.jpg"]


async def test_who_asks_not_to_be_recorded_is_not(site: Any, browser: Browser) -> None:
    assert (await browser.send(text="x", is_anonymous="1", name="张三丰", contact_number="13812345678"))[0] == 303
    [ticket] = site.ledger.rows.tickets.values()
    assert ticket.is_anonymous and ticket.name == ticket.contact_number == ""
    [raw] = site.ledger.rows.raws.values()
    assert b"13812345678" not in raw.body and "张三丰".encode() not in raw.body


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": "999"}, "请回答验证问题"),
        ({"website": "http://spam"}, "留空"),
        ({"token": "forged"}, "已过期"),
        ({"token": ""}, "已过期"),
    ],
)
async def test_robots_get_no_ticket_and_people_can_go_on(
    site: Any, browser: Browser, fields: dict[str, str], said: str
) -> None:
    status, text, _ = await browser.send(text="路灯不亮", **fields)
    assert status == 422 and said in text and "路灯不亮" in text and not site.ledger.rows.tickets
    browser.read(text)
    assert (await browser.send(text="路灯不亮"))[0] == 303


async def test_a_form_too_fast_or_too_old_is_not_taken(open_site: Any) -> None:
    async with open_site(form_least_s=60) as site:
        browser = Browser(site)
        await browser.open()
        status, text, _ = await browser.send(text="路灯")
        assert status == 422 and "提交过快" in text
        site.ahead["s"] += 6 * 3600 + 1
        status, text, _ = await browser.send(text="路灯")
        assert status == 422 and "已过期" in text
        old = browser.token
        browser.read(text)
        assert browser.token != old
        site.ahead["s"] += 61
        assert (await browser.send(text="路灯"))[0] == 303


async def test_too_many_or_too_large_photos_and_what_is_none_are_said_and_the_good_are_kept(open_site: Any) -> None:
    async with open_site(photo_bytes=65_536, photos_most=2) as site:
        browser = Browser(site)
        await browser.open()
        for photos, said in (
            ([(f"{n}.jpg", JPEG + bytes([n])) for n in range(3)], "最多2张照片"),
            ([("large.jpg", b"\xff\xd8" + b"x" * 70_000), ("a.jpg", JPEG)], "最多2张照片"),
            ([("virus.jpg", b"MZ"), ("a.jpg", JPEG)], "virus.jpg：不是图片"),
        ):
            status, text, _ = await browser.send(photos, text="见图")
            assert status == 422 and said in text and len(KEPT.findall(text)) in (1, 2)
        assert not site.ledger.rows.tickets


async def test_a_body_beyond_all_bounds_is_a_page_that_says_so(open_site: Any) -> None:
    async with open_site(photo_bytes=65_536, photos_most=1) as site:
        browser = Browser(site)
        await browser.open()
        status, text, response = await browser.send([("a.jpg", b"\xff\xd8" + b"x" * 400_000)], text="x")
        assert status == 413 and response.content_type == "text/html" and "请求内容过大" in text


async def test_a_ledger_that_is_away_keeps_what_was_typed_and_the_same_token(site: Any, browser: Browser) -> None:
    site.intake.fails = OSError("disk full at /var/secret")
    status, text, _ = await browser.send([("灯.jpg", JPEG)], text="路灯不亮")
    assert status == 503 and "暂时无法受理" in text and "路灯不亮" in text and "/var" not in text
    assert browser.token in text and len(KEPT.findall(text)) == 1
    site.intake.fails = None
    assert (await browser.send(kept=KEPT.findall(text), text="路灯不亮"))[0] == 303


async def test_a_disk_that_takes_no_photo_keeps_what_was_typed(site: Any, browser: Browser) -> None:
    site.files.fails = OSError("No space left on /var/secret")
    status, text, _ = await browser.send([("灯.jpg", JPEG)], text="路灯不亮")
    assert status == 422 and "照片暂时无法保存" in text and "路灯不亮" in text and "/var" not in text
    assert (await browser.send(text="路灯不亮"))[0] == 303


async def test_one_address_may_send_so_many_and_keeps_what_it_typed(open_site: Any) -> None:
    async with open_site(submit_free=1) as site:
        browser = Browser(site)
        for expected in (303, 429):
            await browser.open()
            status, text, _ = await browser.send(text="路灯不亮")
            assert status == expected
        assert "路灯不亮" in text and "秒后再试" in text


async def test_a_denied_sender_reads_why(site: Any, browser: Browser) -> None:
    site.intake.denies = "多次恶意骚扰"
    status, text, _ = await browser.send(text="x")
    assert status == 403 and "多次恶意骚扰" in text


async def test_forms_of_other_sites_are_refused(site: Any, browser: Browser) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        assert (await browser.send(text="x", headers=headers))[0] == 403
    for headers in ({"Origin": "null"}, {"Origin": f"http://127.0.0.1:{site.port}", "Sec-Fetch-Site": "same-origin"}):
        assert (await browser.send(text=f"x{headers}", headers=headers))[0] in (303, 409)


async def test_an_urgent_request_is_told_whom_to_call(site: Any, browser: Browser) -> None:
    _, _, response = await browser.send(text="有人被困")
    [number] = site.ledger.rows.tickets
    site.ledger.rows.tickets[number] = replace(site.ledger.rows.tickets[number], urgency="特急")
    _, text, _ = await page(browser.client, "GET", response.headers["Location"])
    assert "&lt;urgent_dial&gt;" in text


async def test_a_plain_form_without_files_is_read_too(site: Any, browser: Browser) -> None:
    data = {"token": browser.token, "answer": browser.answer, "text": "路灯"}
    status, _, _ = await page(browser.client, "POST", "/submit", data=data)
    assert status == 303 and len(site.ledger.rows.tickets) == 1


@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")
@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionParam")
async def test_any_bytes_for_a_form_are_an_answer_never_a_failure(site: Any, browser: Browser) -> None:
    dice = random.Random(12345)
    whole = (
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhi\r\n--b\r\nContent-Disposition: form-data; '
        b'name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--b--\r\n'
    )
    for _ in range(60):
        body = bytearray(whole[: dice.randint(0, len(whole))])
        for _ in range(dice.randint(0, 6)):
            if body:
                body[dice.randrange(len(body))] = dice.randrange(256)
        kind = dice.choice(
            ["multipart/form-data; boundary=b", "multipart/form-data", "application/x-www-form-urlencoded"]
        )
        async with asyncio.timeout(30):
            status, text, response = await page(
                browser.client, "POST", "/submit", data=bytes(body), headers={"Content-Type": kind}
            )
        assert status in (400, 413, 415, 422) and response.content_type == "text/html", (status, bytes(body))
        assert "Traceback" not in text
    assert not site.ledger.rows.tickets


async def test_progress_shows_the_way_and_takes_the_satisfaction(site: Any, browser: Browser) -> None:
    await browser.send(text="路灯", title="路灯不亮")
    [ticket] = site.ledger.rows.tickets.values()
    number, code = ticket.ticket_no, ticket.query_code
    site.ledger.rows.tickets[number] = replace(ticket, state="closed", closed_at=ticket.received_at + 9, result="修好")
    data = {"ticket_no": number, "query_code": code.lower()}
    status, text, response = await page(browser.client, "POST", "/progress", data=data)
    assert status == 200 and "修好" in text and "您对处理结果满意吗" in text
    assert response.headers["Cache-Control"] == "no-store"
    status, text, _ = await page(browser.client, "POST", "/progress", data={**data, "score": "4", "comment": "好"})
    assert status == 200 and "感谢您的评价" in text and site.ledger.rows.tickets[number].satisfaction == 4
    status, text, _ = await page(browser.client, "POST", "/progress", data={**data, "score": "4"})
    assert status == 409 and "现在不能评价" in text


async def test_a_wrong_code_is_a_page_that_keeps_the_number(site: Any, browser: Browser) -> None:
    data = {"ticket_no": "460000-20261121-0000001", "query_code": "WRONG1"}
    status, text, _ = await page(browser.client, "POST", "/progress", data=data)
    assert status == 404 and "编号或查询码不正确" in text and "460000-20261121-0000001" in text
    status, text, _ = await page(browser.client, "GET", "/progress?no=460000-20261121-0000001")
    assert status == 200 and "460000-20261121-0000001" in text


async def test_pages_may_ask_where_the_citizen_is_and_load_only_the_tiles_of_the_configuration(open_site: Any) -> None:
    async with open_site(map_tiles="https://tiles.example/{z}/{x}/{y}.png") as site:
        _, _, response = await page(site.client(), "GET", "/")
        policy = response.headers["Content-Security-Policy"]
        assert "img-src 'self' https://tiles.example blob:" in policy and "unsafe" not in policy
        assert "script-src 'self';" in policy and "geolocation=(self)" in response.headers["Permissions-Policy"]
    async with open_site() as site:
        _, _, response = await page(site.client(), "GET", "/")
        assert "img-src 'self' blob:;" in response.headers["Content-Security-Policy"]


async def test_no_page_sets_a_cookie_or_holds_inline_script_or_style(site: Any, browser: Browser) -> None:
    await browser.send(text="x")
    for path in ("/", "/progress", "/receipt"):
        _, text, response = await page(browser.client, "GET", path)
        assert "Set-Cookie" not in response.headers
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), path


async def test_a_failure_nobody_foresaw_is_a_page_without_a_trace(
    site: Any, browser: Browser, monkeypatch: Any
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("inner secret")

    monkeypatch.setattr(site.ledger, "ticket_by_query_code", broken)
    data = {"ticket_no": "1", "query_code": "1"}
    status, text, response = await page(browser.client, "POST", "/progress", data=data)
    assert status == 500 and response.content_type == "text/html" and "secret" not in text and "12345" in text
