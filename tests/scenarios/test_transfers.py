"""The one key, end to end: a citizen calls 12345, an agent answers, presses a partner's key, and the partner answers. A
real Asterisk, a real gateway with its API, and telephones that say whom they hear.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conftest import quicken
from hall import story_on
from switchboard import Board, carrier_site

from tools.lab.phone import Manner
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def switchboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int]]:
    with carrier_site(quicken(tmp_path_factory.mktemp("transfers") / "config")) as found:
        yield found


@pytest.fixture
async def board(switchboard: tuple[Site, int]) -> AsyncIterator[Board]:
    site, carrier = switchboard
    async with story_on(site) as story, Board.open(story, carrier) as board:
        yield board
        await story.quiet()


async def test_110_is_called_in_all_three_talk_the_agent_leaves_and_citizen_and_police_go_on(board: Board) -> None:
    await board.talking()
    transfer = await board.press("110")
    await board.citizen.until_hears("agent", "partner")
    await board.partner.until_hears("agent", "citizen")
    await board.transfer_is(transfer, "three talk", lambda t: t["phase"] == "three_way")
    await board.act(transfer, "leave")
    await board.agent.until("ended")
    await board.citizen.until_hears("partner")
    await board.partner.hang_up()
    await board.citizen.until("ended")
    ended = await board.transfer_is(transfer, "ended", lambda t: t["phase"] == "ended")
    assert ended["outcome"] == "completed"
    told = [
        event["type"].split(".")[2]
        for event in await board.story.events()
        if event["type"].startswith("hotline.transfer.") and event["data"]["transfer_id"] == transfer
    ]
    assert told == ["started", "answered", "joined", "released", "ended"]
    call = await board.story.call_when("citizen", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["seat"]) == ("answered", "A001")


async def test_a_key_pressed_twice_is_one_transfer(board: Board) -> None:
    await board.talking("13812345679")
    first = await board.press("110", key="k1")
    assert await board.press("110", key="k1") == first
    await board.citizen.until_hears("agent", "partner")
    await board.act(first, "drop_partner")
    await board.partner.until("ended")
    await board.citizen.until_hears("agent")
    await board.transfer_is(first, "ended", lambda t: t["phase"] == "ended")
    assert len(board.partner.invites) == 1


async def test_an_agent_who_hangs_up_while_the_partner_rings_leaves_the_citizen_at_the_front_of_the_queue(
    board: Board,
) -> None:
    await board.talking("13812345680")
    board.partner.manner = Manner(ring_s=None)
    transfer = await board.press("110", mode="attended")
    await board.partner.until("ringing")
    await board.story.lead.not_ready("A001", "meal")
    await board.agent.hang_up()
    ended = await board.transfer_is(transfer, "ended", lambda t: t["phase"] == "ended")
    assert ended["outcome"] == "agent_left"
    assert board.citizen.line == "up"
    await board.story.until(lambda: _waits(board), "the citizen waits")


async def test_a_partner_that_answers_without_audio_is_said_to_be_silent_and_blamed(board: Board) -> None:
    await board.talking("13812345681")
    board.partner.manner = Manner(mute=True)
    transfer = await board.press("110", mode="three_way")
    silent = await board.transfer_is(transfer, "is silent", lambda t: t["silent"])
    assert silent["phase"] == "three_way" and "没有声音" in silent["why"]
    await board.act(transfer, "drop_partner")
    await board.citizen.until_hears("agent")
    ended = await board.transfer_is(transfer, "ended", lambda t: t["phase"] == "ended")
    assert (ended["outcome"], ended["silent"]) == ("cancelled", True)
    await board.story.until(lambda: _blamed(board, "110"), "the line is blamed")  # after the step is written


async def test_a_silent_partner_that_speaks_after_all_is_silent_no_longer(board: Board) -> None:
    await board.talking("13812345682")
    board.partner.manner = Manner(mute=True)
    transfer = await board.press("110", mode="three_way")
    await board.transfer_is(transfer, "is silent", lambda t: t["silent"])
    board.partner.speak()
    heard = await board.transfer_is(transfer, "is heard", lambda t: not t["silent"])
    assert heard["phase"] == "three_way" and "三方通话中" in heard["why"]
    await board.citizen.until_hears("agent", "partner")


async def _blamed(board: Board, partner: str) -> bool:
    found = await board.story.lead._ask("GET", "/api/v1/partners")
    return any(one["number"] == partner and one["failures"] == 1 for one in found["items"])


async def _waits(board: Board) -> bool:
    queues = await board.story.lead.queues()
    return any(queue["id"] == "hotline" and len(queue["waiting"]) == 1 for queue in queues)
