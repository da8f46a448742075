"""A changed configuration is taken in mid-call without dropping it, or refused whole with every reason."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import orjson
import pytest
from hall import Story, said, story_on

from gateway.settings import load, load_secrets
from tests.plugins.lab import MakeSite

pytestmark = pytest.mark.asterisk

PORTS = ("WEB__PORT", "ASTERISK__AGI_PORT")
MORE_SEATS = """
[[seat_blocks]]
prefix = "N"
first_extension = 8101
count = 1
room = "main"
x = 1
y = 7
columns = 1
queues = ["hotline"]
"""


@pytest.fixture
async def story(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Story]:
    """A hotline whose web and FastAGI ports stand in the file, not in the environment: a story can edit them."""
    site = await make_site(config_dir=quick_config)
    for name in PORTS:
        key = name.rpartition("__")[2].lower()
        default = {"WEB__PORT": 8345, "ASTERISK__AGI_PORT": 4573}[name]
        edit(quick_config / "gateway.toml", f"{key} = {default}", f"{key} = {site.environ.pop(f'GATEWAY__{name}')}")
    async with story_on(site) as told:
        yield told


async def test_a_changed_configuration_is_taken_in_mid_call_and_the_call_goes_on(story: Story) -> None:
    config = story.site.settings.config_dir
    await story.seat("A001", "1001")
    await story.citizen("tang")
    await story.call_when("tang", "is answered", lambda c: c["answered_at"] is not None)

    edit(config / "queues.toml", 'name = "综合受理"', 'name = "总机受理"\nmax_wait_s = 77')
    with (config / "halls" / "haikou.toml").open("a", encoding="utf-8") as hall:
        hall.write(MORE_SEATS)
    edit(config / "entries.toml", 'flow = "greeting"\nqueue = "hotline"', 'flow = "greeting"\nqueue = "poverty"')
    status, _, complaint = await said(story.site, "reload", "--config", str(config))
    assert (status, complaint) == (0, "")

    # The command has only asked for it; the log says when it is done.
    await story.until(lambda: logged(story, "gateway.reloaded"), "reloaded")
    await story.until(lambda: _has_seat(story, "N001"), "the new seat is on the map")
    queues = {queue["id"]: queue for queue in (await story.lead._ask("GET", "/api/v1/queues"))["queues"]}
    assert queues["hotline"]["name"] == "总机受理"
    (done,) = logged(story, "gateway.reloaded")
    assert set(done["changed"]) == {"extensions.conf", "pjsip.conf", "queues.conf"}
    assert done["needs_restart"] == []
    # Asterisk says that it reloads, and does it then.
    for words, order in (
        ("Endpoint:  8101", "pjsip show endpoint 8101"),
        ("poverty", "dialplan show 12345@from-trunk"),
        ("77", "dialplan show q_hotline@gw-queue"),
    ):
        await story.until(lambda w=words, o=order: asyncio.to_thread(_shows, story, o, w), f"{order}: {words}")

    seat = await story.seat_view("A001")
    assert (seat["activity"], seat["caller"]) == ("talking", "138****5678")
    assert (await asyncio.to_thread(story.site.asterisk.calls_up)) >= 2
    story.site.secrets = load_secrets(story.site.state_dir, load(config, story.site.environ))
    await story.seat("N001", "1002")  # the new telephone registers with its new password and its agent signs in


async def test_a_configuration_with_errors_changes_nothing_and_every_error_is_said(story: Story) -> None:
    config = story.site.settings.config_dir
    edit(config / "queues.toml", 'name = "综合受理"', 'name = "综合受理"\nring_s = 1')
    edit(config / "entries.toml", 'queue = "market"', 'queue = "markt"')
    status, _, complaint = await said(story.site, "reload", "--config", str(config))
    assert status == 1
    assert "2 errors" in complaint
    assert "queues.toml" in complaint and "ring_s" in complaint
    assert "entries.toml" in complaint and '"market"' in complaint
    assert "the running configuration is kept" in complaint
    said_of_it = [line["event"] for line in _lines(story) if "reload" in line["event"]]
    assert said_of_it == [], "the running gateway was not even asked"

    assert story.child is not None
    story.child.signal(signal.SIGHUP)
    await story.until(lambda: len(logged(story, "reload.refused")) >= 2, "the reasons are in the log")
    refused = logged(story, "reload.refused")
    assert {(line["file"], line["key"].rpartition(".")[2]) for line in refused} == {
        ("queues.toml", "ring_s"), ("entries.toml", "queue"),
    }  # fmt: skip
    assert "markt" not in await asyncio.to_thread(story.site.asterisk.rx, "dialplan show 12315@from-trunk")
    await story.seat("A001", "1001")
    await story.citizen("wu")
    await story.call_when("wu", "is answered", lambda c: c["answered_at"] is not None)


async def test_a_changed_port_is_named_as_waiting_for_a_restart_and_calls_still_find_their_flow(story: Story) -> None:
    config = story.site.settings.config_dir
    ports = {name: story.site.ports.take() for name in PORTS}
    settings = story.site.settings
    edit(config / "gateway.toml", f"port = {settings.web.port}", f"port = {ports['WEB__PORT']}")
    agi = settings.asterisk.agi_port
    edit(config / "gateway.toml", f"agi_port = {agi}", f"agi_port = {ports['ASTERISK__AGI_PORT']}")
    assert story.child is not None
    story.child.signal(signal.SIGHUP)
    await story.until(lambda: logged(story, "gateway.reloaded"), "reloaded")
    (done,) = logged(story, "gateway.reloaded")
    assert sorted(done["needs_restart"]) == ["asterisk.agi_port", "web.port"]
    await story.until(story.is_ready, "it is as ready as before")

    await story.citizen("xu")
    await story.call_when("xu", "waits", lambda c: c["queued_at"] is not None)
    story.hang_up("xu")
    call = await story.call_when("xu", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["flow"], call["outcome"]) == ("greeting", "abandoned_queue")
    async with story.http.get(f"{story.site.web_url}/metrics") as answer:
        figures = await answer.text()
    assert "gateway_flows_done_total 1.0" in figures, "the gateway's flow served it, not the static greeting"


def edit(file: Path, old: str, new: str) -> None:
    """Change one place of a configuration file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} has no {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def logged(story: Story, event: str) -> list[dict[str, Any]]:
    """The gateway's log lines of one event."""
    return [line for line in _lines(story) if line["event"] == event]


def _lines(story: Story) -> list[dict[str, Any]]:
    """The whole lines of its log: the last may only be about to be written."""
    whole, _, _ = story.log().rpartition("\n")
    return [orjson.loads(line) for line in whole.splitlines() if line.startswith("{")]


def _shows(story: Story, order: str, words: str) -> bool:
    return words in story.site.asterisk.rx(order)


async def _has_seat(story: Story, seat: str) -> bool:
    return any(view["id"] == seat for view in await story.lead.seats())
