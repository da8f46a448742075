"""Acts on tickets over HTTP: who may, under which revision, and what leaves only under audit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model.messages import Attachment, KeptAttachment, KeptMessage, Message, Raw

NO = "460000-20261121-0000001"
PATH = f"/api/v1/tickets/{NO}"
PNG = b"\x89PNG<script>alert(1)</script>"


@pytest.fixture
async def filled(site: Any, fakes: Any) -> Any:
    rows = site.ledger.rows
    rows.tickets[NO] = fakes.ticket(1, raw_id="r0", user_id="oABCDEFGHIJ", revision=3)
    rows.raws["r1"] = Raw("r1", "wechat", "hainan", 1.0, "text/xml", b"<xml>13812345678</xml>")
    said = Message("wechat:k", "wechat", "hainan", "text", 1.0, 1.0, text="电话13812345678")
    rows.messages["m1"] = KeptMessage("m1", "r1", NO, said)
    kept = await site.files.take_in(PNG, "灯 1.png", "image/png")
    rows.attachments["a1"] = KeptAttachment(replace(kept, id="a1"), "m1", NO, "wechat", "hainan")
    wanted = Attachment("a2", "x.jpg", state="wanted")
    rows.attachments["a2"] = KeptAttachment(wanted, "m1", NO, "wechat", "hainan")
    return site


async def test_a_ticket_comes_with_all_that_belongs_to_it_and_its_revision(filled: Any, fakes: Any) -> None:
    agent = await filled.logged_in("agent1")
    status, ticket, response = await agent.get(PATH)
    assert status == 200 and response.headers["ETag"] == '"3"'
    assert [one["id"] for one in ticket["messages"]] == ["m1"]
    assert [(one["id"], one["state"]) for one in ticket["attachments"]] == [("a1", "kept"), ("a2", "wanted")]
    assert ticket["replies"] == ticket["deliveries"] == [] and fakes.number not in str(ticket)
    assert (await agent.get("/api/v1/tickets/460000-20261121-7777777"))[0] == 404


async def test_agents_and_machines_reply_in_several_lines(filled: Any) -> None:
    for client in (await filled.logged_in("agent1"), filled.client(token=filled.tokens["machine"])):
        status, taken, _ = await client.post(f"{PATH}/replies", {"text": "您好：\n已派人维修。"})
        assert status == 201 and taken["reply"]["text"] == "您好：\n已派人维修。"
        assert taken["delivery"]["state"] == "waiting" and "oABCDEFGHIJ" not in str(taken)
    assert [one.author for one in filled.ledger.rows.replies] == ["agent1", "machine"]


async def test_a_reply_under_a_key_is_said_once(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    for _ in range(2):
        status, taken, _ = await agent.post(f"{PATH}/replies", {"text": "好"}, headers={"Idempotency-Key": "k-1"})
        assert status == 201 and taken["reply"]["text"] == "好"
    assert len(filled.ledger.rows.replies) == 1
    bad = {"Idempotency-Key": "x" * 201}
    status, problem, _ = await agent.post(f"{PATH}/replies", {"text": "好"}, headers=bad)
    assert (status, problem["field"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": "  "}, "text"), ({"text": "a\0"}, "text"), ({"text": "x" * 2001}, "text")],
)
async def test_a_bad_reply_names_its_field(filled: Any, body: dict[str, Any], field: str) -> None:
    status, problem, _ = await (await filled.logged_in("agent1")).post(f"{PATH}/replies", body)
    assert (status, problem["field"]) == (400, field) and not filled.ledger.rows.replies


async def test_downstream_reports_a_state_under_a_revision(filled: Any) -> None:
    machine = filled.client(token=filled.tokens["machine"])
    body = {"state": "sent", "department": "市政局", "external_no": "A-1", "note": "一\n二", "revision": 3}
    status, ticket, response = await machine.post(f"{PATH}/reports", body)
    assert (status, ticket["state"], ticket["revision"], response.headers["ETag"]) == (200, "sent", 4, '"4"')
    assert filled.acts.asked[0][:4] == ("report", NO, "sent", "machine")
    status, problem, _ = await machine.post(f"{PATH}/reports", body)
    assert (status, problem["current"], problem["field"]) == (409, 4, "revision")
    assert (await machine.post(f"{PATH}/reports", {"state": "received"}))[0] == 400
    assert (await machine.post(f"{PATH}/reports", {"state": "closed", "result": "已修好"}))[0] == 200
    status, problem, _ = await machine.post(f"{PATH}/reports", {"state": "sent"})
    assert (status, problem["field"]) == (409, "state") and "已办结" in problem["detail"]


async def test_a_correction_needs_the_revision_that_was_read(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    status, problem, _ = await agent.ask("PATCH", PATH, json={"title": "新标题"})
    assert (status, problem["field"]) == (428, "revision")
    status, ticket, _ = await agent.ask("PATCH", PATH, json={"title": "新标题"}, headers={"If-Match": '"3"'})
    assert (status, ticket["title"], ticket["revision"]) == (200, "新标题", 4)
    status, problem, _ = await agent.ask("PATCH", PATH, json={"title": "又一个", "revision": 3})
    assert (status, problem["current"]) == (409, 4)
    status, ticket, _ = await agent.ask("PATCH", PATH, json={"category": "0402", "revision": 4})
    assert (status, ticket["category"], ticket["title"]) == (200, "0402", "新标题")


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [
        ({"revision": 3}, {}, "body"),
        ({"title": None, "revision": 3}, {}, "title"),
        ({"category": "7777", "revision": 3}, {}, "category"),
        ({"kind": "别的", "revision": 3}, {}, "kind"),
        ({"name": "李四", "revision": 3}, {}, "name"),
        ({"title": "a\nb", "revision": 3}, {}, "title"),
        ({"title": "x"}, {"If-Match": "*"}, "If-Match"),
        ({"title": "x", "revision": 2}, {"If-Match": '"3"'}, "If-Match"),
    ],
)
async def test_a_bad_correction_names_its_field(filled: Any, body: Any, headers: Any, field: str) -> None:
    agent = await filled.logged_in("agent1")
    status, problem, _ = await agent.ask("PATCH", PATH, json=body, headers=headers)
    assert (status, problem["field"]) == (400, field) and filled.ledger.rows.tickets[NO].revision == 3


async def test_changes_by_cookie_need_the_csrf_token(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    agent.csrf = ""
    for method, path in (("PATCH", PATH), ("DELETE", "/api/v1/denials/1"), ("POST", f"{PATH}/push")):
        assert (await agent.ask(method, path, json={}))[0] == 403


async def test_a_push_to_a_partner_is_accepted_or_refused_with_the_reason(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    status, delivery, _ = await agent.post(f"{PATH}/push", {"partner": "110"})
    assert (status, delivery["target"], delivery["kind"]) == (202, "110", "push")
    status, problem, _ = await agent.post(f"{PATH}/push", {"partner": "999"})
    assert (status, problem["field"]) == (409, "partner") and "没有这个联动单位" in problem["detail"]


async def test_a_file_is_a_download_that_no_browser_runs_and_is_audited(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    async with agent.http.get("/api/v1/attachments/a1") as response:
        assert response.status == 200 and await response.read() == PNG
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Content-Disposition"].startswith('attachment; filename="__1.png"; filename*=UTF-8')
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
    entry = filled.ledger.rows.audits[-1]
    assert (entry.login, entry.act, entry.subject, entry.detail) == (
        "agent1",
        "attachment.read",
        NO,
        {"attachment": "a1"},
    )
    for missing in ("a2", "a9"):
        assert (await agent.get(f"/api/v1/attachments/{missing}"))[0] == 404


async def test_a_file_of_an_unknown_type_is_only_bytes(filled: Any) -> None:
    rows = filled.ledger.rows
    kept = rows.attachments["a1"]
    rows.attachments["a1"] = replace(kept, attachment=replace(kept.attachment, mime="text/html"))
    _, _, response = await (await filled.logged_in("agent1")).get("/api/v1/attachments/a1")
    assert response.headers["Content-Type"] == "application/octet-stream"
    filled.files.kept.clear()
    assert (await (await filled.logged_in("agent1")).get("/api/v1/attachments/a1"))[0] == 404


async def test_an_original_is_for_shift_leads_of_its_own_ticket_and_audited(filled: Any, fakes: Any) -> None:
    filled.ledger.rows.tickets["460000-20261121-0000002"] = fakes.ticket(2)
    lead = await filled.logged_in("lead")
    async with lead.http.get(f"{PATH}/raws/r1") as response:
        assert response.status == 200 and await response.read() == b"<xml>13812345678</xml>"
        assert response.headers["Content-Type"] == "application/octet-stream"
    assert filled.ledger.rows.audits[-1].act == "raw.read"
    assert (await lead.get("/api/v1/tickets/460000-20261121-0000002/raws/r1"))[0] == 404
    assert (await (await filled.logged_in("agent1")).get(f"{PATH}/raws/r1"))[0] == 403


async def test_an_original_is_found_behind_a_hundred_messages_of_its_ticket(filled: Any) -> None:
    rows = filled.ledger.rows
    one = rows.messages["m1"]
    for n in range(2, 120):
        rows.messages[f"m{n}"] = replace(one, id=f"m{n}", raw_id=f"r{n}")
    rows.raws["r119"] = replace(rows.raws["r1"], id="r119", body=b"last")
    async with (await filled.logged_in("lead")).http.get(f"{PATH}/raws/r119") as response:
        assert (response.status, await response.read()) == (200, b"last")


MAIL = Message("email:k", "email", "hainan", "text", 1.0, 1.0, text="路灯坏了")
HTML = "<p>路灯坏了 13812345678</p>"


@pytest.fixture
def mailed(filled: Any) -> Any:
    """Mails: with HTML, with HTML in the file store, without any, one whose file is gone, and another ticket's."""
    rows, body = filled.ledger.rows, f"Subject: x\n\n{HTML}".encode()
    filled.files.kept["ab" * 32] = body
    given = {
        "html": (body, ""),
        "large": (b"", "ab" * 32),
        "plain": (b"Subject: x\n\nplain", ""),
        "gone": (b"", "cd" * 32),
    }
    for name, (kept, file) in given.items():
        rows.raws[f"r-{name}"] = Raw(f"r-{name}", "email", "hainan", 1.0, "message/rfc822", kept, {}, file)
        rows.messages[name] = KeptMessage(name, f"r-{name}", NO, MAIL)
    rows.messages["others"] = KeptMessage("others", "r-html", "460000-20261121-0000009", MAIL)
    rows.messages["unkept"] = KeptMessage("unkept", "r-none", NO, MAIL)
    return filled


@pytest.mark.parametrize("name", ["html", "large"])
async def test_the_html_of_a_mail_is_shown_in_a_sandbox_and_audited(mailed: Any, name: str) -> None:
    async with (await mailed.logged_in("lead")).http.get(f"{PATH}/messages/{name}/html") as response:
        assert response.status == 200 and await response.text() == f"<!DOCTYPE html>\n{HTML}"
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers.getall("Content-Security-Policy") == [
            "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        ]
        assert response.headers.getall("X-Content-Type-Options") == ["nosniff"]
        assert response.headers["Cache-Control"] == "no-store"
    entry = mailed.ledger.rows.audits[-1]
    assert (entry.act, entry.subject, entry.detail) == ("raw.read", NO, {"raw": f"r-{name}", "message": name})


@pytest.mark.parametrize("name", ["plain", "gone", "others", "unkept", "m1", "nothing"])
async def test_where_there_is_no_mail_or_no_html_nothing_is_shown_or_audited(mailed: Any, name: str) -> None:
    lead = await mailed.logged_in("lead")
    before = len(mailed.ledger.rows.audits)
    assert (await lead.get(f"{PATH}/messages/{name}/html"))[0] == 404
    assert len(mailed.ledger.rows.audits) == before
    assert (await lead.get("/api/v1/tickets/460000-20261121-7777777/messages/html/html"))[0] == 404


async def test_the_html_of_a_mail_shows_what_agents_see_masked_so_it_is_not_for_them(mailed: Any) -> None:
    agent, machine = await mailed.logged_in("agent1"), mailed.client(token=mailed.tokens["machine"])
    for client in (agent, machine):
        assert (await client.get(f"{PATH}/messages/html/html"))[0] == 403


async def test_tickets_are_listed_by_category_and_area(filled: Any, fakes: Any) -> None:
    filled.ledger.rows.tickets["460000-20261121-0000002"] = fakes.ticket(2, category="0402")
    agent = await filled.logged_in("agent1")
    _, page, _ = await agent.get("/api/v1/tickets?category=0402&area_code=460000")
    assert [one["ticket_no"] for one in page["items"]] == ["460000-20261121-0000002"]
