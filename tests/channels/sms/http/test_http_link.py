"""A generic account: one request a message, yes and no by the configured words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.link import HttpLink
from tests.channels.door_stage import Clock
from tests.channels.sms.inboxes import SECRET, RecordingInbox, asked
from tests.channels.sms.means import means_of
from tests.fakes.serving import serving_app

PARAMS = {
    "username": "gw", "password": "{password}", "from": "{from}", "to": "{to}", "text": "{text}", "coding": "{coding}",
    "dlr-url": "{report_url}",
}  # fmt: skip


@dataclass
class Scene:
    link: HttpLink
    inbox: RecordingInbox
    got: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async def sendsms(request: web.Request) -> web.StreamResponse:
        made.got.append(dict(request.query))
        status, text = made.answers.pop(0) if made.answers else (202, "0: Accepted for delivery")
        return web.Response(status=status, text=text)

    async with serving_app([web.get("/cgi-bin/sendsms", sendsms)]) as base, means_of(Clock()) as means:
        config = HttpSms.model_validate({
            "account": "hainan", "path": "env:P", "password": "env:K", "number": "12345",
            "send": {"url": f"{base}/cgi-bin/sendsms", "params": PARAMS},
        })  # fmt: skip
        inbox = RecordingInbox()
        made = Scene(HttpLink(config, means, inbox, path=SECRET, password="p&w"), inbox)
        yield made


async def test_a_message_goes_out_with_our_address_for_its_report(scene: Scene) -> None:
    assert await scene.link.submit("13800138000", "您的工单已受理", "d1") == ("d1",)
    (got,) = scene.got
    assert (got["to"], got["text"], got["password"], got["coding"]) == ("13800138000", "您的工单已受理", "p&w", "2")
    assert got["dlr-url"] == f"http://127.0.0.1:8345/in/sms/hainan/{SECRET}/report?id=d1&state=%d&code=%A"
    await scene.link.submit("13800138000", "Received", "d2")
    assert scene.got[1]["coding"] == "0"


async def test_the_gateways_own_id_is_taken_where_it_gives_one() -> None:
    async def send(request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": 0, "msgid": "m-7", "to": (await request.json())["phone"]})

    async with serving_app([web.post("/send", send)]) as base, means_of(Clock()) as means:
        config = HttpSms.model_validate({
            "account": "hainan", "path": "env:P",
            "send": {"url": f"{base}/send", "how": "json", "params": {"phone": "{to}", "msg": "{text}"},
                     "success": r'"code": 0.*"msgid": "(?P<id>[^"]+)"', "international": True},
        })  # fmt: skip
        link = HttpLink(config, means, RecordingInbox(), path=SECRET)
        assert await link.submit("13800138000", "x", "d1") == ("m-7",)


@pytest.mark.parametrize(
    ("answer", "after_s"),
    [
        ((503, "Temporal failure, try again later."), None),
        ((200, "1: no credit"), None),
        ((403, "Authorization failed for sendsms"), 3600),
        ((404, "no such page"), 3600),
    ],
)
async def test_a_no_is_tried_again(scene: Scene, answer: tuple[int, str], after_s: float | None) -> None:
    scene.answers = [answer]
    with pytest.raises(Retryable) as held:
        await scene.link.submit("13800138000", "x", "d1")
    assert held.value.after_s == after_s
    assert SECRET not in held.value.why


async def test_a_no_for_good_is_permanent(scene: Scene) -> None:
    scene.answers = [(404, "Not routable. Do not try again.")]
    with pytest.raises(Permanent, match="拒绝发送"):
        await scene.link.submit("13800138000", "x", "d1")
    with pytest.raises(Permanent, match="内容过长"):
        await scene.link.submit("13800138000", "长" * 1001, "d1")


async def test_messages_and_reports_come_by_get_and_post(scene: Scene) -> None:
    doors = {(door.method, door.path.removeprefix("/in/sms/hainan/{secret}")): door for door in scene.link.doors()}
    assert set(doors) == {("GET", ""), ("POST", ""), ("GET", "/report"), ("POST", "/report")}
    answer = await doors["GET", ""].receive(asked(target="?from=138&text=a"))
    assert (answer.status, answer.body) == (200, b""), "Kannel would send any word of it to the citizen"
    await doors["POST", ""].receive(asked(b"from=138&text=b", "application/x-www-form-urlencoded"))
    await doors["GET", "/report"].receive(asked(target="?id=d1&state=1"))
    assert (await doors["GET", ""].receive(asked())).status == 200
    assert scene.inbox.texts == ["a", "b"]
    assert [one.external_id for one in scene.inbox.told_] == ["d1"]
    assert await scene.link.run() is None  # type: ignore[func-returns-value]
