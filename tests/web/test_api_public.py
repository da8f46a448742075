"""Submissions over the API: once a key, honest about repeats, open to citizens and their apps and to no other site."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100
KEY = "0190b3a4-5c6d-7e8f-9a0b"


async def send(client: Any, body: dict[str, Any], key: str = "", **headers: str) -> tuple[int, Any, Any]:
    return await client.post(
        "/api/v1/tickets", body, headers={**({"Idempotency-Key": key} if key else {}), **headers}
    )  # fmt: skip


async def test_a_submission_becomes_one_ticket_with_a_number_and_a_code(site: Any) -> None:
    body = {"text": "路灯不亮\n三天了", "kind": "投诉", "category": "0402", "longitude": 110.2, "latitude": 20.0}
    status, receipt, _ = await send(site.client(), body)
    assert status == 201 and receipt["query_code"] and receipt["progress"] == "/progress"
    ticket = site.ledger.rows.tickets[receipt["ticket_no"]]
    assert (ticket.content, ticket.kind, ticket.crs, ticket.channel) == ("路灯不亮\n三天了", "投诉", "WGS-84", "web")


async def test_the_same_key_and_body_give_the_same_receipt_and_one_ticket(site: Any) -> None:
    body = {"text": "路灯不亮"}
    first = await send(site.client(), body, KEY)
    again = await send(site.client(), dict(body), KEY)
    assert (first[0], again[0]) == (201, 200) and first[1] == again[1]
    assert len(site.ledger.rows.tickets) == 1
    status, problem, _ = await send(site.client(), {"text": "别的事"}, KEY)
    assert (status, problem["field"]) == (422, "Idempotency-Key")
    assert first[1]["query_code"] not in str(problem) and first[1]["ticket_no"] not in str(problem)
    assert len(site.ledger.rows.tickets) == 1


async def test_without_a_key_each_is_its_own(site: Any) -> None:
    for _ in range(2):
        assert (await send(site.client(), {"text": "路灯不亮"}))[0] == 201
    assert len(site.ledger.rows.tickets) == 2


@pytest.mark.parametrize("key", ["short", "x" * 129, "0190b3a4 5c6d 7e8f 9a0b"])
async def test_a_key_that_could_be_anybodys_is_refused(site: Any, key: str) -> None:
    status, problem, _ = await send(site.client(), {"text": "路灯"}, key)
    assert (status, problem["field"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "x", "title": "a\nb"}, "title"),
        ({"text": "x", "category": "7777"}, "category"),
        ({"text": "x", "longitude": 181, "latitude": 0}, "longitude"),
        ({"text": "x", "colour": 1}, "colour"),
        ({"text": "x", "contact_number": "zero"}, "contact_number"),
    ],
)
async def test_a_bad_body_names_its_field(site: Any, body: dict[str, Any], field: str) -> None:
    status, problem, _ = await send(site.client(), body)
    assert (status, problem["field"]) == (400, field)
    assert not site.ledger.rows.tickets


async def test_photos_are_uploaded_first_and_named(site: Any) -> None:
    client = site.client()
    headers = {"Content-Type": "image/jpeg"}
    status, photo, _ = await client.ask("POST", "/api/v1/uploads?name=灯.jpg", data=JPEG, headers=headers)
    assert status == 201 and photo["size"] == len(JPEG) and photo["sha256"] in site.files.kept
    status, receipt, _ = await send(client, {"text": "见图", "uploads": [photo["id"]]})
    assert status == 201
    [kept] = await site.ledger.attachments(receipt["ticket_no"])
    assert (kept.attachment.sha256, kept.attachment.name) == (photo["sha256"], "灯.jpg")


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"MZ not a picture", "image/jpeg", 422),
        (JPEG, "text/html", 415),
        (b"\xff\xd8" + b"x" * 70_000, "image/jpeg", 413),
    ],
)
async def test_what_is_no_photo_is_refused(open_site: Any, data: bytes, kind: str, status: int) -> None:
    async with open_site(photo_bytes=65_536) as site:
        seen, _, _ = await site.client().ask("POST", "/api/v1/uploads", data=data, headers={"Content-Type": kind})
        assert seen == status and not site.files.kept


async def test_a_photo_that_nobody_uploaded_cannot_be_named(site: Any) -> None:
    status, problem, _ = await send(site.client(), {"text": "x", "uploads": ["ab" * 32]})
    assert (status, problem["field"]) == (422, "uploads.0")
    status, problem, _ = await send(site.client(), {"text": "x", "uploads": ["a"] * 6})
    assert (status, problem["field"]) == (400, "uploads")


async def test_an_app_has_its_own_channel_keys_and_no_limit_by_address(open_site: Any) -> None:
    async with open_site(submit_free=1) as site:
        app = site.client(token=site.tokens["machine"])
        body = {"text": "x", "channel": "app", "user_id": "u1"}
        first = await send(app, body, "1")
        assert first[0] == 201
        assert (await send(app, body, "1"))[1] == first[1]
        assert (await send(app, {**body, "text": "y"}, "2"))[0] == 201
        ticket = site.ledger.rows.tickets[first[1]["ticket_no"]]
        assert (ticket.channel, ticket.account, ticket.user_id) == ("app", "machine", "u1")


async def test_app_fields_without_its_token_and_wrong_tokens_are_refused(site: Any) -> None:
    for extra in ({"channel": "app"}, {"user_id": "u1"}):
        assert (await send(site.client(), {"text": "x", **extra}))[0] == 401
    assert (await send(site.client(token="gw_wrong"), {"text": "x"}))[0] == 401


async def test_one_address_may_send_so_many(open_site: Any) -> None:
    async with open_site(submit_free=2, upload_free=1) as site:
        client = site.client()
        assert [(await send(client, {"text": "x"}))[0] for _ in range(3)] == [201, 201, 429]
        _, _, response = await send(client, {"text": "x"})
        assert int(response.headers["Retry-After"]) >= 1
        headers = {"Content-Type": "image/jpeg"}
        seen = [(await client.ask("POST", "/api/v1/uploads", data=JPEG, headers=headers))[0] for _ in range(2)]
        assert seen == [201, 429]
        site.ahead["s"] += 600
        assert (await send(client, {"text": "x"}))[0] == 201


async def test_other_sites_cannot_send_through_a_citizens_browser(open_site: Any) -> None:
    async with open_site(allowed_origins=["https://app.example"]) as site:
        client = site.client()
        assert (await send(client, {"text": "x"}, Origin="https://evil.example"))[0] == 403
        cross = {"Sec-Fetch-Site": "cross-site", "Origin": "null"}
        assert (await send(client, {"text": "x"}, **cross))[0] == 403
        assert (await send(client, {"text": "x"}, Origin=f"http://127.0.0.1:{site.port}"))[0] == 201
        assert (await send(client, {"text": "x"}, Origin="https://app.example", **{"Sec-Fetch-Site": "cross-site"}))[
            0
        ] == 201
        status, _, response = await client.ask("OPTIONS", "/api/v1/tickets")
        assert status == 405 and "Access-Control-Allow-Origin" not in response.headers


async def test_a_denied_sender_is_told_so(site: Any) -> None:
    site.intake.denies = "多次恶意骚扰"
    status, problem, _ = await send(site.client(), {"text": "x"})
    assert status == 403 and "多次恶意骚扰" in problem["detail"]


async def test_a_ledger_that_is_away_is_not_acknowledged(site: Any) -> None:
    site.intake.fails = OSError("disk full at /var/secret")
    status, problem, _ = await send(site.client(), {"text": "x"}, KEY)
    assert status == 503 and "secret" not in str(problem)


async def look_up(client: Any, number: str, code: str) -> tuple[int, Any, Any]:
    return await client.post("/api/v1/progress", {"ticket_no": number, "query_code": code})


async def test_progress_needs_number_and_code(site: Any) -> None:
    _, receipt, _ = await send(site.client(), {"text": "路灯", "name": "张三"})
    number, code = receipt["ticket_no"], receipt["query_code"]
    status, view, _ = await look_up(site.client(), number, f" {code.lower()} ")
    assert status == 200 and view["state"] == "received" and "张三" not in str(view)
    for pair in ((number, "WRONG1"), ("460000-20261121-9999999", code)):
        status, problem, _ = await look_up(site.client(), *pair)
        assert (status, problem["field"]) == (404, "query_code")


async def test_guessing_a_code_becomes_slow_for_the_ticket_and_for_the_address(open_site: Any) -> None:
    async with open_site(lookup_free=15) as site:
        site.ahead["stands"] = time.monotonic()  # the first delay is two seconds
        _, receipt, _ = await send(site.client(), {"text": "路灯"})
        number = receipt["ticket_no"]
        seen = [(await look_up(site.client(), number, f"A{n}"))[0] for n in range(12)]
        assert seen == [404] * 10 + [429] * 2
        assert (await look_up(site.client(), number, receipt["query_code"]))[0] == 429
        site.ahead["s"] += 61
        assert (await look_up(site.client(), number, receipt["query_code"]))[0] == 200
        others = [(await look_up(site.client(), f"460000-20261121-{n:07d}", "A"))[0] for n in range(100, 107)]
        assert 429 in others


async def test_a_closed_ticket_is_rated_once(site: Any) -> None:
    from dataclasses import replace

    _, receipt, _ = await send(site.client(), {"text": "路灯"})
    number, code = receipt["ticket_no"], receipt["query_code"]
    body = {"ticket_no": number, "query_code": code, "score": 5, "comment": "很快\n谢谢"}
    assert (await site.client().post("/api/v1/progress/rating", body))[0] == 409
    site.ledger.rows.tickets[number] = replace(site.ledger.rows.tickets[number], state="closed", closed_at=9.0)
    status, view, _ = await site.client().post("/api/v1/progress/rating", body)
    assert (status, view["satisfaction"], view["may_rate"]) == (200, 5, False)
    assert (await site.client().post("/api/v1/progress/rating", {**body, "score": 6}))[0] == 400


async def test_two_at_the_same_moment_with_one_key_are_one_ticket(site: Any) -> None:
    sending = [send(site.client(), {"text": "路灯"}, KEY) for _ in range(8)]
    answers = await asyncio.gather(*sending)
    assert {status for status, _, _ in answers} <= {200, 201}
    assert len({receipt["ticket_no"] for _, receipt, _ in answers}) == 1
