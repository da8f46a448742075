"""Acts on followers: what is allowed, and that nobody is told more than that there is no such follower."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from gateway.bus.config import FollowersConfig
from gateway.bus.followers import TEST, Followers
from gateway.bus.posting import Poster
from gateway.bus.signing import key_of
from gateway.ledger import SqlLedger
from gateway.tickets.ports import NotFound, Refused
from tests.bus.receiver import receiving
from tests.bus.test_webhooks import emit, encode

URL = "https://tickets.example/hook"


@pytest.fixture
async def acts(ledger: SqlLedger) -> AsyncIterator[Followers]:
    async with aiohttp.ClientSession() as http:
        yield Followers(ledger, Poster(http, 5), FollowersConfig(most=3), encode)


async def test_a_new_follower_begins_now_and_has_a_secret_of_its_own(acts: Followers, ledger: SqlLedger) -> None:
    await emit(ledger, "a", "b")
    one, two = await acts.create(name="one", url=URL), await acts.create(name="two", url=URL, after=0)
    assert (one.cursor, two.cursor) == (2, 0)
    assert key_of(one.secrets[0]) != key_of(two.secrets[0])
    assert [kept.id for kept in await acts.all()] == [one.id, two.id]
    assert await acts.one(one.id) == one


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "http://tickets.example/hook"}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://x:99999/"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://user:pw@x/"}, "url"),
        ({"url": "https://x/#frag"}, "url"),
        ({"types": ["hotline ticket"]}, "types"),
        ({"types": [""]}, "types"),
        ({"types": ["x" * 200]}, "types"),
        ({"batch": 0}, "batch"),
        ({"batch": 101}, "batch"),
        ({"after": 1}, "cursor"),
        ({"after": -1}, "cursor"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_field(acts: Followers, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        await acts.create(**{"name": "x", "url": URL, **given})
    assert refused.value.field == field and refused.value.zh
    assert not await acts.all()


async def test_there_are_only_so_many(acts: Followers) -> None:
    for _ in range(3):
        await acts.create(name="x", url=URL)
    with pytest.raises(Refused):
        await acts.create(name="x", url=URL)


async def test_a_change_is_checked_and_kept_and_nothing_else_can_be_changed(acts: Followers) -> None:
    made = await acts.create(name="x", url=URL)
    changed = await acts.change(made.id, name="y", types=["hotline.call.*"], state="paused")
    assert (changed.name, changed.types, changed.state) == ("y", ("hotline.call.*",), "paused")
    assert await acts.one(made.id) == changed
    for bad in ({"url": "http://x"}, {"secrets": ("whsec_x",)}, {"created_at": 1.0}, {"cursor": 5}):
        with pytest.raises(Refused):
            await acts.change(made.id, **bad)
    assert await acts.one(made.id) == changed


async def test_secrets_are_three_at_most_and_retired_by_hand(acts: Followers) -> None:
    made = await acts.create(name="x", url=URL)
    for _ in range(4):
        last = await acts.rotate(made.id)
    assert len(last.secrets) == 3 and made.secrets[0] not in last.secrets
    assert (await acts.retire(made.id)).secrets == last.secrets[:1]


async def test_a_test_post_says_what_came_back(ledger: SqlLedger) -> None:
    async with aiohttp.ClientSession() as http, receiving() as receiver:
        acts = Followers(ledger, Poster(http, 60), FollowersConfig(allow_http=True), encode)
        made = await acts.create(name="x", url=receiver.url)
        tried = await acts.test(made.id)
        assert tried.taken and tried.status == 200 and 0 < tried.took_s < 60
        assert receiver.got[0].events[0]["type"] == TEST
        receiver.answer, receiver.text = lambda got: 401, "who are you?"
        tried = await acts.test(made.id)
        assert (tried.taken, tried.status, tried.error) == (False, 401, "HTTP 401: who are you?")


async def test_nobody_there_is_not_found_in_every_act(acts: Followers) -> None:
    for act in (
        acts.one("x"), acts.change("x", name="y"), acts.remove("x"), acts.rotate("x"), acts.retire("x"), acts.test("x"),
        acts.dead_letters("x"), acts.replay("x"), acts.drop("x", 1),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await act
    made = await acts.create(name="x", url=URL)
    with pytest.raises(NotFound):
        await acts.replay(made.id, 7)
