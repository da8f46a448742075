"""Followers over HTTP: admins only, secrets shown once, each change audited, refusals with their field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from gateway.bus.config import FollowersConfig
from gateway.bus.followers import Followers
from gateway.bus.posting import Poster
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.messages import DeadLetter
from gateway.web.envelope import encoder
from tests.bus.receiver import Receiver, receiving

BASE = "/api/v1/followers"
NEW = {"name": "工单系统", "url": "https://tickets.example/hook"}


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    keys = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
    async with open_ledger(LedgerConfig(), tmp_path, keys) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def site(open_site: Any, ledger: SqlLedger) -> AsyncIterator[Any]:
    """A site whose followers stand in a real ledger; its accounts in the usual twin."""
    async with open_site() as opened, aiohttp.ClientSession() as http:
        acts = Followers(ledger, Poster(http, 5), FollowersConfig(allow_http=True), encoder("urn:x"))
        object.__setattr__(opened.server._services, "followers", acts)
        yield opened


async def test_only_admins_see_and_change_followers(site: Any) -> None:
    for client in (
        await site.logged_in("lead"),
        await site.logged_in("agent1"),
        site.client(token=site.tokens["machine"]),
    ):
        assert (await client.get(BASE))[0] == 403
        assert (await client.post(BASE, NEW))[0] == 403
    assert (await site.client().get(BASE))[0] == 401


async def test_a_secret_is_shown_once_and_never_listed(site: Any) -> None:
    client = await site.logged_in("root")
    status, made, _ = await client.post(BASE, NEW)
    assert status == 201 and made["secret"].startswith("whsec_")
    assert made["follower"] | NEW == made["follower"] and made["follower"]["secrets"] == 1
    for path in (BASE, f"{BASE}/{made['follower']['id']}"):
        _, seen, _ = await client.get(path)
        assert made["secret"] not in str(seen) and "whsec_" not in str(seen)
    audited = [entry for entry in site.ledger.rows.audits if entry.act == "follower.create"]
    assert [entry.subject for entry in audited] == [made["follower"]["id"]] and "whsec" not in str(audited)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({**NEW, "url": "ftp://x.example/"}, "url"), ({**NEW, "types": ["A B"]}, "types"),
        ({**NEW, "batch": 1000}, "batch"), ({**NEW, "colour": "red"}, "colour"), ({**NEW, "after": 99}, "cursor"),
        ({**NEW, "name": "a\nb"}, "name"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_its_field(site: Any, body: dict[str, Any], field: str) -> None:
    status, problem, _ = await (await site.logged_in("root")).post(BASE, body)
    assert (status, problem["field"]) == (400, field)


async def test_a_follower_is_changed_paused_resumed_and_removed(site: Any) -> None:
    client = await site.logged_in("root")
    _, made, _ = await client.post(BASE, NEW)
    one = f"{BASE}/{made['follower']['id']}"
    status, changed, _ = await client.ask("PATCH", one, json={"types": ["hotline.ticket.*"], "state": "paused"})
    assert (status, changed["types"], changed["state"], changed["name"]) == (
        200,
        ["hotline.ticket.*"],
        "paused",
        NEW["name"],
    )
    assert (await client.ask("PATCH", one, json={}))[0] == 400
    assert (await client.ask("PATCH", one, json={"state": "failing"}))[0] == 400
    assert (await client.ask("DELETE", one))[0] == 200
    assert (await client.get(one))[0] == 404
    assert (await client.ask("PATCH", one, json={"state": "active"}))[0] == 404


async def test_rotation_gives_a_new_secret_and_both_sign_until_the_old_is_retired(
    site: Any, receiver: Receiver
) -> None:
    client = await site.logged_in("root")
    _, made, _ = await client.post(BASE, {**NEW, "url": receiver.url})
    one = f"{BASE}/{made['follower']['id']}"
    _, rotated, _ = await client.post(f"{one}/rotate")
    assert rotated["secret"] != made["secret"] and rotated["follower"]["secrets"] == 2
    _, tried, _ = await client.post(f"{one}/test")
    assert tried["taken"] and tried["status"] == 200 and tried["error"] == ""
    got = receiver.got[0]
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(got.body.decode(), got.headers)
    assert (await client.post(f"{one}/retire-secrets"))[1]["secrets"] == 1


async def test_dead_letters_are_listed_replayed_and_dropped(site: Any, ledger: SqlLedger, receiver: Receiver) -> None:
    client = await site.logged_in("root")
    _, made, _ = await client.post(BASE, {**NEW, "url": receiver.url})
    id = made["follower"]["id"]

    async def fill(tx: Any) -> None:
        for n in range(1, 4):
            await tx.emit("hotline.ticket.opened.v1", f"460000-20261121-000000{n}", {"caller": "13812345678"}, 1.0)
            await tx.add_dead_letter(DeadLetter(id, n, 5.0, "HTTP 400"))

    await ledger.write(fill)
    letters = f"{BASE}/{id}/dead-letters"
    _, listed, _ = await client.get(letters)
    assert [one["sequence"] for one in listed["items"]] == [1, 2, 3]
    assert (await client.ask("DELETE", f"{letters}/2"))[1]["items"] == [listed["items"][0], listed["items"][2]]
    assert (await client.ask("DELETE", f"{letters}/2"))[0] == 404
    assert (await client.ask("DELETE", f"{letters}/x"))[0] == 400
    assert (await client.post(f"{letters}/replay", {"sequence": 3}))[1] == {"taken": 1, "left": 1, "error": ""}
    receiver.answer = lambda got: 500
    assert (await client.post(f"{letters}/replay"))[1] == {"taken": 0, "left": 1, "error": "HTTP 500"}
    assert receiver.subjects == ["460000-20261121-0000003"] and b"13812345678" not in receiver.got[0].body


async def test_without_webhooks_there_are_none_and_none_can_be_set_up(open_site: Any) -> None:
    async with open_site() as opened:
        client = await opened.logged_in("root")
        assert (await client.get(BASE))[1] == {"items": []}
        assert (await client.post(BASE, NEW))[0] == 503
